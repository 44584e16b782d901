//! Calls that come in.

use crate::rig::{Peer, Rig, SDP, UDP, peer, reply, stream};
use sip::msg::Head;
use sip::{Command, Config, End, Event, Flow, Input, LegId};

#[test]
fn a_call_is_rung_answered_and_hung_up() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("a");
    rig.udp(&peer.invite());
    let leg = rig.incoming();
    rig.command(Command::Ring {
        leg,
        status: 180,
        sdp: None,
    });
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    assert_eq!(rig.statuses(), [100, 180, 200]);
    peer.learn(&rig.response());
    let ack = peer.ack();
    rig.udp(&ack);
    assert!(rig.told(&Event::Established { leg, sdp: None }));
    rig.command(Command::Hangup { leg });
    let bye = rig.request();
    assert_eq!(
        (bye.method.as_str(), &*bye.uri),
        ("BYE", "sip:bob@192.0.2.20:5060")
    );
    rig.udp(&reply(&bye, 200, "", "", ""));
    rig.wait(60_000);
    let counts = rig.core.counts();
    assert_eq!((counts.legs, counts.transactions, counts.waits), (0, 0, 0));
}

#[test]
fn the_caller_hangs_up() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("b");
    let leg = rig.establish(&mut peer);
    rig.udp(&peer.send("BYE", "", ""));
    assert_eq!(rig.statuses(), [200]);
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::RemoteHangup,
        status: 200
    }));
    assert_eq!(rig.core.counts().legs, 0);
}

#[test]
fn the_caller_gives_up_while_it_rings() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("c");
    rig.udp(&peer.invite());
    let leg = rig.incoming();
    rig.udp(&peer.cancel());
    assert_eq!(rig.statuses(), [100, 200, 487]);
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::Cancelled,
        status: 487
    }));
}

#[test]
fn a_cancel_after_the_answer_changes_nothing() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("late");
    rig.udp(&peer.invite());
    let leg = rig.incoming();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    rig.clear();
    rig.udp(&peer.cancel());
    assert_eq!((rig.statuses(), rig.events.len()), (vec![200], 0));
}

#[test]
fn a_cancel_of_nothing_gets_481() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("none");
    rig.udp(&peer.send("CANCEL", "", ""));
    assert_eq!(rig.statuses(), [481]);
}

#[test]
fn the_hub_hangs_up_before_the_ack_and_bye_waits_for_it() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("d");
    rig.udp(&peer.invite());
    let leg = rig.incoming();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    peer.learn(&rig.response());
    rig.command(Command::Hangup { leg });
    assert_eq!(rig.methods(), [""; 0]);
    let ack = peer.ack();
    rig.udp(&ack);
    assert_eq!(rig.methods(), ["BYE"]);
}

#[test]
fn a_call_without_an_offer_brings_the_answer_in_its_ack() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("late offer");
    peer.call_id = "late-offer".into();
    rig.udp(&peer.send("INVITE", "", ""));
    let leg = rig.incoming();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    peer.learn(&rig.response());
    let ack = peer.with("ACK", 1, 50, "", SDP);
    rig.udp(&ack);
    assert!(rig.told(&Event::Established {
        leg,
        sdp: Some(SDP.into())
    }));
}

#[test]
fn nobody_answers_within_the_ring_limit() {
    let mut rig = Rig::new();
    rig.udp(&Peer::new("r").invite());
    let leg = rig.incoming();
    rig.wait(179_999);
    assert_eq!(rig.statuses(), [100]);
    rig.wait(1);
    assert_eq!(rig.statuses(), [100, 480]);
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::RingLimit,
        status: 480
    }));
}

#[test]
fn a_hub_that_does_not_answer_an_offer_hangs_nobody() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("h");
    let leg = rig.establish(&mut peer);
    rig.udp(&peer.send("INVITE", "", SDP));
    let request = rig.offered();
    rig.wait(19_999);
    assert_eq!(rig.statuses(), [100]);
    rig.wait(1);
    assert_eq!(rig.statuses(), [100, 500]);
    assert!(rig.told(&Event::OfferWithdrawn { leg, request }));
    rig.command(Command::AcceptOffer {
        leg,
        request,
        sdp: SDP.into(),
    });
    assert!(
        rig.events
            .iter()
            .any(|e| matches!(e, Event::Rejected { .. }))
    );
}

