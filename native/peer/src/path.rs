//! The pair of addresses that our own packets leave by. str0m knows it and does not tell.
//!
//! The peer, which always controls, nominates a pair by a request with USE-CANDIDATE (RFC 8445 7.3.1.5); that
//! str0m answered it says that it was authentic. Until one came, the pair that str0m sends DTLS by will do.

use std::net::SocketAddr;

use crate::demux::{Kind, classify};

const HEADER: usize = 20;
const SUCCESS_RESPONSE: [u8; 2] = [0x01, 0x01];
const USE_CANDIDATE: u16 = 0x0025;

/// A request waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    transaction: [u8; 12],
    peer: SocketAddr,
}

/// Follows the nominated pair.
#[derive(Debug, Default)]
pub(crate) struct Path {
    current: Option<(SocketAddr, SocketAddr)>,
    nominated: bool,
    asked: Option<Asked>,
}

impl Path {
    /// Our address and the peer's.
    #[inline]
    pub fn current(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.current
    }

    /// A STUN message came and is about to be judged.
    pub fn asked(&mut self, from: SocketAddr, stun: &[u8]) {
        self.asked = transaction(stun)
            .filter(|_| nominates(stun))
            .map(|transaction| Asked {
                transaction,
                peer: from,
            });
    }

    /// A datagram leaves from our address to the peer's.
    pub fn sent(&mut self, pair: (SocketAddr, SocketAddr), datagram: &[u8]) {
        if classify(datagram) == Some(Kind::Stun) {
            let answers = self.asked.is_some_and(|asked| {
                asked.peer == pair.1 && transaction(datagram) == Some(asked.transaction)
            });
            if answers && datagram.starts_with(&SUCCESS_RESPONSE) {
                self.asked = None;
                self.nominated = true;
                self.current = Some(pair);
            }
        } else if !self.nominated {
            self.current = Some(pair);
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

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
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

    fn leaves(path: &mut Path, to: u16, bytes: &[u8]) {
        path.sent((address(1), address(to)), bytes);
    }

    #[test]
    fn a_nomination_counts_when_it_is_answered() {
        let mut path = Path::default();
        path.asked(address(9), &stun(1, 5, &[0x0024, USE_CANDIDATE]));
        assert_eq!(path.current(), None);
        leaves(&mut path, 9, &stun(0x0101, 4, &[]));
        leaves(&mut path, 9, &stun(0x0111, 5, &[]));
        assert_eq!(path.current(), None);
        leaves(&mut path, 9, &stun(0x0101, 5, &[]));
        assert_eq!(path.current(), Some((address(1), address(9))));
    }

    #[test]
    fn a_check_without_nomination_moves_nothing() {
        let mut path = Path::default();
        path.asked(address(9), &stun(1, 5, &[0x0024]));
        leaves(&mut path, 9, &stun(0x0101, 5, &[]));
        assert_eq!(path.current(), None);
    }

    #[test]
    fn dtls_shows_the_path_until_one_is_nominated() {
        let mut path = Path::default();
        leaves(&mut path, 7, &[22, 254, 253]);
        assert_eq!(path.current(), Some((address(1), address(7))));
        path.asked(address(9), &stun(1, 5, &[USE_CANDIDATE]));
        leaves(&mut path, 9, &stun(0x0101, 5, &[]));
        leaves(&mut path, 7, &[22, 254, 253]);
        assert_eq!(path.current(), Some((address(1), address(9))));
    }
}
