//! Telephone events: DTMF digits and the like as RTP packets of their own (RFC 4733).

mod receiver;
mod sender;

pub use receiver::EventReceiver;
pub use sender::{EventPacket, EventSender, QueueFull};

/// Four bytes on the wire (RFC 4733 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPayload {
    /// Event code; 0 to 15 are DTMF (section 3.2).
    pub event: u8,
    /// Set in the last packets of the event.
    pub end: bool,
    /// Tone level in -dBm0, 0 (loud) to 63.
    pub volume: u8,
    /// Length so far in timestamp units, from the packet's timestamp on.
    pub duration: u16,
}

impl EventPayload {
    /// The first event of a payload; `None` when it is shorter than 4 bytes.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let [event, flags, high, low, ..] = *payload else {
            return None;
        };
        Some(Self {
            event,
            end: flags & 0x80 != 0,
            volume: flags & 0x3F,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    /// The bytes to send.
    pub fn bytes(&self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [
            self.event,
            u8::from(self.end) << 7 | (self.volume & 0x3F),
            high,
            low,
        ]
    }
}

/// The DTMF key of an event code: `0`-`9`, `*`, `#`, `A`-`D`.
pub fn dtmf_key(event: u8) -> Option<char> {
    b"0123456789*#ABCD"
        .get(usize::from(event))
        .map(|key| char::from(*key))
}

/// The event code of a DTMF key, letters in either case.
pub fn dtmf_event(key: char) -> Option<u8> {
    let key = key.to_ascii_uppercase();
    (0..16).find(|event| dtmf_key(*event) == Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_codes_are_inverse() {
        for event in 0..16 {
            assert_eq!(dtmf_key(event).and_then(dtmf_event), Some(event));
        }
        assert_eq!(
            (
                dtmf_event('*'),
                dtmf_event('d'),
                dtmf_event('x'),
                dtmf_key(16)
            ),
            (Some(10), Some(15), None, None)
        );
    }

    #[test]
    fn a_payload_survives_the_wire() {
        let payload = EventPayload {
            event: 11,
            end: true,
            volume: 10,
            duration: 0x1234,
        };
        assert_eq!(EventPayload::parse(&payload.bytes()), Some(payload));
        assert_eq!(EventPayload::parse(&[1, 2, 3]), None);
    }
}
