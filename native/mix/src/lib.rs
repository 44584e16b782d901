//! The mixing desk of single-stream legs: one tick from packets in to packets out.
//!
//! ```text
//! packet -> jitter buffer -> decoder -> resampler -> loudest N -> mix-minus -> resampler -> encoder -> payload
//!           [inbound: one a source]                  [desk]       [outbound: one a codec, and one a talker]
//! ```
//! Who does not talk shares one encode with all others of its codec that hear the same rooms; who talks gets the
//! mix without itself. While one talks alone, those of its codec get its packets as they came, and nothing is encoded
//! for them. When nobody talks nothing is sent. Sans-IO: time is an argument, payloads leave through a
//! closure, and a tick allocates only when a listener needs an encoder of its own for the first time in 5 s.
#![forbid(unsafe_code)]

mod codecs;
mod desk;
mod inbound;
mod outbound;
mod voice;

pub use desk::{Desk, DeskStats, RoomSet, SOURCES_MAX, Sound};
pub use voice::{Voice, VoicePacket};

/// Why a leg cannot be mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MixError {
    /// The codec's rate cannot be resampled to the mix's (8, 16 and 48 kHz can).
    UnsupportedRate,
    /// The codec could not be made.
    Codec(codec_api::CodecError),
}

impl core::fmt::Display for MixError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::UnsupportedRate => {
                f.write_str("codec rate cannot be resampled to the mix's rate")
            }
            Self::Codec(error) => write!(f, "codec failed: {error}"),
        }
    }
}

impl core::error::Error for MixError {}

impl From<codec_api::CodecError> for MixError {
    fn from(error: codec_api::CodecError) -> Self {
        Self::Codec(error)
    }
}

impl From<dsp::resample::UnsupportedRates> for MixError {
    fn from(_: dsp::resample::UnsupportedRates) -> Self {
        Self::UnsupportedRate
    }
}
