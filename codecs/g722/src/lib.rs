//! G.722: 16 kHz sound in 64 kbit/s by two sub-bands of ADPCM (ITU-T G.722 mode 1, RFC 3551 section 4.5.2).
//!
//! One byte carries two samples: 6 bits of the lower and 2 bits of the higher band. The files follow the
//! blocks of the recommendation: `band.rs` is the adaptive predictor and scale factor of one band, `qmf.rs`
//! the pair of quadrature mirror filters, `tables.rs` its constants. The result is bit-exact with other
//! conforming implementations (see `codecs/vectors`).
#![forbid(unsafe_code)]

mod band;
mod decoder;
mod encoder;
mod qmf;
mod tables;

pub use decoder::G722Decoder;
pub use encoder::G722Encoder;

/// Sampling rate of the PCM side.
const RATE_HZ: u32 = 16_000;
