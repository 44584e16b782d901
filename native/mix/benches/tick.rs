//! Nanoseconds per operation of the mixing path: `cargo bench -p crosspatch-mix`.
//!
//! Prints the median of nine rounds and the fastest, in CPU time of this thread (Linux), so that other work on
//! the machine counts less. For comparison within one run only.

#![allow(clippy::unwrap_used, reason = "a failing benchmark may panic")]
#![allow(clippy::print_stdout, reason = "printing is its purpose")]

use std::hint::black_box;

use codec_api::{CodecKind, Decoder, Encoder};
use codec_g711::{G711Decoder, G711Encoder, Law};
use codec_g722::{G722Decoder, G722Encoder};
use codec_opus::{OpusConfig, OpusDecoder, OpusEncoder};
use dsp::{Limiter, MixBus, Resampler, Tone, TonePlayer, Vox, VoxConfig, level_dbov};
use jitter::{Arrival, JitterBuffer, JitterConfig};
use mix::{Desk, RoomSet, Sound};

const ROUNDS: usize = 9;

/// A pair of one codec's ends.
type Ends = (Box<dyn Encoder>, Box<dyn Decoder>);

/// Time that this thread was on a core, ns (proc(5), schedstat).
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// The kernel counts in steps of some ms, so a round lasts at least this long.
const ROUND_NS: u64 = 60_000_000;

fn measure(name: &str, mut operation: impl FnMut(u32)) {
    let (mut count, mut batch) = (0_u32, 50_u32);
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (start, first) = (cpu_ns(), count);
            let mut spent = 0;
            while spent < ROUND_NS {
                for _ in 0..batch {
                    operation(count);
                    count = count.wrapping_add(1);
                }
                spent = cpu_ns() - start;
                // Reading the time costs as much as many short operations.
                batch = if spent < ROUND_NS / 4 {
                    batch * 2
                } else {
                    batch
                };
            }
            spent as f64 / f64::from(count.wrapping_sub(first))
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!(
        "{name:<44} {:>10.0} ns   fastest {:>10.0}",
        rounds[ROUNDS / 2],
        rounds[0]
    );
}

/// Speech-like: a buzz of 120 Hz with a slowly moving formant.
fn speech(rate_hz: u32, frame: u32) -> Vec<i16> {
    let len = rate_hz / 50;
    (0..len)
        .map(|n| {
            let at = f64::from(frame * len + n) / f64::from(rate_hz);
            let formant = 600.0 + 300.0 * (at * 5.0).sin();
            let sum: f64 = (1..25_u32)
                .map(|k| {
                    let hz = f64::from(k) * 120.0;
                    (std::f64::consts::TAU * hz * at).sin()
                        / (1.0 + ((hz - formant) / 300.0).powi(2))
                })
                .sum();
            (3_000.0 * sum) as i16
        })
        .collect()
}

fn opus_ends(rate_hz: u32) -> Ends {
    let config = OpusConfig {
        rate_hz,
        ..Default::default()
    };
    (
        Box::new(OpusEncoder::new(config).unwrap()),
        Box::new(OpusDecoder::new(rate_hz).unwrap()),
    )
}

fn codecs() {
    let all: [(&str, Ends); 4] = [
        (
            "G.711 mu-law",
            (
                Box::new(G711Encoder::new(Law::Mu)),
                Box::new(G711Decoder::new(Law::Mu)),
            ),
        ),
        (
            "G.722",
            (Box::<G722Encoder>::default(), Box::<G722Decoder>::default()),
        ),
        ("Opus 16 kHz, 32 kb/s, c5, FEC", opus_ends(16_000)),
        ("Opus 48 kHz, 32 kb/s, c5, FEC", opus_ends(48_000)),
    ];
    for (name, (mut encoder, mut decoder)) in all {
        let frames: Vec<Vec<i16>> = (0..100).map(|n| speech(encoder.rate_hz(), n)).collect();
        let (mut payload, mut pcm, mut len) = ([0; 1_275], [0; 960], 0);
        measure(&format!("{name}: encode 20 ms"), |n| {
            len = encoder
                .encode(&frames[n as usize % 100], &mut payload)
                .unwrap();
        });
        measure(&format!("{name}: decode 20 ms"), |_| {
            black_box(decoder.decode(&payload[..len], &mut pcm).unwrap());
        });
        let samples = decoder.rate_hz() as usize / 50;
        measure(&format!("{name}: conceal 20 ms"), |_| {
            decoder.conceal(&mut pcm[..samples]).unwrap();
        });
    }
}

