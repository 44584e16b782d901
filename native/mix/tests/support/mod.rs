//! A phone of each codec with a numbered signal, and an allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::f64::consts::TAU;

use codec_api::{Decoder, Encoder};
use codec_g711::{G711Decoder, G711Encoder, Law};
use codec_g722::{G722Decoder, G722Encoder};
use codec_opus::{OpusConfig, OpusDecoder, OpusEncoder};
use mix::{ClassKey, LegSetup, MixRoom, OutPacket, RtpTimeline};

/// Tones of one talker: the frame's number modulo 8, 100 Hz apart.
pub const NUMBERS: u32 = 8;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Allocations of this thread so far.
pub fn allocations() -> u64 {
    ALLOCATIONS.with(Cell::get)
}

pub struct Counting;

#[allow(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: every call goes to the system's allocator unchanged; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Pcmu,
    Pcma,
    G722,
    Opus48,
    Opus16,
}

impl Codec {
    pub fn encoder(self) -> Box<dyn Encoder> {
        let opus = |rate_hz| {
            OpusEncoder::new(OpusConfig {
                rate_hz,
                ..Default::default()
            })
            .unwrap()
        };
        match self {
            Self::Pcmu => Box::new(G711Encoder::new(Law::Mu)),
            Self::Pcma => Box::new(G711Encoder::new(Law::A)),
            Self::G722 => Box::new(G722Encoder::default()),
            Self::Opus48 => Box::new(opus(48_000)),
            Self::Opus16 => Box::new(opus(16_000)),
        }
    }

    pub fn decoder(self) -> Box<dyn Decoder> {
        match self {
            Self::Pcmu => Box::new(G711Decoder::new(Law::Mu)),
            Self::Pcma => Box::new(G711Decoder::new(Law::A)),
            Self::G722 => Box::new(G722Decoder::default()),
            Self::Opus48 => Box::new(OpusDecoder::new(48_000).unwrap()),
            Self::Opus16 => Box::new(OpusDecoder::new(16_000).unwrap()),
        }
    }
}

/// A simulated phone: talks with tones in its own band, and records what it hears.
pub struct Phone {
    pub id: u32,
    encoder: Box<dyn Encoder>,
    decoder: Box<dyn Decoder>,
    sequence: u16,
    timestamp: u32,
    phase: f64,
    payload: [u8; 1_275],
    /// What was heard, at `rate_hz()`.
    pub heard: Vec<i16>,
    /// Sequence, timestamp and marker of what came.
    pub packets: Vec<(u16, u32, bool)>,
}

impl Phone {
    /// A phone that is in `room` with an open gate.
    pub fn join(room: &mut MixRoom, id: u32, codec: Codec) -> Self {
        let frame_ticks = codec.encoder().info().frame_ticks();
        let setup = LegSetup {
            decoder: codec.decoder(),
            class: ClassKey(codec as u32),
            make_encoder: &mut || Ok(codec.encoder()),
            timeline: RtpTimeline::new(65_500, u32::MAX - 5_000, frame_ticks),
            priority: 0,
        };
        room.add(id, setup).unwrap();
        room.set_gate(id, true);
        Self {
            id,
            encoder: codec.encoder(),
            decoder: codec.decoder(),
            sequence: 65_530,
            timestamp: 77,
            phase: 0.0,
            payload: [0; 1_275],
            heard: Vec::with_capacity(48_000 * 10),
            packets: Vec::with_capacity(1_000),
        }
    }

    pub fn rate_hz(&self) -> u32 {
        self.decoder.rate_hz()
    }

    /// Send frame `number` of this phone's signal.
    pub fn talk(&mut self, room: &mut MixRoom, number: u32, now_us: u64) {
        let rate = self.encoder.rate_hz();
        let mut pcm = vec![0_i16; rate as usize / 50];
        let hz = tone_hz(self.id, number % NUMBERS);
        for sample in &mut pcm {
            self.phase += TAU * hz / f64::from(rate);
            *sample = (6_000.0 * self.phase.sin()) as i16;
        }
        self.send(room, &pcm, now_us);
    }

    /// Send one frame of PCM.
    pub fn send(&mut self, room: &mut MixRoom, pcm: &[i16], now_us: u64) {
        let len = self.encoder.encode(pcm, &mut self.payload).unwrap();
        let before = allocations();
        room.packet(
            self.id,
            self.id,
            self.sequence,
            self.timestamp,
            &self.payload[..len],
            now_us,
        );
        assert_eq!(allocations(), before, "taking a packet in allocates");
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self
            .timestamp
            .wrapping_add(self.encoder.info().frame_ticks());
    }

    /// Lose a frame on the way.
    pub fn lose(&mut self) {
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self
            .timestamp
            .wrapping_add(self.encoder.info().frame_ticks());
    }

    pub fn hear(&mut self, packet: &OutPacket<'_>) {
        let mut pcm = [0; 960];
        let len = self.decoder.decode(packet.payload, &mut pcm).unwrap();
        self.heard.extend_from_slice(&pcm[..len]);
        self.packets
            .push((packet.sequence, packet.timestamp, packet.marker));
    }
}

/// The tone of a talker's number: bands 900 Hz apart, all below 3.4 kHz for ids 0 to 2.
pub fn tone_hz(id: u32, number: u32) -> f64 {
    f64::from(400 + 900 * id + 100 * number)
}

/// Amplitude of one tone in a window of sound, Hann-weighted so that a change of number within the window
/// does not splash into other bands.
pub fn amplitude(window: &[i16], hz: f64, rate: u32) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in window.iter().enumerate() {
        let weight = 1.0 - (TAU * n as f64 / window.len() as f64).cos();
        let angle = TAU * hz * n as f64 / f64::from(rate);
        re += weight * f64::from(*sample) * angle.cos();
        im += weight * f64::from(*sample) * angle.sin();
    }
    2.0 * re.hypot(im) / window.len() as f64
}

/// The number heard from `talker` in each window of 20 ms, `None` where its band is quiet.
pub fn numbers(heard: &[i16], rate: u32, talker: u32) -> Vec<Option<u32>> {
    heard
        .chunks_exact(rate as usize / 50)
        .map(|window| {
            let tones = (0..NUMBERS)
                .map(|number| (number, amplitude(window, tone_hz(talker, number), rate)));
            let best = tones.max_by(|a, b| a.1.total_cmp(&b.1))?;
            (best.1 > 1_000.0).then_some(best.0)
        })
        .collect()
}

/// Share of windows whose number is the due one, when numbers go up by one a window; a window on the border of
/// two frames may show the number before or after.
pub fn counted_up(numbers: &[Option<u32>]) -> f64 {
    let Some(first) = numbers.first().copied().flatten() else {
        return 0.0;
    };
    let due = numbers.iter().zip(first..);
    let right = due.filter(|(heard, due)| {
        heard.is_some_and(|heard| (heard + NUMBERS + 1 - due % NUMBERS) % NUMBERS <= 2)
    });
    right.count() as f64 / numbers.len() as f64
}
