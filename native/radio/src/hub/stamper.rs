//! RTP of the channel's leg becomes the audio messages of one over.
//!
//! The leg's RTP timeline follows the same clock as ours, so a packet was captured at its RTP time plus a
//! constant: the least difference seen. What has waited in a socket is thereby known to be old, and dropped
//! here rather than at the bridge. While nothing is said a message without frames goes out every 100 ms:
//! the bridge's watchdog shall not take silence for a lost hub.

use crate::fence::clock_hz;
use crate::message::{Audio, Flags};
use crate::{MS, Micros, SECOND};

/// Silence between messages, after which one without frames is sent.
const KEEPALIVE: Micros = 100 * MS;
/// Older packets are dropped at the source.
const STALE: Micros = 100 * MS;
/// Packets of a backlog come closer together than this.
const BACKLOG: Micros = 10 * MS;
/// So many late ones in a row, each in its own time: nothing waited, the timeline has moved.
const MOVED_AFTER: u32 = 3;
/// The capture clock is told this often, and when it has moved by [`MOVED`].
const TELL: Micros = SECOND;
const MOVED: Micros = 20 * MS;
/// The first messages tell it in any case, because one can be lost.
const TOLD_FIRST: u32 = 3;

/// A packet from the media plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// One codec frame.
    pub payload: Vec<u8>,
    /// When it came.
    pub arrived: Micros,
}

/// The leg's RTP timeline.
#[derive(Debug, Clone, Copy)]
struct Timeline {
    sequence: u16,
    timestamp: u32,
    /// Media time of the last packet, in ticks of the over.
    media: u64,
    /// Capture time of media time 0: the least seen.
    base: Micros,
    arrived: Micros,
}

#[derive(Debug)]
pub(crate) struct Stamper {
    token: u32,
    flags: Flags,
    ticks_per_ms: u64,
    sequence: u32,
    /// Our clock at media time 0, as last told.
    told: Option<(Micros, Micros)>,
    began: Micros,
    timeline: Option<Timeline>,
    next_media: u64,
    frame_ticks: u64,
    sent: Micros,
    /// Late packets in a row that came in their own time.
    delayed: u32,
}

impl Stamper {
    /// Media time 0 is at `began`.
    pub fn new(token: u32, codec: &str, emergency: bool, began: Micros) -> Self {
        let ticks_per_ms = clock_hz(codec) / 1_000;
        Self {
            token,
            flags: Flags::default().with(Flags::EMERGENCY, emergency),
            ticks_per_ms,
            sequence: 0,
            told: None,
            began,
            timeline: None,
            next_media: 0,
            frame_ticks: 20 * ticks_per_ms,
            sent: began,
            delayed: 0,
        }
    }

    /// The message of a packet; `None`: too old.
    pub fn stamp(&mut self, packet: &Packet, now: Micros) -> Option<Vec<u8>> {
        let (mut timeline, gap) = self.follow(packet);
        let captured = timeline.base + self.time(timeline.media);
        if packet.arrived - captured > STALE {
            let last = self.timeline.map_or(Micros::MIN / 2, |last| last.arrived);
            let in_its_time = packet.arrived - last >= BACKLOG;
            self.delayed = if in_its_time { self.delayed + 1 } else { 0 };
            if self.delayed < MOVED_AFTER {
                self.timeline = Some(timeline);
                return None;
            }
            timeline.base = packet.arrived - self.time(timeline.media);
        }
        self.delayed = 0;
        self.timeline = Some(timeline);
        self.next_media = timeline.media + self.frame_ticks;
        let flags = Flags::default().with(Flags::GAP, gap);
        Some(self.message(
            &[&packet.payload],
            timeline.media,
            timeline.base,
            flags,
            now,
        ))
    }

    /// A message without frames, when it is time.
    pub fn keepalive(&mut self, now: Micros) -> Option<Vec<u8>> {
        (now - self.sent >= KEEPALIVE).then(|| {
            let base = self.base();
            let media = self.ticks(now - base).max(self.next_media);
            // Told by its own time even when the last frame ran ahead of it.
            self.message(&[], media, now - self.time(media), Flags::default(), now)
        })
    }

    pub fn next_keepalive(&self) -> Micros {
        self.sent + KEEPALIVE
    }

    /// The end, and the number that rel names.
    pub fn end(&mut self, now: Micros) -> (Vec<u8>, u32) {
        let media = self.next_media;
        let base = (now - self.time(media)).max(self.base());
        let message = self.message(&[], media, base, Flags::END, now);
        (message, self.sequence - 1)
    }

    /// Where the packet is on the timeline, and whether some before it are missing.
    fn follow(&self, packet: &Packet) -> (Timeline, bool) {
        let fresh = |media| Timeline {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            media,
            base: packet.arrived - self.time(media),
            arrived: packet.arrived,
        };
        let Some(last) = self.timeline else {
            return (fresh(self.ticks(packet.arrived - self.began)), false);
        };
        let ticks = u64::from(packet.timestamp.wrapping_sub(last.timestamp));
        if ticks == 0 || ticks > 10_000 * self.ticks_per_ms {
            // Another timeline: it goes on where this one would be by now.
            let media = self.ticks(packet.arrived - last.base).max(self.next_media);
            return (fresh(media), true);
        }
        let media = last.media + ticks;
        let seen = packet.arrived - self.time(media);
        let timeline = Timeline {
            base: last.base.min(seen),
            ..fresh(media)
        };
        let gap = packet.sequence != last.sequence.wrapping_add(1);
        (timeline, gap)
    }

    fn message(
        &mut self,
        frames: &[&[u8]],
        media: u64,
        base: Micros,
        flags: Flags,
        now: Micros,
    ) -> Vec<u8> {
        let mut audio = Audio::new(self.token, self.sequence, media, frames);
        let is_first = self.sequence == 0 && !flags.has(Flags::END);
        audio.flags = Flags(self.flags.0 | flags.0).with(Flags::START, is_first);
        let due = self
            .told
            .is_none_or(|(at, told)| now - at >= TELL || (base - told).abs() >= MOVED);
        if due || self.sequence < TOLD_FIRST {
            audio.captured = Some((base + self.time(media)).max(0));
            self.told = Some((now, base));
        }
        self.sequence = self.sequence.wrapping_add(1);
        self.sent = now;
        audio.encode()
    }

    fn base(&self) -> Micros {
        self.timeline.map_or(self.began, |timeline| timeline.base)
    }

    fn time(&self, ticks: u64) -> Micros {
        ticks.cast_signed() * MS / self.ticks_per_ms.cast_signed()
    }

    fn ticks(&self, time: Micros) -> u64 {
        time.max(0) as u64 * self.ticks_per_ms / MS as u64
    }
}
