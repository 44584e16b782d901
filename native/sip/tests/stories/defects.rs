//! The ten defects seen in other stacks (reference list, section 2): each is a test of ours.

use crate::rig::{Peer, Rig, SDP, UDP, call, peer, reply, stream};
use sip::{Command, End, Event, Flow, Input, LegId, LinkId, Transport};

#[test]
fn a_reinvite_right_behind_the_ack_is_answered_200_times_of_200() {
    for number in 0..200 {
        let mut rig = Rig::new();
        let mut peer = Peer::new(&format!("direct{number}"));
        rig.udp(&peer.invite());
        let leg = rig.incoming();
        rig.command(Command::Answer {
            leg,
            sdp: SDP.into(),
        });
        peer.learn(&rig.response());
        let (ack, again) = (peer.ack(), peer.send("INVITE", "", SDP));
        // The network may swap the two.
        let order = if number % 2 == 0 {
            [&ack, &again]
        } else {
            [&again, &ack]
        };
        for text in order {
            rig.udp(text);
        }
        let request = rig.offered();
        rig.clear();
        rig.command(Command::AcceptOffer {
            leg,
            request,
            sdp: SDP.into(),
        });
        assert_eq!(rig.statuses(), [200]);
    }
}

#[test]
fn a_cancel_right_behind_a_reinvite_ends_it_with_487() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("c");
    let leg = rig.establish(&mut peer);
    rig.udp(&peer.send("INVITE", "", SDP));
    let request = rig.offered();
    rig.udp(&peer.cancel());
    assert_eq!(rig.statuses(), [100, 200, 487]);
    assert!(rig.told(&Event::OfferWithdrawn { leg, request }));
}

#[test]
fn an_unknown_method_is_refused_and_costs_the_connection_nothing() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("u");
    rig.tcp(&peer.send("INVITEX", "", ""));
    rig.tcp(&peer.send("SUBSCRIBE", "", ""));
    assert_eq!(rig.statuses(), [501, 405]);
    assert!(
        rig.response()
            .headers
            .get("Allow")
            .unwrap()
            .contains("INVITE")
    );
    assert_eq!(rig.closed, []);
    assert_eq!(rig.events, []);
}

#[test]
fn requests_in_an_early_dialog_are_answered_and_bye_ends_the_invite() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("e");
    rig.udp(&peer.invite());
    let leg = rig.incoming();
    rig.command(Command::Ring {
        leg,
        status: 180,
        sdp: None,
    });
    peer.learn(&rig.response());
    rig.clear();
    rig.udp(&peer.send("UPDATE", "", ""));
    rig.udp(&peer.send("INFO", "", ""));
    rig.udp(&peer.send("BYE", "", ""));
    assert_eq!(rig.statuses(), [200, 200, 200, 487]);
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::RemoteHangup,
        status: 200
    }));
}

#[test]
fn a_lower_cseq_gets_500_and_a_gap_waits_for_nobody() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("q");
    rig.establish(&mut peer);
    peer.seq += 100;
    rig.udp(&peer.send("INFO", "", ""));
    let old = peer.with("INFO", 50, 77, "", "");
    rig.udp(&old);
    assert_eq!(rig.statuses(), [200, 500]);
}

#[test]
fn the_same_request_by_another_way_gets_482() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("m");
    rig.udp(&peer.invite());
    let merged = peer.with("INVITE", 1, 99, "", SDP);
    rig.udp(&merged);
    assert_eq!(rig.statuses(), [100, 482]);
}

#[test]
fn an_overlapping_offer_gets_500_with_retry_after_and_glare_gets_491() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("o");
    let leg = rig.establish(&mut peer);
    rig.udp(&peer.send("INVITE", "", SDP));
    rig.udp(&peer.send("INVITE", "", SDP));
    assert_eq!(rig.statuses(), [100, 500]);
    assert!(rig.response().headers.get("Retry-After").is_some());

    let request = rig.offered();
    rig.command(Command::RefuseOffer {
        leg,
        request,
        status: 488,
    });
    rig.command(Command::Offer {
        leg,
        sdp: Some(SDP.into()),
    });
    rig.clear();
    rig.udp(&peer.send("INVITE", "", SDP));
    assert_eq!(rig.statuses(), [491]);
}

#[test]
fn a_487_is_repeated_until_its_ack() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("g");
    rig.udp(&peer.invite());
    let start = rig.now;
    rig.udp(&peer.cancel());
    rig.wait(4_000);
    assert_eq!(rig.times("SIP/2.0 487", start), [0, 500, 1_500, 3_500]);
    peer.learn(&rig.response());
    let ack = peer.with("ACK", 1, 1, "", "");
    rig.udp(&ack);
    rig.clear();
    rig.wait(60_000);
    assert_eq!(rig.sent, []);
    assert_eq!(rig.core.counts().transactions, 0);
}

