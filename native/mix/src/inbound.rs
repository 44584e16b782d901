//! One incoming stream: from packets at any time to a frame of 20 ms at the room's rate each tick.

use codec_api::{Decoder, FRAME_MS};
use dsp::{Gain, Resampler, SILENCE_DBOV, level_dbov};
use jitter::{Arrival, Inserted, JitterBuffer, JitterConfig, JitterStats, Pull};

use crate::MixError;

/// Longest packet of any codec (RFC 6716 section 3.4), ms.
const PACKET_MAX_MS: u32 = 120;
/// A frame below this is silence to the jitter buffer: a frame more or less is not heard.
const SILENT_DBOV: u8 = 55;

/// What went wrong in one stream besides the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboundStats {
    /// Packets whose payload is not of the codec; not taken in.
    pub bad_payload: u64,
    /// Packets that were taken in and then could not be decoded; concealed.
    pub undecodable: u64,
}

/// Receives, orders, decodes and resamples one leg's sound.
pub struct Inbound {
    jitter: JitterBuffer,
    decoder: Box<dyn Decoder>,
    resampler: Resampler,
    gain: Gain,
    /// Decoded sound that was not yet used: `pcm[start..end]`.
    pcm: Box<[i16]>,
    start: usize,
    end: usize,
    /// This tick's sound at the room's rate.
    frame: Box<[i16]>,
    level_dbov: u8,
    stats: InboundStats,
}

impl core::fmt::Debug for Inbound {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Inbound")
            .field("codec", &self.decoder.info().sdp_name)
            .field("jitter", self.jitter.stats())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl Inbound {
    /// A stream of `decoder`'s codec for a room at `rate_hz`.
    pub fn new(decoder: Box<dyn Decoder>, rate_hz: u32) -> Result<Self, MixError> {
        let info = decoder.info();
        let longest = decoder.rate_hz() * (PACKET_MAX_MS + FRAME_MS) / 1000;
        // Phones send up to 60 ms in a packet; of constant-rate codecs that is three frames.
        let slot_bytes = (3 * info.max_frame_bytes).min(1_275);
        Ok(Self {
            jitter: JitterBuffer::new(JitterConfig::new(info.clock_hz, slot_bytes)),
            resampler: Resampler::new(decoder.rate_hz(), rate_hz)?,
            pcm: vec![0; longest as usize].into(),
            gain: Gain::default(),
            start: 0,
            end: 0,
            frame: vec![0; (rate_hz * FRAME_MS / 1000) as usize].into(),
            level_dbov: SILENCE_DBOV,
            stats: InboundStats::default(),
            decoder,
        })
    }

    /// Take one packet in. `None` when its payload is not of this codec.
    pub fn packet(
        &mut self,
        ssrc: u32,
        sequence: u16,
        timestamp: u32,
        payload: &[u8],
        now_us: u64,
    ) -> Option<Inserted> {
        let longest = self.decoder.rate_hz() * PACKET_MAX_MS / 1000;
        let samples = self
            .decoder
            .samples(payload)
            .ok()
            .filter(|samples| *samples <= longest as usize);
        let Some(samples) = samples else {
            self.stats.bad_payload += 1;
            return None;
        };
        let ticks = samples as u64 * u64::from(self.decoder.info().clock_hz)
            / u64::from(self.decoder.rate_hz());
        let arrival = Arrival {
            ssrc,
            sequence,
            timestamp,
            duration: ticks as u32,
            payload,
        };
        Some(self.jitter.insert(&arrival, now_us))
    }

    /// Make this tick's frame.
    pub fn tick(&mut self, now_us: u64) {
        let len = (self.decoder.rate_hz() * FRAME_MS / 1000) as usize;
        self.pcm.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        while self.end < len {
            self.pull(now_us, len);
        }
        self.start = len;
        let frame = &mut self.pcm[..len];
        self.gain.apply(frame);
        let before = core::mem::replace(&mut self.level_dbov, level_dbov(frame));
        if before.min(self.level_dbov) == SILENCE_DBOV {
            // A frame of zeros has already emptied the resampler's memory: the rest of a pause is free.
            self.frame.fill(0);
        } else {
            self.resampler.process(frame, &mut self.frame);
        }
    }

    /// Make this stream louder or softer, from the next frame on; at most +18 dB.
    pub fn set_gain_db(&mut self, db: f32) {
        self.gain.set_db(db);
    }

    /// Leave this tick's frame out.
    pub fn silence(&mut self) {
        self.frame.fill(0);
        self.level_dbov = SILENCE_DBOV;
    }

    /// How long sound waits here before its turn, ms.
    pub fn delay_ms(&self, now_us: u64) -> u32 {
        self.jitter.delay_ms(now_us)
    }

    /// The frame of this tick at the room's rate.
    pub fn frame(&self) -> &[i16] {
        &self.frame
    }

    /// Level of the frame of this tick, -dBov.
    pub fn level_dbov(&self) -> u8 {
        self.level_dbov
    }

    /// What the jitter buffer has seen.
    pub fn jitter_stats(&self) -> &JitterStats {
        self.jitter.stats()
    }

    /// What could not be used.
    pub fn stats(&self) -> &InboundStats {
        &self.stats
    }

    /// Append what the jitter buffer says to the decoded sound: at least one sample.
    fn pull(&mut self, now_us: u64, len: usize) {
        let space = &mut self.pcm[self.end..];
        let silent = self.level_dbov > SILENT_DBOV;
        let written = match self.jitter.pull(now_us, silent) {
            Pull::Packet { payload, restarted } => {
                if restarted {
                    self.decoder.reset();
                }
                self.decoder.decode(payload, space).or_else(|_| {
                    self.stats.undecodable += 1;
                    self.decoder.conceal(&mut space[..len]).map(|()| len)
                })
            }
            Pull::Lost { next: Some(next) } => {
                self.decoder.recover(next, &mut space[..len]).map(|()| len)
            }
            Pull::Lost { next: None } | Pull::Late => {
                self.decoder.conceal(&mut space[..len]).map(|()| len)
            }
            Pull::Silence => {
                space[..len].fill(0);
                Ok(len)
            }
        };
        // A decoder that fails even to conceal leaves silence.
        let written = written
            .ok()
            .filter(|written| *written > 0)
            .unwrap_or_else(|| {
                space[..len].fill(0);
                len
            });
        self.end += written;
    }
}
