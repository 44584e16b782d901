//! A phone's voice as browsers get it: Opus packets on one timeline.

use codec_api::{CodecKind, FRAME_MS};

use crate::MixError;
use crate::outbound::Outbound;

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

/// Encoder and media time of one source.
#[derive(Debug)]
pub struct Voice {
    outbound: Outbound,
    /// Of the next packet.
    timestamp: u32,
    speaks: bool,
}

impl Voice {
    /// A voice whose media time starts at `timestamp`.
    pub fn new(timestamp: u32) -> Result<Self, MixError> {
        Ok(Self {
            outbound: Outbound::new(CodecKind::Opus)?,
            timestamp,
            speaks: false,
        })
    }

    /// Encode one frame of the mix's rate.
    pub fn speak(&mut self, frame: &[i16]) -> Result<VoicePacket<'_>, MixError> {
        let payload = self.outbound.encode(frame)?;
        let timestamp = self.timestamp;
        self.timestamp = timestamp.wrapping_add(FRAME_TICKS);
        Ok(VoicePacket {
            timestamp,
            marker: !core::mem::replace(&mut self.speaks, true),
            payload,
        })
    }

    /// A tick without sound: media time goes on, and the next packet begins a talkspurt.
    pub fn pause(&mut self) {
        self.speaks = false;
        self.timestamp = self.timestamp.wrapping_add(FRAME_TICKS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs::MIX_RATE_HZ;

    #[test]
    fn a_pause_moves_media_time_and_marks_what_follows() {
        let mut voice = Voice::new(u32::MAX - 959).unwrap();
        let frame = [0; (MIX_RATE_HZ * FRAME_MS / 1000) as usize];
        let speak = |voice: &mut Voice| {
            let packet = voice.speak(&frame).unwrap();
            (packet.timestamp, packet.marker)
        };
        assert_eq!(speak(&mut voice), (u32::MAX - 959, true));
        assert_eq!(speak(&mut voice), (0, false));
        voice.pause();
        voice.pause();
        assert_eq!(speak(&mut voice), (2_880, true));
    }
}
