//! The two traits that a codec crate implements.

use core::any::Any;

use crate::CodecInfo;

/// Why a codec call failed. The call had no effect on what was decoded before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodecError {
    /// The payload is not one of this codec (a peer's fault: count it and conceal).
    BadPayload,
    /// The PCM frame has a length that the codec cannot code (our own fault).
    BadFrameLength,
    /// The output slice is too small for the result (our own fault).
    OutputTooSmall,
    /// The codec library refused its configuration or lost its state.
    Internal,
}

impl core::fmt::Display for CodecError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::BadPayload => "payload cannot be decoded",
            Self::BadFrameLength => "frame length is not supported by the codec",
            Self::OutputTooSmall => "output slice is too small",
            Self::Internal => "codec library failed",
        })
    }
}

impl core::error::Error for CodecError {}

/// PCM to payload. One encoder serves one outgoing RTP timeline.
pub trait Encoder: Send {
    /// The codec's row in the table.
    fn info(&self) -> &'static CodecInfo;

    /// Sampling rate of the PCM that [`Encoder::encode`] takes, in Hz.
    fn rate_hz(&self) -> u32;

    /// Encode one mono frame (20 ms at [`Encoder::rate_hz`]) and return the payload's length in bytes.
    fn encode(&mut self, pcm: &[i16], payload: &mut [u8]) -> Result<usize, CodecError>;

    /// Forget all history, as at the start of a talkspurt of another source.
    fn reset(&mut self);

    /// Go on where `other`, an encoder of the same codec, is: the listener's decoder has followed it.
    ///
    /// Codecs whose decoder finds its way after a reset need not care.
    fn take_over(&mut self, other: &dyn Encoder) {
        let _ = other;
        self.reset();
    }

    /// The concrete encoder, for [`Encoder::take_over`] of the same codec.
    fn as_any(&self) -> &dyn Any;
}

/// Payload to PCM. One decoder serves one incoming RTP timeline.
pub trait Decoder: Send {
    /// The codec's row in the table.
    fn info(&self) -> &'static CodecInfo;

    /// Sampling rate of the PCM that comes out, in Hz (Opus can decode to less than 48 kHz).
    fn rate_hz(&self) -> u32;

    /// How many samples the payload holds, from its length and header alone.
    fn samples(&self, payload: &[u8]) -> Result<usize, CodecError>;

    /// Decode one packet and return the number of samples written.
    fn decode(&mut self, payload: &[u8], pcm: &mut [i16]) -> Result<usize, CodecError>;

    /// Fill `pcm` (one or more 10 ms steps) with sound in place of a packet that did not come.
    fn conceal(&mut self, pcm: &mut [i16]) -> Result<(), CodecError>;

    /// Fill `pcm` in place of a lost packet when the packet after it is already here.
    ///
    /// Codecs with in-band redundancy (Opus LBRR) read the lost sound from `next`; `next` is decoded
    /// afterwards as usual. Others conceal.
    fn recover(&mut self, next: &[u8], pcm: &mut [i16]) -> Result<(), CodecError> {
        let _ = next;
        self.conceal(pcm)
    }

    /// Forget all history, as at a change of source.
    fn reset(&mut self);
}
