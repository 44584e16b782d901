//! The whole mixing path offline: phones of every codec in one room.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

mod support;

use dsp::Tone;
use mix::MixRoom;
use support::{Codec, Counting, Phone, allocations, counted_up, numbers};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CODECS: [Codec; 6] = [
    Codec::Pcmu,
    Codec::G722,
    Codec::Opus48,
    Codec::Pcma,
    Codec::Opus16,
    Codec::Pcmu,
];

fn room_of(codecs: &[Codec], rate_hz: u32) -> (MixRoom, Vec<Phone>) {
    let mut room = MixRoom::new(rate_hz);
    let phones = (0..)
        .zip(codecs)
        .map(|(id, codec)| Phone::join(&mut room, id, *codec))
        .collect();
    (room, phones)
}

/// One tick of 20 ms in which `talkers` send a frame first; returns the allocations of the tick itself.
fn step(room: &mut MixRoom, phones: &mut [Phone], talkers: &[usize], tick: u32) -> u64 {
    let now_us = 1_000_000 + u64::from(tick) * 20_000;
    for talker in talkers {
        phones[*talker].talk(room, tick, now_us + 3_000);
    }
    let mut decoding = 0;
    let before = allocations();
    room.tick(now_us + 13_000, |packet| {
        let start = allocations();
        phones[packet.leg as usize].hear(&packet);
        decoding += allocations() - start;
    });
    allocations() - before - decoding
}

fn run(room: &mut MixRoom, phones: &mut [Phone], talkers: &[usize], ticks: std::ops::Range<u32>) {
    for tick in ticks {
        step(room, phones, talkers, tick);
    }
}

/// Each phone's last second of hearing holds the numbered signals of the others and of nobody else.
///
/// Opus smears a tone that changes each 20 ms, so that single windows may be read wrongly; a leg that hears
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
fn each_leg_hears_all_others_and_not_itself() {
    for rate_hz in [8_000, 16_000, 48_000] {
        let (mut room, mut phones) = room_of(&CODECS, rate_hz);
        run(&mut room, &mut phones, &[0, 1, 2], 0..150);
        assert_each_hears_all_others(&phones, &[0, 1, 2], &format!("room at {rate_hz} Hz"));
    }
}

#[test]
fn one_talker_is_heard_by_all_and_gets_nothing() {
    let (mut room, mut phones) = room_of(&CODECS, 16_000);
    run(&mut room, &mut phones, &[1], 0..150);
    assert!(phones[1].packets.is_empty());
    phones.remove(1);
    assert_each_hears_all_others(&phones, &[1], "one talker");
}

#[test]
fn listeners_of_a_codec_share_one_encode() {
    let (mut room, mut phones) = room_of(&[Codec::Pcmu; 20], 8_000);
    run(&mut room, &mut phones, &[0], 0..50);
    let stats = room.stats();
    assert_eq!(stats.packets, 19 * stats.encodes);
}

#[test]
fn nobody_talks_and_nothing_is_sent() {
    let (mut room, mut phones) = room_of(&CODECS, 16_000);
    run(&mut room, &mut phones, &[], 0..50);
    assert_eq!((room.stats().packets, room.stats().encodes), (0, 0));
}

#[test]
fn a_shut_gate_is_not_heard() {
    let (mut room, mut phones) = room_of(&CODECS, 16_000);
    room.set_gate(0, false);
    run(&mut room, &mut phones, &[0], 0..50);
    assert_eq!(room.stats().packets, 0);
}

#[test]
fn a_gain_is_heard_by_all_others() {
    let (mut room, mut phones) = room_of(&[Codec::Pcmu, Codec::Pcmu], 8_000);
    room.set_gain_db(0, -12.0);
    run(&mut room, &mut phones, &[0], 0..50);
    let heard = &phones[1].heard;
    let peak = heard[heard.len() - 1_600..]
        .iter()
        .map(|s| s.unsigned_abs())
        .max()
        .unwrap();
    assert!((1_400..1_600).contains(&peak), "{peak} of 6000");
}

#[test]
fn a_tick_allocates_nothing() {
    let (mut room, mut phones) = room_of(&CODECS, 48_000);
    let mut counted = 0;
    for tick in 0..400 {
        // Talkers come and go, so that every change of encoder is in it.
        let talkers: &[usize] = match tick / 60 % 4 {
            0 => &[0],
            1 => &[0, 1],
            2 => &[0, 1, 2],
            _ => &[],
        };
        if tick == 70 {
            room.play(3, Tone::Granted);
        }
        counted += step(&mut room, &mut phones, talkers, tick);
    }
    assert_eq!(counted, 0);
}

