//! Every timer of RFC 3261 table 4 and RFC 6026, in virtual time.

use crate::rig::{Peer, Rig, SDP, call, peer, reply, stream};
use sip::transaction::table::{Kind, On, State, row, table};
use sip::{Call, Command, End, Event, LegId};

#[test]
fn timer_a_doubles_and_timer_b_ends_after_64_t1() {
    let mut rig = Rig::new();
    let start = rig.now;
    rig.place(Some(SDP));
    rig.wait(40_000);
    assert_eq!(
        rig.times("INVITE", start),
        [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]
    );
    assert!(rig.told(&Event::Ended {
        leg: LegId(1),
        why: End::NoResponse,
        status: 408
    }));
    assert_eq!(rig.core.counts().transactions, 0);
}

#[test]
fn a_stream_has_no_timer_a_but_a_timer_b() {
    let mut rig = Rig::new();
    let start = rig.now;
    rig.command(Command::Call(Box::new(Call {
        flow: stream(),
        ..call(1, Some(SDP))
    })));
    rig.wait(31_999);
    assert_eq!(rig.events, []);
    rig.wait(1);
    assert_eq!(rig.times("INVITE", start), [0]);
    assert!(rig.told(&Event::Ended {
        leg: LegId(1),
        why: End::NoResponse,
        status: 408
    }));
}

#[test]
fn a_provisional_answer_stops_timers_a_and_b() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    rig.udp(&reply(&invite, 100, "", "", ""));
    rig.clear();
    rig.wait(100_000);
    assert_eq!((rig.sent.len(), rig.events.len()), (0, 0));
}

#[test]
fn timer_d_answers_copies_of_a_refusal_for_32_s_on_udp() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    let busy = reply(&invite, 486, "t", "", "");
    rig.udp(&busy);
    rig.wait(31_000);
    rig.udp(&busy);
    assert_eq!(rig.methods(), ["INVITE", "ACK", "ACK"]);
    rig.wait(2_000);
    rig.udp(&busy);
    assert_eq!(rig.methods().len(), 3);
    assert_eq!(rig.core.counts().transactions, 0);
}

#[test]
fn timer_d_is_zero_on_a_stream() {
    let mut rig = Rig::new();
    rig.command(Command::Call(Box::new(Call {
        flow: stream(),
        ..call(1, Some(SDP))
    })));
    let busy = reply(&rig.request(), 486, "t", "", "");
    rig.tcp(&busy);
    assert_eq!(rig.methods(), ["INVITE", "ACK"]);
    assert_eq!(rig.core.counts().transactions, 0);
}

#[test]
fn timer_e_doubles_up_to_t2_and_timer_f_ends_after_64_t1() {
    let mut rig = Rig::new();
    let start = rig.now;
    rig.command(Command::Ping {
        id: 5,
        flow: peer(),
        target: "sip:192.0.2.20".into(),
    });
    rig.wait(33_000);
    let expected = [
        0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ];
    assert_eq!(rig.times("OPTIONS", start), expected);
    assert!(rig.told(&Event::Pong { id: 5, status: 408 }));
}

#[test]
fn after_a_provisional_answer_timer_e_runs_at_t2() {
    let mut rig = Rig::new();
    let start = rig.now;
    rig.command(Command::Ping {
        id: 5,
        flow: peer(),
        target: "sip:192.0.2.20".into(),
    });
    rig.udp(&reply(&rig.request(), 100, "", "", ""));
    rig.wait(10_000);
    assert_eq!(rig.times("OPTIONS", start), [0, 500, 4_500, 8_500]);
}

#[test]
fn timer_k_absorbs_copies_for_t4_on_udp() {
    let mut rig = Rig::new();
    rig.command(Command::Ping {
        id: 5,
        flow: peer(),
        target: "sip:192.0.2.20".into(),
    });
    let ok = reply(&rig.request(), 200, "t", "", "");
    rig.udp(&ok);
    rig.udp(&ok);
    assert_eq!(rig.events.len(), 1);
    assert_eq!(rig.core.counts().transactions, 1);
    rig.wait(5_000);
    assert_eq!(rig.core.counts().transactions, 0);
}

