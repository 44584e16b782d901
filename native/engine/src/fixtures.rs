//! Packets and times for the unit tests of this crate.
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::io::{Level, MediaPacket};

pub fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Time zero of a test process.
#[allow(
    clippy::disallowed_methods,
    reason = "an Instant can only be had from the clock"
)]
pub fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

pub fn packet(seq: u64) -> MediaPacket {
    MediaPacket {
        stream: 1,
        seq,
        timestamp: (seq as u32).wrapping_mul(960),
        marker: false,
        level: Some(Level {
            dbov: -20,
            voice: true,
        }),
        payload: vec![0xf8; 40].into(),
    }
}

pub fn quiet(seq: u64) -> MediaPacket {
    MediaPacket {
        level: Some(Level {
            dbov: -127,
            voice: false,
        }),
        ..packet(seq)
    }
}
