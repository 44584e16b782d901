//! Where the phone really is: behind a NAT its RTP comes from elsewhere than its SDP says (RFC 4961).
//!
//! Rules: what SDP says is used until valid RTP comes from elsewhere, twice in a row; then that address is
//! kept. Another one is believed only when the kept one has been silent for [`SILENT_AFTER`]. The address
//! of the SDP itself is believed at once and at any time, so that nobody can lock the phone out.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A source that sent nothing for this long can be replaced.
pub const SILENT_AFTER: Duration = Duration::from_secs(3);

/// Who sent a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The phone.
    Phone,
    /// Perhaps the phone, not proven yet: do not use the packet.
    Candidate,
    /// Somebody else.
    Foreign,
}

/// What makes two packets follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Proof {
    from: SocketAddr,
    ssrc: u32,
    next: u16,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Latch {
    signalled: SocketAddr,
    latched: Option<(SocketAddr, Instant)>,
    proof: Option<Proof>,
}

impl Latch {
    /// Only what SDP says is known.
    pub fn new(signalled: SocketAddr) -> Self {
        Self {
            signalled,
            latched: None,
            proof: None,
        }
    }

    /// The phone says anew where it is; an unchanged address changes nothing.
    pub fn signal(&mut self, signalled: SocketAddr) {
        if self.signalled != signalled {
            *self = Self::new(signalled);
        }
    }

    /// Where to send.
    pub fn target(&self) -> SocketAddr {
        self.latched.map_or(self.signalled, |(at, _)| at)
    }

    /// Judge a packet that is valid RTP of the phone's payload types. True in the second place: the phone
    /// has moved.
    pub fn judge(
        &mut self,
        from: SocketAddr,
        ssrc: u32,
        sequence: u16,
        now: Instant,
    ) -> (Sender, bool) {
        if let Some((latched, seen)) = &mut self.latched
            && *latched == from
        {
            *seen = now;
            return (Sender::Phone, false);
        }
        if from == self.signalled {
            let moved = self.latched.replace((from, now)).is_some();
            return (Sender::Phone, moved);
        }
        let is_kept =
            |(_, seen): (SocketAddr, Instant)| now.saturating_duration_since(seen) < SILENT_AFTER;
        if self.latched.is_some_and(is_kept) {
            return (Sender::Foreign, false);
        }
        let this = Proof {
            from,
            ssrc,
            next: sequence,
        };
        let proven = self.proof == Some(this);
        self.proof = Some(Proof {
            next: sequence.wrapping_add(1),
            ..this
        });
        if !proven {
            return (Sender::Candidate, false);
        }
        self.proof = None;
        self.latched = Some((from, now));
        (Sender::Phone, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SSRC: u32 = 7;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[allow(clippy::disallowed_methods, reason = "an Instant needs the clock")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn a_phone_behind_a_nat_is_followed_after_two_packets() {
        let (mut latch, now) = (Latch::new(at(1)), start());
        assert_eq!(latch.judge(at(2), SSRC, 9, now).0, Sender::Candidate);
        assert_eq!(latch.target(), at(1));
        assert_eq!(latch.judge(at(2), SSRC, 10, now), (Sender::Phone, true));
        assert_eq!(latch.target(), at(2));
    }

    #[test]
    fn unrelated_packets_prove_nothing() {
        let (mut latch, now) = (Latch::new(at(1)), start());
        for (port, ssrc, sequence) in [(2, SSRC, 9), (3, SSRC, 10), (2, 8, 10), (2, SSRC, 40)] {
            let judged = latch.judge(at(port), ssrc, sequence, now).0;
            assert_eq!(judged, Sender::Candidate);
        }
        assert_eq!(latch.target(), at(1));
    }

    #[test]
    fn a_hijacker_is_refused_while_the_phone_sends() {
        let (mut latch, now) = (Latch::new(at(1)), start());
        latch.judge(at(1), SSRC, 0, now);
        for sequence in 0..100 {
            assert_eq!(latch.judge(at(66), SSRC, sequence, now).0, Sender::Foreign);
        }
        assert_eq!(latch.target(), at(1));
    }

    #[test]
    fn a_source_that_fell_silent_can_be_replaced() {
        let (mut latch, now) = (Latch::new(at(1)), start());
        latch.judge(at(1), SSRC, 0, now);
        let later = now + SILENT_AFTER;
        latch.judge(at(2), SSRC, 5, later);
        assert_eq!(latch.judge(at(2), SSRC, 6, later).0, Sender::Phone);
        assert_eq!(latch.target(), at(2));
    }

    #[test]
    fn who_came_first_cannot_lock_the_phone_out() {
        let (mut latch, now) = (Latch::new(at(1)), start());
        latch.judge(at(66), SSRC, 0, now);
        latch.judge(at(66), SSRC, 1, now);
        assert_eq!(latch.target(), at(66));
        assert_eq!(latch.judge(at(1), SSRC, 500, now), (Sender::Phone, true));
        assert_eq!(latch.target(), at(1));
    }

    #[test]
    fn a_repeated_offer_keeps_the_latch_and_a_moved_one_drops_it() {
        let (mut latch, now) = (Latch::new(at(1)), start());
        latch.judge(at(2), SSRC, 0, now);
        latch.judge(at(2), SSRC, 1, now);
        latch.signal(at(1));
        assert_eq!(latch.target(), at(2));
        latch.signal(at(3));
        assert_eq!(latch.target(), at(3));
    }
}
