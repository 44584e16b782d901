//! The one RTP timeline of a slot (RFC 3550 5.1), whatever sources come and go on it.
//!
//! Within a burst (an unbroken run of one source) sequence and timestamp keep their distances, so a
//! loss before the gateway stays visible as a gap. Between bursts the sequence goes on by one and the
//! timestamp by the time that passed, so a listener's jitter buffer sees silence, not loss.

use std::time::Instant;

use crate::io::MediaPacket;

/// RTP clock of Opus (RFC 7587 4.1).
const RATE_KHZ: u128 = 48;
/// Least step between two bursts: one 20 ms frame.
const FRAME: u32 = 960;
/// A forward jump beyond this many packets (one minute) is a restarted source, not loss.
const JUMP_MAX: u64 = 3_000;

/// Where a packet lands on the slot's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub seq: u64,
    pub timestamp: u32,
    pub marker: bool,
}

/// State of one outgoing RTP stream.
#[derive(Debug, Clone)]
pub(crate) struct Timeline {
    newest: Option<Newest>,
    first_seq: u64,
    first_timestamp: u32,
    /// First sequence number of the current burst: nothing of it may land before.
    floor: u64,
    /// Added to the source's sequence number and timestamp.
    seq_offset: u64,
    timestamp_offset: u32,
}

#[derive(Debug, Clone, Copy)]
struct Newest {
    seq: u64,
    timestamp: u32,
    sent: Instant,
}

impl Timeline {
    /// `seed` sets the random start that RFC 3550 5.1 asks for. The first sequence number stays below
    /// 2^15: SRTP receivers assume roll-over counter 0 (RFC 3711 3.3.1).
    pub fn new(seed: u64) -> Self {
        Self {
            newest: None,
            first_seq: seed & 0x7fff,
            first_timestamp: (seed >> 16) as u32,
            floor: 0,
            seq_offset: 0,
            timestamp_offset: 0,
        }
    }

    /// Place a packet; `fresh` starts a burst. `None`: the packet is older than its burst.
    pub fn place(&mut self, packet: &MediaPacket, fresh: bool, now: Instant) -> Option<Stamp> {
        let continued = !fresh
            && self
                .newest
                .is_some_and(|newest| !self.is_restart(packet, newest));
        if !continued {
            self.begin_burst(packet, now);
        }
        let seq = packet.seq.wrapping_add(self.seq_offset);
        if !(self.floor..self.floor.saturating_add(u64::MAX / 2)).contains(&seq) {
            return None;
        }
        let timestamp = packet.timestamp.wrapping_add(self.timestamp_offset);
        if self.newest.is_none_or(|newest| seq >= newest.seq) {
            self.newest = Some(Newest {
                seq,
                timestamp,
                sent: now,
            });
        }
        Some(Stamp {
            seq,
            timestamp,
            marker: packet.marker || !continued,
        })
    }

    fn is_restart(&self, packet: &MediaPacket, newest: Newest) -> bool {
        let seq = packet.seq.wrapping_add(self.seq_offset);
        let ahead = seq.wrapping_sub(newest.seq);
        let behind = newest.seq.wrapping_sub(seq);
        ahead.min(behind) > JUMP_MAX
    }

    fn begin_burst(&mut self, packet: &MediaPacket, now: Instant) {
        let (seq, timestamp) = match self.newest {
            None => (self.first_seq, self.first_timestamp),
            Some(newest) => {
                let passed =
                    now.saturating_duration_since(newest.sent).as_micros() * RATE_KHZ / 1_000;
                (
                    newest.seq + 1,
                    newest.timestamp.wrapping_add((passed as u32).max(FRAME)),
                )
            }
        };
        self.floor = seq;
        self.seq_offset = seq.wrapping_sub(packet.seq);
        self.timestamp_offset = timestamp.wrapping_sub(packet.timestamp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ms, packet, start};

    #[test]
    fn a_loss_at_the_source_stays_a_gap() {
        let mut timeline = Timeline::new(7);
        let first = timeline.place(&packet(100), true, start()).unwrap();
        let after_gap = timeline
            .place(&packet(103), false, start() + ms(60))
            .unwrap();
        assert_eq!(after_gap.seq, first.seq + 3);
        assert_eq!(after_gap.timestamp, first.timestamp.wrapping_add(3 * FRAME));
        assert!(first.marker && !after_gap.marker);
    }

    #[test]
    fn a_new_burst_goes_on_by_one_and_by_the_time_that_passed() {
        let mut timeline = Timeline::new(7);
        let last = timeline.place(&packet(100), true, start()).unwrap();
        let next = timeline
            .place(&packet(90_000), true, start() + ms(500))
            .unwrap();
        assert_eq!(
            next,
            Stamp {
                seq: last.seq + 1,
                timestamp: last.timestamp.wrapping_add(500 * 48),
                marker: true
            }
        );
    }

    #[test]
    fn two_bursts_at_the_same_instant_are_a_frame_apart() {
        let mut timeline = Timeline::new(7);
        let last = timeline.place(&packet(100), true, start()).unwrap();
        let next = timeline.place(&packet(5), true, start()).unwrap();
        assert_eq!(next.timestamp, last.timestamp.wrapping_add(FRAME));
    }

    #[test]
    fn a_packet_from_before_its_burst_is_late() {
        let mut timeline = Timeline::new(7);
        timeline.place(&packet(1), true, start()).unwrap();
        timeline.place(&packet(100), true, start()).unwrap();
        assert_eq!(timeline.place(&packet(99), false, start()), None);
    }

    #[test]
    fn reordered_packets_keep_their_places() {
        let mut timeline = Timeline::new(7);
        let first = timeline.place(&packet(10), true, start()).unwrap();
        assert_eq!(
            timeline.place(&packet(12), false, start()).unwrap().seq,
            first.seq + 2
        );
        assert_eq!(
            timeline.place(&packet(11), false, start()).unwrap().seq,
            first.seq + 1
        );
        assert_eq!(
            timeline.place(&packet(13), false, start()).unwrap().seq,
            first.seq + 3
        );
    }

    #[test]
    fn a_restarted_source_is_a_new_burst() {
        let mut timeline = Timeline::new(7);
        let last = timeline.place(&packet(50_000), true, start()).unwrap();
        let next = timeline.place(&packet(3), false, start() + ms(20)).unwrap();
        assert_eq!((next.seq, next.marker), (last.seq + 1, true));
    }

    #[test]
    fn the_first_packet_starts_with_roll_over_counter_zero() {
        for seed in [0, 1, u64::MAX, 0x1234_5678_9abc_def0] {
            assert!(
                Timeline::new(seed)
                    .place(&packet(1 << 40), true, start())
                    .unwrap()
                    .seq
                    < 1 << 15
            );
        }
    }
}
