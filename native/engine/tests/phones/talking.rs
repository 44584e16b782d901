//! Gates, limits, reports, tones and loss.

use std::time::Duration;

use codec_api::CodecKind::{G722, Pcma, Pcmu};
use engine::{Input, Output};

use crate::world::World;

#[test]
fn a_phone_is_heard_only_while_its_gate_is_open() {
    let mut world = World::new(1);
    let (phone, browser, other) = (world.phone(Pcmu), world.browser(), world.phone(Pcma));
    world.run(&[phone], 1_000);
    assert_eq!((world.heard(browser), world.heard(other)), (vec![], vec![]));
    world.open(phone, None);
    world.run(&[phone], 1_000);
    assert_eq!(world.heard(browser), [phone]);
    assert_eq!(world.heard(other), [phone]);
    world.shut(phone);
    world.run(&[phone], 600);
    world.people[browser].pcm.clear();
    world.people[other].pcm.clear();
    world.run(&[phone], 1_000);
    assert_eq!((world.heard(browser), world.heard(other)), (vec![], vec![]));
}

#[test]
fn the_talk_limit_shuts_the_gate_of_a_phone() {
    let mut world = World::new(1);
    let (phone, browser) = (world.phone(Pcmu), world.browser());
    world.open(phone, Some(Duration::from_millis(500)));
    world.run(&[phone], 600);
    let limits = |report: &&Output| matches!(report, Output::Limit { .. });
    assert_eq!(world.reports.iter().filter(limits).count(), 1);
    world.people[browser].pcm.clear();
    world.run(&[phone], 1_000);
    assert_eq!(world.heard(browser), []);
}

#[test]
fn talking_is_told_by_level_with_hang_time() {
    let mut world = World::new(1);
    let phone = world.phone(G722);
    world.open(phone, None);
    world.run(&[phone], 1_000);
    world.run(&[], 1_000);
    world.run(&[phone], 1_000);
    world.run(&[], 1_000);
    assert_eq!(world.talking()[&world.people[phone].id.0], (2, 2));
}

#[test]
fn what_was_said_before_the_release_is_heard_to_its_end() {
    let mut world = World::new(1);
    let (phone, browser) = (world.phone(Pcmu), world.browser());
    world.open(phone, None);
    world.run(&[phone], 1_000);
    world.shut(phone);
    world.run(&[], 500);
    let heard = world.people[browser].pcm.len() / 960;
    assert!(heard >= 50, "{heard} frames of 50");
}

/// How many frames of a phone a listener with one slot hears, that talks `after_ms` after another's end.
fn heard_after_another(shards: usize, after_ms: u64) -> usize {
    let mut world = World::new(shards);
    let (first, second) = (world.phone(Pcmu), world.phone(Pcmu));
    let listener = world.browser_with(1);
    world.open(first, None);
    world.run(&[first], 1_000);
    world.shut(first);
    world.run(&[first], after_ms);
    world.people[listener].pcm.clear();
    world.open(second, None);
    world.run(&[first, second], 500);
    world.shut(second);
    world.run(&[first], 300);
    let frames = world.people[listener].pcm.len() / 960;
    assert!(world.heard(listener).contains(&second));
    frames
}

#[test]
fn who_talks_soon_after_another_is_heard_whole_by_a_listener_of_one_slot() {
    for shards in [1, 3] {
        for after_ms in [0, 20, 100, 400] {
            let heard = heard_after_another(shards, after_ms);
            assert!(
                heard >= 25,
                "{heard} frames of 25, {after_ms} ms after, {shards} shards"
            );
        }
    }
}

#[test]
fn a_tone_is_heard_by_its_phone_alone_and_also_in_silence() {
    let mut world = World::new(1);
    let (phone, other) = (world.phone(Pcmu), world.phone(Pcmu));
    let session = world.people[phone].id;
    let tone = Some(dsp::Tone::Denied);
    world.tell(phone, Input::Tone { session, tone });
    world.run(&[], 1_000);
    let ticks = world.people[phone].ticks.len();
    assert!((20..=24).contains(&ticks), "420 ms are {ticks} frames");
    assert_eq!(world.people[other].ticks, []);
}

/// How loud a phone hears a tone while a browser talks, against a pause.
fn ducked(played: dsp::Tone, hz: f64) -> f64 {
    let mut loudness = [false, true].into_iter().map(|talks| {
        let mut world = World::new(1);
        let (phone, browser) = (world.phone(G722), world.browser());
        world.open(browser, None);
        if talks {
            world.run(&[browser], 500);
        }
        world.people[phone].pcm.clear();
        let (session, tone) = (world.people[phone].id, Some(played));
        world.tell(phone, Input::Tone { session, tone });
        let talkers = if talks { vec![browser] } else { vec![] };
        world.run(&talkers, 100);
        crate::world::tone(&world.people[phone].pcm, 16_000, hz)
    });
    let (alone, over_speech) = (loudness.next().unwrap(), loudness.next().unwrap());
    over_speech / alone
}

#[test]
fn a_tone_steps_back_behind_speech_unless_the_floor_is_lost() {
    assert!(ducked(dsp::Tone::Denied, 311.0) < 0.4);
    assert!(ducked(dsp::Tone::Revoked, 659.0) > 0.8);
}

#[test]
fn lost_packets_are_concealed() {
    let mut world = World::new(1);
    let (phone, other) = (world.phone(Pcmu), world.phone(Pcma));
    world.open(phone, None);
    world.run(&[phone], 500);
    for n in 0..100 {
        if n % 10 == 9 {
            world.lose(phone);
        } else {
            world.step(&[phone]);
        }
    }
    let ticks = &world.people[other].ticks;
    let holes = ticks
        .windows(2)
        .filter(|pair| pair[1] != pair[0] + 1)
        .count();
    assert_eq!(holes, 0);
    assert_eq!(world.heard(other), [phone]);
}

#[test]
fn the_sound_around_a_key_is_silenced() {
    let mut world = World::new(1);
    let (phone, other) = (world.phone(Pcmu), world.phone(Pcmu));
    world.open(phone, None);
    world.run(&[phone], 1_000);
    let session = world.people[phone].id;
    for _ in 0..25 {
        world.tell(
            phone,
            Input::PhoneEvent {
                session,
                ended: false,
            },
        );
        world.step(&[phone]);
    }
    world.people[other].pcm.clear();
    for _ in 0..25 {
        world.tell(
            phone,
            Input::PhoneEvent {
                session,
                ended: false,
            },
        );
        world.step(&[phone]);
    }
    let loudest = world.people[other]
        .pcm
        .iter()
        .map(|s| s.unsigned_abs())
        .max();
    assert!(loudest.unwrap_or(0) < 50, "{loudest:?}");
}

#[test]
fn a_voice_after_a_long_pause_is_heard_from_its_first_packet() {
    let mut world = World::new(1);
    let (phone, other) = (world.phone(Pcmu), world.phone(Pcmu));
    world.open(phone, None);
    world.run(&[phone], 1_000);
    world.shut(phone);
    // It sends on: its sequence numbers run away.
    world.run(&[phone], 90_000);
    world.people[other].ticks.clear();
    world.open(phone, None);
    world.run(&[phone], 400);
    let heard = world.people[other].ticks.len();
    assert!(heard >= 17, "{heard} frames of 20");
}
