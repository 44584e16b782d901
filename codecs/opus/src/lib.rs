//! Opus, mono, by libopus (RFC 6716, RFC 7587): 20 ms frames out, any packet in.
//!
//! PCM may be at 8, 16, 24 or 48 kHz on either side; the RTP clock is always 48 kHz. Loss is bridged by
//! libopus' own concealment, or read from the in-band redundancy (LBRR) of the packet that follows.
//! Stereo packets are mixed down by the decoder.
#![forbid(unsafe_code)]

mod decoder;
mod encoder;

pub use decoder::OpusDecoder;
pub use encoder::{OpusConfig, OpusEncoder};

use codec_api::CodecError;

#[allow(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
/// libopus' error as ours. A peer can only cause `BadPayload`.
fn error(failed: opus::Error) -> CodecError {
    match failed.code() {
        opus::ErrorCode::InvalidPacket => CodecError::BadPayload,
        opus::ErrorCode::BufferTooSmall => CodecError::OutputTooSmall,
        opus::ErrorCode::BadArg => CodecError::BadFrameLength,
        _ => CodecError::Internal,
    }
}

/// The version text of the linked library, for the log at start.
pub fn library_version() -> &'static str {
    opus::version()
}
