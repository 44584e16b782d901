//! How long packets have to wait so that nearly all of them are in time.
//!
//! The transit of a packet is its arrival minus its timestamp. The least transit of the last 5 to 10 s is
//! the base line (it follows slow clock drift); what a packet took longer goes into a histogram that
//! forgets over 10 s. The target is the delay that 98 of 100 packets keep.

/// Width of a bucket and number of buckets: up to 500 ms.
const BUCKET_MS: i64 = 5;
const BUCKETS: i64 = 100;
/// Share of old packets' weight that stays at each packet: 10 s of 20 ms packets.
const KEEP: f32 = 0.998;
/// Part of the packets that the target covers.
const COVERED: f32 = 0.98;
/// A base line is valid for one to two windows of this length.
const WINDOW_MS: i64 = 5_000;

/// All values in timestamp units of the stream.
#[derive(Debug)]
pub(crate) struct DelayEstimator {
    bucket: i64,
    window: i64,
    histogram: [f32; BUCKETS as usize],
    /// Least transit of this window and the one before.
    least: Option<i64>,
    least_before: Option<i64>,
    window_ends: i64,
    initial: usize,
    target: i64,
}

impl DelayEstimator {
    /// An estimator that assumes `initial_ms` until it knows better.
    pub(crate) fn new(clock_hz: u32, initial_ms: u32) -> Self {
        let per_ms = i64::from(clock_hz) / 1000;
        let initial = bucket_of(i64::from(initial_ms) / BUCKET_MS);
        let mut new = Self {
            bucket: BUCKET_MS * per_ms,
            window: WINDOW_MS * per_ms,
            histogram: [0.0; BUCKETS as usize],
            least: None,
            least_before: None,
            window_ends: 0,
            initial,
            target: 0,
        };
        new.restart();
        new
    }

    /// Forget everything: the sender's clock has changed.
    pub(crate) fn restart(&mut self) {
        self.histogram = [0.0; BUCKETS as usize];
        self.histogram[self.initial] = 1.0;
        (self.least, self.least_before) = (None, None);
        self.target = self.covering();
    }

    /// Take one packet in. `typical`: what it took longer than the fastest is counted.
    pub(crate) fn observe(&mut self, timestamp: i64, arrival: i64, typical: bool) {
        let transit = arrival - timestamp;
        if arrival >= self.window_ends && self.least.is_some() {
            let recent = arrival < self.window_ends + self.window;
            self.least_before = self.least.take().filter(|_| recent);
        }
        if self.least.is_none() {
            self.window_ends = arrival + self.window;
        }
        self.least = Some(self.least.map_or(transit, |least| least.min(transit)));
        if !typical {
            return;
        }
        let delay = transit - self.base();
        let bucket = bucket_of(delay / self.bucket);
        self.histogram.iter_mut().for_each(|weight| *weight *= KEEP);
        self.histogram[bucket] += 1.0;
        self.target = self.covering();
    }

    /// Transit of the fastest packets; 0 before the first.
    pub(crate) fn base(&self) -> i64 {
        match (self.least, self.least_before) {
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b).unwrap_or(0),
        }
    }

    /// Delay over the base line that covers nearly all packets: the upper edge of its bucket.
    pub(crate) fn target(&self) -> i64 {
        self.target
    }

    fn covering(&self) -> i64 {
        let whole: f32 = self.histogram.iter().sum();
        let mut covered = 0.0;
        let buckets = self
            .histogram
            .iter()
            .zip(1..)
            .find_map(|(weight, buckets)| {
                covered += weight;
                (covered >= COVERED * whole).then_some(buckets)
            });
        buckets.unwrap_or(BUCKETS) * self.bucket
    }
}

fn bucket_of(buckets: i64) -> usize {
    buckets.clamp(0, BUCKETS - 1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(delays_ms: impl Iterator<Item = i64>) -> DelayEstimator {
        let mut estimator = DelayEstimator::new(8_000, 20);
        for (n, delay) in (0..).zip(delays_ms) {
            estimator.observe(n * 160, 1_000_000 + n * 160 + delay * 8, true);
        }
        estimator
    }

    #[test]
    fn a_clean_link_needs_one_bucket() {
        assert_eq!(observed((0..200).map(|_| 0)).target(), 5 * 8);
    }

    #[test]
    fn the_initial_guess_holds_until_a_second_of_packets_has_come() {
        assert_eq!(observed((0..10).map(|_| 0)).target(), 25 * 8);
    }

    #[test]
    fn the_target_covers_98_of_100() {
        // 97 fast ones and 3 slow ones of each 100: the slow ones must be covered.
        assert_eq!(
            observed((0..2_000).map(|n| if n % 100 < 3 { 62 } else { 0 })).target(),
            65 * 8
        );
        // One slow one of each 100 need not be.
        assert_eq!(
            observed((0..2_000).map(|n| if n % 100 < 1 { 62 } else { 0 })).target(),
            5 * 8
        );
    }

    #[test]
    fn a_lasting_rise_of_the_path_becomes_the_new_base_line() {
        let estimator = observed((0..1_500).map(|n| if n < 500 { 10 } else { 60 }));
        assert_eq!(estimator.base(), 1_000_000 + 60 * 8);
    }

    #[test]
    fn a_jam_is_forgotten() {
        let estimator = observed((0..4_000).map(|n| if n < 500 { (n % 40) * 5 } else { 0 }));
        assert_eq!(estimator.target(), 5 * 8);
    }
}
