//! One encode: a frame at the mix's rate to a payload of one codec.

use codec_api::{CodecError, CodecKind, Encoder};
use dsp::{Limiter, Resampler};

use crate::MixError;
use crate::codecs::{MIX_RATE_HZ, encoder};

/// Resampler, encoder and limiter of one outgoing mix.
pub(crate) struct Outbound {
    encoder: Box<dyn Encoder>,
    resampler: Resampler,
    pcm: Box<[i16]>,
    payload: Box<[u8]>,
    /// For the mix that goes in here.
    pub limiter: Limiter,
}

impl core::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Outbound")
            .field("codec", &self.encoder.info().sdp_name)
            .finish_non_exhaustive()
    }
}

impl Outbound {
    /// An outgoing mix in a codec; all memory it will need is allocated here.
    pub fn new(codec: CodecKind) -> Result<Self, MixError> {
        let encoder = encoder(codec)?;
        let samples = (encoder.rate_hz() * codec_api::FRAME_MS / 1000) as usize;
        Ok(Self {
            resampler: Resampler::new(MIX_RATE_HZ, encoder.rate_hz())?,
            pcm: vec![0; samples].into(),
            payload: vec![0; encoder.info().max_frame_bytes].into(),
            limiter: Limiter::default(),
            encoder,
        })
    }

    /// Encode one frame of the mix's rate and return the payload.
    pub fn encode(&mut self, frame: &[i16]) -> Result<&[u8], CodecError> {
        self.resampler.process(frame, &mut self.pcm);
        let len = self.encoder.encode(&self.pcm, &mut self.payload)?;
        Ok(&self.payload[..len])
    }

    /// Begin anew: what the listener has heard so far was not encoded here.
    pub fn restart(&mut self) {
        self.resampler.reset();
        self.limiter = Limiter::default();
        self.encoder.reset();
    }

    /// Begin anew with the history of `other`, whose packets the listener has heard so far.
    pub fn take_over(&mut self, other: &Self) {
        self.resampler.take_over(&other.resampler);
        self.limiter = other.limiter.clone();
        self.encoder.take_over(other.encoder.as_ref());
    }
}
