//! Datagrams to send, in one buffer that is used again: nothing is allocated once it has grown.

use std::net::SocketAddr;
use std::ops::Range;

/// What the buffer keeps after it was emptied, bytes: a packet to each of some thousand listeners.
const KEPT_MAX: usize = 1 << 20;

/// Finished datagrams in the order they were made.
#[derive(Debug, Default)]
pub struct Datagrams {
    buffer: Vec<u8>,
    used: usize,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    from: SocketAddr,
    to: SocketAddr,
    at: Range<usize>,
}

impl Datagrams {
    /// Let `fill` write a datagram of at most `room` bytes and say its length; nothing is added when it cannot.
    pub fn push<E>(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
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
        self.entries.push(Entry { from, to, at });
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

    /// From, to and content of each.
    pub fn iter(&self) -> impl Iterator<Item = (SocketAddr, SocketAddr, &[u8])> {
        self.entries
            .iter()
            .map(|entry| (entry.from, entry.to, &self.buffer[entry.at.clone()]))
    }

    /// Forget all of them.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.used = 0;
        if self.buffer.len() > KEPT_MAX {
            self.buffer.truncate(KEPT_MAX);
            self.buffer.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn datagrams_come_out_as_they_went_in_and_failed_ones_leave_nothing() {
        let mut datagrams = Datagrams::default();
        for round in 0..3_u8 {
            for length in 1..=3_usize {
                let filled = datagrams.push::<()>(address(1), address(2), 10, |room| {
                    room[..length].fill(round);
                    if length == 2 { Err(()) } else { Ok(length) }
                });
                assert_eq!(filled.is_ok(), length != 2);
            }
            let all: Vec<Vec<u8>> = datagrams
                .iter()
                .map(|(_, _, bytes)| bytes.to_vec())
                .collect();
            assert_eq!(all, [vec![round], vec![round; 3]]);
            datagrams.clear();
            assert!(datagrams.is_empty());
        }
    }

    #[test]
    fn a_buffer_that_grew_much_is_given_back() {
        let mut datagrams = Datagrams::default();
        let filled = datagrams.push::<()>(address(1), address(2), 4 * KEPT_MAX, |_| Ok(1));
        assert_eq!((filled, datagrams.len()), (Ok(()), 1));
        datagrams.clear();
        assert!(datagrams.buffer.capacity() <= KEPT_MAX);
    }
}
