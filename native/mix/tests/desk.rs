//! The whole mixing path offline: phones of every codec at one desk.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

#[allow(dead_code, reason = "each file of tests uses its own part of it")]
mod support;

use codec_api::CodecKind::{self, G722, Opus, Pcma, Pcmu};
use dsp::Tone;
use mix::{Desk, RoomSet, SOURCES_MAX, Sound};
use support::{Counting, Phone, allocations, counted_up, numbers};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CODECS: [CodecKind; 6] = [Pcmu, G722, Opus, Pcma, Opus, Pcmu];

/// A desk and one phone of each codec given, all in one room.
fn desk_of(codecs: &[CodecKind]) -> (Desk, Vec<Phone>) {
    let (mut desk, room) = (Desk::default(), RoomSet::from([1]));
    let phones = (0..)
        .zip(codecs)
        .map(|(id, codec)| Phone::join(&mut desk, id, *codec, &room))
        .collect();
    (desk, phones)
}

/// One tick of 20 ms in which `talkers` send a frame first; returns the allocations of the tick itself.
fn step(desk: &mut Desk, phones: &mut [Phone], talkers: &[usize], tick: u32) -> u64 {
    let now_us = 1_000_000 + u64::from(tick) * 20_000;
    for talker in talkers {
        phones[*talker].talk(desk, tick, now_us + 3_000);
    }
    hear(desk, phones, tick, now_us + 13_000)
}

/// The tick itself: everybody hears what is for it. Returns the allocations of the desk.
fn hear(desk: &mut Desk, phones: &mut [Phone], tick: u32, now_us: u64) -> u64 {
    let mut hearing = 0;
    let before = allocations();
    desk.tick(now_us, |listeners, payload| {
        let start = allocations();
        for listener in listeners {
            phones[*listener as usize].hear(tick, payload);
        }
        hearing += allocations() - start;
    });
    allocations() - before - hearing
}

fn run(desk: &mut Desk, phones: &mut [Phone], talkers: &[usize], ticks: std::ops::Range<u32>) {
    for tick in ticks {
        step(desk, phones, talkers, tick);
    }
}

/// Each phone's last second of hearing holds the numbered signals of the others and of nobody else: sound that
/// stands still, or comes twice, would not count up.
///
/// Opus smears a tone that changes each 20 ms, so that single windows may be read wrongly; a phone that hears
/// itself would show it in all 50.
fn assert_each_hears_all_others(phones: &[Phone], talkers: &[usize], what: &str) {
    for phone in phones {
        let rate = phone.rate_hz();
        let last = &phone.heard[phone.heard.len() - rate as usize..];
        for talker in [0, 1, 2] {
            let heard = numbers(last, rate, talker);
            if talker != phone.id && talkers.contains(&(talker as usize)) {
                let right = counted_up(&heard);
                assert!(
                    right >= 0.9,
                    "{what}: {} hears {right} of {talker}: {heard:?}",
                    phone.id
                );
            } else {
                let ghosts = heard.iter().flatten().count();
                assert!(
                    ghosts <= 4,
                    "{what}: {} hears itself or a ghost of {talker}: {ghosts}",
                    phone.id
                );
            }
        }
    }
}

#[test]
fn each_phone_hears_every_frame_of_all_others_and_not_itself() {
    let (mut desk, mut phones) = desk_of(&CODECS);
    run(&mut desk, &mut phones, &[0, 1, 2], 0..150);
    assert_each_hears_all_others(&phones, &[0, 1, 2], "three talkers");
}

#[test]
fn one_talker_is_heard_by_all_and_gets_nothing() {
    let (mut desk, mut phones) = desk_of(&CODECS);
    run(&mut desk, &mut phones, &[1], 0..150);
    assert_eq!(phones[1].ticks, []);
    phones.remove(1);
    assert_each_hears_all_others(&phones, &[1], "one talker");
}

#[test]
fn a_source_of_two_rooms_is_decoded_once() {
    let mut desk = Desk::default();
    let (one, two) = (RoomSet::from([1]), RoomSet::from([2]));
    let both = RoomSet::from([1, 2]);
    let mut phones = vec![
        Phone::join(&mut desk, 0, Pcmu, &both),
        Phone::join(&mut desk, 1, Pcmu, &one),
        Phone::join(&mut desk, 2, Pcmu, &two),
    ];
    run(&mut desk, &mut phones, &[0], 0..100);
    assert_eq!(desk.stats().decodes, 100);
    assert_each_hears_all_others(&phones[1..], &[0], "two rooms");
}

/// Runs `ticks` in which talkers come and go in a cycle of 240, with a tone in it; returns the allocations.
fn every_role(desk: &mut Desk, phones: &mut [Phone], ticks: std::ops::Range<u32>) -> u64 {
    let mut counted = 0;
    for tick in ticks {
        let talkers: &[usize] = match tick / 60 % 4 {
            0 => &[0],
            1 => &[0, 1],
            2 => &[0, 1, 2],
            _ => &[],
        };
        if tick % 240 == 70 {
            desk.play(3, Some(Tone::Granted));
        }
        counted += step(desk, phones, talkers, tick);
    }
    counted
}

/// A listener that is first in need of a mix of its own gets an encoder then, and gives it back when it was not
/// used for 5 s. This and the list of a codec's addressees, which grows to their number once, is all.
#[test]
fn a_tick_allocates_nothing_once_all_roles_were_played() {
    let (mut desk, mut phones) = desk_of(&CODECS);
    let first = every_role(&mut desk, &mut phones, 0..240);
    assert!(
        (1..=40).contains(&first),
        "{first} for three talkers and a tone"
    );
    assert_eq!(every_role(&mut desk, &mut phones, 240..720), 0);
}

