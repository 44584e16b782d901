//! Sending events: one packet a tick while the tone lasts, the last one three times (RFC 4733 section 2.5.1).

use super::EventPayload;

/// Events that may wait behind the one under way; more are refused.
const QUEUE_MAX: usize = 32;
/// The end is sent this often in all (section 2.5.1.4).
const END_COPIES: u8 = 3;
/// Longest duration of one segment; a longer event goes on in a new one (section 2.5.1.3).
const SEGMENT_MAX: u32 = 0xFFFF;
/// Silence between two events, ms: what DTMF receivers need (ITU-T Q.24) with some room.
const GAP_MS: u32 = 60;
/// Level of the tone, -dBm0.
const VOLUME: u8 = 10;

/// A packet to send with the telephone-event payload type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPacket {
    /// When the event (or its present segment) began.
    pub timestamp: u32,
    /// Set on the very first packet of an event.
    pub marker: bool,
    /// The payload.
    pub payload: [u8; 4],
}

/// The queue of events is full: the new one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueFull;

#[derive(Debug, Clone, Copy)]
struct Playing {
    event: u8,
    /// Start of the present segment.
    start: u32,
    /// Timestamp units still to go, from `start` on.
    left: u32,
    started: bool,
    ends_sent: u8,
}

/// Turns key presses of known length into packets on the leg's own RTP timeline.
#[derive(Debug)]
pub struct EventSender {
    clock_hz: u32,
    queue: [(u8, u32); QUEUE_MAX],
    queued: usize,
    playing: Option<Playing>,
    /// Timestamp before which no new event starts.
    quiet_until: Option<u32>,
}

impl EventSender {
    /// A sender for a stream of `clock_hz` timestamp units a second.
    pub fn new(clock_hz: u32) -> Self {
        Self {
            clock_hz,
            queue: [(0, 0); QUEUE_MAX],
            queued: 0,
            playing: None,
            quiet_until: None,
        }
    }

    /// Queue an event of `duration_ms`.
    pub fn send(&mut self, event: u8, duration_ms: u32) -> Result<(), QueueFull> {
        let place = self.queue.get_mut(self.queued).ok_or(QueueFull)?;
        *place = (
            event,
            duration_ms.saturating_mul(self.clock_hz / 1000).max(1),
        );
        self.queued += 1;
        Ok(())
    }

    /// True while a packet of an event will go in place of sound.
    pub fn is_busy(&self) -> bool {
        self.playing.is_some() || self.queued > 0
    }

    /// The packet of this tick: `timestamp` is the media time at its start, `ticks` its length.
    pub fn tick(&mut self, timestamp: u32, ticks: u32) -> Option<EventPacket> {
        if self.playing.is_none() {
            self.playing = self.begin(timestamp);
        }
        let playing = self.playing.as_mut()?;
        let marker = !core::mem::replace(&mut playing.started, true);
        let elapsed = timestamp.wrapping_sub(playing.start).wrapping_add(ticks);
        if playing.left > SEGMENT_MAX && elapsed >= SEGMENT_MAX {
            let full = packet(playing, SEGMENT_MAX, false, marker);
            playing.start = playing.start.wrapping_add(SEGMENT_MAX);
            playing.left -= SEGMENT_MAX;
            return Some(full);
        }
        let ends = elapsed >= playing.left;
        let sent = packet(playing, elapsed.min(playing.left), ends, marker);
        if ends {
            playing.ends_sent += 1;
            if playing.ends_sent == END_COPIES {
                self.playing = None;
                self.quiet_until = Some(timestamp.wrapping_add(self.clock_hz / 1000 * GAP_MS));
            }
        }
        Some(sent)
    }

    fn begin(&mut self, timestamp: u32) -> Option<Playing> {
        if self
            .quiet_until
            .is_some_and(|until| timestamp.wrapping_sub(until).cast_signed() < 0)
            || self.queued == 0
        {
            return None;
        }
        let (event, left) = self.queue[0];
        self.queue.copy_within(1.., 0);
        self.queued -= 1;
        Some(Playing {
            event,
            start: timestamp,
            left,
            started: false,
            ends_sent: 0,
        })
    }
}

fn packet(playing: &Playing, duration: u32, end: bool, marker: bool) -> EventPacket {
    let payload = EventPayload {
        event: playing.event,
        end,
        volume: VOLUME,
        duration: duration as u16,
    };
    EventPacket {
        timestamp: playing.start,
        marker,
        payload: payload.bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(sender: &mut EventSender, count: u32) -> Vec<Option<(EventPacket, EventPayload)>> {
        (0..count)
            .map(|n| {
                let packet = sender.tick(1_000 + 160 * n, 160)?;
                Some((packet, EventPayload::parse(&packet.payload).unwrap()))
            })
            .collect()
    }

    #[test]
    fn a_digit_is_marked_first_grows_and_ends_three_times() {
        let mut sender = EventSender::new(8_000);
        sender.send(5, 100).unwrap();
        let sent: Vec<_> = ticks(&mut sender, 10).into_iter().flatten().collect();
        let durations: Vec<u16> = sent.iter().map(|(_, e)| e.duration).collect();
        assert_eq!(durations, [160, 320, 480, 640, 800, 800, 800]);
        assert_eq!(sent.iter().filter(|(_, e)| e.end).count(), 3);
        assert_eq!(sent.iter().filter(|(p, _)| p.marker).count(), 1);
        assert!(
            sent[0].0.marker
                && sent
                    .iter()
                    .all(|(p, e)| p.timestamp == 1_000 && e.event == 5)
        );
        assert!(!sender.is_busy());
    }

    #[test]
    fn two_digits_keep_a_gap() {
        let mut sender = EventSender::new(8_000);
        sender.send(1, 40).unwrap();
        sender.send(2, 40).unwrap();
        let events: Vec<Option<u8>> = ticks(&mut sender, 9)
            .iter()
            .map(|s| s.map(|(_, e)| e.event))
            .collect();
        let (one, two) = (Some(1), Some(2));
        assert_eq!(events, [one, one, one, one, None, None, two, two, two]);
    }

    #[test]
    fn a_long_event_goes_on_in_a_second_segment() {
        let mut sender = EventSender::new(8_000);
        sender.send(10, 9_000).unwrap();
        let sent: Vec<_> = ticks(&mut sender, 500).into_iter().flatten().collect();
        let full = sent.iter().position(|(_, e)| e.duration == 0xFFFF).unwrap();
        assert!(!sent[full].1.end);
        assert_eq!(sent[full + 1].0.timestamp, 1_000 + 0xFFFF);
        assert!(sent[1..].iter().all(|(p, _)| !p.marker));
        let last = sent.last().unwrap();
        assert!(last.1.end && last.0.timestamp + u32::from(last.1.duration) == 1_000 + 72_000);
    }

    #[test]
    fn a_full_queue_refuses() {
        let mut sender = EventSender::new(8_000);
        let refused = (0..40).filter(|_| sender.send(1, 40).is_err()).count();
        assert_eq!(refused, 40 - QUEUE_MAX);
    }
}