#[test]
fn a_legs_timeline_never_jumps_when_its_role_changes() {
    let (mut room, mut phones) = room_of(&CODECS, 16_000);
    for tick in 0..400 {
        let talkers: &[usize] = if tick / 50 % 2 == 0 { &[0, 1] } else { &[1, 2] };
        step(&mut room, &mut phones, talkers, tick);
    }
    for (phone, codec) in phones.iter().zip(CODECS) {
        let ticks = codec.encoder().info().frame_ticks();
        for pair in phone.packets.windows(2) {
            let ((sequence, timestamp, _), (next, then, marker)) = (pair[0], pair[1]);
            assert_eq!(next, sequence.wrapping_add(1));
            let step = then.wrapping_sub(timestamp);
            assert_eq!((step % ticks, step > ticks), (0, marker));
        }
        assert!(phone.packets[0].2);
    }
}

#[test]
fn a_g722_listener_that_begins_to_talk_hears_no_rasp() {
    let (mut room, mut phones) = room_of(&[Codec::Pcmu, Codec::G722, Codec::G722], 16_000);
    run(&mut room, &mut phones, &[0], 0..100);
    let before = phones[1].heard.len();
    // So soft that the other listener's mix hardly changes, and loud enough to be a talker.
    let whisper: Vec<i16> = (0..320).map(|n| if n % 8 < 4 { 50 } else { -50 }).collect();
    for tick in 100..150 {
        phones[1].send(
            &mut room,
            &whisper,
            1_000_000 + u64::from(tick) * 20_000 + 3_000,
        );
        step(&mut room, &mut phones, &[0], tick);
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
fn a_tone_is_heard_by_its_leg_alone_over_the_mix() {
    let (mut room, mut phones) = room_of(&CODECS, 16_000);
    run(&mut room, &mut phones, &[0], 0..50);
    let from: Vec<usize> = phones.iter().map(|phone| phone.heard.len()).collect();
    room.play(3, Tone::EmergencyAcked);
    run(&mut room, &mut phones, &[0], 50..55);
    let level = |at: usize| {
        support::amplitude(
            &phones[at].heard[from[at] + 160..from[at] + 640],
            1_000.0,
            8_000,
        )
    };
    assert!(level(3) > 2_500.0, "{}", level(3));
    assert!(level(5) < level(3) / 2.0, "{}", level(5));
}

#[test]
fn jitter_and_loss_leave_the_mix_whole() {
    let (mut room, mut phones) = room_of(&CODECS, 16_000);
    let mut seed = 7_u64;
    let mut sent: Vec<(u64, usize, u32)> = Vec::new();
    for tick in 0..500_u32 {
        let beat = 1_000_000 + u64::from(tick) * 20_000;
        for talker in [0, 1, 2] {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            sent.push((beat + (seed >> 33) % 30_000, talker, tick));
        }
        // The phone encodes in order; only the way to the room is uneven by whole ticks.
        let due: Vec<_> = sent
            .extract_if(.., |(at, ..)| *at <= beat + 13_000)
            .collect();
        for (at, talker, number) in due {
            if at % 50 == 0 {
                phones[talker].lose();
            } else {
                phones[talker].talk(&mut room, number, at);
            }
        }
        room.tick(beat + 13_000, |packet| {
            phones[packet.leg as usize].hear(&packet);
        });
    }
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
    let lost: u64 = (0..3)
        .map(|id| room.inbound(id).unwrap().jitter_stats().lost)
        .sum();
    assert!(lost > 10, "{lost} lost of 1500");
}

#[test]
fn a_leg_that_leaves_takes_its_class_along_and_the_others_go_on() {
    let (mut room, mut phones) = room_of(&CODECS, 16_000);
    run(&mut room, &mut phones, &[0, 1], 0..50);
    room.remove(3);
    room.remove(3);
    run(&mut room, &mut phones, &[0, 1], 50..150);
    let heard = phones[3].packets.len();
    assert!((45..=50).contains(&heard), "{heard}");
    phones.remove(3);
    assert_each_hears_all_others(&phones, &[0, 1], "after a leg has left");
}

#[test]
fn nonsense_from_a_leg_is_counted_and_harms_nobody() {
    let (mut room, mut phones) = room_of(&CODECS, 16_000);
    for tick in 0..100_u32 {
        let now_us = 1_000_000 + u64::from(tick) * 20_000;
        assert_eq!(
            room.packet(2, 9, tick as u16, tick * 960, &[], now_us),
            None
        );
        room.packet(
            2,
            9,
            tick as u16,
            tick * 960,
            &[0xFF, tick as u8, 3],
            now_us,
        );
        step(&mut room, &mut phones, &[0, 1], tick);
    }
    assert!(room.inbound(2).unwrap().stats().bad_payload >= 100);
    assert_each_hears_all_others(&phones, &[0, 1], "beside nonsense");
}
