//! A phone of each codec with a numbered signal, and an allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::f64::consts::TAU;

use codec_api::{CodecKind, Decoder, Encoder};
use codec_g711::{G711Decoder, G711Encoder, Law};
use codec_g722::{G722Decoder, G722Encoder};
use codec_opus::{OpusConfig, OpusDecoder, OpusEncoder};
use mix::{Desk, RoomSet, Sound};

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

pub fn encoder(codec: CodecKind) -> Box<dyn Encoder> {
    match codec {
        CodecKind::Pcmu => Box::new(G711Encoder::new(Law::Mu)),
        CodecKind::Pcma => Box::new(G711Encoder::new(Law::A)),
        CodecKind::G722 => Box::new(G722Encoder::default()),
        CodecKind::Opus => Box::new(OpusEncoder::new(OpusConfig::default()).unwrap()),
    }
}

pub fn decoder(codec: CodecKind) -> Box<dyn Decoder> {
    match codec {
        CodecKind::Pcmu => Box::new(G711Decoder::new(Law::Mu)),
        CodecKind::Pcma => Box::new(G711Decoder::new(Law::A)),
        CodecKind::G722 => Box::new(G722Decoder::default()),
        CodecKind::Opus => Box::new(OpusDecoder::new(48_000).unwrap()),
    }
}

/// A simulated phone: talks with tones in its own band, and records what it hears.
pub struct Phone {
    pub id: u64,
    codec: CodecKind,
    /// Where it is heard, and what it hears.
    rooms: RoomSet,
    encoder: Box<dyn Encoder>,
    decoder: Box<dyn Decoder>,
    sequence: u16,
    timestamp: u32,
    phase: f64,
    payload: [u8; 1_275],
    payload_len: usize,
    sent: u64,
    /// What was heard, at `rate_hz()`.
    pub heard: Vec<i16>,
    /// The ticks in which a frame came.
    pub ticks: Vec<u32>,
}

impl Phone {
    /// A phone that hears `rooms`, and is heard there when it talks.
    pub fn join(desk: &mut Desk, id: u64, codec: CodecKind, rooms: &RoomSet) -> Self {
        desk.set_listener(id, codec, rooms, true).unwrap();
        Self {
            id,
            codec,
            rooms: rooms.clone(),
            encoder: encoder(codec),
            decoder: decoder(codec),
            sequence: 65_530,
            timestamp: 77,
            phase: 0.0,
            payload: [0; 1_275],
            payload_len: 0,
            sent: 0,
            heard: Vec::with_capacity(48_000 * 10),
            ticks: Vec::with_capacity(1_000),
        }
    }

    pub fn rate_hz(&self) -> u32 {
        self.decoder.rate_hz()
    }

    /// Send frame `number` of this phone's signal.
    pub fn talk(&mut self, desk: &mut Desk, number: u32, now_us: u64) {
        let rate = self.encoder.rate_hz();
        let mut pcm = vec![0_i16; rate as usize / 50];
        let hz = tone_hz(self.id, number % NUMBERS);
        for sample in &mut pcm {
            self.phase += TAU * hz / f64::from(rate);
            *sample = (6_000.0 * self.phase.sin()) as i16;
        }
        self.send(desk, &pcm, now_us);
    }

    /// Send one frame of PCM. Only the first packet of a source may allocate: its decoder and buffers.
    pub fn send(&mut self, desk: &mut Desk, pcm: &[i16], now_us: u64) {
        let len = self.encoder.encode(pcm, &mut self.payload).unwrap();
        self.payload_len = len;
        let sound = Sound {
            stream: 9,
            sequence: self.sequence,
            timestamp: self.timestamp,
            payload: &self.payload[..len],
        };
        let before = allocations();
        desk.sound(self.id, self.codec, &self.rooms, &sound, now_us);
        assert!(
            self.sent == 0 || allocations() == before,
            "taking a packet in allocates"
        );
        self.sent += 1;
        self.lose();
    }

    /// A frame that goes nowhere: its number and time pass.
    pub fn lose(&mut self) {
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self
            .timestamp
            .wrapping_add(self.encoder.info().frame_ticks());
    }

    /// What it sent last.
    pub fn last_payload(&self) -> &[u8] {
        &self.payload[..self.payload_len]
    }

    pub fn hear(&mut self, tick: u32, payload: &[u8]) {
        let mut pcm = [0; 960];
        let len = self.decoder.decode(payload, &mut pcm).unwrap();
        self.heard.extend_from_slice(&pcm[..len]);
        self.ticks.push(tick);
    }
}

/// The tone of a talker's number: bands 900 Hz apart, all below 3.4 kHz for ids 0 to 2.
pub fn tone_hz(id: u64, number: u32) -> f64 {
    f64::from(400 + 900 * id as u32 + 100 * number)
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
pub fn numbers(heard: &[i16], rate: u32, talker: u64) -> Vec<Option<u32>> {
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
