//! What a codec is to the rest of Crosspatch: one table of facts and two traits.
//!
//! A codec crate turns mono 16-bit PCM into payload bytes and back. It has no I/O, no clock and
//! allocates nothing after construction, so that a mixer tick may call it.
//! [`CodecInfo`] is the only place where SDP names, rates and payload types are written down.
#![forbid(unsafe_code)]

mod codec;
mod conceal;
mod info;

pub use codec::{CodecError, Decoder, Encoder};
pub use conceal::Concealer;
pub use info::{CodecInfo, CodecKind, FRAME_MS};
