//! Stories in virtual time: a sender, a network, and a mixer that pulls each 20 ms.

#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use jitter::{Arrival, JitterBuffer, JitterConfig, JitterStats, Pull};

/// Small seeded generator (xorshift), so that every run is the same.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[derive(Clone, Copy)]
struct Packet {
    at_us: u64,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    index: u32,
}

/// `count` packets of 20 ms, first sequence and timestamp chosen to wrap soon, without any network yet.
fn sent(count: u32) -> Vec<Packet> {
    (0..count)
        .map(|index| Packet {
            at_us: 1_000_000 + u64::from(index) * 20_000,
            ssrc: 7,
            sequence: 65_500_u16.wrapping_add(index as u16),
            timestamp: 0xFFFF_F000_u32.wrapping_add(index * 160),
            index,
        })
        .collect()
}

/// Send every packet through a network.
fn delay(packets: &mut [Packet], mut network_us: impl FnMut() -> u64) {
    for packet in packets {
        packet.at_us += network_us();
    }
}

/// What one tick played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Played {
    Packet(u32),
    Lost { fec: bool },
    Late,
    Silence,
}

struct Run {
    played: Vec<Played>,
    /// Time from sending to playing of each packet played, ms.
    delays_ms: Vec<u64>,
    stats: JitterStats,
}

impl Run {
    fn packets(&self) -> Vec<u32> {
        self.played
            .iter()
            .filter_map(|p| {
                if let Played::Packet(index) = p {
                    Some(*index)
                } else {
                    None
                }
            })
            .collect()
    }

    fn count(&self, wanted: impl Fn(&Played) -> bool) -> usize {
        self.played.iter().filter(|p| wanted(p)).count()
    }

    /// Concealed frames after the first `skip` ticks.
    fn holes(&self, skip: usize) -> usize {
        self.played[skip..]
            .iter()
            .filter(|p| matches!(p, Played::Lost { .. } | Played::Late))
            .count()
    }

    fn last_delays(&self, count: usize) -> &[u64] {
        &self.delays_ms[self.delays_ms.len() - count..]
    }
}

/// Deliver the packets in order of arrival and pull each 20 ms, `phase_us` after the sender's beat.
fn run(mut packets: Vec<Packet>, phase_us: u64, silent: impl Fn(u32) -> bool) -> Run {
    packets.sort_by_key(|p| p.at_us);
    let end = packets.last().map_or(0, |p| p.at_us) + 500_000;
    let mut buffer = JitterBuffer::new(JitterConfig::new(8_000, 160));
    let mut run = Run {
        played: Vec::new(),
        delays_ms: Vec::new(),
        stats: JitterStats::default(),
    };
    let mut waiting = packets.iter().peekable();
    let mut last = 0;
    for now_us in (1_000_000 + phase_us..end).step_by(20_000) {
        while let Some(packet) = waiting.next_if(|p| p.at_us <= now_us) {
            let payload = packet.index.to_be_bytes();
            let arrival = Arrival {
                ssrc: packet.ssrc,
                sequence: packet.sequence,
                timestamp: packet.timestamp,
                duration: 160,
                payload: &payload,
            };
            buffer.insert(&arrival, packet.at_us);
        }
        let played = match buffer.pull(now_us, silent(last)) {
            Pull::Packet { payload, .. } => {
                last = u32::from_be_bytes(payload.try_into().unwrap());
                run.delays_ms
                    .push((now_us - 1_000_000).saturating_sub(u64::from(last) * 20_000) / 1000);
                Played::Packet(last)
            }
            Pull::Lost { next } => Played::Lost {
                fec: next.is_some(),
            },
            Pull::Late => Played::Late,
            Pull::Silence => Played::Silence,
        };
        run.played.push(played);
    }
    // What follows the last packet is the end of the story, not a hole in it.
    while run
        .played
        .last()
        .is_some_and(|played| !matches!(played, Played::Packet(_)))
    {
        run.played.pop();
    }
    run.stats = *buffer.stats();
    run
}

fn speech(_: u32) -> bool {
    false
}

/// One second of speech, then 200 ms of silence.
fn with_pauses(index: u32) -> bool {
    index % 60 >= 50
}

fn in_order(packets: &[u32]) -> bool {
    packets.windows(2).all(|w| w[0] < w[1])
}

