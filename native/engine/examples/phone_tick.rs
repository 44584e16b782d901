//! What a tick of 20 ms costs with phones: rooms of four phones, one or all of which talk.
//!
//! `scripts/cargo.sh run --release -p crosspatch-engine --example phone_tick`
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use codec_api::{CodecKind, Encoder};
use codec_g711::{G711Encoder, Law};
use codec_g722::G722Encoder;
use codec_opus::{OpusConfig, OpusEncoder};
use engine::{Engine, EngineConfig, Input, Output, PhonePacket, RoomId, SessionId, TalkspurtId};

const TICK: Duration = Duration::from_millis(20);
const TICKS: u32 = 250;
const WARM_UP: u32 = 50;
const IN_A_ROOM: u64 = 4;

fn encoder(codec: CodecKind) -> Option<Box<dyn Encoder>> {
    Some(match codec {
        CodecKind::Pcmu => Box::new(G711Encoder::new(Law::Mu)),
        CodecKind::Pcma => Box::new(G711Encoder::new(Law::A)),
        CodecKind::G722 => Box::new(G722Encoder::default()),
        CodecKind::Opus => Box::new(OpusEncoder::new(OpusConfig::default()).ok()?),
    })
}

/// 20 ms of speech-like noise.
fn frame(codec: CodecKind) -> Option<Arc<[u8]>> {
    let mut encoder = encoder(codec)?;
    let mut seed = 1_u32;
    let samples = (encoder.rate_hz() / 50) as usize;
    let pcm: Vec<i16> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 19) as i16
    })
    .take(samples)
    .collect();
    let mut payload = [0; 1_500];
    let len = encoder.encode(&pcm, &mut payload).ok()?;
    Some(Arc::from(&payload[..len]))
}

/// Rooms of four phones; the first `talkers` of each talk. The median and the highest tick.
fn measure(codec: CodecKind, phones: u64, talkers: u64) -> Option<(Duration, Duration)> {
    let mut engine = Engine::new(EngineConfig { forwarding: true });
    let mut now = Instant::now();
    for n in 0..phones {
        let (session, room) = (SessionId(n), RoomId(n / IN_A_ROOM));
        let (hears, speaks, hear) = (true, true, true);
        let inputs = [
            Input::AddPhone { session, seed: n },
            Input::SetPhone {
                session,
                codec,
                hears,
                speaks,
            },
            Input::Join {
                room,
                session,
                hear,
            },
            Input::OpenGate {
                room,
                session,
                talkspurt: TalkspurtId(n),
                limit: None,
            },
        ];
        let count = if n % IN_A_ROOM < talkers { 4 } else { 3 };
        for input in inputs.into_iter().take(count) {
            engine.handle(input, now);
        }
    }
    let payload = frame(codec)?;
    let ticks = codec_api::CodecInfo::of(codec).frame_ticks();
    let mut took = Vec::new();
    for n in 0..TICKS {
        for session in (0..phones).filter(|phone| phone % IN_A_ROOM < talkers) {
            let packet = PhonePacket {
                stream: 1,
                sequence: n as u16,
                timestamp: n * ticks,
                payload: Arc::clone(&payload),
            };
            let session = SessionId(session);
            engine.handle(Input::PhonePacket { session, packet }, now);
        }
        now += TICK;
        let begin = Instant::now();
        engine.handle(Input::Timeout, now);
        while !matches!(engine.poll_output(), Output::Timeout(_)) {}
        if n >= WARM_UP {
            took.push(begin.elapsed());
        }
    }
    took.sort_unstable();
    Some((took[took.len() / 2], *took.last()?))
}

fn main() {
    println!("codec phones talkers/room median_us most_us share_of_core_%");
    for codec in [CodecKind::Pcmu, CodecKind::G722, CodecKind::Opus] {
        for (phones, talkers) in [(4, 0), (4, 1), (4, 4), (40, 1), (40, 4), (400, 1), (400, 4)] {
            let Some((median, most)) = measure(codec, phones, talkers) else {
                return;
            };
            let share = 100.0 * median.as_secs_f64() / TICK.as_secs_f64();
            println!(
                "{codec:?} {phones} {talkers} {} {} {share:.2}",
                median.as_micros(),
                most.as_micros()
            );
        }
    }
}
