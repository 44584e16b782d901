//! Bounds: what happens at each of them.

use crate::rig::{Peer, Rig, SDP, call, peer};
use sip::{Command, Config, Event, Limits, Rejection};

fn tight(limits: Limits) -> Rig {
    let mut rig = Rig::strict(Config {
        limits,
        ..Config::default()
    });
    rig.command(Command::SetTrusted {
        source: peer().remote.ip(),
        trusted: true,
    });
    rig
}

#[test]
fn a_call_beyond_the_limit_gets_503_and_leaves_nothing() {
    let mut rig = tight(Limits {
        legs: 2,
        ..Limits::default()
    });
    for number in 0..3 {
        rig.udp(&Peer::new(&format!("l{number}")).invite());
    }
    assert_eq!(rig.statuses(), [100, 100, 503]);
    assert!(rig.response().headers.get("Retry-After").is_some());
    assert_eq!(rig.core.counts().transactions, 2);
    rig.command(Command::Call(Box::new(call(1, Some(SDP)))));
    assert!(rig.told(&Event::Rejected {
        id: 1,
        why: Rejection::Full
    }));
}

#[test]
fn answered_transactions_do_not_count_against_the_limit() {
    let mut rig = tight(Limits {
        unanswered: 1,
        ..Limits::default()
    });
    for number in 0..20 {
        rig.udp(&Peer::new(&format!("t{number}")).invite());
        let leg = rig.incoming();
        rig.command(Command::Refuse { leg, status: 486 });
    }
    assert_eq!(rig.statuses().iter().filter(|s| **s == 486).count(), 20);
    rig.clear();
    rig.udp(&Peer::new("one").invite());
    rig.udp(&Peer::new("two").invite());
    assert_eq!(rig.statuses(), [100, 503]);
}

#[test]
fn a_source_that_sends_too_many_is_dropped_and_counted_then_heard_again() {
    let mut rig = Rig::strict(Config {
        limits: Limits {
            rate_per_s: 10,
            burst: 5,
            ..Limits::default()
        },
        ..Config::default()
    });
    let mut talk = Peer::new("r");
    for _ in 0..8 {
        rig.udp(&talk.send("OPTIONS", "", ""));
    }
    assert_eq!((rig.statuses().len(), rig.core.counts().limited), (5, 3));
    rig.wait(1_000);
    rig.udp(&talk.send("OPTIONS", "", ""));
    assert_eq!(rig.statuses().len(), 6);
}

#[test]
fn too_many_headers_or_too_long_a_uri_are_refused() {
    let mut rig = Rig::new();
    rig.udp(&Peer::new("h").send("OPTIONS", &"X: y\r\n".repeat(200), ""));
    let long = format!("OPTIONS sip:{}@", "a".repeat(3_000));
    rig.udp(
        &Peer::new("u")
            .send("OPTIONS", "", "")
            .replace("OPTIONS sip:ops@", &long),
    );
    rig.udp(&Peer::new("v").send(
        "OPTIONS",
        &"Via: SIP/2.0/UDP a;branch=z9hG4bKx\r\n".repeat(80),
        "",
    ));
    assert_eq!(rig.statuses(), [400, 400, 400]);
}

#[test]
fn a_trusted_source_has_a_wider_bound_but_has_one() {
    let mut rig = tight(Limits {
        rate_per_s: 10,
        burst: 5,
        known_rate_per_s: 20,
        ..Limits::default()
    });
    let mut talk = Peer::new("flood");
    for _ in 0..50 {
        rig.udp(&talk.send("OPTIONS", "", ""));
    }
    assert_eq!((rig.statuses().len(), rig.core.counts().limited), (40, 10));
}
