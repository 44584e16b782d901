//! Loss and jitter of one incoming stream, for receiver reports (RFC 3550 sections 6.4.1, A.3, A.8).

use crate::SequenceExtender;
use crate::rtcp::ReportBlock;

/// Counts one SSRC from its first packet on.
#[derive(Debug, Clone, Default)]
pub struct Reception {
    sequence: SequenceExtender,
    first: u64,
    received: u64,
    /// Jitter in timestamp units, times 16.
    jitter_x16: u32,
    transit: Option<i64>,
    expected_before: u64,
    received_before: u64,
    /// Middle 32 bits of the last SR's NTP time, and our clock then in 1/65536 s.
    last_report: Option<(u32, u64)>,
}

impl Reception {
    /// Count one packet. `arrival` is local time in units of the same RTP clock as `timestamp`.
    pub fn packet(&mut self, sequence: u16, timestamp: i64, arrival: i64) {
        let extended = self.sequence.extend(sequence);
        if self.received == 0 {
            self.first = extended;
        }
        self.first = self.first.min(extended);
        self.received += 1;
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            // A clock step of the sender must not poison the average for minutes.
            let change = transit.wrapping_sub(before).unsigned_abs().min(0xFFFF) as u32;
            self.jitter_x16 = self.jitter_x16 + change - ((self.jitter_x16 + 8) >> 4);
        }
    }

    /// Note a sender report: its NTP time (64 bits) and our clock now, in 1/65536 s.
    pub fn sender_report(&mut self, ntp: u64, now: u64) {
        self.last_report = Some(((ntp >> 16) as u32, now));
    }

    /// Packets that should have come and did not; negative when duplicates came.
    pub fn lost(&self) -> i64 {
        self.expected().cast_signed() - self.received.cast_signed()
    }

    /// Inter-arrival jitter in timestamp units.
    pub fn jitter(&self) -> u32 {
        self.jitter_x16 >> 4
    }

    /// The block about `ssrc` for the next report; starts a new interval. `now` in 1/65536 s.
    pub fn report(&mut self, ssrc: u32, now: u64) -> ReportBlock {
        let expected = self.expected();
        let of_interval = expected - self.expected_before;
        let got = self.received - self.received_before;
        (self.expected_before, self.received_before) = (expected, self.received);
        let lost = of_interval.saturating_sub(got);
        let fraction = (lost << 8).checked_div(of_interval).unwrap_or(0).min(255);
        let (last_sr, at) = self.last_report.unwrap_or((0, now));
        ReportBlock {
            ssrc,
            fraction_lost: fraction as u8,
            cumulative_lost: self.lost().clamp(-0x80_0000, 0x7F_FFFF) as i32,
            highest_sequence: self.sequence.highest().unwrap_or(0).wrapping_sub(0x1_0000) as u32,
            jitter: self.jitter(),
            last_sr,
            delay_since_last_sr: now.saturating_sub(at) as u32,
        }
    }

    fn expected(&self) -> u64 {
        self.sequence
            .highest()
            .map_or(0, |highest| highest - self.first + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_stream_has_no_loss_and_no_jitter() {
        let mut reception = Reception::default();
        for n in 0..100_u16 {
            reception.packet(
                n.wrapping_add(65_500),
                i64::from(n) * 160,
                5_000 + i64::from(n) * 160,
            );
        }
        let block = reception.report(9, 0);
        assert_eq!(
            (block.fraction_lost, block.cumulative_lost, block.jitter),
            (0, 0, 0)
        );
        assert_eq!(block.highest_sequence, 0x1_0000 + 63);
    }

    #[test]
    fn a_quarter_lost_is_64_of_256() {
        let mut reception = Reception::default();
        for n in (0..401_u16).filter(|n| n % 4 != 1) {
            reception.packet(n, i64::from(n) * 160, i64::from(n) * 160);
        }
        let block = reception.report(9, 0);
        assert!((63..=64).contains(&block.fraction_lost), "{block:?}");
        assert_eq!(block.cumulative_lost, 100);
        assert_eq!(
            reception.report(9, 0).fraction_lost,
            0,
            "a new interval starts clean"
        );
    }

    #[test]
    fn jitter_settles_at_the_mean_change_of_transit() {
        let mut reception = Reception::default();
        for n in 0..1_000_u16 {
            reception.packet(
                n,
                i64::from(n) * 160,
                i64::from(n) * 160 + i64::from(n % 2) * 80,
            );
        }
        assert!(
            (76..=84).contains(&reception.jitter()),
            "{}",
            reception.jitter()
        );
    }

    #[test]
    fn the_round_trip_fields_come_from_the_last_sender_report() {
        let mut reception = Reception::default();
        reception.packet(1, 0, 0);
        reception.sender_report(0x1111_2222_3333_4444, 1_000);
        let block = reception.report(9, 1_000 + 65_536);
        assert_eq!(
            (block.last_sr, block.delay_since_last_sr),
            (0x2222_3333, 65_536)
        );
    }
}
