//! A phone's voice as browsers get it: Opus packets on one timeline.

use codec_api::{CodecKind, FRAME_MS};

use crate::codecs::{MIX_RATE_HZ, encoder};
use crate::{MixError, Outbound, RtpTimeline};

/// RTP timestamp units of one frame at the clock of Opus (RFC 7587 section 4.1).
const FRAME_TICKS: u32 = 48 * FRAME_MS;

/// One coded frame.
#[derive(Debug)]
pub struct VoicePacket<'a> {
    /// RTP timestamp, 48 kHz.
    pub timestamp: u32,
    /// First packet after silence.
    pub marker: bool,
    /// Opus.
    pub payload: &'a [u8],
}

/// Encoder and timeline of one source.
#[derive(Debug)]
pub struct Voice {
    outbound: Outbound,
    timeline: RtpTimeline,
}

impl Voice {
    /// A voice whose timeline starts at `timestamp`.
    pub fn new(timestamp: u32) -> Result<Self, MixError> {
        Ok(Self {
            outbound: Outbound::new(encoder(CodecKind::Opus)?, MIX_RATE_HZ)?,
            timeline: RtpTimeline::new(0, timestamp, FRAME_TICKS),
        })
    }

    /// Encode one frame of the mix's rate.
    pub fn speak(&mut self, frame: &[i16]) -> Result<VoicePacket<'_>, MixError> {
        let payload = self.outbound.encode(frame)?;
        let (_, timestamp, marker) = self.timeline.send();
        Ok(VoicePacket {
            timestamp,
            marker,
            payload,
        })
    }

    /// A tick without sound.
    pub fn pause(&mut self) {
        self.timeline.pause();
    }
}
