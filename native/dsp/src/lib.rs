//! Sound between the codecs: resampling, level, mixing, tones, voice detection.
//!
//! Everything works on mono 16-bit PCM in frames of at most 20 ms, has no clock (time is counted in frames)
//! and allocates only at construction.
//!
//! | module | idea |
//! |---|---|
//! | [`resample`] | 8, 16 and 48 kHz into each other by polyphase FIR |
//! | [`level`] | loudness as RFC 6464 counts it |
//! | [`mix`], [`limit`] | mix-minus on a wide bus, and how it comes back to 16 bits |
//! | [`loudest`] | which talkers are mixed |
//! | [`tone`] | the tones that a phone or radio hears |
//! | [`vox`] | keying by voice, for legs that have no key |
#![forbid(unsafe_code)]

pub mod level;
pub mod limit;
pub mod loudest;
pub mod mix;
pub mod resample;
pub mod tone;
pub mod vox;

pub use level::{SILENCE_DBOV, level_dbov};
pub use limit::Limiter;
pub use loudest::Loudest;
pub use mix::MixBus;
pub use resample::Resampler;
pub use tone::{Tone, TonePlayer};
pub use vox::{Vox, VoxConfig};

/// Samples of the longest frame: 20 ms at 48 kHz.
pub const MAX_FRAME: usize = 960;