fn signal_path() {
    for (from, to) in [
        (8_000, 48_000),
        (48_000, 8_000),
        (16_000, 48_000),
        (48_000, 16_000),
        (8_000, 16_000),
        (16_000, 8_000),
    ] {
        let mut resampler = Resampler::new(from, to).unwrap();
        let (input, mut out) = (speech(from, 3), [0; 960]);
        measure(&format!("resample 20 ms, {from} to {to} Hz"), |_| {
            black_box(resampler.process(&input, &mut out));
        });
    }
    let (frame, mut out) = (speech(48_000, 3), [0; 960]);
    let (mut bus, mut limiter) = (MixBus::default(), Limiter::default());
    measure("mix 3 talkers and 3 times minus, 48 kHz", |_| {
        bus.begin(960);
        (0..3).for_each(|_| bus.add(&frame));
        (0..3).for_each(|_| bus.minus(&frame, &mut limiter, &mut out));
        black_box(&out);
    });
    measure("level of 20 ms, 48 kHz", |_| {
        black_box(level_dbov(&frame));
    });
    let mut vox = Vox::new(VoxConfig::default());
    let narrow = speech(8_000, 3);
    measure("VOX of 20 ms, 8 kHz", |_| {
        black_box(vox.frame(&narrow));
    });
    let mut player = TonePlayer::new(48_000);
    player.start(Tone::EmergencyAlarm);
    measure("alarm tone of 20 ms, 48 kHz", |_| {
        player.render(&mut out);
    });
}

fn jitter_buffer() {
    let mut buffer = JitterBuffer::new(JitterConfig::new(8_000, 160));
    let mut n = 0_u32;
    measure("jitter buffer: insert and pull", |_| {
        let now_us = u64::from(n) * 20_000;
        let payload = &[0; 160];
        buffer.insert(
            &Arrival {
                ssrc: 1,
                sequence: n as u16,
                timestamp: n.wrapping_mul(160),
                duration: 160,
                payload,
            },
            now_us,
        );
        black_box(buffer.pull(now_us + 7_000, false));
        n += 1;
    });
}

/// A desk of one room with `legs` phones, three of which talk, all of one codec.
fn desk(name: &str, legs: u64, codec: CodecKind, mut encoder: Box<dyn Encoder>) {
    let (mut desk, room) = (Desk::default(), RoomSet::from([1]));
    for id in 0..legs {
        desk.set_listener(id, codec, &room, true).unwrap();
    }
    let ticks = encoder.info().frame_ticks();
    let packets: Vec<Vec<u8>> = (0..50)
        .map(|n| {
            let mut payload = [0; 1_275];
            let len = encoder
                .encode(&speech(encoder.rate_hz(), n), &mut payload)
                .unwrap();
            payload[..len].to_vec()
        })
        .collect();
    let mut tick = 0_u32;
    measure(&format!("{name}, {legs} legs, 3 talkers: a tick"), |_| {
        let now_us = u64::from(tick) * 20_000;
        let sound = Sound {
            stream: 9,
            sequence: tick as u16,
            timestamp: tick.wrapping_mul(ticks),
            payload: &packets[tick as usize % 50],
        };
        for talker in 0..3 {
            desk.sound(talker, codec, &room, &sound, now_us);
        }
        desk.tick(now_us + 9_000, |listeners, payload| {
            black_box((listeners.len(), payload.len()));
        });
        tick += 1;
    });
}

fn main() {
    codecs();
    signal_path();
    jitter_buffer();
    for legs in [40, 400] {
        let g711 = Box::new(G711Encoder::new(Law::A));
        desk("G.711", legs, CodecKind::Pcma, g711);
    }
    let g722 = Box::<G722Encoder>::default();
    desk("G.722", 40, CodecKind::G722, g722);
    desk("Opus", 40, CodecKind::Opus, opus_ends(48_000).0);
}
