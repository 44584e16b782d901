//! Resampling between 8, 16 and 48 kHz by one polyphase FIR low-pass each.
//!
//! The pass band is flat to 3.4 kHz (7 kHz between 16 and 48 kHz), images and aliases of it are below
//! -60 dB, the delay is 1.0 to 1.6 ms (see `tests/resample.rs`, which measures all three). Integer
//! arithmetic: the inner loop is a multiply-add of 16-bit pairs, eight at a time.

mod design;

use crate::MAX_FRAME;
use design::Filter;

/// The two rates have no fixed ratio here; 8000, 16000 and 48000 Hz do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsupportedRates;

impl core::fmt::Display for UnsupportedRates {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("only 8000, 16000 and 48000 Hz can be resampled into each other")
    }
}

impl core::error::Error for UnsupportedRates {}

#[derive(Debug, Clone)]
enum Kind {
    Same,
    Up(Filter),
    Down(Filter),
}

/// Changes the rate of one continuous signal.
#[derive(Debug, Clone)]
pub struct Resampler {
    kind: Kind,
    ratio: usize,
    /// The filter's memory, then the frame under way.
    line: Box<[i16]>,
}

impl Resampler {
    /// A resampler between two of 8000, 16000 and 48000 Hz; equal rates only copy.
    pub fn new(from_hz: u32, to_hz: u32) -> Result<Self, UnsupportedRates> {
        let (low, high) = (from_hz.min(to_hz), from_hz.max(to_hz));
        // Taps a phase, chosen for 64 dB of stop band: see design.rs.
        let (ratio, taps) = match (low, high) {
            (8_000 | 16_000 | 48_000, _) if low == high => (1, 0),
            (8_000, 16_000) => (2, 26),
            (16_000, 48_000) => (3, 32),
            (8_000, 48_000) => (6, 26),
            _ => return Err(UnsupportedRates),
        };
        let kind = match (ratio, from_hz < to_hz) {
            (1, _) => Kind::Same,
            (_, true) => Kind::Up(Filter::interpolating(ratio, taps)),
            (_, false) => Kind::Down(Filter::decimating(ratio, taps)),
        };
        let memory = match &kind {
            Kind::Same => 0,
            Kind::Up(filter) | Kind::Down(filter) => filter.taps() - 1,
        };
        Ok(Self {
            kind,
            ratio,
            line: vec![0; memory + MAX_FRAME].into(),
        })
    }

    /// Samples that come out for `len` samples in.
    pub fn output_len(&self, len: usize) -> usize {
        match self.kind {
            Kind::Same => len,
            Kind::Up(_) => len * self.ratio,
            Kind::Down(_) => len / self.ratio,
        }
    }

    /// Resample a frame and return the number of samples written, [`Resampler::output_len`].
    ///
    /// `input` is at most [`MAX_FRAME`] long and a multiple of the ratio; what is beyond either bound, or
    /// beyond what `output` can hold, is left out.
    pub fn process(&mut self, input: &[i16], output: &mut [i16]) -> usize {
        let fits = match self.kind {
            Kind::Same => output.len(),
            Kind::Up(_) => output.len() / self.ratio,
            Kind::Down(_) => output.len() * self.ratio,
        };
        let whole = input.len().min(MAX_FRAME).min(fits);
        let input = &input[..whole - whole % self.divisor()];
        let output = &mut output[..self.output_len(input.len())];
        let (filter, up) = match &self.kind {
            Kind::Same => {
                output.copy_from_slice(input);
                return output.len();
            }
            Kind::Up(filter) => (filter, true),
            Kind::Down(filter) => (filter, false),
        };
        let memory = filter.taps() - 1;
        self.line[memory..memory + input.len()].copy_from_slice(input);
        if up {
            for (group, window) in output
                .chunks_exact_mut(self.ratio)
                .zip(self.line.windows(filter.taps()))
            {
                for (phase, sample) in group.iter_mut().enumerate() {
                    *sample = filter.apply(phase, window);
                }
            }
        } else {
            // The newest sample of each group of `ratio` is the one the output is aligned to.
            let windows = self
                .line
                .windows(filter.taps())
                .skip(self.ratio - 1)
                .step_by(self.ratio);
            for (sample, window) in output.iter_mut().zip(windows) {
                *sample = filter.apply(0, window);
            }
        }
        self.line.copy_within(input.len()..input.len() + memory, 0);
        output.len()
    }

    /// Forget the signal so far, as at a change of source.
    pub fn reset(&mut self) {
        self.line.fill(0);
    }

    /// Go on where `other`, a resampler between the same rates, is.
    pub fn take_over(&mut self, other: &Self) {
        debug_assert!(self.line.len() == other.line.len(), "rates differ");
        self.line.copy_from_slice(&other.line);
    }

    fn divisor(&self) -> usize {
        if matches!(self.kind, Kind::Down(_)) {
            self.ratio
        } else {
            1
        }
    }
}
