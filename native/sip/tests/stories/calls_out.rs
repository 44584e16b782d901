//! Calls we place.

use crate::rig::{Rig, SDP, back, call, peer, reply};
use sip::digest::Account;
use sip::{Call, Command, End, Event, Flow, Input, LegId, LinkId, Rejection};

const LEG: LegId = LegId(1);

#[test]
fn a_call_rings_is_answered_and_hung_up() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    assert_eq!(
        invite.headers.get("From").unwrap().split(";tag").next(),
        Some("\"Ops \\\"A\\\"\" <sip:ops@192.0.2.10>")
    );
    rig.udp(&reply(&invite, 183, "tag-b", "", SDP));
    rig.udp(&reply(&invite, 200, "tag-b", "", SDP));
    assert_eq!(
        rig.events,
        [
            Event::Progress {
                leg: LEG,
                status: 183,
                sdp: Some(SDP.into())
            },
            Event::Answered {
                leg: LEG,
                sdp: Some(SDP.into())
            },
        ]
    );
    let ack = rig.request();
    assert_eq!(
        (ack.method.as_str(), ack.headers.get("CSeq")),
        ("ACK", Some("1 ACK"))
    );
    assert_eq!(&*ack.uri, "sip:bob@192.0.2.20:5060");
    rig.command(Command::Hangup { leg: LEG });
    rig.udp(&reply(&rig.request(), 200, "", "", ""));
    rig.wait(70_000);
    let counts = rig.core.counts();
    assert_eq!((counts.legs, counts.transactions, counts.waits), (0, 0, 0));
}

#[test]
fn the_callee_hangs_up() {
    let mut rig = Rig::new();
    let (leg, invite) = rig.connect();
    rig.udp(&back(&invite, "BYE", 1, ""));
    assert_eq!(rig.statuses(), [200]);
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::RemoteHangup,
        status: 200
    }));
}

#[test]
fn a_refusal_says_how() {
    for status in [486, 603, 404, 302] {
        let mut rig = Rig::new();
        let invite = rig.place(Some(SDP));
        rig.udp(&reply(&invite, status, "t", "", ""));
        assert!(rig.told(&Event::Ended {
            leg: LEG,
            why: End::Refused,
            status
        }));
        assert_eq!(rig.methods(), ["INVITE", "ACK"]);
    }
}

#[test]
fn a_hangup_while_ringing_sends_cancel_with_the_branch_of_the_invite() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    rig.udp(&reply(&invite, 180, "t", "", ""));
    rig.command(Command::Hangup { leg: LEG });
    let cancel = rig.request();
    assert_eq!(cancel.method.as_str(), "CANCEL");
    assert_eq!(cancel.headers.get("Via"), invite.headers.get("Via"));
    assert_eq!(cancel.headers.get("CSeq"), Some("1 CANCEL"));
    rig.udp(&reply(&cancel, 200, "", "", ""));
    rig.udp(&reply(&invite, 487, "t", "", ""));
    assert_eq!(rig.methods(), ["INVITE", "CANCEL", "ACK"]);
    assert_eq!(rig.core.counts().legs, 0);
}

#[test]
fn a_cancel_waits_for_the_first_provisional_answer_and_is_repeated() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    rig.command(Command::Hangup { leg: LEG });
    assert_eq!(rig.methods(), ["INVITE"]);
    rig.udp(&reply(&invite, 100, "", "", ""));
    let start = rig.now;
    rig.wait(3_000);
    assert_eq!(rig.times("CANCEL", start), [0, 500, 1_500]);
}

#[test]
fn a_callee_that_ignores_the_cancel_is_given_up() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    rig.udp(&reply(&invite, 180, "t", "", ""));
    rig.command(Command::Hangup { leg: LEG });
    rig.wait(40_000);
    let counts = rig.core.counts();
    assert_eq!((counts.legs, counts.transactions, counts.waits), (0, 0, 0));
}

#[test]
fn an_answer_that_crosses_the_cancel_is_confirmed_and_hung_up() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    rig.udp(&reply(&invite, 180, "tag-b", "", ""));
    rig.command(Command::Hangup { leg: LEG });
    rig.udp(&reply(&invite, 200, "tag-b", "", SDP));
    assert_eq!(rig.methods(), ["INVITE", "CANCEL", "ACK", "BYE"]);
}

