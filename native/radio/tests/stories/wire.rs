//! The bytes of the contract.

use radio::message::{Audio, Flags, FloorDown, FloorUp, HeartbeatDown, HeartbeatUp, HubState, Key};
use radio::message::{Echo, Load, Source, Why};
use radio::pack::Fault;

fn hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

#[test]
fn the_start_of_received_audio_has_the_published_bytes() {
    let frame = [7; 39];
    let mut audio = Audio::new(0x5f3a_21c4, 0, 0, &[&frame]);
    audio.flags = Flags::START;
    audio.captured = Some(0x12_e9f5_22d2);
    audio.rssi = Some(-87);
    let bytes = audio.encode();
    assert_eq!(bytes.len(), 68);
    assert_eq!(bytes[..13], hex("9701ce5f3a21c400000191c427"));
    assert_eq!(bytes[13 + 39..], hex("82a163cf00000012e9f522d2a172d0a9"));
    assert_eq!(Audio::decode(&bytes), Ok(audio));
}

#[test]
fn the_end_of_received_audio_has_the_published_bytes() {
    let mut audio = Audio::new(0x5f3a_21c4, 173, 166_080, &[]);
    audio.flags = Flags::END;
    assert_eq!(audio.encode(), hex("9601ce5f3a21c4ccadce000288c00290"));
}

#[test]
fn a_key_has_the_published_bytes() {
    let key = Key {
        token: 2_621_549_063,
        priority: 128,
        epoch: 12,
        sent: 9_912_345_678,
        codec: "opus/48000/1".into(),
        limit_ms: 60_000,
        source: Source {
            kind: "sip".into(),
            id: "sip:101@example.org".into(),
            alias: "Desk 101".into(),
        },
        origin: "sip:101".into(),
        hop: 1,
    };
    let bytes = FloorDown::Key(key.clone()).encode();
    assert_eq!(bytes.len(), 128);
    let begin = "8ba17601a26f70a36b6579a3746f6bce9c41aa07a27072cc80a265700ca174cf000000024ed2644e";
    assert_eq!(bytes[..begin.len() / 2], hex(begin));
    assert_eq!(FloorDown::decode(&bytes), Ok(FloorDown::Key(key)));
}

#[test]
fn every_floor_message_survives_the_wire() {
    let token = 2_621_549_063;
    let up = [
        (
            45,
            FloorUp::Grant {
                token,
                ready_ms: 120,
                limit_ms: 60_000,
                sent: 81_240_000_000,
            },
        ),
        (
            36,
            FloorUp::Deny {
                token,
                why: Why::Busy,
                retry_ms: 1_500,
            },
        ),
        (
            38,
            FloorUp::Revoke {
                token,
                why: Why::TimeOut,
                penalty_ms: 3_000,
            },
        ),
        (
            43,
            FloorUp::Idle {
                token,
                air_ms: 3_480,
                frames: 174,
                late: 0,
                gaps: 1,
            },
        ),
    ];
    for (length, message) in up {
        let bytes = message.encode();
        assert_eq!(FloorUp::decode(&bytes), Ok(message));
        assert_eq!(bytes.len(), length);
    }
    let release = FloorDown::Release {
        token,
        last: Some(173),
    };
    assert_eq!(release.encode().len(), 25);
    for message in [release, FloorDown::Abort { token }] {
        assert_eq!(FloorDown::decode(&message.encode()), Ok(message));
    }
}

#[test]
fn heartbeats_and_the_hubs_state_survive_the_wire() {
    let down = HeartbeatDown {
        epoch: 12,
        sequence: 5_510,
        sent: 9_912_345_678,
    };
    assert_eq!(HeartbeatDown::decode(&down.encode()), Ok(down));
    assert_eq!(down.encode().len(), 24);
    let up = HeartbeatUp {
        session: "7K3F9QXA",
        sequence: 5_511,
        sent: 81_241_000_000,
        wall_ms: 1_795_340_229_123,
        echo: Some(Echo {
            sequence: 5_510,
            sent: 9_912_345_678,
            received: 81_240_990_000,
        }),
        load: Load {
            late: 2,
            ..Load::default()
        },
    };
    let bytes = up.encode();
    assert_eq!(bytes.len(), 86);
    assert_eq!(HeartbeatUp::decode(&bytes), Ok(up));
    let state = HubState {
        on: true,
        epoch: 12,
    };
    assert_eq!(HubState::decode(&state.encode()), Ok(state));
}

#[test]
fn keys_that_are_not_known_are_passed_over() {
    // {"v":1,"on":true,"later":[1,{"a":2.5}],"ep":3}
    let bytes = hex(
        "84a17601a26f6ec3a56c617465729201 81a161cb4004000000000000a2657003"
            .replace(' ', "")
            .as_str(),
    );
    let state = HubState { on: true, epoch: 3 };
    assert_eq!(HubState::decode(&bytes), Ok(state));
}

#[test]
fn what_breaks_the_encoding_rules_is_refused_by_name() {
    let cases = [
        ("", Fault::NotMsgpack),
        ("83a17601a26f6ec3a26570", Fault::NotMsgpack),
        // One byte too many.
        ("83a17601a26f6ec3a2657003c0", Fault::NotMsgpack),
        // A string that is no UTF-8 where "on" should be.
        ("83a17601a2ff6ec3a2657003", Fault::NotMsgpack),
        // An array that promises more than is there.
        ("ddffffffff", Fault::NotMsgpack),
        // An extension type as a value.
        ("83a17601a26f6ec3a26570d40100", Fault::Shape),
        // A number as a key.
        ("83a1760101c3a2657003", Fault::Shape),
        // A key of 17 characters.
        (
            "84a17601a26f6ec3a2657003b16161616161616161616161616161616161c0",
            Fault::Shape,
        ),
        // Five deep.
        ("84a17601a26f6ec3a2657003a161919191919190", Fault::Shape),
        ("93010203", Fault::Shape),
        ("83a17602a26f6ec3a2657003", Fault::Version),
        ("82a26f6ec3a2657003", Fault::Version),
        ("82a17601a26f6ec3", Fault::Invalid),
        ("83a17601a26f6e01a2657003", Fault::Invalid),
        ("83a17601a26f6ec3a26570ff", Fault::Invalid),
    ];
    for (bytes, fault) in cases {
        assert_eq!(HubState::decode(&hex(bytes)), Err(fault), "{bytes}");
    }
    assert_eq!(HubState::decode(&[0xc0; 4_097]), Err(Fault::TooLong));
    assert_eq!(Audio::decode(&[0xc0; 2_049]), Err(Fault::TooLong));
}

#[test]
fn audio_out_of_bounds_is_refused() {
    let frame: &[u8] = &[1];
    let seven = Audio::new(1, 0, 0, &[frame; 7]);
    assert_eq!(seven.frames().len(), 6);
    let mut bytes = seven.encode();
    let cases: [(usize, u8, Fault); 4] = [
        (0, 0x95, Fault::Shape),
        (1, 2, Fault::Version),
        (2, 0, Fault::Invalid),    // stream 0
        (7, 0xc0, Fault::Invalid), // a frame that is no bytes
    ];
    for (at, byte, fault) in cases {
        let good = std::mem::replace(&mut bytes[at], byte);
        assert_eq!(Audio::decode(&bytes).unwrap_err(), fault, "byte {at}");
        bytes[at] = good;
    }
    assert!(Audio::decode(&bytes).is_ok());
}
