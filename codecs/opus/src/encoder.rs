//! The encoder and what can be tuned on it.

use codec_api::{CodecError, CodecInfo, CodecKind, Encoder, FRAME_MS};
use opus::{Application, Bitrate, Channels, Signal};

use crate::error;

/// Settings of one encoder. The default is speech for a lossy network at a moderate cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpusConfig {
    /// Sampling rate of the PCM, Hz: 8000, 16000, 24000 or 48000.
    pub rate_hz: u32,
    /// Target bit rate, bit/s.
    pub bitrate_bps: i32,
    /// 0 (cheapest) to 10. From 5 to 10 speech gains little and costs a third more.
    pub complexity: i32,
    /// Carry a coarse copy of the previous frame in each packet (LBRR).
    pub fec: bool,
    /// Loss that the encoder prepares for, percent. LBRR is only sent when this is above 0.
    pub expected_loss_percent: i32,
}

impl Default for OpusConfig {
    fn default() -> Self {
        Self {
            rate_hz: 48_000,
            bitrate_bps: 32_000,
            complexity: 5,
            fec: true,
            expected_loss_percent: 10,
        }
    }
}

/// Mono PCM to Opus, one 20 ms packet a call.
#[derive(Debug)]
pub struct OpusEncoder {
    inner: opus::Encoder,
    config: OpusConfig,
}

impl OpusEncoder {
    /// An encoder with `config`; an unknown rate is [`CodecError::BadFrameLength`].
    pub fn new(config: OpusConfig) -> Result<Self, CodecError> {
        let mut inner =
            opus::Encoder::new(config.rate_hz, Channels::Mono, Application::Voip).map_err(error)?;
        inner
            .set_bitrate(Bitrate::Bits(config.bitrate_bps))
            .map_err(error)?;
        inner.set_complexity(config.complexity).map_err(error)?;
        inner.set_inband_fec(config.fec).map_err(error)?;
        inner
            .set_packet_loss_perc(config.expected_loss_percent)
            .map_err(error)?;
        inner.set_signal(Signal::Voice).map_err(error)?;
        Ok(Self { inner, config })
    }

    /// The settings in force.
    pub fn config(&self) -> &OpusConfig {
        &self.config
    }

    /// Follow the loss that receiver reports show, percent 0 to 100.
    pub fn set_expected_loss(&mut self, percent: i32) -> Result<(), CodecError> {
        self.inner
            .set_packet_loss_perc(percent.clamp(0, 100))
            .map_err(error)?;
        self.config.expected_loss_percent = percent.clamp(0, 100);
        Ok(())
    }
}

impl Encoder for OpusEncoder {
    fn info(&self) -> &'static CodecInfo {
        CodecInfo::of(CodecKind::Opus)
    }

    fn rate_hz(&self) -> u32 {
        self.config.rate_hz
    }

    fn encode(&mut self, pcm: &[i16], payload: &mut [u8]) -> Result<usize, CodecError> {
        if pcm.len() != (self.config.rate_hz * FRAME_MS / 1000) as usize {
            return Err(CodecError::BadFrameLength);
        }
        self.inner.encode(pcm, payload).map_err(error)
    }

    fn reset(&mut self) {
        // OPUS_RESET_STATE has no failing case; settings survive it.
        let _ = self.inner.reset_state();
    }

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}