#[test]
fn the_ring_limit_cancels() {
    let mut rig = Rig::new();
    rig.command(Command::Call(Box::new(Call {
        ring_limit_ms: 10_000,
        ..call(1, Some(SDP))
    })));
    rig.udp(&reply(&rig.request(), 180, "t", "", ""));
    rig.wait(10_000);
    assert_eq!(rig.methods(), ["INVITE", "CANCEL"]);
    assert!(rig.told(&Event::Ended {
        leg: LEG,
        why: End::RingLimit,
        status: 408
    }));
}

#[test]
fn a_second_fork_is_confirmed_and_hung_up() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    rig.udp(&reply(&invite, 200, "tag-b", "", SDP));
    rig.clear();
    rig.udp(&reply(&invite, 200, "tag-c", "", SDP));
    assert_eq!(rig.methods(), ["ACK", "BYE"]);
    assert!(
        rig.request()
            .headers
            .get("To")
            .unwrap()
            .ends_with("tag=tag-c")
    );
    assert_eq!(rig.events, []);
    assert_eq!(rig.core.counts().legs, 1);
}

#[test]
fn the_way_through_proxies_is_the_record_route_reversed() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    let routes = "Record-Route: <sip:192.0.2.32;lr>\r\nRecord-Route: <sip:192.0.2.31;lr>\r\n";
    rig.udp(&reply(&invite, 200, "tag-b", routes, SDP));
    let ack = rig.request();
    let ways: Vec<_> = ack.headers.elements("Route").collect();
    assert_eq!(ways, ["<sip:192.0.2.31;lr>", "<sip:192.0.2.32;lr>"]);
    assert_eq!(
        rig.sent.last().unwrap().1.remote,
        "192.0.2.31:5060".parse().unwrap()
    );
}

#[test]
fn a_preloaded_route_goes_out_with_the_invite() {
    let mut rig = Rig::new();
    let route = vec!["<sip:192.0.2.31;lr>".into()];
    rig.command(Command::Call(Box::new(Call {
        route,
        ..call(1, Some(SDP))
    })));
    assert_eq!(
        rig.request().headers.get("Route"),
        Some("<sip:192.0.2.31;lr>")
    );
}

#[test]
fn a_call_without_an_offer_answers_in_the_ack() {
    let mut rig = Rig::new();
    let invite = rig.place(None);
    rig.udp(&reply(&invite, 200, "tag-b", "", SDP));
    assert!(rig.told(&Event::Answered {
        leg: LEG,
        sdp: Some(SDP.into())
    }));
    assert_eq!(rig.methods(), ["INVITE"]);
    rig.command(Command::Acknowledge {
        leg: LEG,
        sdp: SDP.into(),
    });
    assert_eq!(rig.request().method.as_str(), "ACK");
    assert_eq!(rig.request().body, SDP.as_bytes());
}

#[test]
fn a_hub_that_owes_the_answer_loses_the_call() {
    let mut rig = Rig::new();
    let invite = rig.place(None);
    rig.udp(&reply(&invite, 200, "tag-b", "", SDP));
    rig.wait(20_000);
    assert!(rig.told(&Event::Ended {
        leg: LEG,
        why: End::HubTooSlow,
        status: 500
    }));
    assert_eq!(rig.methods(), ["INVITE", "ACK", "BYE"]);
}

#[test]
fn a_challenge_is_answered_once_and_a_wrong_password_ends_the_call() {
    let mut rig = Rig::new();
    let account = Some(Account {
        user: "ops".into(),
        password: "wrong".into(),
    });
    rig.command(Command::Call(Box::new(Call {
        account,
        ..call(1, Some(SDP))
    })));
    let ask = "Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"n1\", qop=\"auth\", algorithm=MD5\r\n\
        Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256\r\n";
    rig.udp(&reply(&rig.request(), 407, "t", ask, ""));
    let second = rig.request();
    assert!(
        second
            .headers
            .get("Proxy-Authorization")
            .unwrap()
            .contains("algorithm=SHA-256")
    );
    assert_eq!(second.headers.get("CSeq"), Some("2 INVITE"));
    rig.udp(&reply(&second, 407, "t", ask, ""));
    assert!(rig.told(&Event::Ended {
        leg: LEG,
        why: End::Refused,
        status: 407
    }));
    assert_eq!(rig.methods(), ["INVITE", "ACK", "INVITE", "ACK"]);
}

