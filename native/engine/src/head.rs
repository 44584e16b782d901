//! What a source says between its press and its grant (docs/adr/0019): held while its gates are shut, let go in
//! order when the floor is granted, dropped when it is not.
//!
//! Bounds: [`HEAD`] of time, [`PACKETS_MAX`], [`BYTES_MAX`]; beyond any of them the oldest goes.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::io::{MediaPacket, PhonePacket};

/// Longest head.
pub const HEAD: Duration = Duration::from_millis(500);
/// How often some of a head is let go, and how much media time at once: three frames of 20 ms, so that a listener's
/// jitter buffer sees nothing worse than a network that catches up.
pub(crate) const TICK: Duration = Duration::from_millis(20);
const PER_TICK: u32 = 3 * 960;
/// Packets of one tick, however short they are (2.5 ms: 24 in 60 ms).
const PER_TICK_MAX: usize = 24;
/// [`HEAD`] of frames of 2.5 ms, and what comes while they are let go.
const PACKETS_MAX: usize = 256;
const BYTES_MAX: usize = 32 * 1024;
/// A microphone that gave only zeros for so many packets is shut: what it gave before belongs to no press.
const SHUT_AFTER: u32 = 5;
/// Zeros that are kept before the first sound: what decodes and stretches at the listener begins with them.
const LEAD: usize = 2;
/// dBov of a microphone that is shut (RFC 6464: digital silence).
const ZEROS_DBOV: i8 = -127;

pub(crate) trait Payload {
    fn bytes(&self) -> usize;
}

impl Payload for MediaPacket {
    fn bytes(&self) -> usize {
        self.payload.len()
    }
}

impl Payload for PhonePacket {
    fn bytes(&self) -> usize {
        self.payload.len()
    }
}

/// Packets of one source in the order in which they came, and when.
#[derive(Debug)]
pub(crate) struct Head<P> {
    waiting: VecDeque<(Instant, P)>,
    bytes: usize,
    /// Zeros in a row at the end.
    zeros: u32,
    /// Something of what waits is sound.
    sounds: bool,
    /// While let go: when the next part is due.
    due: Option<Instant>,
    /// How much later than it came everything passes until the talkspurt ends.
    delay: Duration,
}

impl<P> Default for Head<P> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            bytes: 0,
            zeros: 0,
            sounds: false,
            due: None,
            delay: Duration::ZERO,
        }
    }
}

impl<P: Payload> Head<P> {
    /// Drop all, and the delay.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.bytes = 0;
        self.zeros = 0;
        self.sounds = false;
        self.due = None;
        self.delay = Duration::ZERO;
    }

    /// Keep a packet; what it displaces is the oldest. Returns how many went.
    pub fn push(&mut self, packet: P, now: Instant) -> u64 {
        self.bytes += packet.bytes();
        self.waiting.push_back((now, packet));
        self.sounds = true;
        let mut dropped = 0;
        while self.waiting.len() > PACKETS_MAX || self.bytes > BYTES_MAX {
            self.pop();
            dropped += 1;
        }
        dropped
    }

    /// Forget what is older than a head.
    pub fn expire(&mut self, now: Instant) {
        while self
            .waiting
            .front()
            .is_some_and(|(at, _)| now.saturating_duration_since(*at) > HEAD)
        {
            self.pop();
        }
    }

    /// The next packet, and when it came.
    pub fn pop(&mut self) -> Option<(Instant, P)> {
        let (at, packet) = self.waiting.pop_front()?;
        self.bytes -= packet.bytes();
        Some((at, packet))
    }

    /// The floor is granted: from now on what waits is let go. False: nothing waits.
    pub fn release(&mut self, now: Instant) -> bool {
        self.expire(now);
        if !self.sounds {
            self.clear();
        }
        self.delay = match self.waiting.front() {
            Some((at, _)) => now.saturating_duration_since(*at),
            None => Duration::ZERO,
        };
        self.zeros = 0;
        self.due = None;
        !self.waiting.is_empty()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// See the field.
    pub fn delay(&self) -> Duration {
        self.delay
    }
}

impl Head<MediaPacket> {
    /// A packet that came while the gate is shut.
    pub fn hold(&mut self, packet: &MediaPacket, now: Instant) {
        let zeros = packet.level.is_some_and(|level| level.dbov <= ZEROS_DBOV);
        self.zeros = if zeros { self.zeros + 1 } else { 0 };
        if self.zeros >= SHUT_AFTER {
            self.clear();
            // Goes on being shut.
            self.zeros = SHUT_AFTER;
        }
        self.expire(now);
        let sounds = self.sounds || !zeros;
        self.push(packet.clone(), now);
        self.sounds = sounds;
        while !sounds && self.waiting.len() > LEAD {
            self.pop();
        }
    }

    /// Whether a part is due now; then the next is in [`TICK`].
    pub fn is_due(&mut self, now: Instant) -> bool {
        let due = !self.waiting.is_empty() && self.due.is_none_or(|due| due <= now);
        if due {
            self.due = Some(now + TICK);
        }
        due
    }

    /// Take what passes at once, into `part`.
    pub fn take_part(&mut self, part: &mut Vec<(Instant, MediaPacket)>) {
        let Some(first) = self.waiting.front().map(|(_, packet)| packet.timestamp) else {
            return;
        };
        while part.len() < PER_TICK_MAX
            && self
                .waiting
                .front()
                .is_some_and(|(_, packet)| packet.timestamp.wrapping_sub(first) < PER_TICK)
        {
            part.extend(self.pop());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ms, packet, quiet, start};

    fn held(packets: impl IntoIterator<Item = (u64, MediaPacket)>) -> Head<MediaPacket> {
        let mut head = Head::default();
        for (at_ms, packet) in packets {
            head.hold(&packet, start() + ms(at_ms));
        }
        head
    }

    fn seqs(head: &mut Head<MediaPacket>) -> Vec<u64> {
        std::iter::from_fn(|| head.pop().map(|(_, packet)| packet.seq)).collect()
    }

    #[test]
    fn it_begins_just_before_its_first_sound_and_keeps_the_pauses_in_it() {
        let mut head = held([
            (0, quiet(1)),
            (20, quiet(2)),
            (40, quiet(3)),
            (60, packet(4)),
            (80, quiet(5)),
            (100, packet(6)),
        ]);
        assert_eq!(seqs(&mut head), [2, 3, 4, 5, 6]);
    }

    #[test]
    fn only_the_last_half_second_is_kept() {
        let mut head = held((0..100).map(|k| (20 * k, packet(k))));
        assert!(head.release(start() + ms(99 * 20)));
        assert_eq!(seqs(&mut head), (74..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_shut_microphone_has_no_head() {
        let mut head = held((0..10).map(|k| (20 * k, packet(k))));
        for k in 10..15 {
            head.hold(&quiet(k), start() + ms(20 * k));
        }
        assert!(!head.release(start() + ms(300)));
    }

    #[test]
    fn large_packets_displace_the_oldest() {
        let mut head = Head::default();
        for k in 0..40 {
            let payload = vec![0; 1_200].into();
            head.push(
                MediaPacket {
                    payload,
                    ..packet(k)
                },
                start(),
            );
        }
        assert_eq!(seqs(&mut head).len(), BYTES_MAX / 1_200);
    }

    #[test]
    fn a_part_is_sixty_milliseconds() {
        let mut head = held((0..10).map(|k| (20 * k, packet(k))));
        let mut part = Vec::new();
        head.take_part(&mut part);
        let seqs: Vec<u64> = part.iter().map(|(_, packet)| packet.seq).collect();
        assert_eq!(seqs, [0, 1, 2]);
    }
}
