//! How the hub asks for air and what it sends then.

use radio::hub::{Ask, Event};
use radio::message::{Audio, Flags, FloorDown, FloorUp, Why};
use radio::{MS, SECOND};

use crate::desk::{CHANNEL, Desk};

fn denied(why: Why) -> Event {
    Event::Denied {
        channel: CHANNEL,
        token: 7,
        why,
        retry_ms: 0,
    }
}

fn revoked(token: u32, why: Why) -> Event {
    Event::Revoked {
        channel: CHANNEL,
        token,
        why,
        penalty_ms: 0,
    }
}

#[test]
fn a_grant_is_told_and_speech_is_stamped_with_its_token() {
    let mut desk = Desk::new();
    desk.key(7);
    let FloorDown::Key(key) = &desk.floor()[0] else {
        panic!("no key");
    };
    assert_eq!((key.token, key.epoch, key.sent), (7, 12, desk.now));
    desk.speak(2);
    desk.grant(7);
    desk.speak(60);
    let granted = Event::Granted {
        channel: CHANNEL,
        token: 7,
        ready_ms: 0,
        limit_ms: 60_000,
    };
    assert_eq!(desk.events(), [granted]);
    let sent = desk.tx();
    assert_eq!(sent.len(), 62);
    for (q, (at, payload)) in (0..).zip(&sent) {
        let audio = Audio::decode(payload).unwrap();
        assert_eq!((audio.stream, audio.sequence), (7, q));
        assert_eq!(audio.timestamp, u64::from(q) * 960);
        assert_eq!(audio.flags.has(Flags::START), q == 0);
        let tells = q < 3 || q == 52;
        assert_eq!(audio.captured, tells.then_some(*at), "message {q}");
    }
}

#[test]
fn speech_before_the_key_is_the_head_of_the_over() {
    let mut desk = Desk::new();
    desk.speak(5);
    assert_eq!(desk.tx(), []);
    let began = desk.now - 100 * MS;
    desk.key(7);
    let sent = desk.tx();
    assert_eq!(sent.len(), 5);
    let first = Audio::decode(&sent[0].1).unwrap();
    assert_eq!((first.timestamp, first.captured), (0, Some(began)));
}

#[test]
fn speech_that_nobody_keys_for_is_dropped() {
    let mut desk = Desk::new();
    desk.speak(5);
    desk.run(600);
    desk.key(7);
    assert_eq!(desk.tx(), []);
    assert_eq!(desk.hub.counts().unkeyed, 5);
}

#[test]
fn silence_is_filled_so_that_the_watchdog_is_fed() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    desk.run(1_000);
    let sent = desk.tx();
    assert_eq!(sent.len(), 10);
    let empty = |payload: &[u8]| Audio::decode(payload).unwrap().frames().is_empty();
    assert!(sent.iter().all(|(_, payload)| empty(payload)));
}

#[test]
fn without_an_answer_the_key_is_taken_back() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.run(700);
    assert_eq!(desk.events(), [denied(Why::NoChannel)]);
    assert_eq!(desk.floor()[1], FloorDown::Abort { token: 7 });
}

#[test]
fn a_stale_key_is_asked_for_once_more_with_what_was_said() {
    let mut desk = Desk::new();
    let stale = |token| FloorUp::Deny {
        token,
        why: Why::Stale,
        retry_ms: 0,
    };
    desk.key(7);
    desk.speak(5);
    desk.answer(&stale(7));
    let FloorDown::Key(key) = &desk.floor()[1] else {
        panic!("not asked again");
    };
    assert_eq!((key.token, key.sent), (1_007, desk.now));
    let again = desk.tx().split_off(5);
    let first = Audio::decode(&again[0].1).unwrap();
    assert_eq!((again.len(), first.stream, first.sequence), (5, 1_007, 0));
    assert_eq!(first.captured, Some(desk.now - 100 * MS));
    desk.answer(&stale(1_007));
    assert_eq!(desk.events(), [denied(Why::Stale)]);
}

#[test]
fn the_end_is_sent_three_times_and_idle_closes_the_over() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    desk.speak(10);
    let released = desk.now;
    desk.hub.release(CHANNEL, desk.now);
    desk.run(200);
    let ends: Vec<_> = desk
        .tx()
        .into_iter()
        .filter(|(_, payload)| Audio::decode(payload).unwrap().flags.has(Flags::END))
        .collect();
    let pause = released + 80 * MS;
    let times: Vec<_> = ends.iter().map(|(at, _)| *at - pause).collect();
    assert_eq!(times, [0, 20 * MS, 60 * MS]);
    let last = Audio::decode(&ends[0].1).unwrap().sequence;
    let release = FloorDown::Release {
        token: 7,
        last: Some(last),
    };
    assert_eq!(desk.floor()[1], release);
    desk.idle(7);
    assert!(matches!(desk.events()[1], Event::Idle { token: 7, .. }));
    desk.run(5_000);
    assert_eq!(desk.events().len(), 2);
}