#[test]
fn a_stale_nonce_is_no_wrong_password() {
    let mut rig = Rig::new();
    let account = Some(Account {
        user: "ops".into(),
        password: "right".into(),
    });
    rig.command(Command::Call(Box::new(Call {
        account,
        ..call(1, Some(SDP))
    })));
    let ask = "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n1\", qop=\"auth\"\r\n";
    rig.udp(&reply(&rig.request(), 401, "t", ask, ""));
    let stale = ask.replace("n1\"", "n2\", stale=true");
    rig.udp(&reply(&rig.request(), 401, "t", &stale, ""));
    let third = rig.request();
    assert!(
        third
            .headers
            .get("Authorization")
            .unwrap()
            .contains("nonce=\"n2\"")
    );
    rig.udp(&reply(&third, 200, "tag-b", "", SDP));
    assert!(rig.told(&Event::Answered {
        leg: LEG,
        sdp: Some(SDP.into())
    }));
}

#[test]
fn a_bye_that_is_challenged_is_signed() {
    let mut rig = Rig::new();
    let account = Some(Account {
        user: "ops".into(),
        password: "right".into(),
    });
    rig.command(Command::Call(Box::new(Call {
        account,
        ..call(1, Some(SDP))
    })));
    rig.udp(&reply(&rig.request(), 200, "tag-b", "", SDP));
    rig.command(Command::Hangup { leg: LEG });
    let ask = "Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"n1\", qop=\"auth\"\r\n";
    rig.udp(&reply(&rig.request(), 407, "", ask, ""));
    let bye = rig.request();
    assert_eq!(
        (
            bye.method.as_str(),
            bye.headers.get("Proxy-Authorization").is_some()
        ),
        ("BYE", true)
    );
    rig.udp(&reply(&bye, 200, "", "", ""));
    assert_eq!(rig.core.counts().legs, 0);
}

#[test]
fn an_offer_of_ours_is_answered_or_refused() {
    let mut rig = Rig::new();
    let (leg, _) = rig.connect();
    rig.command(Command::Offer {
        leg,
        sdp: Some(SDP.into()),
    });
    rig.udp(&reply(&rig.request(), 200, "", "", SDP));
    assert!(rig.told(&Event::OfferAnswered {
        leg,
        sdp: Some(SDP.into())
    }));
    assert_eq!(rig.methods(), ["INVITE", "ACK"]);
    rig.command(Command::Offer {
        leg,
        sdp: Some(SDP.into()),
    });
    rig.udp(&reply(&rig.request(), 488, "", "", ""));
    assert!(rig.told(&Event::OfferRefused { leg, status: 488 }));
    assert_eq!(rig.core.counts().legs, 1);
}

#[test]
fn after_glare_the_owner_of_the_call_id_waits_longer_than_the_other_may() {
    let mut rig = Rig::new();
    let (leg, _) = rig.connect();
    rig.command(Command::Offer {
        leg,
        sdp: Some(SDP.into()),
    });
    let start = rig.now;
    rig.udp(&reply(&rig.request(), 491, "", "", ""));
    rig.wait(10_000);
    let at = rig.times("INVITE", start);
    assert!((2_100..=4_000).contains(&at[1]), "{at:?}");
    rig.udp(&reply(&rig.request(), 200, "", "", SDP));
    assert!(rig.told(&Event::OfferAnswered {
        leg,
        sdp: Some(SDP.into())
    }));
}

#[test]
fn two_offers_of_ours_at_once_are_busy() {
    let mut rig = Rig::new();
    let (leg, _) = rig.connect();
    rig.command(Command::Offer {
        leg,
        sdp: Some(SDP.into()),
    });
    rig.command(Command::Offer {
        leg,
        sdp: Some(SDP.into()),
    });
    assert!(rig.told(&Event::Rejected {
        id: 1,
        why: Rejection::Busy
    }));
}

