//! A peer whose packets come from another address before any check has come from there: a NAT gave it a new port
//! (adr/0022). The terms are QUIC's (RFC 9000 8.1, 9): until the peer has answered for its new address it gets at
//! most three times what came from there, so that nobody can have us flood somebody else.

use std::time::{Duration, Instant};

use crate::io::Pair;

/// The old address must have been silent for so long before anything leaves for the new one.
pub const SILENT_AFTER: Duration = Duration::from_secs(1);
/// Bytes that leave for an address that is not validated, for each that came from there.
pub const AMPLIFICATION_MAX: u64 = 3;

/// Where the peer seems to be now.
#[derive(Debug)]
pub(crate) struct Migration {
    pair: Pair,
    received: u64,
    sent: u64,
    validated: bool,
}

impl Migration {
    /// It sent `bytes` by this pair.
    pub fn new(pair: Pair, bytes: usize) -> Self {
        Self {
            pair,
            received: bytes as u64,
            sent: 0,
            validated: false,
        }
    }

    /// More came by this pair. False: it is another one.
    pub fn received(&mut self, pair: Pair, bytes: usize) -> bool {
        let same = self.pair == pair;
        if same {
            self.received += bytes as u64;
        }
        same
    }

    /// A check with the session's password was answered by this pair.
    pub fn validate(&mut self, pair: Pair) {
        self.validated |= self.pair == pair;
    }

    /// The pair, if `bytes` may leave by it; they count as sent.
    pub fn take(&mut self, bytes: usize, old_heard: Option<Instant>, now: Instant) -> Option<Pair> {
        let silent = old_heard.is_none_or(|heard| heard + SILENT_AFTER <= now);
        let sent = self.sent + bytes as u64;
        if !silent || (!self.validated && sent > AMPLIFICATION_MAX * self.received) {
            return None;
        }
        self.sent = sent;
        Some(self.pair)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::io::Transport;

    fn pair(to: u16) -> Pair {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Pair {
            transport: Transport::Udp,
            from: address(1),
            to: address(to),
        }
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "an Instant can only be had from the clock"
    )]
    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn nothing_leaves_for_the_new_address_while_the_old_one_speaks() {
        let (mut migration, heard) = (Migration::new(pair(9), 1_000), now());
        let just_before = heard + SILENT_AFTER.mul_f32(0.99);
        assert_eq!(migration.take(100, Some(heard), just_before), None);
        let silent = heard + SILENT_AFTER;
        assert_eq!(migration.take(100, Some(heard), silent), Some(pair(9)));
    }

    #[test]
    fn three_times_what_came_leaves_until_the_address_is_validated() {
        let (mut migration, now) = (Migration::new(pair(9), 100), now());
        assert_eq!(migration.take(300, None, now), Some(pair(9)));
        assert_eq!(migration.take(1, None, now), None);
        assert!(migration.received(pair(9), 10));
        assert!(!migration.received(pair(8), 1_000));
        assert_eq!(migration.take(30, None, now), Some(pair(9)));
        assert_eq!(migration.take(1, None, now), None);
        migration.validate(pair(8));
        assert_eq!(migration.take(1, None, now), None);
        migration.validate(pair(9));
        assert_eq!(migration.take(9_000, None, now), Some(pair(9)));
    }
}
