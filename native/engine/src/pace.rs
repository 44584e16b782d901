//! How fast a source may send: one packet is multiplied by all its listeners.

use std::time::{Duration, Instant};

/// Packets a second a source may send for long: Opus has at most 400 (2.5 ms frames, RFC 7587 3.3);
/// the rest is room for load tests.
pub(crate) const PACKETS_PER_S_MAX: u32 = 1_000;
/// Packets it may send at once: what a network holds back and then lets go.
const BURST: u32 = 500;
/// What one packet costs.
const PACKET: Duration = Duration::from_micros(1_000_000 / PACKETS_PER_S_MAX as u64);

/// A leaky bucket, kept as the time at which it will be empty.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    empty: Option<Instant>,
}

impl Pace {
    /// Whether a packet may pass now.
    pub fn allows(&mut self, now: Instant) -> bool {
        let empty = self.empty.map_or(now, |at| at.max(now));
        let fits = empty.saturating_duration_since(now) < PACKET * BURST;
        if fits {
            self.empty = Some(empty + PACKET);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::start;

    fn passed(packets: u64, every: Duration) -> usize {
        let mut pace = Pace::default();
        let at = |k: u64| start() + every * k as u32;
        (0..packets).filter(|k| pace.allows(at(*k))).count()
    }

    #[test]
    fn the_shortest_opus_frames_pass() {
        assert_eq!(passed(4_000, Duration::from_micros(2_500)), 4_000);
    }

    #[test]
    fn a_burst_after_a_pause_passes() {
        assert_eq!(passed(u64::from(BURST), Duration::ZERO), BURST as usize);
    }

    #[test]
    fn a_flood_is_cut_to_the_rate() {
        let seconds = 4;
        let most = BURST as usize + seconds * PACKETS_PER_S_MAX as usize;
        let flood = passed(10_000 * seconds as u64, Duration::from_micros(100));
        assert!((most - 2..=most + 2).contains(&flood), "{flood} of {most}");
    }
}
