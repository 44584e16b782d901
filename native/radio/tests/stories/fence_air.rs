//! How speech gets on air: heads, priorities, the change from one over to the next.

use radio::fence::{Action, Settings};
use radio::message::{FloorDown, FloorUp, Why};
use radio::{MS, Micros};

use crate::rig::{Rig, settings, terms};

#[test]
fn speech_that_overtook_its_key_is_played_from_its_first_frame() {
    let mut rig = Rig::new();
    let began = rig.hub();
    for q in 0..20 {
        rig.send(&Rig::frame(7, q, began));
        rig.run(20);
    }
    assert!(!rig.ptt());
    rig.key(7);
    rig.speak(7, 20, 20);
    rig.send(&Rig::end(7, 40));
    rig.run(1_000);
    assert_eq!(rig.played(), (0..40).collect::<Vec<u8>>());
}

#[test]
fn speech_without_a_key_is_dropped_after_half_a_second() {
    let mut rig = Rig::new();
    let began = rig.hub();
    for q in 0..10 {
        rig.send(&Rig::frame(7, q, began));
        rig.run(20);
    }
    rig.run(500);
    rig.key(7);
    rig.run(500);
    assert_eq!(rig.played(), []);
    assert_eq!(rig.fence.counts().held_dropped, 10);
}

#[test]
fn one_stream_a_channel_is_held() {
    let mut rig = Rig::new();
    let began = rig.hub();
    rig.send(&Rig::frame(7, 0, began));
    rig.send(&Rig::frame(8, 0, began));
    assert_eq!(rig.fence.counts().held_dropped, 1);
    rig.key(8);
    rig.run(100);
    assert_eq!(rig.played(), []);
}

#[test]
fn speech_waits_until_the_transmitter_is_ready() {
    let settings = Settings {
        ready_ms: 200,
        ..settings()
    };
    let mut rig = Rig::with(settings, terms());
    rig.key(7);
    let keyed = rig.now;
    assert!(matches!(
        rig.last_answer(),
        FloorUp::Grant { ready_ms: 200, .. }
    ));
    rig.speak(7, 0, 30);
    let first =
        |(at, action): &(Micros, Action)| matches!(action, Action::Play { .. }).then_some(*at);
    assert_eq!(rig.log.iter().find_map(first), Some(keyed + 200 * MS));
    rig.send(&Rig::end(7, 30));
    rig.run(1_000);
    assert_eq!(rig.played(), (0..30).collect::<Vec<u8>>());
}

#[test]
fn the_transmitter_stays_keyed_for_its_tail() {
    let settings = Settings {
        tail_ms: 150,
        ..settings()
    };
    let mut rig = Rig::with(settings, terms());
    rig.key(7);
    rig.speak(7, 0, 10);
    rig.send(&Rig::end(7, 10));
    let last = rig
        .log
        .iter()
        .filter(|(_, action)| matches!(action, Action::Play { .. }))
        .count();
    assert!(last < 10);
    rig.run(1_000);
    let plays =
        |(at, action): &(Micros, Action)| matches!(action, Action::Play { .. }).then_some(*at);
    let last = rig.log.iter().rev().find_map(plays).unwrap();
    assert_eq!(rig.switched(), last + 170 * MS);
}

#[test]
fn release_waits_for_the_last_frame_on_its_way() {
    let mut rig = Rig::new();
    rig.key(7);
    rig.speak(7, 0, 10);
    rig.release(7, 12);
    rig.speak(7, 10, 3);
    rig.run(500);
    assert_eq!(rig.played(), (0..13).collect::<Vec<u8>>());
    assert!(matches!(
        rig.last_answer(),
        FloorUp::Idle { frames: 13, .. }
    ));
}

#[test]
fn release_does_not_wait_for_ever() {
    let mut rig = Rig::new();
    rig.key(7);
    rig.speak(7, 0, 10);
    rig.release(7, 12);
    rig.run(400);
    assert!(!rig.ptt());
    assert!(matches!(
        rig.last_answer(),
        FloorUp::Idle { frames: 10, .. }
    ));
}

#[test]
fn nothing_after_the_end_is_played() {
    let mut rig = Rig::new();
    rig.key(7);
    rig.speak(7, 0, 5);
    rig.send(&Rig::end(7, 5));
    rig.speak(7, 6, 10);
    rig.run(200);
    assert_eq!(rig.played(), (0..5).collect::<Vec<u8>>());
}

