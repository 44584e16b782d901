//! The decoder: reconstruct each band, adapt, join; and bridge lost packets.

use codec_api::{CodecError, CodecInfo, CodecKind, Concealer, Decoder};

use crate::RATE_HZ;
use crate::band::{Band, HIGHER, LOWER};
use crate::qmf::Qmf;
use crate::tables::{QM2, QM4, QM6, WH, WL};

/// G.722 to PCM at 16 kHz, with concealment. Any payload length.
#[derive(Debug, Clone)]
pub struct G722Decoder {
    qmf: Qmf,
    lower: Band,
    higher: Band,
    concealer: Concealer,
}

impl Default for G722Decoder {
    fn default() -> Self {
        Self {
            qmf: Qmf::new(),
            lower: Band::new(&LOWER),
            higher: Band::new(&HIGHER),
            concealer: Concealer::new(RATE_HZ),
        }
    }
}

impl G722Decoder {
    /// The fine code makes the sound, the coarse one drives the predictor, as in the encoder.
    fn decode_lower(&mut self, code: u8) -> i32 {
        let band = &mut self.lower;
        let signal = band.predicted + ((band.scale * QM6[usize::from(code)]) >> 15);
        let coarse = usize::from(code >> 2);
        let difference = (band.scale * QM4[coarse]) >> 15;
        band.rescale(WL[coarse], &LOWER);
        band.adapt(difference);
        signal.clamp(-16_384, 16_383)
    }

    fn decode_higher(&mut self, code: u8) -> i32 {
        let (band, code) = (&mut self.higher, usize::from(code));
        let difference = (band.scale * QM2[code]) >> 15;
        let signal = band.predicted + difference;
        band.rescale(WH[code], &HIGHER);
        band.adapt(difference);
        signal.clamp(-16_384, 16_383)
    }
}

impl Decoder for G722Decoder {
    fn info(&self) -> &'static CodecInfo {
        CodecInfo::of(CodecKind::G722)
    }

    fn rate_hz(&self) -> u32 {
        RATE_HZ
    }

    fn samples(&self, payload: &[u8]) -> Result<usize, CodecError> {
        if payload.is_empty() {
            Err(CodecError::BadPayload)
        } else {
            Ok(2 * payload.len())
        }
    }

    fn decode(&mut self, payload: &[u8], pcm: &mut [i16]) -> Result<usize, CodecError> {
        let len = self.samples(payload)?;
        let out = pcm.get_mut(..len).ok_or(CodecError::OutputTooSmall)?;
        for (pair, byte) in out.chunks_exact_mut(2).zip(payload) {
            let low = self.decode_lower(byte & 0x3F);
            let high = self.decode_higher(byte >> 6);
            (pair[0], pair[1]) = self.qmf.join(low, high);
        }
        self.concealer.good(out);
        Ok(len)
    }

    fn conceal(&mut self, pcm: &mut [i16]) -> Result<(), CodecError> {
        self.concealer.conceal(pcm);
        Ok(())
    }

    fn reset(&mut self) {
        *self = Self::default();
    }
}