#[test]
fn a_clean_link_plays_everything_at_once() {
    for phase_us in [1_000, 7_000, 19_000] {
        let mut packets = sent(1_000);
        delay(&mut packets, || 30_000);
        let run = run(packets, phase_us, with_pauses);
        // One packet may go when the first guess of 20 ms is taken back.
        assert!(run.packets().len() >= 998 && in_order(&run.packets()));
        assert_eq!(run.holes(0), 0);
        let worst = run.last_delays(800).iter().max().unwrap();
        // The network's 30 ms, the tick's 20, a bucket of 5 and the hysteresis of 5.
        assert!(*worst <= 30 + 30, "{worst} ms at phase {phase_us}");
    }
}

#[test]
fn a_tick_in_step_with_the_arrivals_does_not_flap() {
    let mut random = Random(5);
    let mut packets = sent(2_000);
    delay(&mut packets, || 20_000 + random.below(2_000));
    let run = run(packets, 1_000, with_pauses);
    assert!(
        run.holes(0) <= 2 && run.stats.shrunk <= 3,
        "{:?}",
        run.stats
    );
}

#[test]
fn sixty_ms_of_jitter_are_absorbed() {
    let mut random = Random(1);
    let mut packets = sent(3_000);
    delay(&mut packets, || 20_000 + random.below(60_000));
    let run = run(packets, 3_000, with_pauses);
    assert!(in_order(&run.packets()));
    let learnt = run.played.len() - 2_500;
    let holes = run.holes(learnt);
    assert!(holes < 2_500 * 3 / 100, "{holes} holes, {:?}", run.stats);
    let mean = run.last_delays(2_000).iter().sum::<u64>() / 2_000;
    assert!((70..115).contains(&mean), "{mean} ms");
}

#[test]
fn the_delay_comes_back_when_the_jam_is_over() {
    let mut random = Random(9);
    let mut packets = sent(4_000);
    for packet in &mut packets {
        packet.at_us += 20_000
            + if packet.index < 500 {
                random.below(150_000)
            } else {
                0
            };
    }
    let run = run(packets, 3_000, with_pauses);
    assert!(
        run.last_delays(1_000).iter().all(|d| *d <= 60),
        "{:?}",
        run.last_delays(5)
    );
}

#[test]
fn each_lost_packet_is_concealed_once_and_costs_no_delay() {
    let mut random = Random(3);
    let all = sent(3_000);
    let kept: Vec<Packet> = all
        .iter()
        .copied()
        .filter(|_| random.below(10) != 0)
        .collect();
    let gone = 3_000 - kept.len();
    let run = run(kept, 7_000, speech);
    assert_eq!(run.stats.late, 0);
    let holes = run.holes(0);
    assert!(holes.abs_diff(gone) <= 5, "{holes} holes for {gone} lost");
    assert!(
        run.last_delays(1_000).iter().all(|d| *d <= 47),
        "{:?}",
        run.last_delays(5)
    );
}

#[test]
fn with_some_delay_a_lost_packet_can_be_read_from_the_next() {
    let mut random = Random(4);
    let mut packets = sent(2_000);
    delay(&mut packets, || 20_000 + random.below(50_000));
    packets.retain(|p| p.index % 20 != 7);
    let run = run(packets, 7_000, with_pauses);
    let fec = run.count(|p| *p == Played::Lost { fec: true });
    assert!(fec > 70, "{fec} of 100");
}

#[test]
fn reordered_packets_are_played_in_order_once_learnt() {
    let mut packets = sent(2_000);
    // Each tenth packet comes 30 ms late, behind its successor.
    for packet in packets.iter_mut().filter(|p| p.index % 10 == 4) {
        packet.at_us += 30_000;
    }
    let run = run(packets, 7_000, with_pauses);
    assert!(in_order(&run.packets()));
    assert!(run.stats.reordered >= 190);
    let holes = run.holes(1_000);
    assert!(holes <= 2, "{holes} holes, {:?}", run.stats);
}

#[test]
fn duplicates_are_counted_and_played_once() {
    let mut packets = sent(500);
    let again: Vec<Packet> = packets
        .iter()
        .map(|p| Packet {
            at_us: p.at_us + 1_000,
            ..*p
        })
        .collect();
    packets.extend(again);
    let run = run(packets, 7_000, speech);
    assert_eq!(run.packets(), (0..500).collect::<Vec<_>>());
    assert_eq!(run.stats.duplicate + run.stats.late, 500);
}

