//! One talker, and listeners of its codec: its packets are handed on as they came.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

#[allow(dead_code, reason = "each file of tests uses its own part of it")]
mod support;

use codec_api::CodecKind::{self, G722, Opus, Pcma, Pcmu};
use mix::{Desk, RoomSet};
use support::{Counting, Phone, counted_up, numbers};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CODECS: [CodecKind; 4] = [Pcmu, G722, Opus, Pcma];

/// Phones 0 and 1 of the talkers' codec, and one of each other codec.
fn desk_of(codec: CodecKind) -> (Desk, Vec<Phone>) {
    let (mut desk, room) = (Desk::default(), RoomSet::from([1]));
    let others = CODECS.into_iter().filter(|other| *other != codec);
    let phones = (0..)
        .zip([codec, codec, codec].into_iter().chain(others))
        .map(|(id, codec)| Phone::join(&mut desk, id, codec, &room))
        .collect();
    (desk, phones)
}

/// One tick in which `talkers` send a frame, or lose it on the way where `lost` says so. Returns the payloads that
/// phone 2 got.
fn step(
    desk: &mut Desk,
    phones: &mut [Phone],
    talkers: &[usize],
    lost: bool,
    tick: u32,
) -> Vec<Vec<u8>> {
    let now_us = 1_000_000 + u64::from(tick) * 20_000;
    for talker in talkers {
        if lost {
            phones[*talker].lose();
        } else {
            phones[*talker].talk(desk, tick, now_us + 3_000);
        }
    }
    let mut got = Vec::new();
    desk.tick(now_us + 13_000, |listeners, payload| {
        for listener in listeners {
            if *listener == 2 {
                got.push(payload.to_vec());
            }
            phones[*listener as usize].hear(tick, payload);
        }
    });
    got
}

fn last_second_counts_up(phone: &Phone, talker: u64) -> f64 {
    let rate = phone.rate_hz();
    let last = &phone.heard[phone.heard.len() - rate as usize..];
    counted_up(&numbers(last, rate, talker))
}

#[test]
fn who_speaks_the_talkers_codec_gets_its_packets_byte_for_byte() {
    for codec in [Pcmu, Pcma, Opus] {
        let (mut desk, mut phones) = desk_of(codec);
        let mut sent = Vec::new();
        for tick in 0..100 {
            let got = step(&mut desk, &mut phones, &[0], false, tick);
            sent.push(phones[0].last_payload().to_vec());
            assert!(
                got.iter().all(|payload| sent.contains(payload)),
                "{codec:?}: tick {tick}"
            );
        }
        let stats = desk.stats();
        let ticks = phones[2].ticks.len() as u64;
        assert!(ticks >= 95, "{codec:?}: {ticks} ticks heard");
        // Three other codecs are encoded, that of the talker is not.
        assert_eq!(
            (stats.handed_on, stats.encodes),
            (ticks, 3 * ticks),
            "{codec:?}"
        );
    }
}

#[test]
fn a_codec_that_follows_one_encoder_is_encoded() {
    let (mut desk, mut phones) = desk_of(G722);
    for tick in 0..100 {
        step(&mut desk, &mut phones, &[0], false, tick);
    }
    assert_eq!(desk.stats().handed_on, 0);
    assert!(last_second_counts_up(&phones[2], 0) >= 0.9);
}

#[test]
fn no_tick_and_no_number_is_missing_where_a_second_talker_comes_and_goes() {
    for codec in CODECS {
        let (mut desk, mut phones) = desk_of(codec);
        for tick in 0..100 {
            step(&mut desk, &mut phones, &[0], false, tick);
        }
        let alone = desk.stats().handed_on;
        for tick in 100..200 {
            step(&mut desk, &mut phones, &[0, 1], false, tick);
        }
        let together = desk.stats().handed_on;
        assert!(together <= alone + 3, "{codec:?}: mixed, not handed on");
        for phone in &phones[2..] {
            for talker in [0, 1] {
                let right = last_second_counts_up(phone, talker);
                assert!(right >= 0.9, "{codec:?}: {} hears {right}", phone.id);
            }
        }
        for tick in 200..350 {
            step(&mut desk, &mut phones, &[0], false, tick);
        }
        assert_eq!(desk.stats().handed_on > together + 50, codec != G722);
        for phone in &phones[2..] {
            let right = last_second_counts_up(phone, 0);
            assert!(right >= 0.9, "{codec:?}: {} hears {right}", phone.id);
            let gaps = phone.ticks.windows(2).filter(|pair| pair[1] != pair[0] + 1);
            assert_eq!(gaps.count(), 0, "{codec:?}: {:?}", phone.ticks);
        }
    }
}

#[test]
fn a_lost_packet_is_concealed_and_those_after_it_are_handed_on_again() {
    for codec in [Pcmu, Opus] {
        let (mut desk, mut phones) = desk_of(codec);
        for tick in 0..100 {
            step(&mut desk, &mut phones, &[0], tick == 50, tick);
        }
        let stats = desk.stats();
        assert!(stats.handed_on >= 75, "{codec:?}: {stats:?}");
        let gaps = phones[2].ticks.windows(2);
        assert_eq!(
            gaps.filter(|pair| pair[1] != pair[0] + 1).count(),
            0,
            "{codec:?}"
        );
        let right = last_second_counts_up(&phones[2], 0);
        assert!(right >= 0.85, "{codec:?}: hears {right}");
    }
}

#[test]
fn a_key_is_not_handed_on() {
    let (mut desk, mut phones) = desk_of(Pcmu);
    for tick in 0..50 {
        step(&mut desk, &mut phones, &[0], false, tick);
    }
    let before = desk.stats();
    desk.mute(0, 0, 10);
    for tick in 50..60 {
        let got = step(&mut desk, &mut phones, &[0], false, tick);
        assert!(!got.contains(&phones[0].last_payload().to_vec()));
    }
    assert_eq!(desk.stats().handed_on, before.handed_on);
}

#[test]
fn after_a_source_that_has_ended_nothing_more_is_sent_and_its_next_word_is_whole() {
    for codec in CODECS {
        let (mut desk, mut phones) = desk_of(codec);
        for tick in 0..100 {
            step(&mut desk, &mut phones, &[0], false, tick);
        }
        desk.end_source(0);
        let heard = |phones: &[Phone]| phones[2].ticks.len();
        let before = heard(&phones);
        for tick in 100..150 {
            step(&mut desk, &mut phones, &[], false, tick);
        }
        let after = heard(&phones) - before;
        assert!(after <= 3, "{codec:?}: {after} ticks after the end");
        for tick in 150..250 {
            step(&mut desk, &mut phones, &[0], false, tick);
        }
        let right = last_second_counts_up(&phones[2], 0);
        assert!(right >= 0.9, "{codec:?}: {right}");
    }
}
