//! Offer and answer: who hears whom, by which codec, with which keys.

use sip::sdp::{
    Agreed, CodecName, Crypto, Direction, Local, Refusal, Session, answer, offer, read_answer,
};

fn local() -> Local {
    Local {
        address: "192.0.2.9:40000".parse().unwrap(),
        id: 7,
        version: 1,
        codecs: CodecName::ALL.to_vec(),
        direction: Direction::SendRecv,
        crypto: None,
        dtls: None,
    }
}

/// A description with `media` behind a session part of 192.0.2.1.
fn description(media: &str) -> Session {
    let head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n";
    Session::parse(format!("{head}{media}").as_bytes()).unwrap()
}

fn agreed(media: &str) -> Agreed {
    answer(&description(media), &local()).unwrap().1
}

#[test]
fn our_preference_decides_and_the_payload_type_is_theirs() {
    let got = agreed("m=audio 5000 RTP/AVP 96 8 0\na=rtpmap:96 opus/48000/2\n");
    assert_eq!(
        (got.codec.name, got.codec.payload_type),
        (CodecName::Pcmu, 0)
    );
    let got =
        agreed("m=audio 5000 RTP/AVP 96\na=rtpmap:96 OPUS/48000/2\na=fmtp:96 useinbandfec=1\n");
    assert_eq!(
        (got.codec.name, got.codec.payload_type),
        (CodecName::Opus, 96)
    );
    assert_eq!(got.codec.format.as_deref(), Some("useinbandfec=1"));
}

#[test]
fn an_offer_lists_codecs_in_order_with_an_event_type_for_each_clock() {
    let text = offer(&local()).to_string();
    assert!(
        text.contains("m=audio 40000 RTP/AVP 0 8 9 111 101 110\r\n"),
        "{text}"
    );
    assert!(text.contains("a=rtpmap:101 telephone-event/8000\r\n"));
    assert!(text.contains("a=rtpmap:110 telephone-event/48000\r\n"));
}

#[test]
fn telephone_event_of_the_codecs_clock_is_taken() {
    let got = agreed(
        "m=audio 5000 RTP/AVP 0 97 98\na=rtpmap:97 telephone-event/48000\na=rtpmap:98 telephone-event/8000\n",
    );
    assert_eq!(got.telephone_event, Some((98, 8000)));
}

#[test]
fn hold_is_answered_by_its_mirror() {
    let cases = [
        ("sendonly", Direction::RecvOnly),
        ("recvonly", Direction::SendOnly),
        ("inactive", Direction::Inactive),
        ("sendrecv", Direction::SendRecv),
    ];
    for (theirs, ours) in cases {
        let media = format!("m=audio 5000 RTP/AVP 0\na={theirs}\n");
        let (text, got) = answer(&description(&media), &local()).unwrap();
        assert_eq!(got.direction, ours);
        assert!(
            text.to_string()
                .contains(&format!("a={}\r\n", ours.as_str()))
        );
    }
}

#[test]
fn a_peer_we_hold_cannot_unhold_itself() {
    let held = Local {
        direction: Direction::SendOnly,
        ..local()
    };
    let (_, got) = answer(&description("m=audio 5000 RTP/AVP 0\n"), &held).unwrap();
    assert_eq!(got.direction, Direction::SendOnly);
}

#[test]
fn the_hold_of_old_phones_leaves_no_place_to_send_to() {
    let got = agreed("m=audio 5000 RTP/AVP 0\nc=IN IP4 0.0.0.0\n");
    assert_eq!(got.remote, None);
}

#[test]
fn the_address_of_the_media_goes_before_the_one_of_the_session() {
    assert_eq!(
        agreed("m=audio 5000 RTP/AVP 0\n").remote,
        "192.0.2.1:5000".parse().ok()
    );
    let moved = agreed("m=audio 5002 RTP/AVP 0\nc=IN IP4 192.0.2.77\n");
    assert_eq!(moved.remote, "192.0.2.77:5002".parse().ok());
}

#[test]
fn every_other_media_line_is_refused_in_its_place() {
    let media = "m=video 5004 RTP/AVP 31\nm=audio 5000 RTP/AVP 0\nm=audio 5006 RTP/AVP 0\nm=image 5008 udptl t38\n";
    let (text, got) = answer(&description(media), &local()).unwrap();
    let ports: Vec<u16> = text.media.iter().map(|m| m.port).collect();
    assert_eq!((got.index, ports), (1, vec![0, 40000, 0, 0]));
    assert_eq!(&*text.media[3].protocol, "udptl");
}

#[test]
fn an_offer_without_usable_audio_is_refused_with_its_reason() {
    let refused = |media: &str| answer(&description(media), &local()).unwrap_err();
    assert_eq!(refused("m=video 5004 RTP/AVP 31\n"), Refusal::NoAudio);
    assert_eq!(refused("m=audio 0 RTP/AVP 0\n"), Refusal::NoAudio);
    assert_eq!(refused("m=audio 5000 RTP/AVP 18\n"), Refusal::NoCodec);
    assert_eq!(refused("m=audio 5000 RTP/SAVP 0\n"), Refusal::NoSecurity);
}

#[test]
fn sdes_answers_the_suite_we_have_with_the_tag_it_was_offered_under() {
    let key = Crypto {
        tag: 1,
        suite: "AES_CM_128_HMAC_SHA1_80".into(),
        key: "ours".into(),
    };
    let ours = Local {
        crypto: Some(key),
        ..local()
    };
    let media = "m=audio 5000 RTP/SAVP 0\na=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:long\n\
        a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:theirs|2^20|1:4\n";
    let (text, got) = answer(&description(media), &ours).unwrap();
    assert_eq!(got.crypto.unwrap().key.as_ref(), "theirs");
    assert!(
        text.to_string()
            .contains("a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:ours\r\n")
    );
}

#[test]
fn an_answer_without_the_keys_we_asked_for_is_refused() {
    let key = Crypto {
        tag: 1,
        suite: "AES_CM_128_HMAC_SHA1_80".into(),
        key: "ours".into(),
    };
    let ours = Local {
        crypto: Some(key),
        ..local()
    };
    assert_eq!(
        read_answer(&ours, &description("m=audio 5000 RTP/SAVP 0\n")),
        Err(Refusal::NoSecurity)
    );
}

#[test]
fn both_ends_agree_on_the_same_session() {
    let caller = local();
    let other = Local {
        address: "[2001:db8::1]:5000".parse().unwrap(),
        ..local()
    };
    let sent = Session::parse(offer(&caller).to_string().as_bytes()).unwrap();
    let (text, theirs) = answer(&sent, &other).unwrap();
    let text = Session::parse(text.to_string().as_bytes()).unwrap();
    let ours = read_answer(&caller, &text).unwrap();
    assert_eq!(
        (ours.codec.name, ours.remote),
        (theirs.codec.name, Some(other.address))
    );
    assert_eq!(theirs.remote, Some(caller.address));
}

#[test]
fn a_description_that_breaks_a_bound_is_none() {
    let head = "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\n";
    let many = format!("{head}{}", "m=audio 1 RTP/AVP 0\n".repeat(40));
    assert_eq!(Session::parse(many.as_bytes()), None);
    assert_eq!(Session::parse(b"v=1\n"), None);
    assert_eq!(
        Session::parse(format!("{head}m=audio x RTP/AVP 0\n").as_bytes()),
        None
    );
}
