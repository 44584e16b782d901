//! Mix-minus: sum all talkers once, and give each the sum without itself.
//!
//! Who does not talk shares one mix; who talks gets its own. The bus is 32 bits wide, so that taking a
//! talker out again is exact; 65,536 full-scale talkers would be needed to overflow it.

use crate::{Limiter, MAX_FRAME};

/// The sum of one tick.
#[derive(Debug, Clone)]
pub struct MixBus {
    sum: Box<[i32; MAX_FRAME]>,
    scratch: Box<[i32; MAX_FRAME]>,
    len: usize,
    talkers: usize,
}

impl Default for MixBus {
    fn default() -> Self {
        Self {
            sum: Box::new([0; MAX_FRAME]),
            scratch: Box::new([0; MAX_FRAME]),
            len: 0,
            talkers: 0,
        }
    }
}

impl MixBus {
    /// Begin a tick of `len` samples, at most [`MAX_FRAME`].
    pub fn begin(&mut self, len: usize) {
        self.len = len.min(MAX_FRAME);
        self.talkers = 0;
        self.sum[..self.len].fill(0);
    }

    /// Add one talker's frame; a short one counts as silent at its end.
    pub fn add(&mut self, pcm: &[i16]) {
        self.talkers += 1;
        for (sum, sample) in self.sum[..self.len].iter_mut().zip(pcm) {
            *sum += i32::from(*sample);
        }
    }

    /// How many talkers were added in this tick.
    pub fn talkers(&self) -> usize {
        self.talkers
    }

    /// The mix of all talkers, for everyone who is not one. `out` is as long as the tick.
    pub fn total(&self, limiter: &mut Limiter, out: &mut [i16]) {
        let len = self.len.min(out.len());
        limiter.process(&self.sum[..len], &mut out[..len]);
    }

    /// The mix without one of its talkers, whose frame `own` is as it was added.
    pub fn minus(&mut self, own: &[i16], limiter: &mut Limiter, out: &mut [i16]) {
        let len = self.len.min(out.len());
        self.scratch[..len].copy_from_slice(&self.sum[..len]);
        for (sum, sample) in self.scratch[..len].iter_mut().zip(own) {
            *sum -= i32::from(*sample);
        }
        limiter.process(&self.scratch[..len], &mut out[..len]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_talker_hears_exactly_the_others() {
        let frames = [[100_i16; 160], [-3_000; 160], [20_000; 160]];
        let mut bus = MixBus::default();
        bus.begin(160);
        for frame in &frames {
            bus.add(frame);
        }
        let mut out = [0; 160];
        bus.total(&mut Limiter::default(), &mut out);
        assert_eq!((bus.talkers(), out), (3, [17_100; 160]));
        for own in &frames {
            bus.minus(own, &mut Limiter::default(), &mut out);
            assert_eq!(out, [17_100 - own[0]; 160]);
        }
    }

    #[test]
    fn the_only_talker_hears_silence() {
        let mut bus = MixBus::default();
        bus.begin(160);
        bus.add(&[30_000; 160]);
        let mut out = [1; 160];
        bus.minus(&[30_000; 160], &mut Limiter::default(), &mut out);
        assert_eq!(out, [0; 160]);
    }

    #[test]
    fn a_tick_forgets_the_one_before() {
        let mut bus = MixBus::default();
        bus.begin(160);
        bus.add(&[9; 160]);
        bus.begin(320);
        let mut out = [1; 320];
        bus.total(&mut Limiter::default(), &mut out);
        assert_eq!((bus.talkers(), out), (0, [0; 320]));
    }
}