#[test]
fn a_change_of_role_leaves_no_tick_out_and_none_twice() {
    let (mut desk, mut phones) = desk_of(&CODECS);
    for tick in 0..400 {
        let talkers: &[usize] = if tick / 50 % 2 == 0 { &[0, 1] } else { &[1, 2] };
        step(&mut desk, &mut phones, talkers, tick);
    }
    for phone in &phones {
        let first = phone.ticks[0];
        assert!(first < 5, "{} hears from tick {first}", phone.id);
        assert!(phone.ticks.iter().copied().eq(first..400));
    }
}

#[test]
fn a_g722_listener_that_begins_to_talk_hears_no_rasp() {
    let (mut desk, mut phones) = desk_of(&[Pcmu, G722, G722]);
    run(&mut desk, &mut phones, &[0], 0..100);
    let before = phones[1].heard.len();
    // So soft that the other listener's mix hardly changes, and loud enough to be a talker.
    let whisper: Vec<i16> = (0..320).map(|n| if n % 8 < 4 { 50 } else { -50 }).collect();
    for tick in 100..150 {
        let now_us = 1_000_000 + u64::from(tick) * 20_000 + 3_000;
        phones[1].send(&mut desk, &whisper, now_us);
        step(&mut desk, &mut phones, &[0], tick);
    }
    let [_, talker, listener] = &phones[..] else {
        panic!()
    };
    let apart = talker.heard[before..]
        .iter()
        .zip(&listener.heard[before..])
        .map(|(a, b)| a.abs_diff(*b));
    let worst = apart.max().unwrap();
    assert!((1..600).contains(&worst), "{worst} of 6000");
}

#[test]
fn jitter_and_loss_leave_the_mix_whole() {
    let (mut desk, mut phones) = desk_of(&CODECS);
    let mut seed = 7_u64;
    let mut sent: Vec<(u64, usize, u32)> = Vec::new();
    let mut lost = 0;
    for tick in 0..500_u32 {
        let beat = 1_000_000 + u64::from(tick) * 20_000;
        for talker in [0, 1, 2] {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            sent.push((beat + (seed >> 33) % 30_000, talker, tick));
        }
        // The phone encodes in order; only the way to the desk is uneven by whole ticks.
        let due: Vec<_> = sent
            .extract_if(.., |(at, ..)| *at <= beat + 13_000)
            .collect();
        for (at, talker, number) in due {
            if at % 50 == 0 {
                lost += 1;
                phones[talker].lose();
            } else {
                phones[talker].talk(&mut desk, number, at);
            }
        }
        hear(&mut desk, &mut phones, tick, beat + 13_000);
    }
    assert!(lost > 10, "{lost} lost of 1500");
    for phone in &phones {
        let last = &phone.heard[phone.heard.len() - phone.rate_hz() as usize..];
        for talker in (0..3).filter(|talker| *talker != phone.id) {
            let heard = numbers(last, phone.rate_hz(), talker)
                .iter()
                .flatten()
                .count();
            assert!(heard >= 45, "{} hears {heard} of 50 of {talker}", phone.id);
        }
    }
}

#[test]
fn a_phone_that_leaves_takes_its_encoder_along_and_the_others_go_on() {
    let (mut desk, mut phones) = desk_of(&CODECS);
    run(&mut desk, &mut phones, &[0, 1], 0..50);
    desk.remove_listener(3);
    desk.remove_listener(3);
    let before = desk.stats();
    run(&mut desk, &mut phones, &[0, 1], 50..150);
    // Two talkers' own mixes; PCMU and Opus for the rest, PCMA no more.
    assert_eq!(desk.stats().encodes - before.encodes, 100 * 4);
    assert!(phones[3].ticks.iter().all(|tick| *tick < 50));
    phones.remove(3);
    assert_each_hears_all_others(&phones, &[0, 1], "after a phone has left");
}

#[test]
fn nonsense_from_a_phone_is_counted_and_harms_nobody() {
    let (mut desk, mut phones) = desk_of(&CODECS);
    let room = RoomSet::from([1]);
    for tick in 0..100_u32 {
        let now_us = 1_000_000 + u64::from(tick) * 20_000;
        let nonsense: [&[u8]; 2] = [&[], &[0xFF, tick as u8, 3]];
        for payload in nonsense {
            let sound = Sound {
                stream: 9,
                sequence: tick as u16,
                timestamp: tick * 960,
                payload,
            };
            desk.sound(2, Opus, &room, &sound, now_us);
        }
        step(&mut desk, &mut phones, &[0, 1], tick);
    }
    let stats = desk.stats();
    assert!(stats.refused >= 100 && stats.undecodable > 0, "{stats:?}");
    assert_each_hears_all_others(&phones, &[0, 1], "beside nonsense");
}

#[test]
fn packets_of_sources_beyond_the_bound_are_refused_and_counted() {
    let (mut desk, room) = (Desk::default(), RoomSet::from([1]));
    let sound = Sound {
        stream: 9,
        sequence: 1,
        timestamp: 160,
        payload: &[0xFF; 160],
    };
    for id in 0..SOURCES_MAX as u64 + 3 {
        desk.sound(id, Pcmu, &room, &sound, 1_000_000);
    }
    assert_eq!(desk.stats().refused, 3);
    assert_eq!(desk.population(), (SOURCES_MAX, 0));
}
