//! The one RTP timeline of an outgoing leg (RFC 3550 section 5.1): it never jumps, whatever is mixed into it.

/// Sequence number and timestamp of the next packet.
#[derive(Debug, Clone)]
pub struct RtpTimeline {
    sequence: u16,
    timestamp: u32,
    frame_ticks: u32,
    talking: bool,
}

impl RtpTimeline {
    /// A timeline that starts at random values (RFC 3550 wants both unpredictable); they are given, since
    /// the core makes no random numbers.
    pub fn new(sequence: u16, timestamp: u32, frame_ticks: u32) -> Self {
        Self {
            sequence,
            timestamp,
            frame_ticks,
            talking: false,
        }
    }

    /// One tick in which a packet is sent: its sequence number, timestamp and marker.
    pub fn send(&mut self) -> (u16, u32, bool) {
        let marker = !core::mem::replace(&mut self.talking, true);
        let packet = (self.sequence, self.timestamp, marker);
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(self.frame_ticks);
        packet
    }

    /// One tick in which nothing is sent: media time goes on, and the next packet begins a talkspurt.
    pub fn pause(&mut self) {
        self.talking = false;
        self.timestamp = self.timestamp.wrapping_add(self.frame_ticks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_moves_time_but_not_the_sequence_and_marks_the_next() {
        let mut timeline = RtpTimeline::new(65_535, u32::MAX - 159, 160);
        assert_eq!(timeline.send(), (65_535, u32::MAX - 159, true));
        assert_eq!(timeline.send(), (0, 0, false));
        timeline.pause();
        timeline.pause();
        assert_eq!(timeline.send(), (1, 480, true));
    }
}
