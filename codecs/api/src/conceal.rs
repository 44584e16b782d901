//! Packet loss concealment for codecs that have none of their own (G.711, G.722).
//!
//! After the idea of ITU-T G.711 Appendix I: repeat the last pitch period, fade it out over 60 ms and
//! blend into the next good frame. Costs about 10 us, and only when a packet was lost.

#![allow(clippy::cast_possible_wrap, reason = "sample counts stay below 1000")]

/// Longest rate served, Hz.
const MAX_RATE_HZ: usize = 16_000;
/// Lag search: 2.5 ms (400 Hz) to 15 ms (66 Hz).
const MIN_LAG_US: usize = 2_500;
const MAX_LAG_US: usize = 15_000;
/// The stretch of newest history that is matched against older sound.
const MATCH_US: usize = 15_000;
/// Full level for the first 10 ms, silent after 60 ms.
const HOLD_US: usize = 10_000;
const GONE_US: usize = 60_000;
/// Blend into the first good frame.
const BLEND_US: usize = 5_000;
const HISTORY: usize = (MAX_LAG_US + MATCH_US) * MAX_RATE_HZ / 1_000_000;
const MAX_LAG: usize = MAX_LAG_US * MAX_RATE_HZ / 1_000_000;

/// Keeps the last 30 ms of good sound and continues it through a loss.
#[derive(Debug, Clone)]
pub struct Concealer {
    rate_hz: usize,
    /// Newest good samples, oldest first; only the last `span()` are used at rates below the maximum.
    history: [i16; HISTORY],
    /// One pitch period, repeated during the loss.
    period: [i16; MAX_LAG],
    lag: usize,
    /// Samples concealed since the last good frame; 0 means no loss under way.
    lost: usize,
}

impl Concealer {
    /// A concealer for mono sound of `rate_hz` (8000 or 16000; more is treated as 16000).
    pub fn new(rate_hz: u32) -> Self {
        Self {
            rate_hz: (rate_hz as usize).min(MAX_RATE_HZ),
            history: [0; HISTORY],
            period: [0; MAX_LAG],
            lag: 1,
            lost: 0,
        }
    }

    /// Learn a decoded frame; the first one after a loss is blended with the sound that bridged it.
    pub fn good(&mut self, pcm: &mut [i16]) {
        if self.lost > 0 {
            let blend = self.samples(BLEND_US).min(pcm.len()).max(1);
            for (i, sample) in pcm.iter_mut().take(blend).enumerate() {
                let bridge = i32::from(self.bridge(self.lost + i));
                let weight = i as i32;
                *sample = ((bridge * (blend as i32 - weight) + i32::from(*sample) * weight)
                    / blend as i32) as i16;
            }
            self.lost = 0;
        }
        self.remember(pcm);
    }

    /// Fill `pcm` with the continuation of the last good sound.
    pub fn conceal(&mut self, pcm: &mut [i16]) {
        if self.lost == 0 {
            self.take_period();
        }
        for (i, sample) in pcm.iter_mut().enumerate() {
            *sample = self.bridge(self.lost + i);
        }
        self.lost = (self.lost + pcm.len())
            .max(1)
            .min(self.samples(GONE_US) + pcm.len());
    }

    /// Forget all sound.
    pub fn reset(&mut self) {
        *self = Self::new(self.rate_hz as u32);
    }

    fn samples(&self, micros: usize) -> usize {
        micros * self.rate_hz / 1_000_000
    }

    fn remember(&mut self, pcm: &[i16]) {
        let keep = pcm.len().min(HISTORY);
        self.history.copy_within(keep.., 0);
        self.history[HISTORY - keep..].copy_from_slice(&pcm[pcm.len() - keep..]);
    }

    /// The bridging sound `at` samples into the loss, faded.
    fn bridge(&self, at: usize) -> i16 {
        let (hold, gone) = (self.samples(HOLD_US), self.samples(GONE_US));
        if at >= gone {
            return 0;
        }
        let left = (gone - at.max(hold)) as i32;
        (i32::from(self.period[at % self.lag]) * left / (gone - hold) as i32) as i16
    }

