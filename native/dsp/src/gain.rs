//! A gain that moves to its new value over one frame, so that no step is heard.

/// One in the fixed point used: 12 bits, up to +18 dB.
const ONE: i32 = 1 << 12;
const MAX_DB: f32 = 18.0;

/// Gain of one leg or source.
#[derive(Debug, Clone)]
pub struct Gain {
    now: i32,
    target: i32,
}

impl Default for Gain {
    fn default() -> Self {
        Self {
            now: ONE,
            target: ONE,
        }
    }
}

impl Gain {
    /// Move to `db` over the next frame: at most +18 dB; below -72 dB is silence.
    pub fn set_db(&mut self, db: f32) {
        self.target = (10_f32.powf(db.min(MAX_DB) / 20.0) * ONE as f32).round() as i32;
    }

    /// Move to silence over the next frame.
    pub fn mute(&mut self) {
        self.target = 0;
    }

    /// Apply to one frame in place; what exceeds 16 bits is clipped.
    pub fn apply(&mut self, pcm: &mut [i16]) {
        if self.now == ONE && self.target == ONE {
            return;
        }
        let (from, step) = (self.now, self.target - self.now);
        let len = i32::try_from(pcm.len()).unwrap_or(i32::MAX).max(1);
        for (n, sample) in (1..).zip(pcm.iter_mut()) {
            let gain = from + step * n / len;
            let scaled = (i32::from(*sample) * gain + ONE / 2) >> 12;
            *sample = scaled.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
        }
        self.now = self.target;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_takes_one_frame_and_then_stays() {
        let mut gain = Gain::default();
        gain.set_db(-6.02);
        let mut pcm = [10_000; 160];
        gain.apply(&mut pcm);
        assert!(
            pcm.windows(2).all(|w| w[1] <= w[0] && w[0] - w[1] < 40),
            "{pcm:?}"
        );
        let mut pcm = [10_000; 160];
        gain.apply(&mut pcm);
        assert!(
            pcm.iter().all(|s| (4_990..=5_010).contains(s)),
            "{}",
            pcm[0]
        );
    }

    #[test]
    fn too_much_gain_clips_and_mute_is_silence() {
        let mut gain = Gain::default();
        gain.set_db(40.0);
        gain.apply(&mut [0; 160]);
        let mut pcm = [10_000, -10_000];
        gain.apply(&mut pcm);
        assert_eq!(pcm, [32_767, -32_768]);
        gain.mute();
        gain.apply(&mut [0; 160]);
        gain.apply(&mut pcm);
        assert_eq!(pcm, [0, 0]);
    }
}
