//! The encoder: split, quantise each band's prediction error, adapt.

use codec_api::{CodecError, CodecInfo, CodecKind, Encoder};

use crate::RATE_HZ;
use crate::band::{Band, HIGHER, LOWER};
use crate::qmf::Qmf;
use crate::tables::{ILN, ILP, Q6, QM2, QM4, WH, WL};

/// Decision level of the higher band's two magnitudes.
const HIGHER_DECISION: i32 = 564;

/// PCM at 16 kHz to G.722. Any even frame length.
#[derive(Debug, Clone)]
pub struct G722Encoder {
    qmf: Qmf,
    lower: Band,
    higher: Band,
}

impl Default for G722Encoder {
    fn default() -> Self {
        Self {
            qmf: Qmf::new(),
            lower: Band::new(&LOWER),
            higher: Band::new(&HIGHER),
        }
    }
}

impl G722Encoder {
    fn encode_lower(&mut self, signal: i32) -> u8 {
        let band = &mut self.lower;
        let error = (signal - band.predicted).clamp(-32_768, 32_767);
        let magnitude = if error < 0 { !error } else { error };
        let interval = 1 + Q6[1..]
            .iter()
            .take_while(|level| magnitude >= (**level * band.scale) >> 12)
            .count();
        let code = if error < 0 {
            ILN[interval]
        } else {
            ILP[interval]
        };
        let coarse = usize::from(code >> 2);
        let difference = (band.scale * QM4[coarse]) >> 15;
        band.rescale(WL[coarse], &LOWER);
        band.adapt(difference);
        code
    }

    fn encode_higher(&mut self, signal: i32) -> u8 {
        let band = &mut self.higher;
        let error = (signal - band.predicted).clamp(-32_768, 32_767);
        let magnitude = if error < 0 { !error } else { error };
        let large = magnitude >= (HIGHER_DECISION * band.scale) >> 12;
        let code = match (error < 0, large) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        let difference = (band.scale * QM2[code]) >> 15;
        band.rescale(WH[code], &HIGHER);
        band.adapt(difference);
        code as u8
    }
}

impl Encoder for G722Encoder {
    fn info(&self) -> &'static CodecInfo {
        CodecInfo::of(CodecKind::G722)
    }

    fn rate_hz(&self) -> u32 {
        RATE_HZ
    }

    fn encode(&mut self, pcm: &[i16], payload: &mut [u8]) -> Result<usize, CodecError> {
        if !pcm.len().is_multiple_of(2) {
            return Err(CodecError::BadFrameLength);
        }
        let out = payload
            .get_mut(..pcm.len() / 2)
            .ok_or(CodecError::OutputTooSmall)?;
        for (byte, pair) in out.iter_mut().zip(pcm.chunks_exact(2)) {
            let (low, high) = self.qmf.split(pair[0], pair[1]);
            *byte = self.encode_lower(low) | self.encode_higher(high) << 6;
        }
        Ok(pcm.len() / 2)
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn take_over(&mut self, other: &dyn Encoder) {
        // An adaptive decoder that meets a fresh encoder rasps for some 50 ms.
        match other.as_any().downcast_ref::<Self>() {
            Some(same) => self.clone_from(same),
            None => self.reset(),
        }
    }

    fn as_any(&self) -> &dyn core::any::Any {
        self
    }
}
