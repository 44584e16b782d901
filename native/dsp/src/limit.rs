//! From the wide mix back to 16 bits: a limiter that turns down instead of clipping.
//!
//! Works in blocks of a quarter frame. Within a frame it looks one block ahead, so that the gain is down
//! before a peak; only a peak in the very first block makes it jump. It comes back at 20 dB a second.

use crate::MAX_FRAME;

/// Highest peak let through: 1 dB below full scale.
const CEILING: f32 = 29_204.0;
const BLOCKS: usize = 4;
/// Recovery of one block of 5 ms, 0.1 dB.
const RELEASE: f32 = 1.0116;

/// Gain memory of one output.
#[derive(Debug, Clone)]
pub struct Limiter {
    gain: f32,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

impl Limiter {
    /// Write a frame of wide samples as 16 bits. Both slices have the same length, at most [`MAX_FRAME`].
    pub fn process(&mut self, wide: &[i32], out: &mut [i16]) {
        debug_assert!(wide.len() == out.len() && wide.len() <= MAX_FRAME);
        let peak = peak_of(wide);
        if self.gain >= 1.0 && peak <= CEILING {
            out.iter_mut().zip(wide).for_each(|(o, w)| *o = *w as i16);
            return;
        }
        let block = wide.len().div_ceil(BLOCKS).max(1);
        let mut needs = [1.0_f32; BLOCKS];
        for (need, part) in needs.iter_mut().zip(wide.chunks(block)) {
            *need = (CEILING / peak_of(part).max(1.0)).min(1.0);
        }
        for (n, (out, wide)) in out.chunks_mut(block).zip(wide.chunks(block)).enumerate() {
            let start = self.gain.min(needs[n]);
            let ahead = needs.get(n + 1).copied().unwrap_or(1.0);
            let end = (start * RELEASE).min(1.0).min(needs[n]).min(ahead);
            let step = (end - start) / block as f32;
            let mut gain = start;
            for (o, w) in out.iter_mut().zip(wide) {
                // The conversion saturates, which covers rounding at the ceiling.
                *o = (*w as f32 * gain) as i16;
                gain += step;
            }
            self.gain = end;
        }
    }
}

fn peak_of(wide: &[i32]) -> f32 {
    wide.iter().fold(0, |peak, w| peak.max(w.unsigned_abs())) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide_sine(amplitude: f32, from: usize) -> Vec<i32> {
        (from..from + 320)
            .map(|n| (amplitude * (n as f32 * 0.05 * core::f32::consts::TAU).sin()) as i32)
            .collect()
    }

    fn run(limiter: &mut Limiter, wide: &[i32]) -> Vec<i16> {
        let mut out = vec![0; wide.len()];
        limiter.process(wide, &mut out);
        out
    }

    fn peak(out: &[i16]) -> u16 {
        out.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0)
    }

    #[test]
    fn what_fits_passes_bit_by_bit() {
        let wide = wide_sine(29_000.0, 0);
        let out = run(&mut Limiter::default(), &wide);
        assert!(wide.iter().zip(&out).all(|(w, o)| *w == i32::from(*o)));
    }

    #[test]
    fn three_full_scale_talkers_are_turned_down_not_clipped() {
        let mut limiter = Limiter::default();
        for frame in 0..10 {
            let wide = wide_sine(98_000.0, frame * 320);
            let out = run(&mut limiter, &wide);
            assert!(peak(&out) <= 29_205, "frame {frame}: {}", peak(&out));
            // Clipping would flatten the tops: at a steady gain the shape is still the sine's.
            if frame > 0 {
                let scale = f32::from(out[5]) / wide[5] as f32;
                let worst = wide
                    .iter()
                    .zip(&out)
                    .map(|(w, o)| (*w as f32 * scale - f32::from(*o)).abs());
                assert!(worst.fold(0.0, f32::max) < 800.0);
            }
        }
    }

    #[test]
    fn the_level_comes_back_after_a_peak_within_a_second() {
        let mut limiter = Limiter::default();
        run(&mut limiter, &wide_sine(98_000.0, 0));
        let levels: Vec<u16> = (0..50)
            .map(|n| peak(&run(&mut limiter, &wide_sine(10_000.0, n * 320))))
            .collect();
        assert!(levels[0] < 4_000 && levels[49] > 9_900, "{levels:?}");
        assert!(levels.windows(2).all(|w| w[1] + 50 >= w[0]));
    }

    #[test]
    fn the_widest_sum_of_64_talkers_is_held() {
        let out = run(&mut Limiter::default(), &[64 * 32_767; 320]);
        assert!(peak(&out) <= 29_205);
        let out = run(&mut Limiter::default(), &[64 * -32_768; 320]);
        assert!(peak(&out) <= 29_205);
    }
}
