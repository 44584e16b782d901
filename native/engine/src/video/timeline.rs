//! The one RTP timeline of a video slot (RFC 3550 5.1), whatever pictures and layers come and go on it.
//!
//! Within a run (one stream from a keyframe on) sequence and timestamp keep their distances, so that a loss stays
//! visible and can be repaired. A new run goes on by one and by the time that passed.

use std::time::Instant;

use crate::video::VideoPacket;

/// RTP clock of video.
const RATE_KHZ: u128 = 90;
/// Least step between two runs: 1 ms.
const STEP_MIN: u32 = 90;
/// A distance beyond this many packets is another stream, not loss.
const JUMP_MAX: u64 = 3_000;
/// A timestamp may run ahead of the clock by this much: 10 s.
const AHEAD_MAX: u128 = 900_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub seq: u64,
    pub timestamp: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    At(Stamp),
    /// Older than its run, or there already.
    Late,
    /// It does not go on what came before: a new run has to begin.
    Broken,
}

#[derive(Debug)]
pub(crate) struct Timeline {
    newest: Option<Newest>,
    first: Stamp,
    /// First of the run: nothing of it may land before.
    floor: Stamp,
    /// Added to the source's.
    seq_offset: u64,
    timestamp_offset: u32,
}

#[derive(Debug, Clone, Copy)]
struct Newest {
    stamp: Stamp,
    /// When the first packet of its timestamp was placed.
    at: Instant,
}

impl Timeline {
    /// `seed` sets the random start that RFC 3550 5.1 asks for. The first sequence number stays below
    /// 2^15: SRTP receivers assume roll-over counter 0 (RFC 3711 3.3.1).
    pub fn new(seed: u64) -> Self {
        let first = Stamp {
            seq: seed & 0x7fff,
            timestamp: (seed >> 16) as u32,
        };
        Self {
            newest: None,
            first,
            floor: first,
            seq_offset: 0,
            timestamp_offset: 0,
        }
    }

    /// Place the first packet of a run.
    pub fn begin(&mut self, packet: &VideoPacket, now: Instant) -> Stamp {
        let stamp = Stamp {
            seq: self
                .newest
                .map_or(self.first.seq, |newest| newest.stamp.seq + 1),
            timestamp: self.next_timestamp(now),
        };
        self.floor = stamp;
        self.seq_offset = stamp.seq.wrapping_sub(packet.seq);
        self.timestamp_offset = stamp.timestamp.wrapping_sub(packet.timestamp);
        self.newest = Some(Newest { stamp, at: now });
        stamp
    }

    /// Place a later packet of the run.
    pub fn go_on(&mut self, packet: &VideoPacket, now: Instant) -> Place {
        let Some(newest) = self.newest else {
            return Place::Broken;
        };
        let stamp = Stamp {
            seq: packet.seq.wrapping_add(self.seq_offset),
            timestamp: packet.timestamp.wrapping_add(self.timestamp_offset),
        };
        let ahead = stamp.seq.wrapping_sub(newest.stamp.seq).cast_signed();
        let step = distance(newest.stamp.timestamp, stamp.timestamp);
        if ahead.unsigned_abs() > JUMP_MAX {
            return Place::Broken;
        }
        if ahead <= 0 {
            let early = stamp.seq < self.floor.seq
                || distance(self.floor.timestamp, stamp.timestamp) < 0
                || step > 0;
            return if ahead == 0 || early {
                Place::Late
            } else {
                Place::At(stamp)
            };
        }
        let passed = clock(newest.at, now);
        if step < 0 || u128::from(step.unsigned_abs()) > passed + AHEAD_MAX {
            return Place::Broken;
        }
        let at = if step > 0 { now } else { newest.at };
        self.newest = Some(Newest { stamp, at });
        Place::At(stamp)
    }

    /// Where a run would begin now.
    pub fn next_timestamp(&self, now: Instant) -> u32 {
        match self.newest {
            None => self.first.timestamp,
            Some(Newest { stamp, at }) => {
                let passed = (clock(at, now) as u32).max(STEP_MIN);
                stamp.timestamp.wrapping_add(passed)
            }
        }
    }
}

/// From one timestamp to another, across the wrap.
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

fn clock(from: Instant, to: Instant) -> u128 {
    to.saturating_duration_since(from).as_micros() * RATE_KHZ / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ms, start};
    use crate::video::fixtures::packet;

    fn begun() -> (Timeline, Stamp) {
        let mut timeline = Timeline::new(7);
        let first = timeline.begin(&packet(100, 3_000), start());
        (timeline, first)
    }

    fn at(stamp: Stamp, seq: u64, timestamp: u32) -> Place {
        Place::At(Stamp {
            seq: stamp.seq + seq,
            timestamp: stamp.timestamp.wrapping_add(timestamp),
        })
    }

    #[test]
    fn a_loss_at_the_source_stays_a_gap() {
        let (mut timeline, first) = begun();
        let after = timeline.go_on(&packet(103, 6_000), start() + ms(33));
        assert_eq!(after, at(first, 3, 3_000));
    }

    #[test]
    fn a_new_run_goes_on_by_one_and_by_the_time_that_passed() {
        let (mut timeline, first) = begun();
        let next = timeline.begin(&packet(9_000, 77), start() + ms(500));
        assert_eq!(Place::At(next), at(first, 1, 45_000));
    }

    #[test]
    fn two_runs_at_the_same_instant_differ_in_time() {
        let (mut timeline, first) = begun();
        let next = timeline.begin(&packet(9_000, 77), start());
        assert_eq!(Place::At(next), at(first, 1, STEP_MIN));
    }

    #[test]
    fn what_was_lost_on_the_way_here_still_finds_its_place() {
        let (mut timeline, first) = begun();
        timeline.go_on(&packet(103, 6_000), start() + ms(33));
        let repaired = timeline.go_on(&packet(101, 3_000), start() + ms(60));
        assert_eq!(repaired, at(first, 1, 0));
    }

    #[test]
    fn what_is_older_than_its_run_or_came_already_is_late() {
        let (mut timeline, _) = begun();
        for seq in [99, 100] {
            assert_eq!(timeline.go_on(&packet(seq, 3_000), start()), Place::Late);
        }
    }

    #[test]
    fn a_timestamp_that_goes_back_or_far_ahead_breaks_the_run() {
        for timestamp in [2_999, 3_000 + 1_000_000] {
            let (mut timeline, _) = begun();
            let lies = timeline.go_on(&packet(101, timestamp), start());
            assert_eq!(lies, Place::Broken, "{timestamp}");
        }
    }

    #[test]
    fn a_sequence_that_jumps_breaks_the_run() {
        let (mut timeline, _) = begun();
        let jumped = timeline.go_on(&packet(9_000, 6_000), start());
        assert_eq!(jumped, Place::Broken);
    }
}
