//! Voice-operated keying: for a leg without a key, and only where it is configured.
//!
//! Two trackers follow the level of speech (fast up, slow down) and of noise (slow up, fast down); the
//! threshold lies between them. Opening takes 60 ms of voice, closing 400 ms of quiet. A talker that
//! holds the floor for 10 s is cut for 2 s, so that others can break in.

/// Settings; frames are 20 ms, levels are RMS values of 16-bit PCM.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VoxConfig {
    /// Lowest threshold: quieter sound never keys.
    pub min_rms: f32,
    /// Highest threshold while closed: louder sound always keys.
    pub max_rms: f32,
    /// Loud frames in a row that open.
    pub open_frames: u32,
    /// Quiet frames in a row that close.
    pub close_frames: u32,
    /// Frames open after which a break is forced; 0 means never.
    pub max_open_frames: u32,
    /// Length of the forced break, frames.
    pub break_frames: u32,
}

impl Default for VoxConfig {
    fn default() -> Self {
        Self {
            min_rms: 237.0,
            max_rms: 790.0,
            open_frames: 3,
            close_frames: 20,
            max_open_frames: 500,
            break_frames: 100,
        }
    }
}

/// Voice detector of one leg.
#[derive(Debug, Clone)]
pub struct Vox {
    config: VoxConfig,
    speech: f32,
    noise: f32,
    open: bool,
    /// Frames in a row that speak against the present state.
    against: u32,
    open_for: u32,
    deaf_for: u32,
}

impl Vox {
    /// A closed detector.
    pub fn new(config: VoxConfig) -> Self {
        Self {
            config,
            speech: 0.0,
            noise: 0.0,
            open: false,
            against: 0,
            open_for: 0,
            deaf_for: 0,
        }
    }

    /// True while voice is heard.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Stay closed for the next `frames`: while the echo of what the leg itself heard comes back.
    pub fn hold_off(&mut self, frames: u32) {
        self.deaf_for = self.deaf_for.max(frames);
        self.close();
    }

    /// Listen to one frame of 20 ms and say whether voice is heard now.
    pub fn frame(&mut self, pcm: &[i16]) -> bool {
        let rms = rms(pcm);
        let loud = rms > self.threshold();
        follow(&mut self.speech, rms, 0.25, 1.0 / 64.0);
        follow(&mut self.noise, rms, 1.0 / 64.0, 0.25);
        if self.deaf_for > 0 {
            self.deaf_for -= 1;
            return false;
        }
        self.against = if loud == self.open {
            0
        } else {
            self.against + 1
        };
        if self.open {
            self.open_for += 1;
            if self.against >= self.config.close_frames {
                self.close();
            } else if self.config.max_open_frames > 0
                && self.open_for >= self.config.max_open_frames
            {
                self.hold_off(self.config.break_frames);
            }
        } else if self.against >= self.config.open_frames {
            self.open = true;
            self.against = 0;
        }
        self.open
    }

    fn threshold(&self) -> f32 {
        let between = if self.open {
            self.speech / 8.0
        } else {
            (self.speech / 16.0)
                .max(2.0 * self.noise)
                .min(self.config.max_rms)
        };
        between.max(self.config.min_rms)
    }

    fn close(&mut self) {
        self.open = false;
        self.against = 0;
        self.open_for = 0;
    }
}

fn follow(tracker: &mut f32, value: f32, up: f32, down: f32) {
    let rate = if value > *tracker { up } else { down };
    *tracker += (value - *tracker) * rate;
}

fn rms(pcm: &[i16]) -> f32 {
    let energy: u64 = pcm.iter().map(|s| u64::from(s.unsigned_abs()).pow(2)).sum();
    (energy as f32 / pcm.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(vox: &mut Vox, level: i16, frames: usize) -> Vec<bool> {
        let pcm: Vec<i16> = (0..160)
            .map(|n| if n % 2 == 0 { level } else { -level })
            .collect();
        (0..frames).map(|_| vox.frame(&pcm)).collect()
    }

    #[test]
    fn voice_opens_after_60_ms_and_quiet_closes_after_400() {
        let mut vox = Vox::new(VoxConfig::default());
        assert_eq!(feed(&mut vox, 3_000, 4), [false, false, true, true]);
        let tail = feed(&mut vox, 20, 21);
        assert_eq!(tail.iter().filter(|open| **open).count(), 19, "{tail:?}");
    }

    #[test]
    fn a_click_does_not_open() {
        let mut vox = Vox::new(VoxConfig::default());
        let mut heard = feed(&mut vox, 10_000, 2);
        heard.extend(feed(&mut vox, 10, 20));
        assert!(heard.iter().all(|open| !open));
    }

    #[test]
    fn steady_noise_does_not_open_but_speech_over_it_does() {
        let mut vox = Vox::new(VoxConfig::default());
        feed(&mut vox, 0, 10);
        for level in (0..350).step_by(2) {
            assert!(!feed(&mut vox, level, 2).contains(&true), "noise {level}");
        }
        assert!(!feed(&mut vox, 350, 100).contains(&true));
        assert!(feed(&mut vox, 4_000, 5)[4]);
    }

    #[test]
    fn pauses_between_words_do_not_close() {
        let mut vox = Vox::new(VoxConfig::default());
        feed(&mut vox, 4_000, 10);
        for _ in 0..10 {
            assert!(feed(&mut vox, 50, 15).iter().all(|open| *open));
            assert!(feed(&mut vox, 4_000, 10).iter().all(|open| *open));
        }
    }

    #[test]
    fn ten_seconds_open_force_a_break_of_two() {
        let mut vox = Vox::new(VoxConfig::default());
        let heard = feed(&mut vox, 4_000, 700);
        let first = heard.iter().position(|open| *open).unwrap();
        let gap = heard[first..].iter().position(|open| !open).unwrap();
        let pause = heard[first + gap..].iter().position(|open| *open).unwrap();
        assert!(
            (499..=501).contains(&gap) && (100..=104).contains(&pause),
            "{gap} {pause}"
        );
    }

    #[test]
    fn a_hold_off_closes_and_ignores_the_echo() {
        let mut vox = Vox::new(VoxConfig::default());
        feed(&mut vox, 4_000, 10);
        vox.hold_off(13);
        assert!(!vox.is_open());
        let heard = feed(&mut vox, 4_000, 17);
        assert_eq!(heard.iter().position(|open| *open), Some(15));
    }
}
