//! The mixed room of single-stream legs: one tick from packets in to packets out.
//!
//! ```text
//! packet -> jitter buffer -> decoder -> resampler -> loudest N -> mix-minus -> resampler -> encoder -> packet
//!           [inbound: one a leg]                    [room]       [outbound: one a codec class, and one
//!                                                                 a talker]
//! ```
//! Who does not talk shares one encode with all others of its codec class; who talks gets the mix without
//! itself. When nobody talks nothing is sent. Sans-IO: time is an argument, packets leave through a closure,
//! and a tick allocates nothing.
#![forbid(unsafe_code)]

mod class;
mod codecs;
mod desk;
mod inbound;
mod outbound;
mod room;
mod timeline;
mod voice;

pub use class::ClassKey;
pub use codecs::MIX_RATE_HZ;
pub use desk::{Desk, DeskStats, RoomSet, SOURCES_MAX, Sound};
pub use inbound::{Inbound, InboundStats};
pub use outbound::Outbound;
pub use room::{LegSetup, MixRoom, MixStats, OutPacket};
pub use timeline::RtpTimeline;
pub use voice::{Voice, VoicePacket};

/// Why a leg cannot be mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MixError {
    /// The codec's rate cannot be resampled to the room's (8, 16 and 48 kHz can).
    UnsupportedRate,
    /// The codec could not be made.
    Codec(codec_api::CodecError),
    /// A leg with this id is in the room already.
    AlreadyIn,
}

impl core::fmt::Display for MixError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::UnsupportedRate => {
                f.write_str("codec rate cannot be resampled to the room's rate")
            }
            Self::Codec(error) => write!(f, "codec failed: {error}"),
            Self::AlreadyIn => f.write_str("leg is in the room already"),
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