#[test]
fn a_2xx_is_repeated_after_half_1_2_and_4_seconds() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("r");
    rig.udp(&peer.invite());
    let (leg, start) = (rig.incoming(), rig.now);
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    rig.wait(12_000);
    assert_eq!(
        rig.times("SIP/2.0 200", start),
        [0, 500, 1_500, 3_500, 7_500, 11_500]
    );
}

#[test]
fn a_refused_connection_ends_the_call_at_once() {
    let mut rig = Rig::new();
    rig.command(Command::Call(Box::new(sip::Call {
        flow: stream(),
        ..call(1, Some(SDP))
    })));
    rig.input(Input::FlowClosed(stream().link));
    assert!(rig.told(&Event::Ended {
        leg: LegId(1),
        why: End::ConnectionLost,
        status: 503
    }));
    assert_eq!(rig.core.counts().legs, 0);
}

#[test]
fn without_rport_the_answer_goes_to_the_port_of_sent_by() {
    let mut rig = Rig::new();
    let odd = Flow {
        link: UDP,
        remote: "192.0.2.20:61000".parse().unwrap(),
    };
    let plain = Peer::new("p").send("OPTIONS", "", "");
    rig.input(Input::Bytes {
        flow: odd,
        bytes: plain.as_bytes(),
    });
    assert_eq!(rig.sent[0].1, peer());
    let asked = plain.replace(";branch=", ";rport;branch=");
    rig.input(Input::Bytes {
        flow: odd,
        bytes: asked.as_bytes(),
    });
    assert_eq!(rig.sent[1].1, odd);
    assert!(
        rig.response()
            .headers
            .get("Via")
            .unwrap()
            .contains("rport=61000")
    );
}

#[test]
fn an_idle_connection_holds_no_buffer_and_blocks_nobody() {
    let mut rig = Rig::new();
    for number in 100..2_100 {
        let local = "192.0.2.10:5060".parse().unwrap();
        rig.input(Input::LinkOpened {
            link: LinkId(number),
            transport: Transport::Tcp,
            local,
        });
    }
    rig.udp(&Peer::new("i").send("OPTIONS", "", ""));
    assert_eq!(rig.statuses(), [200]);
}

#[test]
fn a_flood_of_refused_invites_leaves_no_state() {
    let mut rig = Rig::strict(sip::Config::default());
    for number in 0..3_000 {
        let text = Peer::new(&format!("f{number}")).invite();
        rig.udp(&text);
        rig.sent.clear();
    }
    let counts = rig.core.counts();
    assert_eq!((counts.legs, counts.transactions, counts.waits), (0, 0, 0));
    assert!(counts.limited > 2_000, "{counts:?}");
}

#[test]
fn a_content_length_beyond_the_end_is_refused_and_a_large_datagram_is_whole() {
    let mut rig = Rig::new();
    let text = Peer::new("l")
        .invite()
        .replace("Content-Length: ", "Content-Length: 9");
    rig.udp(&text);
    assert_eq!(rig.statuses(), [400]);
    rig.clear();
    let filler = format!("X-Filler: {}\r\n", "x".repeat(40_000));
    rig.udp(&Peer::new("big").send("OPTIONS", &filler, ""));
    assert_eq!(rig.statuses(), [200]);
}

#[test]
fn compact_names_and_folded_lines_are_read() {
    let mut rig = Rig::new();
    let text = "INVITE sip:ops@192.0.2.10 SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.20;\r\n branch=z9hG4bKfold\r\n\
        f: <sip:bob@192.0.2.20>\r\n\t;tag=a\r\nt: <sip:ops@192.0.2.10>\r\ni: fold\r\nCSeq: 1\r\n INVITE\r\n\
        m: <sip:bob@192.0.2.20>\r\nl: 0\r\n\r\n";
    rig.udp(text);
    assert_eq!(rig.statuses(), [100]);
    rig.incoming();
}

#[test]
fn the_tenth_request_is_signed_with_count_0000000a() {
    let mut rig = Rig::new();
    let account = sip::digest::Account {
        user: "ops".into(),
        password: "secret".into(),
    };
    rig.command(Command::Call(Box::new(sip::Call {
        account: Some(account),
        ..call(1, Some(SDP))
    })));
    let challenge = "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n\", qop=\"auth\"\r\n";
    let invite = rig.request();
    rig.udp(&reply(&invite, 401, "x", challenge, ""));
    let invite = rig.request();
    assert!(
        invite
            .headers
            .get("Authorization")
            .unwrap()
            .contains("nc=00000001")
    );
    rig.udp(&reply(&invite, 200, "tag-b", "", SDP));
    // The ACK was the second; eight probes follow.
    for _ in 0..8 {
        rig.command(Command::Probe { leg: LegId(1) });
    }
    assert!(
        rig.request()
            .headers
            .get("Authorization")
            .unwrap()
            .contains("nc=0000000a")
    );
}
