//! Which indexes of a stream were seen (RFC 3711 3.3.2), and the index a sequence number stands for (3.3.1).

/// Indexes behind the highest that are told apart; older ones count as seen. RFC 3711 asks for 64 at least;
/// a thousand keep video of a path with much disorder.
pub const WINDOW: u64 = 1_024;

const WORDS: usize = (WINDOW / 64) as usize;

/// The last [`WINDOW`] indexes of one stream.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// One past the highest index seen; 0 before the first.
    end: u64,
    /// A ring: the bit of an index is at index modulo [`WINDOW`].
    seen: [u64; WORDS],
}

impl Window {
    /// Whether the index was not seen and is not too old to tell.
    #[inline]
    pub fn is_fresh(&self, index: u64) -> bool {
        index >= self.end
            || (self.end - index <= WINDOW && self.seen[word(index)] & bit(index) == 0)
    }

    /// Note a fresh index.
    #[inline]
    pub fn note(&mut self, index: u64) {
        if index > self.end {
            self.skip(index);
        }
        self.seen[word(index)] |= bit(index);
        self.end = self.end.max(index + 1);
    }

    /// The highest index seen.
    #[inline]
    pub fn highest(&self) -> Option<u64> {
        self.end.checked_sub(1)
    }

    /// The index that this sequence number stands for: the nearest to the highest seen. The first packet has
    /// roll-over counter 0.
    #[inline]
    pub fn index(&self, sequence: u16) -> u64 {
        let Some(highest) = self.highest() else {
            return u64::from(sequence);
        };
        let step = sequence.wrapping_sub(highest as u16).cast_signed();
        // Before the first roll-over nothing lies behind 0: such a number is one far ahead.
        highest
            .checked_add_signed(i64::from(step))
            .unwrap_or_else(|| u64::from(sequence))
    }

    /// Nothing between the old end and the new one was seen.
    fn skip(&mut self, index: u64) {
        if index - self.end >= WINDOW {
            self.seen = [0; WORDS];
        } else {
            for skipped in self.end..index {
                self.seen[word(skipped)] &= !bit(skipped);
            }
        }
    }
}

#[inline]
fn word(index: u64) -> usize {
    (index % WINDOW / 64) as usize
}

#[inline]
fn bit(index: u64) -> u64 {
    1 << (index % 64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_index_is_fresh_once() {
        let mut window = Window::default();
        for index in [5, 3, 9, 4, 1_200, 177] {
            assert!(window.is_fresh(index), "{index}");
            window.note(index);
            assert!(!window.is_fresh(index), "{index}");
        }
    }

    #[test]
    fn what_is_older_than_the_window_is_not_fresh() {
        let mut window = Window::default();
        window.note(5_000);
        assert!(window.is_fresh(5_001 - WINDOW));
        assert!(!window.is_fresh(5_000 - WINDOW));
    }

    #[test]
    fn any_order_agrees_with_a_set_of_all_that_was_seen() {
        let (mut window, mut all) = (Window::default(), BTreeSet::new());
        let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
        let mut base = 0;
        for _ in 0..200_000 {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            base += dice % 7 / 5
                + if dice.is_multiple_of(4_001) {
                    700 + dice % 900
                } else {
                    0
                };
            let index = base + (dice >> 40) % 1_500;
            let highest = all.last().copied().unwrap_or(0);
            let fresh = !all.contains(&index) && (all.is_empty() || index + WINDOW > highest);
            assert_eq!(window.is_fresh(index), fresh, "{index} after {highest}");
            if fresh {
                window.note(index);
                all.insert(index);
            }
        }
        assert!(all.len() > 10_000);
    }

    #[test]
    fn a_sequence_number_goes_on_through_its_wrap_both_ways() {
        let mut window = Window::default();
        let mut seen = Vec::new();
        for sequence in [65_534, 65_535, 1, 0, 65_533, 2] {
            let index = window.index(sequence);
            window.note(index);
            seen.push(index);
        }
        assert_eq!(seen, [65_534, 65_535, 65_537, 65_536, 65_533, 65_538]);
    }

    #[test]
    fn nothing_lies_before_the_first_roll_over() {
        let mut window = Window::default();
        window.note(3);
        assert_eq!(window.index(65_533), 65_533);
    }
}
