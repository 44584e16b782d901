//! Receiving events: each press once and at its first packet, whatever is lost, doubled or late (RFC 4733
//! section 2.5.2). How long a key is held is nobody's business here.

use super::EventPayload;

/// The longest duration a packet can state; a longer event goes on in segments (section 2.5.1.3).
const SEGMENT_MAX: u32 = 0xFFFF;

/// The newest event.
#[derive(Debug, Clone, Copy)]
struct Newest {
    event: u8,
    /// Timestamp of its present segment.
    segment: u32,
    ended: bool,
}

/// Follows the events of one incoming stream: of one SSRC, whose timestamps have one origin.
#[derive(Debug, Default)]
pub struct EventReceiver {
    newest: Option<Newest>,
}

impl EventReceiver {
    /// Take one packet. The code of an event that begins with it, even when its first packets were lost.
    pub fn packet(&mut self, timestamp: u32, payload: &[u8]) -> Option<u8> {
        let packet = EventPayload::parse(payload)?;
        match &mut self.newest {
            Some(newest) if newest.goes_on(timestamp, packet.event) => {
                newest.segment = timestamp;
                newest.ended |= packet.end;
                None
            }
            // Late, or a repeat of what has ended.
            Some(newest) if !is_after(timestamp, newest.segment) => None,
            _ => {
                self.newest = Some(Newest {
                    event: packet.event,
                    segment: timestamp,
                    ended: packet.end,
                });
                Some(packet.event)
            }
        }
    }
}

impl Newest {
    /// The same segment, or the next one of a long event.
    fn goes_on(self, timestamp: u32, event: u8) -> bool {
        let behind = timestamp.wrapping_sub(self.segment);
        event == self.event && !self.ended && matches!(behind, 0 | SEGMENT_MAX)
    }
}

fn is_after(timestamp: u32, other: u32) -> bool {
    timestamp.wrapping_sub(other).cast_signed() > 0
}

#[cfg(test)]
mod tests {
    use super::super::EventSender;
    use super::*;

    fn bytes(event: u8, end: bool, duration: u16) -> [u8; 4] {
        EventPayload {
            event,
            end,
            volume: 10,
            duration,
        }
        .bytes()
    }

    /// When (in ticks of 20 ms) a receiver tells of a sender's key, of whose packets `keep` lets some through.
    fn heard(duration_ms: u32, keep: impl Fn(u32) -> bool) -> Vec<(u32, u8)> {
        let (mut sender, mut receiver) = (EventSender::new(8_000), EventReceiver::default());
        sender.send(10, duration_ms).unwrap();
        let mut told = Vec::new();
        for n in 0..duration_ms / 20 + 20 {
            let timestamp = (u32::MAX - 300).wrapping_add(n * 160);
            if let Some(packet) = sender.tick(timestamp, 160).filter(|_| keep(n)) {
                let began = receiver.packet(packet.timestamp, &packet.payload);
                told.extend(began.map(|event| (n, event)));
            }
        }
        told
    }

    #[test]
    fn a_press_is_told_once_at_its_first_packet() {
        assert_eq!(heard(200, |_| true), [(0, 10)]);
    }

    #[test]
    fn a_press_is_told_by_whatever_packet_comes_first() {
        assert_eq!(heard(200, |n| n > 3), [(4, 10)]);
        assert_eq!(heard(200, |n| n % 3 == 2), [(2, 10)]);
        assert_eq!(
            heard(200, |n| n == 11),
            [(11, 10)],
            "only the last end came"
        );
    }

    #[test]
    fn a_key_held_longer_than_a_segment_is_one_press() {
        assert_eq!(heard(20_000, |_| true), [(0, 10)]);
    }

    #[test]
    fn the_same_key_again_is_another_press_even_when_the_end_of_the_first_was_lost() {
        for ended in [true, false] {
            let mut receiver = EventReceiver::default();
            assert_eq!(receiver.packet(0, &bytes(10, ended, 160)), Some(10));
            assert_eq!(receiver.packet(800, &bytes(10, false, 160)), Some(10));
        }
    }

    #[test]
    fn late_and_broken_packets_change_nothing() {
        let mut receiver = EventReceiver::default();
        assert_eq!(receiver.packet(1_600, &bytes(10, true, 160)), Some(10));
        assert_eq!(receiver.packet(1_600, &bytes(10, true, 160)), None);
        assert_eq!(receiver.packet(800, &bytes(9, false, 160)), None);
        assert_eq!(receiver.packet(2_400, &[1, 2]), None);
        assert_eq!(receiver.packet(2_400, &bytes(10, true, 160)), Some(10));
    }
}
