//! Low-pass filters as Kaiser-windowed sinc, in 16-bit coefficients.
//!
//! With the cut-off at half the lower rate, a transition of `d` of the higher rate and `n` taps in all,
//! Kaiser's formula gives a stop band of `7.95 + 14.36 * n * d` dB. 8 to 48 kHz: n = 156, d = 1.2 / 48,
//! 64 dB. 16 to 48 kHz: n = 96, d = 2 / 48, 65 dB. 8 to 16 kHz: n = 52, d = 1.2 / 16, 64 dB.

use core::f64::consts::{PI, TAU};

/// Stop band attenuation that the window is shaped for, dB.
const STOP_DB: f64 = 64.0;
/// Fixed point of the coefficients: the largest is 1.0 in a phase of an interpolator, at most 0.5 in a
/// decimator, where rounding them to 14 bits would cost 2 dB of stop band.
const INTERPOLATOR_SHIFT: u32 = 14;
const DECIMATOR_SHIFT: u32 = 15;
/// Coefficients are padded with zeros to whole vectors.
const LANES: usize = 8;

/// One or more phases of a low-pass, newest sample last.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    coefficients: Box<[i16]>,
    taps: usize,
    shift: u32,
}

impl Filter {
    /// `ratio` phases of unit gain each: one input sample becomes `ratio` output samples.
    pub(super) fn interpolating(ratio: usize, taps_a_phase: usize) -> Self {
        let prototype = low_pass(ratio * taps_a_phase, ratio);
        let phases = (0..ratio).map(|phase| {
            let mut taps: Vec<f64> = prototype
                .iter()
                .skip(phase)
                .step_by(ratio)
                .copied()
                .collect();
            taps.reverse();
            taps
        });
        Self::quantised(phases, INTERPOLATOR_SHIFT)
    }

    /// One phase of unit gain: every `ratio`-th output of the full filter.
    pub(super) fn decimating(ratio: usize, taps_a_phase: usize) -> Self {
        Self::quantised(
            core::iter::once(low_pass(ratio * taps_a_phase, ratio)),
            DECIMATOR_SHIFT,
        )
    }

    /// Window length in input samples, a multiple of the vector length.
    pub(super) fn taps(&self) -> usize {
        self.taps
    }

    /// One output sample of `phase` over the newest [`Filter::taps`] samples.
    pub(super) fn apply(&self, phase: usize, window: &[i16]) -> i16 {
        let coefficients = &self.coefficients[phase * self.taps..][..self.taps];
        // Eight products fit 32 bits at full scale, all of them might not.
        let sum: i64 = window
            .chunks_exact(LANES)
            .zip(coefficients.chunks_exact(LANES))
            .map(|(w, c)| {
                w.iter()
                    .zip(c)
                    .map(|(w, c)| i32::from(*w) * i32::from(*c))
                    .sum::<i32>()
            })
            .map(i64::from)
            .sum();
        let rounded = (sum + (1 << (self.shift - 1))) >> self.shift;
        rounded.clamp(i64::from(i16::MIN), i64::from(i16::MAX)) as i16
    }

    /// Scale each phase to a sum of exactly one, so that no phase changes the level of a steady signal.
    fn quantised(phases: impl Iterator<Item = Vec<f64>>, shift: u32) -> Self {
        let one = 1_i32 << shift;
        let mut coefficients = Vec::new();
        let mut taps = 0;
        for phase in phases {
            taps = phase.len().next_multiple_of(LANES);
            let scale = f64::from(one) / phase.iter().sum::<f64>();
            let mut whole: Vec<i32> = phase.iter().map(|c| (c * scale).round() as i32).collect();
            let rest = one - whole.iter().sum::<i32>();
            if let Some(largest) = whole.iter_mut().max_by_key(|c| c.abs()) {
                *largest += rest;
            }
            coefficients.extend(core::iter::repeat_n(0, taps - whole.len()));
            coefficients.extend(whole.into_iter().map(|c| c.clamp(-32_768, 32_767) as i16));
        }
        Self {
            coefficients: coefficients.into(),
            taps,
            shift,
        }
    }
}

/// A symmetric low-pass of `len` taps with its cut-off at 1 / (2 * ratio) of the higher rate.
fn low_pass(len: usize, ratio: usize) -> Vec<f64> {
    let beta = 0.1102 * (STOP_DB - 8.7);
    let middle = (len - 1) as f64 / 2.0;
    let cutoff = 0.5 / ratio as f64;
    (0..len)
        .map(|n| {
            let at = n as f64 - middle;
            let sinc = if at == 0.0 {
                2.0 * cutoff
            } else {
                (TAU * cutoff * at).sin() / (PI * at)
            };
            let edge = at / (middle + 0.5);
            sinc * bessel_i0(beta * (1.0 - edge * edge).sqrt()) / bessel_i0(beta)
        })
        .collect()
}

/// Modified Bessel function of order zero by its power series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..40 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_signal_can_overflow_the_sum() {
        for (ratio, taps) in [(2, 26), (3, 32), (6, 26)] {
            for filter in [
                Filter::interpolating(ratio, taps),
                Filter::decimating(ratio, taps),
            ] {
                for part in filter.coefficients.chunks_exact(LANES) {
                    let sum: i64 = part.iter().map(|c| i64::from(*c).abs()).sum();
                    assert!(sum * 32_768 < i64::from(i32::MAX));
                }
            }
        }
    }
}
