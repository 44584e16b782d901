//! What a picture may cost: each of its bytes is multiplied by all its viewers.

use std::time::{Duration, Instant};

/// Over all its layers.
pub(crate) const BITS_PER_S: u64 = 4_000_000;
/// What may come at once.
const BURST: Duration = Duration::from_secs(1);
/// A packet counts as at least so many bytes: it is handled, however short it is.
const PACKET_MIN: u64 = 200;

/// A leaky bucket, kept as the time at which it will be empty.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    empty: Option<Instant>,
}

impl Budget {
    /// Whether a packet of so many bytes may pass now.
    pub fn allows(&mut self, bytes: usize, now: Instant) -> bool {
        let bits = (bytes as u64).max(PACKET_MIN) * 8;
        let cost = Duration::from_micros(bits * 1_000_000 / BITS_PER_S);
        let empty = self.empty.map_or(now, |at| at.max(now)) + cost;
        let fits = empty.saturating_duration_since(now) <= BURST;
        if fits {
            self.empty = Some(empty);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::start;

    /// Bits of `packets` that pass, one every `every`.
    fn passed(packets: u32, bytes: usize, every: Duration) -> u64 {
        let mut budget = Budget::default();
        let passed = (0..packets).filter(|k| budget.allows(bytes, start() + every * *k));
        passed.count() as u64 * bytes as u64 * 8
    }

    #[test]
    fn a_picture_within_its_budget_loses_nothing() {
        let every = Duration::from_micros(2_400);
        assert_eq!(passed(4_000, 1_200, every), 4_000 * 1_200 * 8);
    }

    #[test]
    fn a_hundred_times_the_budget_is_cut_to_it() {
        let seconds = 4;
        let flood = passed(4 * 41_667, 1_200, Duration::from_micros(24));
        let most = BITS_PER_S * (seconds + 1);
        assert!(flood <= most && flood > most * 99 / 100, "{flood}");
    }

    #[test]
    fn short_packets_are_bounded_in_number() {
        let sent = passed(100_000, 1, Duration::from_micros(10)) / 8;
        assert!(sent <= 2 * BITS_PER_S / 8 / PACKET_MIN, "{sent}");
    }
}