#[test]
fn a_probe_is_answered_by_anything_and_481_ends_the_leg() {
    let mut rig = Rig::new();
    let (leg, _) = rig.connect();
    rig.command(Command::Probe { leg });
    rig.udp(&reply(&rig.request(), 501, "", "", ""));
    assert!(rig.told(&Event::ProbeAnswered { leg, status: 501 }));
    rig.command(Command::Probe { leg });
    rig.udp(&reply(&rig.request(), 481, "", "", ""));
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::Gone,
        status: 481
    }));
}

#[test]
fn a_dead_phone_is_gone_32_s_after_the_probe_and_at_once_by_icmp() {
    let mut rig = Rig::new();
    let (leg, _) = rig.connect();
    rig.command(Command::Probe { leg });
    rig.wait(32_000);
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::Gone,
        status: 481
    }));

    let mut rig = Rig::new();
    let (leg, _) = rig.connect();
    rig.command(Command::Probe { leg });
    rig.input(Input::Unreachable(peer()));
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::ConnectionLost,
        status: 503
    }));
}

#[test]
fn a_phone_that_is_silent_for_ten_minutes_and_answers_probes_is_still_there() {
    let mut rig = Rig::new();
    let (leg, _) = rig.connect();
    // Whatever it answers with: it lives.
    for status in [200, 405, 501, 200].into_iter().cycle().take(40) {
        rig.command(Command::Probe { leg });
        let options = rig.request();
        assert_eq!(options.method.as_str(), "OPTIONS");
        rig.udp(&reply(&options, status, "tag-b", "", ""));
        rig.wait(15_000);
        assert_eq!(rig.events, [Event::ProbeAnswered { leg, status }]);
        rig.clear();
    }
    assert_eq!(rig.core.counts().legs, 1);
}

#[test]
fn a_leg_number_is_odd_and_rises() {
    let mut rig = Rig::new();
    let bad = |id| Event::Rejected {
        id,
        why: Rejection::BadLegId,
    };
    rig.command(Command::Call(Box::new(call(2, Some(SDP)))));
    assert!(rig.told(&bad(2)));
    rig.command(Command::Call(Box::new(call(3, Some(SDP)))));
    rig.command(Command::Call(Box::new(call(3, Some(SDP)))));
    assert!(rig.told(&bad(3)));
}

#[test]
fn a_call_over_a_link_that_is_not_open_is_rejected() {
    let mut rig = Rig::new();
    let flow = Flow {
        link: LinkId(99),
        remote: peer().remote,
    };
    rig.command(Command::Call(Box::new(Call {
        flow,
        ..call(1, Some(SDP))
    })));
    assert!(rig.told(&Event::Rejected {
        id: 1,
        why: Rejection::NoLink
    }));
}

#[test]
fn a_header_cannot_be_smuggled_through_a_name() {
    let mut rig = Rig::new();
    rig.command(Command::Call(Box::new(Call {
        name: "x\r\nEvil: 1".into(),
        ..call(1, Some(SDP))
    })));
    assert_eq!(rig.request().headers.get("Evil"), None);
}

#[test]
fn a_change_that_is_never_answered_ends_the_leg_and_its_transaction() {
    let mut rig = Rig::new();
    let (leg, _) = rig.connect();
    rig.command(Command::Offer {
        leg,
        sdp: Some(SDP.into()),
    });
    rig.udp(&reply(&rig.request(), 100, "", "", ""));
    rig.wait(60_000);
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::Gone,
        status: 481
    }));

    let mut rig = Rig::new();
    let (leg, _) = rig.connect();
    rig.command(Command::Offer {
        leg,
        sdp: Some(SDP.into()),
    });
    rig.udp(&reply(&rig.request(), 100, "", "", ""));
    rig.command(Command::Hangup { leg });
    rig.udp(&reply(&rig.request(), 200, "", "", ""));
    rig.wait(100_000);
    let counts = rig.core.counts();
    assert_eq!((counts.legs, counts.transactions, counts.waits), (0, 0, 0));
}
