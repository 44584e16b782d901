//! The pair of addresses that our own packets leave by. str0m knows it and does not tell.
//!
//! The peer, which always controls, nominates a pair by a request with USE-CANDIDATE (RFC 8445 7.3.1.5); that
//! str0m answered it says that it was authentic. Until one came, the pair that str0m sends DTLS by will do. A peer
//! whose packets come from elsewhere is followed with the caution of `migration`.

use std::net::SocketAddr;
use std::time::Instant;

use crate::demux::{Kind, classify};
use crate::io::{Pair, Transport};
use crate::migration::Migration;

const HEADER: usize = 20;
const SUCCESS_RESPONSE: [u8; 2] = [0x01, 0x01];
const USE_CANDIDATE: u16 = 0x0025;

/// A request waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    transaction: [u8; 12],
    transport: Transport,
    peer: SocketAddr,
}

/// Follows the nominated pair.
#[derive(Debug, Default)]
pub(crate) struct Path {
    current: Option<Pair>,
    nominated: bool,
    asked: Option<Asked>,
    /// When something authentic last came by the current pair.
    heard: Option<Instant>,
    migration: Option<Migration>,
}

impl Path {
    /// The pair by which `bytes` more leave; `None`: there is none yet.
    #[inline]
    pub fn take(&mut self, bytes: usize, now: Instant) -> Option<Pair> {
        let heard = self.heard;
        let migration = self.migration.as_mut();
        let moved = migration.and_then(|migration| migration.take(bytes, heard, now));
        moved.or(self.current)
    }

    /// A packet that came by this pair was authentic; `ahead`: and newer than all of its stream.
    pub fn heard(&mut self, pair: Pair, bytes: usize, ahead: bool, now: Instant) {
        if self.is_current(pair) {
            self.heard = Some(now);
            if ahead {
                self.migration = None;
            }
            return;
        }
        let migration = self.migration.as_mut();
        let known = migration.is_some_and(|migration| migration.received(pair, bytes));
        if ahead && !known {
            self.migration = Some(Migration::new(pair, bytes));
        }
    }

    /// A STUN message came and is about to be judged.
    pub fn asked(&mut self, transport: Transport, from: SocketAddr, stun: &[u8]) {
        self.asked = transaction(stun)
            .filter(|_| nominates(stun))
            .map(|transaction| Asked {
                transaction,
                transport,
                peer: from,
            });
    }

    /// A datagram of str0m's leaves by this pair.
    pub fn sent(&mut self, pair: Pair, datagram: &[u8], now: Instant) {
        if classify(datagram) == Some(Kind::Stun) {
            if datagram.starts_with(&SUCCESS_RESPONSE) {
                self.checked(pair, now);
            }
            let answers = self.asked.is_some_and(|asked| {
                (asked.transport, asked.peer) == (pair.transport, pair.to)
                    && transaction(datagram) == Some(asked.transaction)
            });
            if answers && datagram.starts_with(&SUCCESS_RESPONSE) {
                self.asked = None;
                self.nominated = true;
                self.current = Some(pair);
                (self.heard, self.migration) = (Some(now), None);
            }
        } else if !self.nominated {
            self.current = Some(pair);
        }
    }

    /// Whether the pair leads to the same address of the peer's, whichever of ours it came to.
    fn is_current(&self, pair: Pair) -> bool {
        let current = self.current.as_ref();
        current.is_some_and(|it| (it.transport, it.to) == (pair.transport, pair.to))
    }

    /// A check that came by this pair was authentic.
    fn checked(&mut self, pair: Pair, now: Instant) {
        if self.is_current(pair) {
            self.heard = Some(now);
        } else if let Some(migration) = &mut self.migration {
            migration.validate(pair);
        }
    }
}

fn transaction(stun: &[u8]) -> Option<[u8; 12]> {
    stun.get(8..HEADER)?.try_into().ok()
}

