//! Any bytes on any topic of the radio contract, at any pace: nothing panics, what was read is written back
//! as the same, and no transmitter is keyed by a message that is no key.
//!
//! The input is a series of records: kind and pace, length, bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use radio::fence::{Action, Fence, Settings, Terms};
use radio::hub::{Bounds, Hub, Output, Topic};
use radio::message::{Audio, FloorDown, FloorUp, HeartbeatDown, HeartbeatUp, HubState};
use radio::{MS, Micros, SECOND};

fuzz_target!(|input: &[u8]| {
    let mut now: Micros = 10 * SECOND;
    let mut fence = fence(now);
    let mut hub = Hub::new(1, Bounds::default(), now);
    assert!(hub.open(1, "hill", "vhf1", "opus/48000/1"));
    hub.link(true, now);
    hub.expect("hill", "7K3F9QXA", now);
    let mut keyed_by_us = false;
    let mut rest = input;
    while let [kind, length, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        now += Micros::from(kind / 6) * MS;
        round_trip(bytes);
        let retained = kind & 0x80 != 0;
        keyed_by_us |= matches!(FloorDown::decode(bytes), Ok(FloorDown::Key(_)));
        let actions = match kind % 6 {
            0 => fence.tx(bytes, retained, now),
            1 => fence.floor(bytes, retained, now),
            2 => fence.heartbeat(bytes, retained, now),
            3 => fence.hub_state(bytes, now),
            4 => fence.carrier(bytes.len() % 2 == 0, now),
            _ => fence.tick(now),
        };
        assert!(keyed_by_us || !actions.contains(&Action::Ptt(true)));
        for topic in [
            Topic::Heartbeat { bridge: "hill" },
            Topic::Received {
                bridge: "hill",
                channel: "vhf1",
            },
            Topic::Floor {
                bridge: "hill",
                channel: "vhf1",
            },
        ] {
            hub.message(&topic, bytes, false, now);
        }
        hub.pulse(now);
        while let Some(output) = hub.poll() {
            assert!(
                !matches!(output, Output::Sound(_)),
                "nobody said that it may be heard"
            );
        }
        let _ = (fence.deadline(), hub.deadline());
    }
});

fn fence(now: Micros) -> Fence {
    let settings = Settings {
        codec: "opus/48000/1".into(),
        frame_ms: 20,
        ready_ms: 0,
        tail_ms: 0,
        playout_ms: 60,
        busy_lockout: true,
    };
    let mut fence = Fence::new(settings).expect("settings");
    let terms = Terms {
        transmit: true,
        ..Terms::OFF
    };
    fence.configure(terms, now).expect("terms");
    fence.broker(true, now);
    let state = HubState { on: true, epoch: 1 };
    fence.hub_state(&state.encode(), now);
    for probe in 0..2 {
        let at = now - SECOND + probe * SECOND;
        let beat = HeartbeatDown {
            epoch: 1,
            sequence: probe as u64,
            sent: at,
        };
        fence.heartbeat(&beat.encode(), false, at);
    }
    fence
}

/// What can be read is written back as the same.
fn round_trip(bytes: &[u8]) {
    if let Ok(audio) = Audio::decode(bytes) {
        assert_eq!(Audio::decode(&audio.encode()), Ok(audio));
    }
    if let Ok(message) = FloorDown::decode(bytes) {
        assert_eq!(FloorDown::decode(&message.encode()), Ok(message));
    }
    if let Ok(message) = FloorUp::decode(bytes) {
        assert_eq!(FloorUp::decode(&message.encode()), Ok(message));
    }
    if let Ok(message) = HeartbeatDown::decode(bytes) {
        assert_eq!(HeartbeatDown::decode(&message.encode()), Ok(message));
    }
    if let Ok(message) = HeartbeatUp::decode(bytes) {
        assert_eq!(HeartbeatUp::decode(&message.encode()), Ok(message));
    }
    if let Ok(message) = HubState::decode(bytes) {
        assert_eq!(HubState::decode(&message.encode()), Ok(message));
    }
}
