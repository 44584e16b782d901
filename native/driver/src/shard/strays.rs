//! Media from addresses at which nobody is known: a peer's NAT may have given it a new port (adr/0022).
//!
//! Its session is found by the SSRC. Only what that session can open moves anything; so an attacker's cost to us
//! is one opening a packet, of an SSRC that he must know, and [`TRIES_MAX`] of them a second.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::SessionId;
use rustc_hash::FxHashMap;

/// Packets from unknown addresses that a shard tries a second.
pub const TRIES_MAX: u32 = 1_000;
const WINDOW: Duration = Duration::from_secs(1);

/// Who may be behind an unknown address, and which addresses were lent to whom.
#[derive(Debug)]
pub(super) struct Strays {
    by_ssrc: FxHashMap<u32, SessionId>,
    by_address: FxHashMap<SocketAddr, SessionId>,
    /// The entries of each session in the other two.
    known: FxHashMap<SessionId, Known>,
    window: Instant,
    tries: u32,
    /// Packets that were one too many to try.
    pub limited: u64,
}

#[derive(Debug, Default)]
struct Known {
    /// At most as many as a session may have sources.
    ssrcs: Vec<u32>,
    /// One at most: the newest.
    address: Option<SocketAddr>,
}

impl Strays {
    pub fn new(now: Instant) -> Self {
        Self {
            by_ssrc: FxHashMap::default(),
            by_address: FxHashMap::default(),
            known: FxHashMap::default(),
            window: now,
            tries: 0,
            limited: 0,
        }
    }

    /// Entries now.
    pub fn len(&self) -> usize {
        self.by_ssrc.len() + self.by_address.len()
    }

    /// The session authenticated packets of this source. Who had it first keeps it: nobody can take another's.
    pub fn learn(&mut self, session: SessionId, ssrc: u32) {
        if *self.by_ssrc.entry(ssrc).or_insert(session) == session {
            let known = self.known.entry(session).or_default();
            if !known.ssrcs.contains(&ssrc) {
                known.ssrcs.push(ssrc);
            }
        }
    }

    /// Whose source it is, if there is a try left.
    pub fn suspect(&mut self, ssrc: u32, now: Instant) -> Option<SessionId> {
        let session = *self.by_ssrc.get(&ssrc)?;
        if self.window + WINDOW <= now {
            (self.window, self.tries) = (now, 0);
        }
        if self.tries == TRIES_MAX {
            self.limited += 1;
            return None;
        }
        self.tries += 1;
        Some(session)
    }

    /// A packet from there was the session's: what comes from there is its own, until its next such address.
    pub fn lend(&mut self, session: SessionId, address: SocketAddr) {
        let known = self.known.entry(session).or_default();
        if let Some(old) = known.address.replace(address) {
            self.by_address.remove(&old);
        }
        self.by_address.insert(address, session);
    }

    /// The session to which this address is lent.
    pub fn at(&self, address: SocketAddr) -> Option<SessionId> {
        self.by_address.get(&address).copied()
    }

    /// Somebody proved to be there: it is not lent any more.
    pub fn proved(&mut self, address: SocketAddr) {
        let Some(session) = self.by_address.remove(&address) else {
            return;
        };
        if let Some(known) = self.known.get_mut(&session) {
            known.address = None;
        }
    }

    /// The session is over.
    pub fn forget(&mut self, session: SessionId) {
        let Some(known) = self.known.remove(&session) else {
            return;
        };
        for ssrc in known.ssrcs {
            self.by_ssrc.remove(&ssrc);
        }
        if let Some(address) = known.address {
            self.by_address.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: SessionId = SessionId(1);
    const OTHER: SessionId = SessionId(2);

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn a_source_stays_with_who_had_it_first_and_goes_with_it() {
        let now = Instant::now();
        let mut strays = Strays::new(now);
        strays.learn(ONE, 7);
        strays.learn(OTHER, 7);
        assert_eq!(strays.suspect(7, now), Some(ONE));
        assert_eq!(strays.suspect(8, now), None);
        strays.forget(OTHER);
        assert_eq!(strays.suspect(7, now), Some(ONE));
        strays.forget(ONE);
        assert_eq!((strays.suspect(7, now), strays.len()), (None, 0));
    }

    #[test]
    fn a_session_is_lent_one_address_until_somebody_proves_to_be_there() {
        let mut strays = Strays::new(Instant::now());
        strays.lend(ONE, address(1));
        strays.lend(ONE, address(2));
        assert_eq!(
            (strays.at(address(1)), strays.at(address(2))),
            (None, Some(ONE))
        );
        strays.proved(address(2));
        assert_eq!(strays.at(address(2)), None);
        strays.lend(ONE, address(3));
        strays.forget(ONE);
        assert_eq!((strays.at(address(3)), strays.len()), (None, 0));
    }

    #[test]
    fn so_many_are_tried_a_second() {
        let now = Instant::now();
        let mut strays = Strays::new(now);
        strays.learn(ONE, 7);
        let tried = (0..TRIES_MAX + 5).filter(|_| strays.suspect(7, now).is_some());
        assert_eq!(tried.count(), TRIES_MAX as usize);
        assert_eq!(strays.limited, 5);
        assert_eq!(strays.suspect(7, now + WINDOW), Some(ONE));
    }
}
