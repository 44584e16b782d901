//! The bridge's side of what goes up: received audio and heartbeats.

use crate::Micros;
use crate::fence::{OutOfBounds, clock_hz};
use crate::limits::{AUDIO_BYTES, AUDIO_MS};
use crate::message::{Audio, Echo, Flags, HeartbeatDown, HeartbeatUp, Load};

/// The capture clock is told this often, in media ticks of a second.
const CAPTURE_EVERY_S: u64 = 1;
/// Room for all of an audio message but its frames.
const ENVELOPE: usize = 64;

/// Heartbeats of one bridge session.
#[derive(Debug)]
pub struct Uplink {
    session: Box<str>,
    sequence: u64,
    echo: Option<Echo>,
}

impl Uplink {
    /// `session`: eight characters of 0-9 A-Z a-z.
    pub fn new(session: &str) -> Result<Self, OutOfBounds> {
        if session.len() != 8 || !session.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(OutOfBounds("sid: 8 characters of 0-9 A-Z a-z".into()));
        }
        Ok(Self {
            session: session.into(),
            sequence: 0,
            echo: None,
        })
    }

    /// The hub's dn/hb; false when it is not one.
    pub fn probe(&mut self, payload: &[u8], now: Micros) -> bool {
        let Ok(probe) = HeartbeatDown::decode(payload) else {
            return false;
        };
        self.echo = Some(Echo {
            sequence: probe.sequence,
            sent: probe.sent,
            received: now.max(0),
        });
        true
    }

    /// The next up/hb.
    pub fn heartbeat(&mut self, load: Load, wall_ms: u64, now: Micros) -> Vec<u8> {
        let message = HeartbeatUp {
            session: &self.session,
            sequence: self.sequence,
            sent: now.max(0),
            wall_ms,
            echo: self.echo,
            load,
        };
        self.sequence += 1;
        message.encode()
    }
}

/// How a received stream is cut into messages.
#[derive(Debug, Clone)]
pub struct StreamSettings {
    /// Random, never 0.
    pub stream: u32,
    /// Such as `opus/48000/1`.
    pub codec: Box<str>,
    /// Length of a codec frame, ms: 20, 40 or 60.
    pub frame_ms: u32,
    /// Frames a message, at most 120 ms.
    pub frames_per_message: usize,
    /// The flags that every message carries.
    pub flags: Flags,
}

/// What one opening of the squelch sends.
#[derive(Debug)]
pub struct Stream {
    settings: StreamSettings,
    frame_ticks: u64,
    sequence: u32,
    /// Media time of the first frame that waits.
    timestamp: u64,
    frames: Vec<Vec<u8>>,
    captured: Micros,
    rssi: Option<i16>,
    skipped: bool,
    told_at: Option<u64>,
}

impl Stream {
    /// Names the field that is out of bounds.
    pub fn new(settings: StreamSettings) -> Result<Self, OutOfBounds> {
        if settings.stream == 0 {
            return Err(OutOfBounds("stream: not 0".into()));
        }
        if ![20, 40, 60].contains(&settings.frame_ms) {
            return Err(OutOfBounds("frame_ms: 20, 40 or 60".into()));
        }
        let most = (AUDIO_MS / settings.frame_ms) as usize;
        if !(1..=most).contains(&settings.frames_per_message) {
            return Err(OutOfBounds(format!("frames_per_message: 1 to {most}")));
        }
        Ok(Self {
            frame_ticks: clock_hz(&settings.codec) * u64::from(settings.frame_ms) / 1_000,
            settings,
            sequence: 0,
            timestamp: 0,
            frames: Vec::new(),
            captured: 0,
            rssi: None,
            skipped: false,
            told_at: None,
        })
    }

    /// One frame, captured at `captured` of our clock; the message when it is full.
    pub fn push(
        &mut self,
        frame: &[u8],
        captured: Micros,
        rssi: Option<i16>,
    ) -> Result<Option<Vec<u8>>, OutOfBounds> {
        let most = (AUDIO_BYTES - ENVELOPE) / self.settings.frames_per_message - 3;
        if frame.is_empty() || frame.len() > most {
            return Err(OutOfBounds(format!("frame: 1 to {most} bytes")));
        }
        if self.frames.is_empty() {
            self.captured = captured.max(0);
        }
        self.rssi = rssi.or(self.rssi);
        self.frames.push(frame.to_vec());
        let full = self.frames.len() == self.settings.frames_per_message;
        Ok(full.then(|| self.message(Flags::default())))
    }

    /// Frames were lost at the source: media time goes on. A message has no gap inside, so that frames which
    /// wait for theirs to be full are lost too.
    pub fn skip(&mut self, frames: u32) {
        let lost = self.frames.len() as u64 + u64::from(frames);
        self.frames.clear();
        self.timestamp += lost * self.frame_ticks;
        self.skipped = true;
    }

    /// What is left, then the end.
    pub fn end(&mut self) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        if !self.frames.is_empty() {
            messages.push(self.message(Flags::default()));
        }
        messages.push(self.message(Flags::END));
        messages
    }

    fn message(&mut self, flags: Flags) -> Vec<u8> {
        let frames = std::mem::take(&mut self.frames);
        let slices: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
        let mut audio = Audio::new(self.settings.stream, self.sequence, self.timestamp, &slices);
        let first = self.sequence == 0;
        audio.flags = Flags(flags.0 | self.settings.flags.0)
            .with(Flags::START, first && flags != Flags::END)
            .with(Flags::GAP, std::mem::take(&mut self.skipped));
        let every = CAPTURE_EVERY_S * clock_hz(&self.settings.codec);
        let due = self
            .told_at
            .is_none_or(|told| self.timestamp - told >= every);
        if due && !frames.is_empty() {
            audio.captured = Some(self.captured);
            audio.rssi = self.rssi;
            self.told_at = Some(self.timestamp);
        }
        self.sequence += 1;
        self.timestamp += frames.len() as u64 * self.frame_ticks;
        audio.encode()
    }
}