fn nominates(stun: &[u8]) -> bool {
    let mut rest = stun.get(HEADER..).unwrap_or_default();
    while let [t0, t1, l0, l1, value @ ..] = rest {
        if u16::from_be_bytes([*t0, *t1]) == USE_CANDIDATE {
            return true;
        }
        let length = usize::from(u16::from_be_bytes([*l0, *l1])).next_multiple_of(4);
        rest = value.get(length..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::SILENT_AFTER;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "an Instant can only be had from the clock"
    )]
    fn now() -> Instant {
        Instant::now()
    }

    fn stun(kind: u16, transaction: u8, attributes: &[u16]) -> Vec<u8> {
        let mut message = kind.to_be_bytes().to_vec();
        message.extend([0, 0, 0x21, 0x12, 0xa4, 0x42]);
        message.extend([transaction; 12]);
        for attribute in attributes {
            message.extend(attribute.to_be_bytes());
            message.extend([0, 2, 7, 7, 0, 0]);
        }
        message
    }

    fn pair(transport: Transport, to: u16) -> Pair {
        Pair {
            transport,
            from: address(1),
            to: address(to),
        }
    }

    fn leaves(path: &mut Path, to: u16, bytes: &[u8]) {
        path.sent(pair(Transport::Udp, to), bytes, now());
    }

    #[test]
    fn a_nomination_counts_when_it_is_answered() {
        let mut path = Path::default();
        path.asked(
            Transport::Udp,
            address(9),
            &stun(1, 5, &[0x0024, USE_CANDIDATE]),
        );
        assert_eq!(path.take(100, now()), None);
        leaves(&mut path, 9, &stun(0x0101, 4, &[]));
        leaves(&mut path, 9, &stun(0x0111, 5, &[]));
        assert_eq!(path.take(100, now()), None);
        leaves(&mut path, 9, &stun(0x0101, 5, &[]));
        assert_eq!(path.take(100, now()), Some(pair(Transport::Udp, 9)));
    }

    #[test]
    fn a_check_without_nomination_moves_nothing() {
        let mut path = Path::default();
        path.asked(Transport::Udp, address(9), &stun(1, 5, &[0x0024]));
        leaves(&mut path, 9, &stun(0x0101, 5, &[]));
        assert_eq!(path.take(100, now()), None);
    }

    #[test]
    fn a_nomination_over_tcp_is_answered_over_tcp() {
        let mut path = Path::default();
        path.asked(Transport::Tcp, address(9), &stun(1, 5, &[USE_CANDIDATE]));
        leaves(&mut path, 9, &stun(0x0101, 5, &[]));
        assert_eq!(path.take(100, now()), None);
        path.sent(pair(Transport::Tcp, 9), &stun(0x0101, 5, &[]), now());
        assert_eq!(path.take(100, now()), Some(pair(Transport::Tcp, 9)));
    }

    #[test]
    fn dtls_shows_the_path_until_one_is_nominated() {
        let mut path = Path::default();
        leaves(&mut path, 7, &[22, 254, 253]);
        assert_eq!(path.take(100, now()), Some(pair(Transport::Udp, 7)));
        path.asked(Transport::Udp, address(9), &stun(1, 5, &[USE_CANDIDATE]));
        leaves(&mut path, 9, &stun(0x0101, 5, &[]));
        leaves(&mut path, 7, &[22, 254, 253]);
        assert_eq!(path.take(100, now()), Some(pair(Transport::Udp, 9)));
    }

    /// A path nominated at port 9, and the time of it.
    fn nominated() -> (Path, Instant) {
        let (mut path, start) = (Path::default(), now());
        path.asked(Transport::Udp, address(9), &stun(1, 5, &[USE_CANDIDATE]));
        path.sent(pair(Transport::Udp, 9), &stun(0x0101, 5, &[]), start);
        (path, start)
    }

    #[test]
    fn a_peer_that_speaks_from_elsewhere_is_followed_when_its_old_address_is_silent() {
        let (mut path, start) = nominated();
        let (old, new) = (pair(Transport::Udp, 9), pair(Transport::Udp, 7));
        path.heard(new, 100, false, start);
        assert_eq!(
            path.take(10, start + 2 * SILENT_AFTER),
            Some(old),
            "a late packet"
        );
        path.heard(new, 100, true, start);
        assert_eq!(path.take(10, start), Some(old));
        assert_eq!(path.take(10, start + SILENT_AFTER), Some(new));
        assert_eq!(
            path.take(291, start + SILENT_AFTER),
            Some(old),
            "above three times"
        );
        path.sent(new, &stun(0x0101, 6, &[]), start);
        assert_eq!(path.take(900, start + SILENT_AFTER), Some(new), "validated");
    }

    #[test]
    fn a_peer_that_speaks_again_from_its_old_address_never_went() {
        let (mut path, start) = nominated();
        let (old, new) = (pair(Transport::Udp, 9), pair(Transport::Udp, 7));
        path.heard(new, 100, true, start);
        path.heard(old, 100, true, start);
        assert_eq!(path.take(10, start + 2 * SILENT_AFTER), Some(old));
    }

    #[test]
    fn a_nomination_ends_the_caution() {
        let (mut path, start) = nominated();
        path.heard(pair(Transport::Udp, 7), 1, true, start);
        path.asked(Transport::Udp, address(7), &stun(1, 6, &[USE_CANDIDATE]));
        path.sent(pair(Transport::Udp, 7), &stun(0x0101, 6, &[]), start);
        assert_eq!(path.take(9_000, start), Some(pair(Transport::Udp, 7)));
    }
}
