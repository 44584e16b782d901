//! The talker's clock and the packets it makes.

use std::time::{Duration, Instant};

/// RTP clock of Opus, ticks a second.
const RATE: u32 = 48_000;
/// Opus table of contents for one 20 ms frame, so that a relay that looks finds speech.
const TOC: u8 = 0xf8;

/// One source of packets.
#[derive(Debug)]
pub struct Talker {
    pub session: usize,
    period: Duration,
    step: u32,
    payload: Vec<u8>,
    next: Instant,
    index: u64,
    timestamp: u32,
}

impl Talker {
    pub fn new(session: usize, pps: u32, bytes: usize, now: Instant) -> Self {
        let pps = pps.clamp(1, 1_000);
        let mut payload = vec![0xa5; bytes.clamp(9, 1_200)];
        payload[0] = TOC;
        Self {
            session,
            period: Duration::from_secs(1) / pps,
            step: RATE / pps,
            payload,
            next: now,
            index: 0,
            timestamp: 0,
        }
    }

    /// When the next packet leaves.
    pub fn next(&self) -> Instant {
        self.next
    }

    /// Index of the next packet.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The packet that is due: RTP timestamp and payload.
    pub fn due(&mut self, now: Instant) -> Option<(u32, &[u8])> {
        if self.next > now {
            return None;
        }
        self.next += self.period;
        self.timestamp = self.timestamp.wrapping_add(self.step);
        self.payload[1..9].copy_from_slice(&self.index.to_be_bytes());
        self.index += 1;
        Some((self.timestamp, &self.payload))
    }
}

/// The index that a payload carries.
pub fn index(payload: &[u8]) -> Option<u64> {
    let bytes = payload.get(1..9)?.try_into().ok()?;
    Some(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_carry_their_index() {
        let start = Instant::now();
        let mut talker = Talker::new(0, 50, 100, start);
        let first = talker.due(start).and_then(|(_, payload)| index(payload));
        let second = talker
            .due(start + Duration::from_millis(20))
            .and_then(|(_, payload)| index(payload));
        assert_eq!((first, second), (Some(0), Some(1)));
    }

    #[test]
    fn nothing_is_due_before_its_time() {
        let start = Instant::now();
        let mut talker = Talker::new(0, 50, 100, start);
        talker.due(start);
        assert!(talker.due(start + Duration::from_millis(19)).is_none());
    }
}
