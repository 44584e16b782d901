//! Datagrams to send, in one buffer that is used again: nothing is allocated once it has grown.

use std::ops::Range;

use crate::io::{Pair, Transport};

/// What the buffer keeps after it was emptied, bytes: a packet to each of some thousand listeners.
const KEPT_MAX: usize = 1 << 20;

/// Finished datagrams in the order they were made.
#[derive(Debug, Default)]
pub struct Datagrams {
    buffer: Vec<u8>,
    used: usize,
    entries: Vec<Entry>,
    framed: usize,
}

#[derive(Debug)]
struct Entry {
    pair: Pair,
    at: Range<usize>,
}

impl Datagrams {
    /// Let `fill` write a datagram of at most `room` bytes and say its length; nothing is added when it cannot.
    pub fn push<E>(
        &mut self,
        pair: Pair,
        room: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        let (start, end) = (self.used, self.used + room);
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        let length = fill(&mut self.buffer[start..end])?;
        let at = start..end.min(start + length);
        self.used = at.end;
        self.entries.push(Entry { pair, at });
        self.framed += usize::from(pair.transport == Transport::Tcp);
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Way and content of each.
    pub fn iter(&self) -> impl Iterator<Item = (Pair, &[u8])> {
        self.entries
            .iter()
            .map(|entry| (entry.pair, &self.buffer[entry.at.clone()]))
    }

    /// Whether some of them leave as frames, over TCP.
    pub fn has_frames(&self) -> bool {
        self.framed > 0
    }

    /// Forget all of them.
    pub fn clear(&mut self) {
        self.entries.clear();
        (self.used, self.framed) = (0, 0);
        if self.buffer.len() > KEPT_MAX {
            self.buffer.truncate(KEPT_MAX);
            self.buffer.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn pair(transport: Transport) -> Pair {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Pair {
            transport,
            from: address(1),
            to: address(2),
        }
    }

    #[test]
    fn datagrams_come_out_as_they_went_in_and_failed_ones_leave_nothing() {
        let mut datagrams = Datagrams::default();
        for round in 0..3_u8 {
            for length in 1..=3_usize {
                let filled = datagrams.push::<()>(pair(Transport::Udp), 10, |room| {
                    room[..length].fill(round);
                    if length == 2 { Err(()) } else { Ok(length) }
                });
                assert_eq!(filled.is_ok(), length != 2);
            }
            let all: Vec<Vec<u8>> = datagrams.iter().map(|(_, bytes)| bytes.to_vec()).collect();
            assert_eq!(all, [vec![round], vec![round; 3]]);
            datagrams.clear();
            assert!(datagrams.is_empty());
        }
    }

    #[test]
    fn frames_are_told_of_until_they_are_cleared() {
        let mut datagrams = Datagrams::default();
        for (transport, framed) in [(Transport::Udp, false), (Transport::Tcp, true)] {
            let filled = datagrams.push::<()>(pair(transport), 10, |_| Ok(1));
            assert_eq!((filled, datagrams.has_frames()), (Ok(()), framed));
        }
        datagrams.clear();
        assert!(!datagrams.has_frames());
    }

    #[test]
    fn a_buffer_that_grew_much_is_given_back() {
        let mut datagrams = Datagrams::default();
        let filled = datagrams.push::<()>(pair(Transport::Udp), 4 * KEPT_MAX, |_| Ok(1));
        assert_eq!((filled, datagrams.len()), (Ok(()), 1));
        datagrams.clear();
        assert!(datagrams.buffer.capacity() <= KEPT_MAX);
    }
}
