//! One incoming stream: from packets at any time to a frame of 20 ms at the mix's rate each tick.

use codec_api::{CodecKind, Decoder, FRAME_MS};
use dsp::{Resampler, SILENCE_DBOV, level_dbov};
use jitter::{Arrival, JitterBuffer, JitterConfig, Pull};

use crate::codecs::{MIX_RATE_HZ, decoder};
use crate::{MixError, Sound};

/// Longest packet of any codec (RFC 6716 section 3.4), ms.
const PACKET_MAX_MS: u32 = 120;
/// A frame below this is silence to the jitter buffer: a frame more or less is not heard.
const SILENT_DBOV: u8 = 55;

/// Receives, orders, decodes and resamples one source's sound.
pub(crate) struct Inbound {
    jitter: JitterBuffer,
    decoder: Box<dyn Decoder>,
    resampler: Resampler,
    /// Decoded sound that was not yet used: `pcm[start..end]`.
    pcm: Box<[i16]>,
    start: usize,
    end: usize,
    /// This tick's sound at the mix's rate.
    frame: Box<[i16]>,
    level_dbov: u8,
    /// The packet that is this tick's frame, and its length; 0: the frame is not just one packet.
    packet: Box<[u8]>,
    packet_len: usize,
    /// Packets that were taken in and then could not be decoded; concealed.
    undecodable: u64,
}

impl core::fmt::Debug for Inbound {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Inbound")
            .field("codec", &self.decoder.info().sdp_name)
            .field("jitter", self.jitter.stats())
            .field("undecodable", &self.undecodable)
            .finish_non_exhaustive()
    }
}

impl Inbound {
    /// A stream in a codec; all memory it will need is allocated here.
    pub fn new(codec: CodecKind) -> Result<Self, MixError> {
        let decoder = decoder(codec)?;
        let info = decoder.info();
        let longest = decoder.rate_hz() * (PACKET_MAX_MS + FRAME_MS) / 1000;
        // Phones send up to 60 ms in a packet; of constant-rate codecs that is three frames.
        let slot_bytes = (3 * info.max_frame_bytes).min(1_275);
        Ok(Self {
            jitter: JitterBuffer::new(JitterConfig::new(info.clock_hz, slot_bytes)),
            resampler: Resampler::new(decoder.rate_hz(), MIX_RATE_HZ)?,
            pcm: vec![0; longest as usize].into(),
            start: 0,
            end: 0,
            frame: vec![0; (MIX_RATE_HZ * FRAME_MS / 1000) as usize].into(),
            level_dbov: SILENCE_DBOV,
            packet: vec![0; slot_bytes].into(),
            packet_len: 0,
            undecodable: 0,
            decoder,
        })
    }

    /// Take one packet of stream `ssrc` in. False when its payload is not of this codec.
    pub fn packet(&mut self, ssrc: u32, sound: &Sound<'_>, now_us: u64) -> bool {
        let longest = self.decoder.rate_hz() * PACKET_MAX_MS / 1000;
        let samples = self
            .decoder
            .samples(sound.payload)
            .ok()
            .filter(|samples| *samples <= longest as usize);
        let Some(samples) = samples else {
            return false;
        };
        let ticks = samples as u64 * u64::from(self.decoder.info().clock_hz)
            / u64::from(self.decoder.rate_hz());
        let arrival = Arrival {
            ssrc,
            sequence: sound.sequence,
            timestamp: sound.timestamp,
            duration: ticks as u32,
            payload: sound.payload,
        };
        self.jitter.insert(&arrival, now_us);
        true
    }

    /// The source talks no more: play what is here, conceal nothing behind it.
    pub fn end(&mut self) {
        self.jitter.end();
    }

    /// All that came was played.
    pub fn is_drained(&self) -> bool {
        self.start == self.end && self.jitter.is_idle()
    }

    /// Make this tick's frame.
    pub fn tick(&mut self, now_us: u64) {
        let len = (self.decoder.rate_hz() * FRAME_MS / 1000) as usize;
        self.pcm.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        self.packet_len = 0;
        while self.end < len {
            self.pull(now_us, len);
        }
        self.start = len;
        let frame = &self.pcm[..len];
        let before = core::mem::replace(&mut self.level_dbov, level_dbov(frame));
        if before.min(self.level_dbov) == SILENCE_DBOV {
            // A frame of zeros has already emptied the resampler's memory: the rest of a pause is free.
            self.frame.fill(0);
        } else {
            self.resampler.process(frame, &mut self.frame);
        }
    }

    /// Leave this tick's frame out.
    pub fn silence(&mut self) {
        self.frame.fill(0);
        self.level_dbov = SILENCE_DBOV;
        self.packet_len = 0;
    }

    /// The packet as it came, when this tick's frame is that packet from its first sample to its last.
    pub fn whole(&self) -> Option<&[u8]> {
        (self.packet_len > 0).then(|| &self.packet[..self.packet_len])
    }

    /// How long sound waits here before its turn, ms.
    pub fn delay_ms(&self, now_us: u64) -> u32 {
        self.jitter.delay_ms(now_us)
    }

    /// The frame of this tick at the mix's rate.
    pub fn frame(&self) -> &[i16] {
        &self.frame
    }

    /// Level of the frame of this tick, -dBov.
    pub fn level_dbov(&self) -> u8 {
        self.level_dbov
    }

    /// Packets so far that were taken in and then could not be decoded.
    pub fn undecodable(&self) -> u64 {
        self.undecodable
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
                let decoded = self.decoder.decode(payload, space);
                if self.end == 0 && decoded == Ok(len) {
                    self.packet[..payload.len()].copy_from_slice(payload);
                    self.packet_len = payload.len();
                }
                decoded.or_else(|_| {
                    self.undecodable += 1;
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
