//! Makes the samples of one tone, frame by frame.

use core::f64::consts::{PI, TAU};

use super::pattern::{Segment, Timbre};
use super::{Tone, pattern::Pattern};

/// Raised-cosine edge of every pulse, ms.
const EDGE_MS: u32 = 5;
/// Harmonics are left out from here on, Hz: phones end there.
const HARMONIC_MAX_HZ: f64 = 4_000.0;
const PARTIALS_MAX: usize = 5;

/// One sine by the two-term recurrence `s[n+1] = 2 cos(w) s[n] - s[n-1]`.
#[derive(Debug, Clone, Copy, Default)]
struct Partial {
    factor: f64,
    now: f64,
    before: f64,
}

impl Partial {
    fn new(hz: f64, rate_hz: u32, amplitude: f64) -> Self {
        let step = TAU * hz / f64::from(rate_hz);
        Self {
            factor: 2.0 * step.cos(),
            now: 0.0,
            before: -amplitude * step.sin(),
        }
    }

    fn next(&mut self) -> f64 {
        let out = self.now;
        self.now = self.factor * out - self.before;
        self.before = out;
        out
    }
}

/// Plays one tone at a time into frames of 16-bit PCM.
#[derive(Debug, Clone)]
pub struct TonePlayer {
    rate_hz: u32,
    pattern: Option<&'static Pattern>,
    index: usize,
    partials: [Partial; PARTIALS_MAX],
    /// Samples of the present segment: played and whole.
    at: u32,
    len: u32,
    silent: bool,
    /// Samples since the tone began, for the rise.
    played: u32,
}

impl TonePlayer {
    /// A silent player at `rate_hz`, at least 8000.
    pub fn new(rate_hz: u32) -> Self {
        Self {
            rate_hz,
            pattern: None,
            index: 0,
            partials: [Partial::default(); PARTIALS_MAX],
            at: 0,
            len: 0,
            silent: true,
            played: 0,
        }
    }

    /// Play `tone` from its beginning in place of the one that plays.
    pub fn start(&mut self, tone: Tone) {
        self.pattern = Some(tone.pattern());
        self.played = 0;
        self.enter(0);
    }

    /// End the tone with the edge of a pulse, within 5 ms.
    pub fn stop(&mut self) {
        if self.silent {
            self.pattern = None;
        }
        // Cutting the segment to its edge makes it fall now; usize::MAX has no successor.
        self.len = self.len.min(self.at + self.edge());
        self.index = usize::MAX;
    }

    /// True while there is something to play, pauses of the tone included.
    pub fn is_playing(&self) -> bool {
        self.pattern.is_some()
    }

    /// Write the next frame; after the end of the tone it is silence.
    pub fn render(&mut self, out: &mut [i16]) {
        for sample in out {
            *sample = self.sample();
        }
    }

    fn sample(&mut self) -> i16 {
        let Some(pattern) = self.pattern else {
            return 0;
        };
        let value = if self.silent {
            0.0
        } else {
            self.pulse(pattern)
        };
        self.at += 1;
        self.played = self.played.saturating_add(1);
        if self.at >= self.len {
            match self.index.checked_add(1) {
                Some(next) => self.enter(next),
                None => self.pattern = None,
            }
        }
        value.round() as i16
    }

    fn pulse(&mut self, pattern: &Pattern) -> f64 {
        let sum: f64 = self.partials.iter_mut().map(Partial::next).sum();
        let from_edge = self.at.min(self.len - 1 - self.at);
        let edge = self.edge();
        let shape = if from_edge < edge {
            0.5 - 0.5 * (PI * f64::from(from_edge) / f64::from(edge)).cos()
        } else {
            1.0
        };
        let missing = 1.0 - f64::from(self.played.min(self.rate_hz)) / f64::from(self.rate_hz);
        let rise = if pattern.rise_db == 0 {
            1.0
        } else {
            amplitude(-missing * f64::from(pattern.rise_db))
        };
        sum * shape * rise
    }

    fn enter(&mut self, index: usize) {
        self.index = index;
        self.at = 0;
        let Some((pattern, segment)) = self.pattern.and_then(|p| Some((p, p.segment(index)?)))
        else {
            self.pattern = None;
            return;
        };
        self.len = (u32::from(segment.ms) * self.rate_hz / 1000).max(1);
        self.silent = segment.hz == 0;
        self.partials = partials(segment, pattern, self.rate_hz);
    }

    fn edge(&self) -> u32 {
        EDGE_MS * self.rate_hz / 1000
    }
}

