//! Session timers (RFC 4028).

use crate::rig::{Peer, Rig, SDP, reply};
use sip::{Command, End, Event, LegId};

#[test]
fn an_interval_below_ours_gets_422_with_min_se() {
    let mut rig = Rig::new();
    rig.udp(&Peer::new("s").send("INVITE", "Supported: timer\r\nSession-Expires: 60\r\n", SDP));
    assert_eq!(rig.statuses(), [422]);
    assert_eq!(rig.response().headers.get("Min-SE"), Some("90"));
}

#[test]
fn a_caller_that_refreshes_keeps_the_leg_and_one_that_stops_loses_it() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("r");
    rig.udp(&peer.send(
        "INVITE",
        "Supported: timer\r\nSession-Expires: 300;refresher=uac\r\n",
        SDP,
    ));
    let leg = rig.incoming();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    let ok = rig.response();
    assert_eq!(ok.headers.get("Session-Expires"), Some("300;refresher=uac"));
    assert_eq!(ok.headers.get("Require"), Some("timer"));
    peer.learn(&ok);
    let ack = peer.ack();
    rig.udp(&ack);
    rig.wait(150_000);
    rig.udp(&peer.send(
        "UPDATE",
        "Supported: timer\r\nSession-Expires: 300;refresher=uac\r\n",
        "",
    ));
    rig.clear();
    rig.wait(267_000);
    assert_eq!(rig.events, []);
    rig.wait(2_000);
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::SessionExpired,
        status: 408
    }));
    assert_eq!(rig.methods()[0], "BYE");
}

#[test]
fn we_refresh_by_update_at_half_time_when_it_is_ours_to_do() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    rig.udp(&reply(
        &invite,
        200,
        "tag-b",
        "Allow: UPDATE\r\nSession-Expires: 600;refresher=uac\r\n",
        SDP,
    ));
    rig.clear();
    let start = rig.now;
    rig.wait(300_000);
    assert_eq!(rig.times("UPDATE", start), [300_000]);
    rig.udp(&reply(
        &rig.request(),
        200,
        "",
        "Session-Expires: 600;refresher=uac\r\n",
        "",
    ));
    rig.clear();
    rig.wait(299_000);
    assert_eq!((rig.methods().len(), rig.events.len()), (0, 0));
}

#[test]
fn we_refresh_by_reinvite_when_the_peer_has_no_update() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    rig.udp(&reply(
        &invite,
        200,
        "tag-b",
        "Session-Expires: 600;refresher=uac\r\n",
        SDP,
    ));
    rig.wait(300_000);
    let again = rig.request();
    assert_eq!(
        (again.method.as_str(), again.body.as_slice()),
        ("INVITE", SDP.as_bytes())
    );
    rig.udp(&reply(
        &again,
        200,
        "",
        "Session-Expires: 600;refresher=uac\r\n",
        SDP,
    ));
    assert_eq!(rig.request().method.as_str(), "ACK");
}

#[test]
fn a_refresh_nobody_answers_ends_the_leg() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    rig.udp(&reply(
        &invite,
        200,
        "tag-b",
        "Allow: UPDATE\r\nSession-Expires: 600\r\n",
        SDP,
    ));
    rig.wait(340_000);
    assert!(rig.told(&Event::Ended {
        leg: LegId(1),
        why: End::Gone,
        status: 481
    }));
}

#[test]
fn a_422_is_met_with_the_longer_interval_once() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    rig.udp(&reply(&invite, 422, "t", "Min-SE: 3600\r\n", ""));
    let again = rig.request();
    assert_eq!(again.headers.get("Session-Expires"), Some("3600"));
    assert_eq!(again.headers.get("Min-SE"), Some("3600"));
    rig.udp(&reply(&again, 422, "t", "Min-SE: 3600\r\n", ""));
    assert!(rig.told(&Event::Ended {
        leg: LegId(1),
        why: End::Refused,
        status: 422
    }));
}

#[test]
fn a_silent_leg_without_a_timer_lives_for_ten_minutes_and_longer() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("quiet");
    rig.establish(&mut peer);
    rig.wait(86_400_000);
    assert_eq!((rig.events.len(), rig.core.counts().legs), (0, 1));
}
