//! G.711: mu-law (PCMU) and A-law (PCMA), 8 kHz, one byte a sample (ITU-T G.711, RFC 3551 section 4.5.14).
//!
//! Decoding is a table computed at compile time. Encoding finds the segment by counting leading zeros,
//! with the decision values of ITU-T G.711 tables 1a to 2b. The codec has no state; the decoder adds
//! packet loss concealment.
#![forbid(unsafe_code)]

mod alaw;
mod ulaw;

use codec_api::{CodecError, CodecInfo, CodecKind, Concealer, Decoder, Encoder};

pub use alaw::{alaw_to_linear, linear_to_alaw};
pub use ulaw::{linear_to_ulaw, ulaw_to_linear};

const RATE_HZ: u32 = 8_000;

/// Which of the two companding laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// mu-law, PCMU: North America and Japan.
    Mu,
    /// A-law, PCMA: the rest of the world.
    A,
}

impl Law {
    fn info(self) -> &'static CodecInfo {
        CodecInfo::of(match self {
            Self::Mu => CodecKind::Pcmu,
            Self::A => CodecKind::Pcma,
        })
    }
}

/// PCM at 8 kHz to G.711. Any frame length.
#[derive(Debug, Clone)]
pub struct G711Encoder {
    law: Law,
}

impl G711Encoder {
    /// An encoder for one law.
    pub fn new(law: Law) -> Self {
        Self { law }
    }
}

impl Encoder for G711Encoder {
    fn info(&self) -> &'static CodecInfo {
        self.law.info()
    }

    fn rate_hz(&self) -> u32 {
        RATE_HZ
    }

    fn encode(&mut self, pcm: &[i16], payload: &mut [u8]) -> Result<usize, CodecError> {
        let out = payload
            .get_mut(..pcm.len())
            .ok_or(CodecError::OutputTooSmall)?;
        match self.law {
            Law::Mu => out
                .iter_mut()
                .zip(pcm)
                .for_each(|(o, s)| *o = linear_to_ulaw(*s)),
            Law::A => out
                .iter_mut()
                .zip(pcm)
                .for_each(|(o, s)| *o = linear_to_alaw(*s)),
        }
        Ok(pcm.len())
    }

    fn reset(&mut self) {}

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}

/// G.711 to PCM at 8 kHz, with concealment. Any payload length.
#[derive(Debug, Clone)]
pub struct G711Decoder {
    law: Law,
    concealer: Concealer,
}

impl G711Decoder {
    /// A decoder for one law.
    pub fn new(law: Law) -> Self {
        Self {
            law,
            concealer: Concealer::new(RATE_HZ),
        }
    }
}

impl Decoder for G711Decoder {
    fn info(&self) -> &'static CodecInfo {
        self.law.info()
    }

    fn rate_hz(&self) -> u32 {
        RATE_HZ
    }

    fn samples(&self, payload: &[u8]) -> Result<usize, CodecError> {
        if payload.is_empty() {
            Err(CodecError::BadPayload)
        } else {
            Ok(payload.len())
        }
    }

    fn decode(&mut self, payload: &[u8], pcm: &mut [i16]) -> Result<usize, CodecError> {
        let len = self.samples(payload)?;
        let out = pcm.get_mut(..len).ok_or(CodecError::OutputTooSmall)?;
        match self.law {
            Law::Mu => out
                .iter_mut()
                .zip(payload)
                .for_each(|(o, b)| *o = ulaw_to_linear(*b)),
            Law::A => out
                .iter_mut()
                .zip(payload)
                .for_each(|(o, b)| *o = alaw_to_linear(*b)),
        }
        self.concealer.good(out);
        Ok(len)
    }

    fn conceal(&mut self, pcm: &mut [i16]) -> Result<(), CodecError> {
        self.concealer.conceal(pcm);
        Ok(())
    }

    fn reset(&mut self) {
        self.concealer.reset();
    }
}