/// How many frames leave of so many that the media plane still had at the release.
fn frames_sent_behind_a_release(held: usize) -> usize {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    desk.speak(10);
    desk.hub.release(CHANNEL, desk.now);
    desk.speak(held);
    desk.run(300);
    let frames = desk
        .tx()
        .iter()
        .filter(|(_, payload)| !Audio::decode(payload).unwrap().frames().is_empty())
        .count();
    frames - 10
}

#[test]
fn the_end_of_speech_that_waited_half_a_second_for_its_grant_is_sent() {
    assert_eq!(frames_sent_behind_a_release(4), 4);
    assert_eq!(frames_sent_behind_a_release(30), 30);
}

#[test]
fn a_release_does_not_wait_for_who_goes_on() {
    assert!((34..=36).contains(&frames_sent_behind_a_release(100)));
}

#[test]
fn a_transmitter_that_does_not_say_idle_is_an_alarm() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    desk.hub.release(CHANNEL, desk.now);
    desk.run(2_100);
    let stuck = Event::Stuck {
        channel: CHANNEL,
        token: 7,
    };
    assert_eq!(desk.events()[1..], [stuck]);
    assert_eq!(desk.floor().last(), Some(&FloorDown::Abort { token: 7 }));
}

#[test]
fn abort_unkeys_and_waits_for_idle() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    desk.hub.abort(CHANNEL, desk.now);
    desk.collect();
    assert_eq!(desk.floor()[1], FloorDown::Abort { token: 7 });
    desk.idle(7);
    assert!(matches!(desk.events()[1], Event::Idle { token: 7, .. }));
}

#[test]
fn a_greater_priority_replaces_the_over_under_way() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    let mut ask = Desk::ask(8);
    ask.priority = 192;
    desk.give(ask);
    assert_eq!(desk.events()[1], revoked(7, Why::Priority));
    desk.packet();
    let last = desk.tx().pop().unwrap().1;
    let audio = Audio::decode(&last).unwrap();
    assert!(audio.stream == 8 && audio.flags.has(Flags::EMERGENCY));
    desk.key(9);
    let busy = matches!(
        desk.events()[2],
        Event::Denied {
            token: 9,
            why: Why::Busy,
            ..
        }
    );
    assert!(busy);
}

#[test]
fn the_next_over_may_be_asked_for_before_the_last_is_idle() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    desk.hub.release(CHANNEL, desk.now);
    desk.run(100);
    desk.key(8);
    desk.grant(8);
    desk.idle(7);
    let names: Vec<_> = desk
        .events()
        .iter()
        .map(|event| match event {
            Event::Granted { token, .. } => ("granted", *token),
            Event::Idle { token, .. } => ("idle", *token),
            _ => ("other", 0),
        })
        .collect();
    assert_eq!(names, [("granted", 7), ("granted", 8), ("idle", 7)]);
}

#[test]
fn without_a_link_or_a_bridge_nothing_is_asked_for() {
    let mut desk = Desk::unlinked();
    desk.key(7);
    assert_eq!(desk.events(), [denied(Why::Link)]);
    let mut desk = Desk::new();
    desk.answers = None;
    desk.run(3_500);
    desk.key(7);
    let silent = Event::Silent {
        bridge: "hill".into(),
    };
    assert_eq!(desk.events(), [silent, denied(Why::Link)]);
}

#[test]
fn a_bridge_too_far_away_gets_no_key() {
    let mut desk = Desk::unlinked();
    desk.answers = Some(700 * MS);
    desk.hub.link(true, desk.now);
    assert!(desk.hub.expect("hill", crate::desk::SESSION, desk.now));
    desk.run(1_500);
    desk.log.clear();
    desk.key(7);
    assert_eq!(desk.events(), [denied(Why::Link)]);
}

#[test]
fn losing_the_link_ends_the_over() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    desk.hub.link(false, desk.now);
    desk.collect();
    assert_eq!(desk.events()[1], revoked(7, Why::Link));
}

#[test]
fn another_session_of_the_bridge_ends_the_over() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    assert!(desk.hub.expect("hill", "ANOTHER1", desk.now));
    desk.collect();
    assert_eq!(desk.events()[1], revoked(7, Why::Link));
}

