//! One over on air: which of its audio messages are taken.

use crate::Micros;
use crate::clock::LatenessClock;
use crate::fence::playout::{Frame, Playout};
use crate::fence::settings::{Settings, Terms, media_time};
use crate::limits::AHEAD;
use crate::message::{Audio, Flags};

/// What became of an audio message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Taken; it feeds the watchdog.
    Taken,
    Late,
    Repeated,
    Ahead,
    Bad,
}

/// Where an over is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Frames are taken.
    Live,
    /// Its end is known; what waits is played.
    Draining,
    /// Everything was played; keyed until then.
    Tail(Micros),
}

#[derive(Debug)]
pub(crate) struct Over {
    pub token: u32,
    pub priority: u8,
    pub phase: Phase,
    /// When it was granted, and since when the transmitter is keyed without a break.
    pub granted: Micros,
    pub keyed: Micros,
    pub ready: Micros,
    pub limit_ms: u32,
    pub limit_at: Micros,
    pub playout: Playout,
    pub late: u64,
    /// The last frame or keepalive taken.
    pub fed: Micros,
    /// rel came: ends after the message of this number.
    pub ends_after: Option<u32>,
    last_sequence: Option<u32>,
    /// The hub's clock at a media time.
    anchor: Option<(Micros, u64)>,
    /// Arrival and media time of the first frame.
    first: Option<(Micros, u64)>,
    next_media: u64,
}

impl Over {
    pub fn new(token: u32, priority: u8, playout: Playout, now: Micros) -> Self {
        Self {
            token,
            priority,
            phase: Phase::Live,
            granted: now,
            keyed: now,
            ready: now,
            limit_ms: 0,
            limit_at: now,
            playout,
            late: 0,
            fed: now,
            ends_after: None,
            last_sequence: None,
            anchor: None,
            first: None,
            next_media: 0,
        }
    }

    /// A message of this over that came at `arrived`, which may have been a while ago.
    pub fn take(
        &mut self,
        audio: &Audio<'_>,
        arrived: Micros,
        now: Micros,
        (settings, terms, clock): (&Settings, &Terms, &LatenessClock),
    ) -> Verdict {
        let is_old = self
            .last_sequence
            .is_some_and(|last| audio.sequence <= last);
        if is_old || self.phase != Phase::Live {
            return Verdict::Repeated;
        }
        let hz = settings.clock_hz();
        if audio.flags.has(Flags::ENCRYPTED) || audio.frames().len() > settings.frames_max() {
            return Verdict::Bad;
        }
        if let Some(captured) = audio.captured {
            self.anchor = Some((captured, audio.timestamp));
        }
        let Some(age) = self.age(audio, arrived, hz, clock) else {
            return Verdict::Late;
        };
        if age > terms.late {
            return Verdict::Late;
        }
        if age < -AHEAD || self.ahead(audio, arrived, hz) > AHEAD {
            return Verdict::Ahead;
        }
        if !audio.frames().is_empty() && audio.timestamp < self.next_media {
            return Verdict::Bad;
        }
        self.last_sequence = Some(audio.sequence);
        self.fed = now;
        self.queue(audio, arrived, now, age, settings);
        Verdict::Taken
    }

    /// Whether everything up to the message that rel names has come.
    pub fn complete(&self) -> bool {
        match (self.ends_after, self.last_sequence) {
            (Some(end), Some(last)) => last >= end,
            _ => false,
        }
    }

    fn age(
        &self,
        audio: &Audio<'_>,
        arrived: Micros,
        hz: u64,
        clock: &LatenessClock,
    ) -> Option<Micros> {
        let (captured, media) = self.anchor?;
        clock.age(captured + media_time(media, audio.timestamp, hz), arrived)
    }

    /// How far media time has run ahead of arrival since the first frame.
    fn ahead(&self, audio: &Audio<'_>, arrived: Micros, hz: u64) -> Micros {
        let Some((first_arrived, first_media)) = self.first else {
            return 0;
        };
        media_time(first_media, audio.timestamp, hz) - (arrived - first_arrived)
    }

    fn queue(
        &mut self,
        audio: &Audio<'_>,
        arrived: Micros,
        now: Micros,
        age: Micros,
        settings: &Settings,
    ) {
        if !audio.frames().is_empty() {
            self.first.get_or_insert((arrived, audio.timestamp));
        }
        for (k, bytes) in (0_u64..).zip(audio.frames()) {
            let timestamp = audio.timestamp + k * settings.frame_ticks();
            self.next_media = timestamp + settings.frame_ticks();
            let frame = Frame {
                bytes: bytes.to_vec(),
                timestamp,
                arrived,
                age,
            };
            self.playout.push(frame, self.ready, now);
        }
    }
}