#[test]
fn hold_by_update_is_accepted_and_needs_no_ack() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("u");
    let leg = rig.establish(&mut peer);
    rig.udp(&peer.send("UPDATE", "", SDP));
    let request = rig.offered();
    rig.command(Command::AcceptOffer {
        leg,
        request,
        sdp: SDP.into(),
    });
    rig.wait(60_000);
    assert_eq!(rig.statuses(), [200]);
    assert_eq!(rig.methods(), [""; 0]);
}

#[test]
fn a_moved_contact_is_followed() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("moved");
    let leg = rig.establish(&mut peer);
    let update = peer
        .send("UPDATE", "", "")
        .replace("bob@192.0.2.20:5060>", "bob@192.0.2.21:5070>");
    rig.udp(&update);
    rig.command(Command::Hangup { leg });
    assert_eq!(&*rig.request().uri, "sip:bob@192.0.2.21:5070");
    assert_eq!(
        rig.sent.last().unwrap().1.remote,
        "192.0.2.21:5070".parse().unwrap()
    );
}

#[test]
fn record_route_becomes_the_way_of_our_requests() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("rr");
    let routes = "Record-Route: <sip:192.0.2.31;lr>, <sip:192.0.2.32;lr>\r\n";
    rig.udp(&peer.send("INVITE", routes, SDP));
    let leg = rig.incoming();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    let ok = rig.response();
    assert_eq!(ok.headers.elements("Record-Route").count(), 2);
    peer.learn(&ok);
    let ack = peer.ack();
    rig.udp(&ack);
    rig.command(Command::Hangup { leg });
    let bye = rig.request();
    let ways: Vec<_> = bye.headers.elements("Route").collect();
    assert_eq!(ways, ["<sip:192.0.2.31;lr>", "<sip:192.0.2.32;lr>"]);
    assert_eq!(&*bye.uri, "sip:bob@192.0.2.20:5060");
    assert_eq!(
        rig.sent.last().unwrap().1.remote,
        "192.0.2.31:5060".parse().unwrap()
    );
}

#[test]
fn a_strict_router_gets_its_own_uri_as_the_target() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("strict");
    rig.udp(&peer.send("INVITE", "Record-Route: <sip:192.0.2.31>\r\n", SDP));
    let leg = rig.incoming();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    peer.learn(&rig.response());
    let ack = peer.ack();
    rig.udp(&ack);
    rig.command(Command::Hangup { leg });
    let bye = rig.request();
    assert_eq!(&*bye.uri, "sip:192.0.2.31");
    assert_eq!(bye.headers.get("Route"), Some("<sip:bob@192.0.2.20:5060>"));
}

#[test]
fn a_caller_behind_nat_is_reached_where_it_came_from() {
    let mut rig = Rig::new();
    let nat = Flow {
        link: UDP,
        remote: "192.0.2.20:40000".parse().unwrap(),
    };
    let mut peer = Peer::new("nat");
    let inside = |text: String| {
        text.replace("UDP 192.0.2.20:5060;", "UDP 10.0.0.5:5060;rport;")
            .replace("bob@192.0.2.20:5060", "bob@10.0.0.5:5060")
    };
    rig.input(Input::Bytes {
        flow: nat,
        bytes: inside(peer.invite()).as_bytes(),
    });
    let leg = rig.incoming();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    peer.learn(&rig.response());
    let ack = inside(peer.ack());
    rig.input(Input::Bytes {
        flow: nat,
        bytes: ack.as_bytes(),
    });
    rig.command(Command::Hangup { leg });
    assert_eq!(rig.sent.last().unwrap().1, nat);
}

#[test]
fn dtmf_by_info_is_told() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("dtmf");
    let leg = rig.establish(&mut peer);
    let info = peer
        .send("INFO", "Content-Type: application/dtmf-relay\r\n", "")
        .replace(
            "Content-Length: 0\r\n\r\n",
            "Content-Length: 8\r\n\r\nSignal=*",
        );
    rig.udp(&info);
    rig.udp(&info);
    let body = b"Signal=*".to_vec();
    assert_eq!(
        rig.events,
        [Event::Info {
            leg,
            content_type: "application/dtmf-relay".into(),
            body
        }]
    );
}