fn amplitude(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

/// The sines of one segment; their summed power is that of the pattern's level.
fn partials(segment: Segment, pattern: &Pattern, rate_hz: u32) -> [Partial; PARTIALS_MAX] {
    let weight = |harmonic: usize| {
        let sounds = match pattern.timbre {
            Timbre::Pure => harmonic == 1,
            Timbre::Odd => harmonic % 2 == 1,
            Timbre::Rich => true,
        };
        let in_band = harmonic as f64 * f64::from(segment.hz) < HARMONIC_MAX_HZ;
        if sounds && in_band {
            1.0 / harmonic as f64
        } else {
            0.0
        }
    };
    let power: f64 = (1..=PARTIALS_MAX).map(|h| weight(h).powi(2)).sum::<f64>();
    let scale = 32_767.0 * amplitude(f64::from(pattern.level_db)) / power.sqrt().max(1.0);
    let mut out = [Partial::default(); PARTIALS_MAX];
    for (harmonic, partial) in (1..).zip(&mut out) {
        *partial = Partial::new(
            harmonic as f64 * f64::from(segment.hz),
            rate_hz,
            scale * weight(harmonic),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(tone: Tone, rate: u32, ms: u32) -> Vec<i16> {
        let mut player = TonePlayer::new(rate);
        player.start(tone);
        let mut out = vec![0; (rate / 1000 * ms) as usize];
        // Odd frames show that nothing depends on frame borders.
        out.chunks_mut(137).for_each(|frame| player.render(frame));
        out
    }

    /// Level of one frequency against a full-scale sine, dB (Goertzel by correlation).
    fn level_db(pcm: &[i16], hz: f64, rate: u32) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, s) in pcm.iter().enumerate() {
            let angle = TAU * hz * n as f64 / f64::from(rate);
            re += f64::from(*s) * angle.cos();
            im += f64::from(*s) * angle.sin();
        }
        20.0 * ((re.hypot(im) * 2.0 / pcm.len() as f64) / 32_767.0).log10()
    }

    #[test]
    fn granted_is_three_pulses_of_880_hz_in_170_ms() {
        assert_eq!(Tone::Granted.duration_ms(), Some(170));
        for rate in [8_000, 16_000, 48_000] {
            let pcm = played(Tone::Granted, rate, 200);
            let ms = |from: u32, to: u32| {
                &pcm[(rate / 1000 * from) as usize..(rate / 1000 * to) as usize]
            };
            for start in [0, 65, 130] {
                let level = level_db(ms(start + 6, start + 34), 880.0, rate);
                assert!(
                    (level + 26.0).abs() < 1.0,
                    "{rate} Hz at {start} ms: {level:.1} dB"
                );
            }
            assert!(
                ms(41, 64)
                    .iter()
                    .chain(ms(106, 129))
                    .chain(ms(171, 200))
                    .all(|s| *s == 0)
            );
        }
    }

    #[test]
    fn every_edge_is_soft() {
        let tones = [
            Tone::Granted,
            Tone::Go,
            Tone::Revoked,
            Tone::Busy,
            Tone::EmergencyAcked,
            Tone::Cleared,
        ];
        for tone in tones {
            let pcm = played(tone, 48_000, tone.duration_ms().unwrap() + 10);
            let step = pcm
                .windows(2)
                .map(|w| (i32::from(w[1]) - i32::from(w[0])).abs())
                .max()
                .unwrap();
            // A sine of 1319 Hz at 48 kHz moves by 17 % of its peak a sample; a hard edge by up to all of it.
            let peak = pcm
                .iter()
                .map(|s| i32::from(s.unsigned_abs()))
                .max()
                .unwrap();
            assert!(step * 100 <= peak * 20, "{tone:?}: step {step} of {peak}");
        }
    }

    #[test]
    fn a_honk_has_odd_harmonics_and_an_alarm_all() {
        let honk = played(Tone::Denied, 16_000, 180);
        assert!(level_db(&honk[80..2_800], 933.0, 16_000) > -34.0);
        assert!(level_db(&honk[80..2_800], 622.0, 16_000) < -60.0);
        let alarm = played(Tone::EmergencyAlarm, 16_000, 2_000);
        assert!(level_db(&alarm[24_100..27_900], 1_174.0, 16_000) > -24.0);
    }

    #[test]
    fn the_alarm_rises_over_its_first_second_and_repeats() {
        let pcm = played(Tone::EmergencyAlarm, 8_000, 8_000);
        let rms = |from: usize| {
            let part = &pcm[from * 8..(from + 240) * 8];
            10.0 * (part.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / part.len() as f64)
                .log10()
        };
        assert!(rms(1_500) - rms(0) > 8.0);
        assert!(pcm[8 * 2_001..8 * 5_999].iter().all(|s| *s == 0));
        assert!((rms(1_500) - rms(6_000)).abs() < 1.0);
    }

    #[test]
    fn a_stopped_tone_falls_within_5_ms() {
        let mut player = TonePlayer::new(8_000);
        player.start(Tone::EmergencyAlarm);
        let mut out = vec![0; 8_800];
        player.render(&mut out);
        player.stop();
        player.render(&mut out[..80]);
        assert!(out[..30].iter().any(|s| *s != 0) && out[41..80].iter().all(|s| *s == 0));
        assert!(!player.is_playing());
    }

    #[test]
    fn a_tone_stopped_in_its_pause_is_over_at_once() {
        let mut player = TonePlayer::new(8_000);
        player.start(Tone::Queued);
        player.render(&mut [0; 4_000]);
        player.stop();
        assert!(!player.is_playing());
    }
}