#[test]
fn a_drifting_clock_is_followed_for_ten_minutes() {
    for ppm in [-200_i64, 200] {
        let mut packets = sent(30_000);
        for packet in &mut packets {
            let late = i64::from(packet.index) * 20_000 * ppm / 1_000_000;
            packet.at_us = packet.at_us.saturating_add_signed(20_000 + late);
        }
        let run = run(packets, 7_000, with_pauses);
        // 200 ppm of 600 s are six frames.
        let corrected = run.stats.shrunk + run.stats.grown + run.stats.concealed;
        assert!((4..=30).contains(&corrected), "{ppm}: {:?}", run.stats);
        assert!(run.packets().len() > 29_950);
        assert_eq!((run.stats.overflowed, run.stats.restarts), (0, 0));
    }
}

#[test]
fn a_pause_without_packets_is_silence_and_the_next_talkspurt_is_whole() {
    let mut packets = sent(300);
    packets.retain(|p| !(100..200).contains(&p.index));
    // A sender that suppresses silence goes on counting packets, not time.
    for packet in packets.iter_mut().filter(|p| p.index >= 200) {
        packet.sequence = packet.sequence.wrapping_sub(100);
    }
    let run = run(packets, 7_000, speech);
    assert_eq!(run.packets(), (0..100).chain(200..300).collect::<Vec<_>>());
    assert_eq!(run.holes(0), 3, "60 ms are concealed, then it is silent");
    assert_eq!((run.stats.talkspurts, run.stats.lost), (2, 0));
}

#[test]
fn an_outage_of_a_second_is_concealed_for_60_ms_only() {
    let mut packets = sent(300);
    packets.retain(|p| !(100..150).contains(&p.index));
    let run = run(packets, 7_000, speech);
    assert_eq!(run.packets(), (0..100).chain(150..300).collect::<Vec<_>>());
    assert_eq!((run.stats.lost, run.stats.restarts), (50, 0));
    assert!(run.holes(0) <= 4);
}

#[test]
fn what_comes_in_a_burst_after_a_freeze_is_cut_and_the_delay_comes_back() {
    let mut packets = sent(3_000);
    for packet in packets.iter_mut().filter(|p| (500..525).contains(&p.index)) {
        packet.at_us = 1_000_000 + 525 * 20_000;
    }
    let run = run(packets, 7_000, with_pauses);
    assert!(in_order(&run.packets()));
    let after = run
        .packets()
        .iter()
        .position(|index| *index >= 525)
        .unwrap();
    assert!(run.delays_ms[after..].iter().all(|delay| *delay < 500));
    assert!(
        run.last_delays(1_000).iter().all(|delay| *delay <= 40),
        "{:?}",
        run.stats
    );
}

#[test]
fn a_head_that_comes_three_times_as_fast_is_played_whole_and_its_delay_ends_in_silence() {
    for head_ms in [200, 500] {
        let mut packets = sent(600);
        // Held back at the beginning of each talkspurt, then released at three packets a tick.
        for first in [0, 300] {
            let held_us = packets[first].at_us + head_ms * 1_000;
            for (n, packet) in packets[first..first + 100].iter_mut().enumerate() {
                packet.at_us = packet.at_us.max(held_us + n as u64 / 3 * 20_000);
            }
        }
        let pause = 200..300;
        packets.retain(|p| !pause.contains(&p.index));
        for packet in packets.iter_mut().filter(|p| p.index >= pause.end) {
            packet.sequence = packet.sequence.wrapping_sub(100);
        }
        let run = run(packets, 7_000, |index| index % 300 >= 150);
        let played = run.packets();
        let lost = |index: &u32| !played.contains(index);
        let lost: Vec<u32> = (0..150).chain(300..450).filter(lost).collect();
        assert_eq!(lost, [0; 0], "a head of {head_ms} ms");
        assert!(run.last_delays(50).iter().all(|delay| *delay <= 60));
    }
}

#[test]
fn a_new_ssrc_starts_over_at_once() {
    let mut packets = sent(200);
    for packet in packets.iter_mut().filter(|p| p.index >= 100) {
        packet.ssrc = 8;
        packet.sequence = packet.sequence.wrapping_add(30_000);
        packet.timestamp = 5_000_u32.wrapping_add(packet.index * 160);
    }
    let run = run(packets, 7_000, speech);
    // The one packet of the old stream that was still waiting is gone.
    assert!(in_order(&run.packets()) && run.packets().len() >= 199);
    assert_eq!(run.stats.restarts, 1);
}

#[test]
fn a_step_of_the_senders_clock_starts_over_either_way() {
    for step in [
        1_000_000_u32,
        0_u32.wrapping_sub(1_000_000),
        8_000,
        0_u32.wrapping_sub(8_000),
    ] {
        let mut packets = sent(200);
        for packet in packets.iter_mut().filter(|p| p.index >= 100) {
            packet.timestamp = packet.timestamp.wrapping_add(step);
        }
        let run = run(packets, 7_000, speech);
        assert!(in_order(&run.packets()), "{step}");
        assert!(
            run.packets().len() >= 197,
            "{step}: {} {:?}",
            run.packets().len(),
            run.stats
        );
    }
}

