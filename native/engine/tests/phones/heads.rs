//! What is said before the grant, to and from phones; who joins late.

use std::time::Duration;

use codec_api::CodecKind::{G722, Opus, Pcmu};
use engine::Input;

use crate::world::World;

const GRANT: Option<Duration> = Some(Duration::from_secs(30));
/// Ticks before the first frame is out of the jitter buffer, and after the last.
const EDGE: usize = 2;

/// A key of 100 ms, as RFC 4733 sends it.
fn press(world: &mut World, phone: usize) {
    let session = world.people[phone].id;
    for _ in 0..5 {
        let ended = false;
        world.tell(phone, Input::PhoneEvent { session, ended });
        world.step(&[phone]);
    }
    for _ in 0..3 {
        let ended = true;
        world.tell(phone, Input::PhoneEvent { session, ended });
    }
}

/// Frames that each of `who` hears of `talker` from the grant on, of `before` ms said before it and `after` ms behind it.
fn frames(
    world: &mut World,
    talker: usize,
    who: &[usize],
    (before, after): (u64, u64),
) -> Vec<usize> {
    world.run(&[talker], before);
    for &listener in who {
        world.people[listener].ticks.clear();
    }
    world.open(talker, GRANT);
    world.run(&[talker], after);
    world.shut(talker);
    world.run(&[], 800);
    who.iter()
        .map(|&listener| world.people[listener].ticks.len())
        .collect()
}

#[test]
fn phones_hear_a_browser_from_its_press_to_its_last_word() {
    let mut world = World::new(1);
    let talker = world.browser();
    let listeners = [Pcmu, G722, Opus].map(|codec| world.phone(codec));
    let heard = frames(&mut world, talker, &listeners, (400, 1_000));
    for frames in heard {
        assert!((70 - EDGE..=70 + EDGE).contains(&frames), "{frames} of 70");
    }
}

#[test]
fn phones_on_another_shard_do_too() {
    let mut world = World::new(2);
    let talker = world.browser();
    let listener = world.phone(Pcmu);
    let heard = frames(&mut world, talker, &[listener], (400, 1_000));
    assert!((70 - EDGE..=70 + EDGE).contains(&heard[0]), "{heard:?}");
}

#[test]
fn a_phone_is_heard_from_the_end_of_its_key_however_late_the_grant_is() {
    let mut world = World::new(1);
    let talker = world.phone(Pcmu);
    let listeners = [world.phone(Pcmu), world.browser()];
    press(&mut world, talker);
    let heard = frames(&mut world, talker, &listeners, (300, 1_000));
    for frames in heard {
        assert!((65 - EDGE..=65 + EDGE).contains(&frames), "{frames} of 65");
    }
}

#[test]
fn a_phone_that_pressed_nothing_has_no_head() {
    let mut world = World::new(1);
    let (talker, listener) = (world.phone(Pcmu), world.phone(Pcmu));
    let heard = frames(&mut world, talker, &[listener], (300, 1_000));
    assert!((50 - EDGE..=50 + EDGE).contains(&heard[0]), "{heard:?}");
}

#[test]
fn a_phone_that_was_denied_has_none_either() {
    let mut world = World::new(1);
    let (talker, listener) = (world.phone(Pcmu), world.phone(Pcmu));
    press(&mut world, talker);
    world.run(&[talker], 200);
    world.shut(talker);
    let heard = frames(&mut world, talker, &[listener], (200, 1_000));
    assert!((50 - EDGE..=50 + EDGE).contains(&heard[0]), "{heard:?}");
}

#[test]
fn a_phone_granted_at_once_is_heard_right_behind_its_key() {
    let mut world = World::new(1);
    let (talker, listener) = (world.phone(Pcmu), world.phone(Pcmu));
    // A talkspurt before this one: the decoder is there and rests.
    world.open(talker, GRANT);
    world.run(&[talker], 400);
    world.shut(talker);
    world.run(&[], 2_000);
    let session = world.people[talker].id;
    world.tell(
        talker,
        Input::PhoneEvent {
            session,
            ended: false,
        },
    );
    world.open(talker, GRANT);
    for ended in [false, false, false, true, true, true] {
        world.tell(talker, Input::PhoneEvent { session, ended });
        world.step(&[]);
    }
    world.people[listener].pcm.clear();
    world.people[listener].ticks.clear();
    world.run(&[talker], 400);
    let first = world.people[listener]
        .pcm
        .iter()
        .position(|s| s.unsigned_abs() > 1_000);
    assert!(first.is_some_and(|first| first < 160), "{first:?}");
    assert!(world.people[listener].ticks.len() >= 20 - EDGE);
}

#[test]
fn a_phone_that_joins_while_somebody_talks_hears_it_within_100_ms() {
    let mut world = World::new(1);
    let talker = world.browser();
    world.phone(Pcmu);
    world.open(talker, GRANT);
    world.run(&[talker], 1_000);
    let late = world.phone(G722);
    world.run(&[talker], 100);
    assert!(!world.people[late].ticks.is_empty());
}

#[test]
fn a_key_that_ends_the_talk_leaves_the_last_word_heard() {
    let mut world = World::new(1);
    let talker = world.phone(Pcmu);
    let listeners = [world.phone(Pcmu), world.browser()];
    press(&mut world, talker);
    world.run(&[talker], 300);
    world.open(talker, GRANT);
    world.run(&[talker], 1_000);
    let session = world.people[talker].id;
    let ended = false;
    world.tell(talker, Input::PhoneEvent { session, ended });
    world.shut(talker);
    world.run(&[], 800);
    for listener in listeners {
        let frames = world.people[listener].ticks.len();
        assert!((65 - EDGE..=65 + EDGE).contains(&frames), "{frames} of 65");
        let loud = world.people[listener].pcm.iter();
        let rate = if listener == listeners[0] { 8 } else { 48 };
        let loud_ms = loud.filter(|s| s.unsigned_abs() > 300).count() / rate;
        assert!(loud_ms >= 1_150, "{loud_ms} ms");
    }
}