#[test]
fn a_greater_priority_takes_the_air_without_unkeying() {
    let mut rig = Rig::new();
    rig.key(7);
    rig.speak(7, 0, 20);
    let before = rig.log.len();
    let mut key = rig.a_key(8);
    key.priority = 192;
    rig.give_key(key);
    let actions: Vec<_> = rig.log[before..].iter().map(|(_, action)| action).collect();
    assert!(!actions.contains(&&Action::Ptt(false)));
    assert!(actions.contains(&&Action::Flush));
    let revoked = FloorUp::Revoke {
        token: 7,
        why: Why::Priority,
        penalty_ms: 0,
    };
    assert_eq!(rig.answers()[1], revoked);
    rig.speak(8, 0, 10);
    let played = rig.played();
    assert!(
        played.ends_with(&[17, 0, 1, 2, 3, 4, 5, 6, 7]),
        "{played:?}"
    );
    let first = |(at, action): &(Micros, Action)| match action {
        Action::Play { frame, .. } if frame[0] == 8 => Some(*at),
        _ => None,
    };
    let on_air = rig.log.iter().find_map(first).unwrap();
    assert!(on_air - rig.log[before].0 < 150 * MS);
}

#[test]
fn an_equal_priority_is_told_busy() {
    let mut rig = Rig::new();
    rig.key(7);
    rig.key(8);
    assert_eq!(rig.why(), "busy");
    assert_eq!(rig.fence.keyed(), Some(7));
}

#[test]
fn the_next_over_follows_when_the_last_was_played() {
    let mut rig = Rig::new();
    rig.key(7);
    rig.speak(7, 0, 20);
    rig.send(&Rig::end(7, 20));
    // The next speaker is there at once: both are heard whole.
    rig.key(8);
    rig.speak(8, 0, 20);
    rig.send(&Rig::end(8, 20));
    rig.run(1_000);
    let both: Vec<u8> = (0..20).chain(0..20).collect();
    assert_eq!(rig.played(), both);
    assert_eq!(rig.answers().len(), 4, "grant, idle, grant, idle");
}

/// An over of which 400 ms still wait to be played when its end has come, and a key that waits for it.
fn a_key_behind_a_long_end() -> Rig {
    let settings = Settings {
        ready_ms: 400,
        ..settings()
    };
    let mut rig = Rig::with(settings, terms());
    rig.key(7);
    rig.speak(7, 0, 15);
    rig.send(&Rig::end(7, 15));
    rig.key(8);
    rig
}

#[test]
fn a_key_that_has_waited_too_long_is_stale() {
    let mut rig = a_key_behind_a_long_end();
    rig.run(1_000);
    assert_eq!(rig.played(), (0..15).collect::<Vec<u8>>());
    assert_eq!(rig.why(), "stale");
    assert!(!rig.ptt());
}

#[test]
fn a_key_waits_no_longer_when_the_over_before_it_is_aborted() {
    let mut rig = a_key_behind_a_long_end();
    rig.floor(&FloorDown::Abort { token: 7 });
    assert_eq!(rig.fence.keyed(), Some(8));
    assert!(rig.ptt());
}

#[test]
fn a_late_frame_moves_the_pace_and_nothing_is_lost() {
    let mut rig = Rig::new();
    rig.key(7);
    let began = rig.hub();
    rig.speak(7, 0, 10);
    rig.run(150);
    for q in 10..18 {
        rig.send(&Rig::frame(7, q, began));
    }
    let mut q = 18;
    while q < 40 {
        rig.send(&Rig::frame(7, q, began));
        rig.run(20);
        q += 1;
    }
    rig.run(300);
    assert_eq!(rig.played(), (0..40).collect::<Vec<u8>>());
}

#[test]
fn a_head_that_comes_three_times_as_fast_is_played_whole() {
    let mut rig = Rig::new();
    rig.key(7);
    let began = rig.hub();
    for q in 0..24 {
        rig.send(&Rig::frame(7, q, began));
        if q % 3 == 2 {
            rig.run(20);
        }
    }
    for q in 24..60 {
        rig.send(&Rig::frame(7, q, began));
        rig.run(20);
    }
    rig.send(&Rig::end(7, 60));
    rig.run(1_000);
    assert_eq!(rig.played(), (0..60).collect::<Vec<u8>>());
}

#[test]
fn speech_is_never_played_faster_than_it_was_spoken() {
    let mut rig = Rig::new();
    rig.key(7);
    let began = rig.hub();
    rig.run(200);
    // What a stall of 200 ms held back comes at once.
    for q in 0..10 {
        rig.send(&Rig::frame(7, q, began));
    }
    rig.run(1_000);
    let plays =
        |(at, action): &(Micros, Action)| matches!(action, Action::Play { .. }).then_some(*at);
    let times: Vec<_> = rig.log.iter().filter_map(plays).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 20 * MS));
}
