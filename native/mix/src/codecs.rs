//! The codecs that single-stream legs speak, made by name.

use codec_api::{CodecError, CodecKind, Decoder, Encoder};
use codec_g711::{G711Decoder, G711Encoder, Law};
use codec_g722::{G722Decoder, G722Encoder};
use codec_opus::{OpusConfig, OpusDecoder, OpusEncoder};

/// Sampling rate of the mix, Hz: wideband, which is all that telephones carry. Opus at this rate decodes at
/// about a quarter of the cost of 48 kHz and encodes at nine tenths (`benches/tick.rs`).
pub const MIX_RATE_HZ: u32 = 16_000;
/// What Opus needs for wideband speech of which it repeats a part in the next packet (LBRR), bit/s.
const OPUS_BITRATE_BPS: i32 = 40_000;

/// A decoder of `kind`, at the mix's rate where the codec can choose.
pub(crate) fn decoder(kind: CodecKind) -> Result<Box<dyn Decoder>, CodecError> {
    Ok(match kind {
        CodecKind::Pcmu => Box::new(G711Decoder::new(Law::Mu)),
        CodecKind::Pcma => Box::new(G711Decoder::new(Law::A)),
        CodecKind::G722 => Box::new(G722Decoder::default()),
        CodecKind::Opus => Box::new(OpusDecoder::new(MIX_RATE_HZ)?),
    })
}

/// An encoder of `kind`, at the mix's rate where the codec can choose.
pub(crate) fn encoder(kind: CodecKind) -> Result<Box<dyn Encoder>, CodecError> {
    Ok(match kind {
        CodecKind::Pcmu => Box::new(G711Encoder::new(Law::Mu)),
        CodecKind::Pcma => Box::new(G711Encoder::new(Law::A)),
        CodecKind::G722 => Box::new(G722Encoder::default()),
        CodecKind::Opus => Box::new(OpusEncoder::new(OpusConfig {
            rate_hz: MIX_RATE_HZ,
            bitrate_bps: OPUS_BITRATE_BPS,
            ..OpusConfig::default()
        })?),
    })
}

/// Whether packets of `kind` may be handed on as they came in the place of encoded ones: its decoder finds its way
/// when the two change. G.722 does not, because its decoder adapts to one encoder's signal from sample to sample.
pub(crate) fn may_be_handed_on(kind: CodecKind) -> bool {
    !matches!(kind, CodecKind::G722)
}