#[test]
fn without_a_pulse_everything_is_unkeyed_and_heartbeats_stop() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    desk.pulses = false;
    desk.run(3_600);
    assert_eq!(desk.events()[1], revoked(7, Why::Shutdown));
    assert_eq!(desk.floor().last(), Some(&FloorDown::Abort { token: 7 }));
    desk.log.clear();
    desk.run(2_500);
    assert_eq!(desk.payloads("hill/dn/hb"), []);
    desk.pulses = true;
    desk.run(100);
    assert_eq!(desk.payloads("hill/dn/hb").len(), 1);
}

/// When the hub itself ends an over, from the two limits; ms after the grant.
fn cut_after(asked_ms: u32, granted_ms: u32) -> i64 {
    let mut desk = Desk::new();
    desk.give(Ask {
        limit_ms: asked_ms,
        ..Desk::ask(7)
    });
    desk.answer(&FloorUp::Grant {
        token: 7,
        ready_ms: 0,
        limit_ms: granted_ms,
        sent: 0,
    });
    let granted = desk.now;
    desk.run(700_000);
    let abort = FloorDown::Abort { token: 7 }.encode();
    let floor = desk.payloads("hill/dn/ch/vhf1/floor");
    let cut = floor.iter().find(|(_, sent)| *sent == abort).unwrap();
    (cut.0 - granted) / MS
}

#[test]
fn the_hub_keeps_the_limit_when_the_bridge_does_not() {
    let slack = 500;
    assert_eq!(cut_after(0, 2_000), 2_000 + slack);
    assert_eq!(cut_after(60_000, 2_000), 2_000 + slack);
    assert_eq!(cut_after(2_000, u32::MAX), 2_000 + slack);
    assert_eq!(cut_after(2_000, 0), 2_000 + slack);
    assert_eq!(cut_after(0, 0), 600_000 + slack);
    assert_eq!(cut_after(0, u32::MAX), 600_000 + slack);
}

#[test]
fn an_over_that_the_hub_cut_off_is_on_air_until_the_bridge_says_otherwise() {
    let mut desk = Desk::new();
    desk.give(Ask {
        limit_ms: 1_000,
        ..Desk::ask(7)
    });
    desk.grant(7);
    desk.run(2_000);
    assert_eq!(desk.floor()[1], FloorDown::Abort { token: 7 });
    assert_eq!(desk.events().len(), 1, "granted, and nothing since");
    desk.idle(7);
    assert_eq!(desk.events()[1..], [revoked(7, Why::TimeOut)]);
}

#[test]
fn a_bridge_that_does_not_answer_the_cut_is_an_alarm() {
    let mut desk = Desk::new();
    desk.give(Ask {
        limit_ms: 1_000,
        ..Desk::ask(7)
    });
    desk.grant(7);
    desk.run(3_600);
    let stuck = Event::Stuck {
        channel: CHANNEL,
        token: 7,
    };
    assert_eq!(desk.events()[1..], [stuck]);
    assert_eq!(
        desk.floor()[1..],
        [FloorDown::Abort { token: 7 }, FloorDown::Abort { token: 7 }]
    );
}

#[test]
fn a_key_without_an_answer_is_taken_back_until_the_bridge_says_that_it_heard() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.run(700);
    desk.idle(7);
    desk.run(5_000);
    assert_eq!(desk.events(), [denied(Why::NoChannel)]);
    assert_eq!(desk.floor().len(), 2, "key and abort");
    assert_eq!(desk.hub.counts().stray_answers, 0);
    let mut desk = Desk::new();
    desk.key(7);
    desk.run(2_700);
    assert_eq!(desk.floor()[2], FloorDown::Abort { token: 7 });
}

#[test]
fn what_waited_in_a_socket_is_dropped_at_the_source() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    desk.speak(20);
    let before = desk.tx().len();
    // The thread stood still for half a second; then the socket is read at once.
    desk.now += SECOND / 2;
    for _ in 0..25 {
        desk.packet();
    }
    assert!(desk.hub.counts().stale_source >= 15);
    assert!(desk.tx().len() - before < 10);
    desk.speak(5);
    let last = desk.tx().pop().unwrap().1;
    assert!(!Audio::decode(&last).unwrap().frames().is_empty());
}

#[test]
fn a_timeline_that_moved_is_followed() {
    let mut desk = Desk::new();
    desk.key(7);
    desk.grant(7);
    desk.speak(20);
    // The media plane stood still for 300 ms and did not make up for it.
    desk.run(300);
    desk.speak(20);
    assert_eq!(desk.hub.counts().stale_source, 2);
    let last = desk.tx().pop().unwrap();
    let audio = Audio::decode(&last.1).unwrap();
    assert!(!audio.frames().is_empty());
}
