//! Receiving events: each press and release once, whatever is lost, doubled or late (RFC 4733 section 2.5.2).

use super::EventPayload;

/// No packet of an event for this long ends it: its end was lost. Three packets of 50 ms.
const SILENCE_MS: i64 = 150;
const SEGMENT_MAX: u32 = 0xFFFF;

/// What the room is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventSignal {
    /// The key went down.
    Pressed {
        /// Event code.
        event: u8,
    },
    /// The key went up, or its packets stopped.
    Released {
        /// Event code.
        event: u8,
        /// How long it was down, in timestamp units.
        duration: u32,
    },
}

#[derive(Debug, Clone, Copy)]
struct Held {
    event: u8,
    /// Timestamp of the present segment and the length of those before it.
    segment: u32,
    before: u32,
    duration: u16,
    seen_at: i64,
}

/// Follows the events of one incoming stream.
#[derive(Debug)]
pub struct EventReceiver {
    silence: i64,
    held: Option<Held>,
    /// Timestamp of the newest event that has ended; its packets and older ones are repeats.
    ended: Option<u32>,
    /// Packets that told nothing new, or could not be read.
    ignored: u64,
}

impl EventReceiver {
    /// A receiver for a stream of `clock_hz` timestamp units a second.
    pub fn new(clock_hz: u32) -> Self {
        Self {
            silence: SILENCE_MS * i64::from(clock_hz / 1000),
            held: None,
            ended: None,
            ignored: 0,
        }
    }

    /// Packets ignored so far: repeats, late ones, broken ones.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// Take one packet. `now` is local time in timestamp units. At most two signals, in order.
    pub fn packet(&mut self, timestamp: u32, payload: &[u8], now: i64) -> [Option<EventSignal>; 2] {
        let Some(packet) = EventPayload::parse(payload) else {
            self.ignored += 1;
            return [None, None];
        };
        if self.ended.is_some_and(|ended| !is_after(timestamp, ended)) {
            self.ignored += 1;
            return [None, None];
        }
        match &mut self.held {
            Some(held) if held.goes_on(timestamp, packet.event) => {
                held.update(timestamp, packet.duration, now);
                [packet.end.then(|| self.end()).flatten(), None]
            }
            Some(held) if !is_after(timestamp, held.segment) => {
                self.ignored += 1;
                [None, None]
            }
            // A new event: the end of the one before was lost, if there was one.
            _ => {
                let before = self.end();
                let pressed = Some(self.begin(timestamp, packet, now));
                match before {
                    // The rare case of three signals: the new event's end comes with its repeat.
                    Some(_) => [before, pressed],
                    None => [pressed, packet.end.then(|| self.end()).flatten()],
                }
            }
        }
    }

    /// Call once a tick: ends an event whose packets have stopped.
    pub fn tick(&mut self, now: i64) -> Option<EventSignal> {
        let held = self.held.as_ref()?;
        if now.saturating_sub(held.seen_at) < self.silence {
            None
        } else {
            self.end()
        }
    }

    fn begin(&mut self, timestamp: u32, packet: EventPayload, now: i64) -> EventSignal {
        self.held = Some(Held {
            event: packet.event,
            segment: timestamp,
            before: 0,
            duration: packet.duration,
            seen_at: now,
        });
        EventSignal::Pressed {
            event: packet.event,
        }
    }

    fn end(&mut self) -> Option<EventSignal> {
        let held = self.held.take()?;
        self.ended = Some(held.segment);
        Some(EventSignal::Released {
            event: held.event,
            duration: held.before.saturating_add(u32::from(held.duration)),
        })
    }
}

impl Held {
    /// The same segment, or the next one of a long event (section 2.5.1.3).
    fn goes_on(&self, timestamp: u32, event: u8) -> bool {
        event == self.event && matches!(timestamp.wrapping_sub(self.segment), 0 | SEGMENT_MAX)
    }

    fn update(&mut self, timestamp: u32, duration: u16, now: i64) {
        if timestamp == self.segment {
            self.duration = self.duration.max(duration);
        } else {
            self.before = self.before.saturating_add(SEGMENT_MAX);
            self.segment = timestamp;
            self.duration = duration;
        }
        self.seen_at = now;
    }
}

fn is_after(timestamp: u32, other: u32) -> bool {
    timestamp.wrapping_sub(other).cast_signed() > 0
}

#[cfg(test)]
mod tests {
    use super::super::EventSender;
    use super::*;

    const PRESSED: EventSignal = EventSignal::Pressed { event: 10 };

    fn bytes(event: u8, end: bool, duration: u16) -> [u8; 4] {
        EventPayload {
            event,
            end,
            volume: 10,
            duration,
        }
        .bytes()
    }

    fn released(duration: u32) -> EventSignal {
        EventSignal::Released {
            event: 10,
            duration,
        }
    }

    /// What a receiver tells of a sender's packets, of which `keep` lets some through.
    fn heard(duration_ms: u32, keep: impl Fn(u32) -> bool) -> Vec<EventSignal> {
        let (mut sender, mut receiver) = (EventSender::new(8_000), EventReceiver::new(8_000));
        sender.send(10, duration_ms).unwrap();
        let mut signals = Vec::new();
        for n in 0..duration_ms / 20 + 20 {
            let timestamp = (u32::MAX - 300).wrapping_add(n * 160);
            let packet = sender.tick(timestamp, 160).filter(|_| keep(n));
            if let Some(packet) = packet {
                signals.extend(
                    receiver
                        .packet(packet.timestamp, &packet.payload, i64::from(n) * 160)
                        .into_iter()
                        .flatten(),
                );
            }
            signals.extend(receiver.tick(i64::from(n) * 160));
        }
        signals
    }

    #[test]
    fn a_press_is_told_once_and_its_release_once() {
        assert_eq!(heard(200, |_| true), [PRESSED, released(1_600)]);
    }

    #[test]
    fn lost_packets_do_not_change_what_is_told() {
        assert_eq!(heard(200, |n| n > 3), [PRESSED, released(1_600)]);
        assert_eq!(heard(200, |n| n % 3 == 2), [PRESSED, released(1_600)]);
        assert_eq!(
            heard(200, |n| n == 11),
            [PRESSED, released(1_600)],
            "only the last end came"
        );
    }

    #[test]
    fn a_lost_end_releases_after_150_ms_of_silence() {
        assert_eq!(heard(200, |n| n < 9), [PRESSED, released(1_440)]);
    }

    #[test]
    fn a_key_held_longer_than_a_segment_is_one_press() {
        assert_eq!(heard(20_000, |_| true), [PRESSED, released(160_000)]);
    }

    #[test]
    fn a_new_event_ends_the_one_whose_end_was_lost() {
        let mut receiver = EventReceiver::new(8_000);
        assert_eq!(
            receiver.packet(0, &bytes(10, false, 160), 0),
            [Some(PRESSED), None]
        );
        let second = EventSignal::Pressed { event: 11 };
        assert_eq!(
            receiver.packet(800, &bytes(11, false, 160), 800),
            [Some(released(160)), Some(second)]
        );
    }

    #[test]
    fn late_and_broken_packets_are_counted_and_change_nothing() {
        let mut receiver = EventReceiver::new(8_000);
        receiver.packet(1_600, &bytes(10, true, 160), 0);
        assert_eq!(
            receiver.packet(1_600, &bytes(10, true, 160), 0),
            [None, None]
        );
        assert_eq!(receiver.packet(800, &bytes(9, false, 160), 0), [None, None]);
        assert_eq!(receiver.packet(2_400, &[1, 2], 0), [None, None]);
        assert_eq!(receiver.ignored(), 3);
    }
}