#[test]
fn a_jump_of_the_sequence_needs_two_packets_in_a_row() {
    let mut packets = sent(200);
    packets[50].sequence = packets[50].sequence.wrapping_add(20_000);
    for packet in packets.iter_mut().filter(|p| p.index >= 100) {
        packet.sequence = packet.sequence.wrapping_add(10_000);
    }
    let run = run(packets, 7_000, speech);
    assert!(
        in_order(&run.packets()) && run.packets().len() >= 197,
        "{}",
        run.packets().len()
    );
    assert_eq!((run.stats.stray, run.stats.restarts), (2, 1));
}

#[test]
fn a_buffer_that_nobody_pulls_keeps_the_newest_64() {
    let mut buffer = JitterBuffer::new(JitterConfig::new(8_000, 160));
    for n in 0..200_u32 {
        let payload = n.to_be_bytes();
        let arrival = Arrival {
            ssrc: 1,
            sequence: n as u16,
            timestamp: n * 160,
            duration: 160,
            payload: &payload,
        };
        buffer.insert(&arrival, u64::from(n) * 20_000);
    }
    assert_eq!(buffer.stats().overflowed, 136);
    let first = match buffer.pull(200 * 20_000, false) {
        Pull::Packet { payload, .. } => u32::from_be_bytes(payload.try_into().unwrap()),
        other => panic!("{other:?}"),
    };
    assert!((136..200).contains(&first), "{first}");
}

#[test]
fn packets_of_60_ms_are_pulled_when_the_last_is_used_up() {
    let mut buffer = JitterBuffer::new(JitterConfig::new(8_000, 480));
    let mut played = 0;
    let mut left = 0_u32;
    for tick in 0..300_u64 {
        let now_us = 1_000_000 + tick * 20_000;
        if tick % 3 == 0 {
            let n = tick as u32 / 3;
            let arrival = Arrival {
                ssrc: 1,
                sequence: n as u16,
                timestamp: n * 480,
                duration: 480,
                payload: &[0; 480],
            };
            buffer.insert(&arrival, now_us);
        }
        if left == 0
            && let Pull::Packet { payload, .. } = buffer.pull(now_us + 7_000, false)
        {
            played += 1;
            left = payload.len() as u32 / 160;
        }
        left = left.saturating_sub(1);
    }
    assert!(played >= 98, "{played}");
    assert_eq!(buffer.stats().concealed, 0);
}

#[test]
fn too_large_a_payload_is_counted() {
    let mut buffer = JitterBuffer::new(JitterConfig::new(8_000, 160));
    let arrival = Arrival {
        ssrc: 1,
        sequence: 1,
        timestamp: 0,
        duration: 160,
        payload: &[0; 161],
    };
    assert_eq!(buffer.insert(&arrival, 0), jitter::Inserted::Oversize);
    assert_eq!(buffer.pull(20_000, false), Pull::Silence);
}

#[test]
fn behind_a_talkspurt_that_was_ended_nothing_is_made_up_until_the_next() {
    let mut buffer = JitterBuffer::new(JitterConfig::new(8_000, 160));
    let mut played = Vec::new();
    for packet in sent(60) {
        // Twenty packets, a pause of as many, and twenty that follow.
        if (20..40).contains(&packet.index) {
            if packet.index == 20 {
                buffer.end();
            }
        } else {
            let payload = packet.index.to_be_bytes();
            let arrival = Arrival {
                ssrc: packet.ssrc,
                sequence: packet
                    .sequence
                    .wrapping_sub(if packet.index < 20 { 0 } else { 20 }),
                timestamp: packet.timestamp,
                duration: 160,
                payload: &payload,
            };
            buffer.insert(&arrival, packet.at_us);
        }
        match buffer.pull(packet.at_us + 7_000, false) {
            Pull::Packet { payload, .. } => {
                played.push(u32::from_be_bytes(payload.try_into().unwrap()));
            }
            Pull::Silence => {}
            made_up => panic!("tick {}: {made_up:?}", packet.index),
        }
        if packet.index == 39 {
            assert!(buffer.is_idle(), "all was played long ago");
        }
    }
    assert_eq!(played[..20], (0..20).collect::<Vec<_>>());
    assert!(played.len() >= 38 && in_order(&played), "{played:?}");
}
