//! What a hostile publisher sends beside its voice.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::Deserialize;

/// Behind by more than this a flood leaves out what is overdue.
const BEHIND_MAX: Duration = Duration::from_millis(200);
/// Too short to carry an index, so that no listener counts it.
pub const PAYLOAD: &[u8] = &[0xf8; 8];
/// A receiver report without blocks (RFC 3550 6.4.2), then what would be the SRTCP index and the tag.
const REPORT: [u8; 28] = {
    let mut report = [0x5a; 28];
    [report[0], report[1], report[2], report[3]] = [0x80, 201, 0, 1];
    report
};

/// What is wrong with the datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Nothing but their number.
    Voice,
    /// One good SRTP packet over and over.
    Replay,
    /// That packet under another SSRC each time.
    Forged,
    /// Receiver reports with a tag that is none.
    Reports,
}

/// One flood, from the socket of a session.
#[derive(Debug)]
pub struct Flood {
    pub session: usize,
    kind: Kind,
    period: Duration,
    next: Instant,
    count: u32,
    good: Option<(SocketAddr, Vec<u8>)>,
}

impl Flood {
    pub fn new(session: usize, kind: Kind, pps: u32, now: Instant) -> Self {
        Self {
            session,
            kind,
            period: Duration::from_secs(1) / pps.clamp(1, 20_000),
            next: now,
            count: 0,
            good: None,
        }
    }

    /// When the next datagram leaves.
    pub fn next(&self) -> Instant {
        self.next
    }

    /// How many have left.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The session sent this; its first SRTP packet is kept.
    pub fn sent(&mut self, to: SocketAddr, datagram: &[u8]) {
        // RFC 7983 5 and RFC 5761 4: RTP, and not RTCP.
        let is_rtp = matches!(datagram, [128..=191, kind, ..] if !(192..=223).contains(kind));
        if self.good.is_none() && is_rtp && datagram.len() > 12 {
            self.good = Some((to, datagram.to_vec()));
        }
    }

    /// Whether the next one is due; if so, it is counted.
    pub fn due(&mut self, now: Instant) -> bool {
        let is_ready = self.kind == Kind::Voice || self.good.is_some();
        if !is_ready || self.next > now {
            return false;
        }
        let earliest = now.checked_sub(BEHIND_MAX).unwrap_or(now);
        self.next = self.next.max(earliest) + self.period;
        self.count += 1;
        true
    }

    /// The datagram to send and where to; `None`: the session speaks [`PAYLOAD`].
    pub fn datagram(&mut self) -> Option<(SocketAddr, &[u8])> {
        let (to, good) = self.good.as_mut().filter(|_| self.kind != Kind::Voice)?;
        if self.kind == Kind::Forged {
            good[8..12].copy_from_slice(&self.count.wrapping_mul(0x9e37_79b9).to_be_bytes());
        }
        let bytes = if self.kind == Kind::Reports {
            &REPORT
        } else {
            good.as_slice()
        };
        Some((*to, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SRTP: [u8; 40] = {
        let mut packet = [7; 40];
        [packet[0], packet[1]] = [0x80, 111];
        packet
    };

    fn flood(kind: Kind) -> Flood {
        let mut flood = Flood::new(0, kind, 1_000, Instant::now());
        flood.sent(([127, 0, 0, 1], 9).into(), &SRTP);
        flood
    }

    #[test]
    fn a_replay_is_the_packet_that_was_sent() {
        assert_eq!(
            flood(Kind::Replay).datagram().map(|(_, bytes)| bytes),
            Some(&SRTP[..])
        );
    }

    #[test]
    fn a_forged_packet_differs_in_its_ssrc_alone() {
        let mut flood = flood(Kind::Forged);
        flood.due(Instant::now());
        let (_, bytes) = flood.datagram().unwrap();
        assert_eq!((&bytes[..8], &bytes[12..]), (&SRTP[..8], &SRTP[12..]));
        assert_ne!(bytes[8..12], SRTP[8..12]);
    }

    #[test]
    fn nothing_is_due_before_there_is_a_packet_to_replay() {
        let mut flood = Flood::new(0, Kind::Replay, 1_000, Instant::now());
        assert!(!flood.due(Instant::now()));
    }
}
