//! The decoder, with concealment and recovery from in-band redundancy.

use codec_api::{CodecError, CodecInfo, CodecKind, Decoder};
use opus::Channels;

use crate::error;

/// Longest packet that RFC 6716 section 3.4 allows, ms.
const MAX_PACKET_MS: u32 = 120;

/// Opus to mono PCM at the rate asked for.
#[derive(Debug)]
pub struct OpusDecoder {
    inner: opus::Decoder,
    rate_hz: u32,
}

impl OpusDecoder {
    /// A decoder to 8000, 16000, 24000 or 48000 Hz; another rate is [`CodecError::BadFrameLength`].
    pub fn new(rate_hz: u32) -> Result<Self, CodecError> {
        Ok(Self {
            inner: opus::Decoder::new(rate_hz, Channels::Mono).map_err(error)?,
            rate_hz,
        })
    }
}

impl Decoder for OpusDecoder {
    fn info(&self) -> &'static CodecInfo {
        CodecInfo::of(CodecKind::Opus)
    }

    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn samples(&self, payload: &[u8]) -> Result<usize, CodecError> {
        if payload.is_empty() {
            return Err(CodecError::BadPayload);
        }
        let samples = self
            .inner
            .get_nb_samples(payload)
            .map_err(|_| CodecError::BadPayload)?;
        let longest = (self.rate_hz * MAX_PACKET_MS / 1000) as usize;
        if samples > longest {
            Err(CodecError::BadPayload)
        } else {
            Ok(samples)
        }
    }

    fn decode(&mut self, payload: &[u8], pcm: &mut [i16]) -> Result<usize, CodecError> {
        let len = self.samples(payload)?;
        let out = pcm.get_mut(..len).ok_or(CodecError::OutputTooSmall)?;
        self.inner.decode(payload, out, false).map_err(error)
    }

    fn conceal(&mut self, pcm: &mut [i16]) -> Result<(), CodecError> {
        // An empty payload asks libopus for concealment of exactly pcm.len() samples.
        self.inner
            .decode(&[], pcm, false)
            .map(|_| ())
            .map_err(error)
    }

    fn recover(&mut self, next: &[u8], pcm: &mut [i16]) -> Result<(), CodecError> {
        self.samples(next)?;
        // Without redundancy in `next` libopus conceals, so this is never worse than conceal().
        self.inner
            .decode(next, pcm, true)
            .map(|_| ())
            .map_err(error)
    }

    fn reset(&mut self) {
        // OPUS_RESET_STATE has no failing case.
        let _ = self.inner.reset_state();
    }
}