#[test]
fn refer_is_refused_by_default() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("refer");
    rig.establish(&mut peer);
    rig.udp(&peer.send("REFER", "Refer-To: <sip:carol@192.0.2.30>\r\n", ""));
    assert_eq!(rig.statuses(), [603]);
}

#[test]
fn an_accepted_refer_is_reported_on_until_its_end() {
    let mut rig = Rig::strict(Config {
        ask_refer: true,
        ..Config::default()
    });
    rig.command(Command::SetTrusted {
        source: peer().remote.ip(),
        trusted: true,
    });
    let mut caller = Peer::new("refer2");
    let leg = rig.establish(&mut caller);
    rig.udp(&caller.send("REFER", "Refer-To: <sip:carol@192.0.2.30>\r\n", ""));
    let Some(Event::Refer {
        request, target, ..
    }) = rig.events.pop()
    else {
        panic!("no refer")
    };
    assert_eq!(&*target, "sip:carol@192.0.2.30");
    rig.command(Command::AnswerRefer {
        leg,
        request,
        accept: true,
    });
    rig.command(Command::ReferProgress { leg, status: 200 });
    assert_eq!(
        (rig.statuses(), rig.methods()),
        (vec![202], vec!["NOTIFY".into(), "NOTIFY".into()])
    );
    let last = rig.request();
    assert!(
        last.headers
            .get("Subscription-State")
            .unwrap()
            .starts_with("terminated")
    );
    assert_eq!(last.body, b"SIP/2.0 200 OK\r\n");
}

#[test]
fn a_refer_the_hub_forgets_is_declined() {
    let mut rig = Rig::strict(Config {
        ask_refer: true,
        ..Config::default()
    });
    rig.command(Command::SetTrusted {
        source: peer().remote.ip(),
        trusted: true,
    });
    let mut caller = Peer::new("refer3");
    rig.establish(&mut caller);
    rig.udp(&caller.send("REFER", "Refer-To: <sip:carol@192.0.2.30>\r\n", ""));
    rig.wait(20_000);
    assert_eq!(rig.statuses(), [603]);
}

#[test]
fn a_lost_connection_ends_its_calls() {
    let mut rig = Rig::new();
    let mut caller = Peer::new("tcp");
    let invite = caller.invite().replace("/UDP", "/TCP");
    rig.tcp(&invite);
    let leg = rig.incoming();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    rig.input(Input::FlowClosed(stream().link));
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::ConnectionLost,
        status: 503
    }));
    rig.wait(1);
    let counts = rig.core.counts();
    assert_eq!((counts.legs, counts.transactions, counts.waits), (0, 0, 0));
}

#[test]
fn a_request_of_a_dialog_we_do_not_know_gets_481_and_a_wrong_remote_tag_too() {
    let mut rig = Rig::new();
    let mut caller = Peer::new("x");
    rig.establish(&mut caller);
    let wrong = caller.send("BYE", "", "").replace("tag=tag-a", "tag=other");
    rig.udp(&wrong);
    caller.to_tag = "unknown".into();
    rig.udp(&caller.send("BYE", "", ""));
    assert_eq!(rig.statuses(), [481, 481]);
    assert_eq!(rig.core.counts().legs, 1);
}

#[test]
fn copies_of_an_invite_are_one_call() {
    let mut rig = Rig::new();
    let invite = Peer::new("copy").invite();
    for _ in 0..5 {
        rig.udp(&invite);
    }
    assert_eq!(rig.statuses(), [100; 5]);
    assert_eq!(rig.events.len(), 1);
}

#[test]
fn a_late_command_is_rejected_and_nothing_is_sent() {
    let mut rig = Rig::new();
    rig.command(Command::Answer {
        leg: LegId(42),
        sdp: SDP.into(),
    });
    rig.command(Command::Hangup { leg: LegId(42) });
    assert_eq!((rig.events.len(), rig.sent.len()), (2, 0));
}

#[test]
fn an_answer_has_a_tag_of_its_own_that_later_answers_keep() {
    let mut rig = Rig::new();
    rig.udp(&Peer::new("tag").invite());
    let leg = rig.incoming();
    rig.command(Command::Ring {
        leg,
        status: 183,
        sdp: Some(SDP.into()),
    });
    let early = Head::read(&rig.response().headers).unwrap();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    let last = Head::read(&rig.response().headers).unwrap();
    assert!(!early.to_tag().is_empty());
    assert_eq!(early.to_tag(), last.to_tag());
}