    /// Cut the last period out of the history and smooth the seam where it repeats.
    fn take_period(&mut self) {
        self.lag = self.best_lag();
        let start = HISTORY - self.lag;
        self.period[..self.lag].copy_from_slice(&self.history[start..]);
        // The last quarter fades into the samples that came before the period, so that its end
        // leads into its beginning.
        let quarter = (self.lag / 4).max(1);
        for i in 0..quarter {
            let at = self.lag - quarter + i;
            let before = i32::from(self.history[start - quarter + i]);
            let own = i32::from(self.period[at]);
            let weight = (i + 1) as i32;
            self.period[at] = ((own * (quarter as i32 + 1 - weight) + before * weight)
                / (quarter as i32 + 1)) as i16;
        }
    }

    /// The lag whose older sound is most like the newest, by normalised correlation.
    fn best_lag(&self) -> usize {
        let (min, max) = (self.samples(MIN_LAG_US), self.samples(MAX_LAG_US));
        let newest = HISTORY - self.samples(MATCH_US);
        let mut best = (max, 0.0_f32);
        for lag in min..=max {
            let (mut cross, mut energy) = (0_i64, 1_i64);
            for (a, b) in self.history[newest..]
                .iter()
                .zip(&self.history[newest - lag..])
            {
                cross += i64::from(*a) * i64::from(*b);
                energy += i64::from(*b) * i64::from(*b);
            }
            let score = if cross > 0 {
                (cross as f32) * (cross as f32) / energy as f32
            } else {
                0.0
            };
            if score > best.1 {
                best = (lag, score);
            }
        }
        best.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: u32, hz: f32, from: usize, len: usize) -> Vec<i16> {
        (from..from + len)
            .map(|i| {
                (10_000.0 * (core::f32::consts::TAU * hz * i as f32 / rate as f32).sin()) as i16
            })
            .collect()
    }

    fn rms(pcm: &[i16]) -> f32 {
        (pcm.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>() / pcm.len() as f32).sqrt()
    }

    fn warmed(rate: u32, hz: f32) -> Concealer {
        let mut concealer = Concealer::new(rate);
        let frame = rate as usize / 50;
        for n in 0..5 {
            concealer.good(&mut sine(rate, hz, n * frame, frame));
        }
        concealer
    }

    #[test]
    fn a_periodic_sound_goes_on_through_a_lost_frame() {
        for (rate, hz) in [(8_000, 160.0), (16_000, 200.0)] {
            let mut concealer = warmed(rate, hz);
            let frame = rate as usize / 50;
            let mut out = vec![0; frame];
            concealer.conceal(&mut out);
            let want = sine(rate, hz, 5 * frame, frame / 2);
            let error: Vec<i16> = want.iter().zip(&out).map(|(a, b)| a - b).collect();
            assert!(
                rms(&error) < 0.1 * rms(&want),
                "{} of {}",
                rms(&error),
                rms(&want)
            );
        }
    }

    #[test]
    fn a_long_loss_fades_to_silence_within_60_ms() {
        let mut concealer = warmed(8_000, 200.0);
        let mut out = vec![0; 160];
        let levels: Vec<f32> = (0..4)
            .map(|_| {
                concealer.conceal(&mut out);
                rms(&out)
            })
            .collect();
        assert!(levels[0] > levels[1] && levels[1] > levels[2], "{levels:?}");
        assert!(levels[3] < 1.0, "{levels:?}");
    }

    #[test]
    fn the_first_good_frame_joins_without_a_click() {
        let mut concealer = warmed(8_000, 200.0);
        let mut lost = vec![0; 160];
        concealer.conceal(&mut lost);
        // The worst case: the good frame comes back in opposite phase.
        let mut good: Vec<i16> = sine(8_000, 200.0, 6 * 160, 160)
            .iter()
            .map(|s| -s)
            .collect();
        concealer.good(&mut good);
        let step = good
            .windows(2)
            .map(|w| (i32::from(w[1]) - i32::from(w[0])).abs())
            .max();
        let join = (i32::from(good[0]) - i32::from(lost[159])).abs();
        assert!(
            join < 2_500 && step < Some(2_500),
            "join {join} step {step:?}"
        );
    }

    #[test]
    fn silence_is_concealed_by_silence() {
        let mut concealer = Concealer::new(8_000);
        let mut out = vec![7; 160];
        concealer.conceal(&mut out);
        assert!(out.iter().all(|s| *s == 0));
    }
}
