//! The speech codecs for programs that carry frames themselves: bridges at radio sites, one call a frame.

use std::sync::{Mutex, MutexGuard, PoisonError};

use codec_api::{CodecError, Decoder, Encoder, FRAME_MS};
use codec_g711::{G711Decoder, G711Encoder, Law};
use codec_opus::{OpusConfig, OpusDecoder, OpusEncoder};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Most payload bytes of a frame (RFC 6716 section 3.4).
const FRAME_BYTES_MAX: usize = 1_275;
/// Most samples of a packet: 120 ms at 48 kHz.
const PACKET_SAMPLES_MAX: usize = 5_760;
const SAMPLE_BYTES: usize = 2;

/// Over MQTT a frame is late or there, never missing: no bit is spent on loss.
const OVER_TCP: OpusConfig = OpusConfig {
    rate_hz: 48_000,
    bitrate_bps: 32_000,
    complexity: 5,
    fec: false,
    expected_loss_percent: 0,
};

fn refused(error: CodecError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn unknown(codec: &str) -> PyErr {
    PyValueError::new_err(format!("codec must be opus or PCMU, not {codec:?}"))
}

/// A panic in a codec call leaves its history odd, and nothing else.
fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// 20 ms of PCM to a frame.
#[pyclass(frozen, module = "gateway._native")]
pub(crate) struct FrameEncoder(Mutex<Box<dyn Encoder>>);

#[pymethods]
impl FrameEncoder {
    #[new]
    fn new(codec: &str) -> PyResult<Self> {
        let encoder: Box<dyn Encoder> = match codec {
            "opus" => Box::new(OpusEncoder::new(OVER_TCP).map_err(refused)?),
            "PCMU" => Box::new(G711Encoder::new(Law::Mu)),
            _ => return Err(unknown(codec)),
        };
        Ok(Self(Mutex::new(encoder)))
    }

    #[getter]
    fn rate_hz(&self) -> u32 {
        held(&self.0).rate_hz()
    }

    fn encode<'py>(&self, py: Python<'py>, pcm: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let mut encoder = held(&self.0);
        let wanted = (encoder.rate_hz() * FRAME_MS / 1000) as usize * SAMPLE_BYTES;
        if pcm.len() != wanted {
            return Err(PyValueError::new_err(format!(
                "20 ms are {wanted} bytes of 16-bit PCM, not {}",
                pcm.len()
            )));
        }
        let samples: Vec<i16> = pcm
            .chunks_exact(SAMPLE_BYTES)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        let mut frame = [0; FRAME_BYTES_MAX];
        let len = encoder.encode(&samples, &mut frame).map_err(refused)?;
        Ok(PyBytes::new(py, &frame[..len]))
    }

    fn reset(&self) {
        held(&self.0).reset();
    }
}

/// A frame to PCM.
#[pyclass(frozen, module = "gateway._native")]
pub(crate) struct FrameDecoder(Mutex<Box<dyn Decoder>>);

#[pymethods]
impl FrameDecoder {
    #[new]
    fn new(codec: &str) -> PyResult<Self> {
        let decoder: Box<dyn Decoder> = match codec {
            "opus" => Box::new(OpusDecoder::new(48_000).map_err(refused)?),
            "PCMU" => Box::new(G711Decoder::new(Law::Mu)),
            _ => return Err(unknown(codec)),
        };
        Ok(Self(Mutex::new(decoder)))
    }

    #[getter]
    fn rate_hz(&self) -> u32 {
        held(&self.0).rate_hz()
    }

    fn decode<'py>(&self, py: Python<'py>, frame: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let mut samples = [0; PACKET_SAMPLES_MAX];
        let len = held(&self.0).decode(frame, &mut samples).map_err(refused)?;
        let pcm: Vec<u8> = samples[..len]
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        Ok(PyBytes::new(py, &pcm))
    }

    fn reset(&self) {
        held(&self.0).reset();
    }
}
