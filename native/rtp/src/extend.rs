//! Counters without their wrap: the nearest 64-bit value to what was seen before.

/// Follows 16-bit sequence numbers over their wrap (RFC 3550 appendix A.1, RFC 3711 section 3.3.1).
///
/// A step of up to 32767 either way is taken as order or disorder; whether a larger one means a new
/// stream is for the caller to judge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SequenceExtender {
    highest: Option<u64>,
}

impl SequenceExtender {
    /// The extended number; the first one seen lies in 65536..131072, so that older ones stay positive.
    pub fn extend(&mut self, sequence: u16) -> u64 {
        let Some(highest) = self.highest else {
            return *self.highest.insert(0x1_0000 + u64::from(sequence));
        };
        let step = sequence.wrapping_sub(highest as u16).cast_signed();
        let extended = highest.saturating_add_signed(i64::from(step));
        self.highest = Some(highest.max(extended));
        extended
    }

    /// Highest number seen.
    pub fn highest(&self) -> Option<u64> {
        self.highest
    }
}

/// Follows 32-bit RTP timestamps over their wrap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimestampExtender {
    newest: Option<i64>,
}

impl TimestampExtender {
    /// The extended timestamp, nearest to the newest one seen.
    pub fn extend(&mut self, timestamp: u32) -> i64 {
        let Some(newest) = self.newest else {
            return *self.newest.insert(i64::from(timestamp));
        };
        let step = timestamp.wrapping_sub(newest as u32).cast_signed();
        let extended = newest + i64::from(step);
        self.newest = Some(newest.max(extended));
        extended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_goes_on_through_its_wrap() {
        let mut extender = SequenceExtender::default();
        let seen: Vec<u64> = [65_534, 65_535, 1, 0, 2]
            .map(|s| extender.extend(s))
            .to_vec();
        assert_eq!(seen, [131_070, 131_071, 131_073, 131_072, 131_074]);
        assert_eq!(extender.highest(), Some(131_074));
    }

    #[test]
    fn a_packet_older_than_the_first_stays_positive() {
        let mut extender = SequenceExtender::default();
        assert_eq!(
            [extender.extend(3), extender.extend(65_533)],
            [65_539, 65_533]
        );
    }

    #[test]
    fn a_timestamp_goes_on_through_its_wrap() {
        let mut extender = TimestampExtender::default();
        let first = extender.extend(u32::MAX - 79);
        assert_eq!(
            [
                extender.extend(80) - first,
                extender.extend(u32::MAX - 79) - first
            ],
            [160, 0]
        );
    }
}