#[test]
fn timer_g_repeats_a_refusal_and_timer_h_gives_up() {
    let mut rig = Rig::new();
    rig.udp(&Peer::new("g").invite());
    let (leg, start) = (rig.incoming(), rig.now);
    rig.command(Command::Refuse { leg, status: 486 });
    rig.wait(40_000);
    let expected = [
        0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ];
    assert_eq!(rig.times("SIP/2.0 486", start), expected);
    assert_eq!(rig.core.counts().transactions, 0);
}

#[test]
fn timer_i_absorbs_copies_of_the_ack_for_t4() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("i");
    rig.udp(&peer.invite());
    let leg = rig.incoming();
    rig.command(Command::Refuse { leg, status: 486 });
    peer.learn(&rig.response());
    let ack = peer.with("ACK", 1, 1, "", "");
    rig.udp(&ack);
    rig.clear();
    rig.wait(4_900);
    rig.udp(&ack);
    assert_eq!(rig.sent, []);
    assert_eq!(rig.core.counts().transactions, 1);
    rig.wait(200);
    assert_eq!(rig.core.counts().transactions, 0);
}

#[test]
fn timer_j_repeats_the_answer_to_copies_for_64_t1() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("j");
    rig.establish(&mut peer);
    let info = peer.send("INFO", "", "");
    rig.udp(&info);
    rig.wait(31_000);
    rig.udp(&info);
    assert_eq!(rig.statuses(), [200, 200]);
    rig.wait(1_500);
    rig.clear();
    // After that the copy is an old request of the dialog.
    rig.udp(&info);
    assert_eq!(rig.statuses(), [500]);
}

#[test]
fn timer_l_absorbs_copies_of_an_answered_invite() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("l");
    let invite = peer.invite();
    rig.udp(&invite);
    let leg = rig.incoming();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    peer.learn(&rig.response());
    let ack = peer.ack();
    rig.udp(&ack);
    rig.clear();
    rig.wait(31_000);
    rig.udp(&invite);
    assert_eq!((rig.sent.len(), rig.events.len()), (0, 0));
}

#[test]
fn timer_m_confirms_copies_of_a_2xx_for_64_t1() {
    let mut rig = Rig::new();
    let invite = rig.place(Some(SDP));
    let ok = reply(&invite, 200, "tag-b", "", SDP);
    for _ in 0..3 {
        rig.udp(&ok);
        rig.wait(10_000);
    }
    assert_eq!(rig.methods(), ["INVITE", "ACK", "ACK", "ACK"]);
    rig.wait(3_000);
    rig.udp(&ok);
    assert_eq!(rig.methods().len(), 4);
}

#[test]
fn a_2xx_without_ack_ends_the_call_by_bye_after_64_t1() {
    let mut rig = Rig::new();
    rig.udp(&Peer::new("n").invite());
    let leg = rig.incoming();
    rig.command(Command::Answer {
        leg,
        sdp: SDP.into(),
    });
    rig.wait(31_900);
    assert_eq!(rig.methods(), [""; 0]);
    rig.wait(200);
    assert_eq!(rig.methods(), ["BYE"]);
    assert!(rig.told(&Event::Ended {
        leg,
        why: End::NoAck,
        status: 408
    }));
    rig.wait(64_000);
    assert_eq!(rig.core.counts().legs, 0);
}

#[test]
fn every_state_of_every_table_can_be_left_and_none_but_terminated_is_final() {
    let kinds = [
        Kind::InviteClient,
        Kind::InviteServer,
        Kind::Client,
        Kind::Server,
    ];
    for kind in kinds {
        for row in table(kind) {
            let leaves = table(kind)
                .iter()
                .any(|other| other.state == row.next && other.next != row.next);
            assert!(
                row.next == State::Terminated || leaves,
                "{kind:?} {:?}",
                row.next
            );
        }
        assert!(table(kind).iter().all(|row| row.state != State::Terminated));
    }
}

#[test]
fn no_table_has_two_rows_for_one_pair() {
    for kind in [
        Kind::InviteClient,
        Kind::InviteServer,
        Kind::Client,
        Kind::Server,
    ] {
        for one in table(kind) {
            let same = table(kind)
                .iter()
                .filter(|r| r.state == one.state && r.on == one.on)
                .count();
            assert_eq!(same, 1, "{kind:?} {:?} {:?}", one.state, one.on);
        }
    }
    assert!(row(Kind::Server, State::Completed, On::Success).is_none());
}
