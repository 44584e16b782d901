//! What one listener heard.

use std::time::{Duration, Instant};

/// Counts of one session.
#[derive(Debug, Default)]
pub struct Listener {
    expected: Option<Instant>,
    first: Option<Duration>,
    /// Packets heard since the mark, duplicates included.
    delivered: u64,
    /// One bit for each index from the mark on.
    heard: Vec<u64>,
    mark: u64,
}

impl Listener {
    /// A listener whose first packet is waited for since `at`.
    pub fn expected(at: Instant) -> Self {
        Self {
            expected: Some(at),
            ..Self::default()
        }
    }

    pub fn is_expected(&self) -> bool {
        self.expected.is_some()
    }

    /// From `expect` to the first packet.
    pub fn first(&self) -> Option<Duration> {
        self.first
    }

    pub fn mark(&mut self, index: u64) {
        self.mark = index;
        self.delivered = 0;
        self.heard.clear();
    }

    pub fn hear(&mut self, index: u64, now: Instant) {
        if let (Some(expected), None) = (self.expected, self.first) {
            self.first = Some(now.saturating_duration_since(expected));
        }
        self.delivered += 1;
        let Some(at) = index.checked_sub(self.mark) else {
            return;
        };
        let (word, bit) = ((at / 64) as usize, at % 64);
        if word >= self.heard.len() {
            self.heard.resize(word + 1, 0);
        }
        self.heard[word] |= 1 << bit;
    }

    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// How many of the `sent` packets after the mark were not heard.
    pub fn lost(&self, sent: u64) -> u64 {
        let heard = (0..sent).filter(|at| {
            let word = self.heard.get((at / 64) as usize).copied().unwrap_or(0);
            word >> (at % 64) & 1 == 1
        });
        sent - heard.count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_that_did_not_come_is_lost() {
        let mut listener = Listener::default();
        listener.mark(100);
        for index in (100..300).filter(|index| *index != 170) {
            listener.hear(index, Instant::now());
        }
        assert_eq!((listener.delivered(), listener.lost(200)), (199, 1));
    }

    #[test]
    fn a_duplicate_does_not_hide_a_loss() {
        let mut listener = Listener::default();
        listener.mark(0);
        listener.hear(0, Instant::now());
        listener.hear(0, Instant::now());
        assert_eq!((listener.delivered(), listener.lost(2)), (2, 1));
    }
}
