//! What the bridge knows of its radio, and what the hub allows.

use std::fmt;

use crate::limits::{AUDIO_MS, LIMIT_MS, STRING_CHARS};
use crate::{MS, Micros};

/// A value that cannot work; the text says which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfBounds(pub String);

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OutOfBounds {}

/// The radio and how frames are put on air.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The only codec that a key may name, such as `opus/48000/1`.
    pub codec: Box<str>,
    /// Length of a codec frame, ms: 20, 40 or 60.
    pub frame_ms: u32,
    /// From keying until the transmitter carries speech, ms, at most 400.
    pub ready_ms: u32,
    /// The transmitter stays keyed after the last frame, ms, at most 2000.
    pub tail_ms: u32,
    /// The first frame waits for later ones, ms, at most 300.
    pub playout_ms: u32,
    /// While the radio receives, only an emergency may key.
    pub busy_lockout: bool,
}

impl Settings {
    /// Names the field that is out of bounds.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        let at_most = |name, value, most| {
            if value <= most {
                return Ok(());
            }
            Err(OutOfBounds(format!("{name}: {value} is more than {most}")))
        };
        if self.codec.is_empty() || self.codec.chars().count() > STRING_CHARS {
            return Err(OutOfBounds("codec: 1 to 64 characters".into()));
        }
        if ![20, 40, 60].contains(&self.frame_ms) {
            return Err(OutOfBounds("frame_ms: 20, 40 or 60".into()));
        }
        at_most("ready_ms", self.ready_ms, 400)?;
        at_most("tail_ms", self.tail_ms, 2_000)?;
        at_most("playout_ms", self.playout_ms, 300)
    }

    /// Ticks of the codec's media clock in a second.
    pub fn clock_hz(&self) -> u64 {
        clock_hz(&self.codec)
    }

    pub(crate) fn frame(&self) -> Micros {
        Micros::from(self.frame_ms) * MS
    }

    pub(crate) fn frame_ticks(&self) -> u64 {
        self.clock_hz() * u64::from(self.frame_ms) / 1_000
    }

    pub(crate) fn frames_max(&self) -> usize {
        (AUDIO_MS / self.frame_ms) as usize
    }
}

/// Ticks of a codec's media clock in a second: 48,000 for Opus, 8,000 for every other.
pub fn clock_hz(codec: &str) -> u64 {
    if codec.starts_with("opus/") {
        48_000
    } else {
        8_000
    }
}

/// From one media time to another. Neither is above 2**48, so that nothing overflows.
pub(crate) fn media_time(from: u64, to: u64, clock_hz: u64) -> Micros {
    let ticks = to.cast_signed() - from.cast_signed();
    let per_ms = (clock_hz / 1_000).cast_signed();
    ticks * MS / per_ms
}

/// What the hub's cfg allows on the channel.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Whether it may transmit at all.
    pub transmit: bool,
    /// Unkeyed without an accepted frame for this long.
    pub watchdog: Micros,
    /// A key or a frame older than this on arrival is refused.
    pub late: Micros,
    /// Longest transmission.
    pub limit: Micros,
    /// No key is granted for this long after a transmission that hit the limit.
    pub penalty: Micros,
}

impl Terms {
    /// Nothing may be transmitted.
    pub const OFF: Self = Self {
        transmit: false,
        watchdog: 300 * MS,
        late: 250 * MS,
        limit: 60_000 * MS,
        penalty: 3_000 * MS,
    };

    /// Names the field that is out of bounds.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        let within = |name, value: Micros, least: Micros, most: Micros| {
            if (least * MS..=most * MS).contains(&value) {
                return Ok(());
            }
            let value = value / MS;
            Err(OutOfBounds(format!(
                "{name}: {value} is not in {least} to {most}"
            )))
        };
        within("watchdog_ms", self.watchdog, 100, 2_000)?;
        within("late_ms", self.late, 20, 2_000)?;
        within("limit_ms", self.limit, 1_000, Micros::from(LIMIT_MS))?;
        within("penalty_ms", self.penalty, 0, 60_000)
    }
}
