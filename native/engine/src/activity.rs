//! When a source counts as making sound (RFC 6464).

use std::time::{Duration, Instant};

use crate::io::{Level, MediaPacket};

/// A packet at or above this level is sound.
pub const ACTIVE_LEVEL_DBOV: i8 = -50;
/// Sound goes on for this long after its last packet, so that words do not flicker.
pub const HANG_TIME: Duration = Duration::from_millis(500);
/// Opus sends packets of at most this many bytes while it transmits nothing (RFC 6716 2.1.9).
const DTX_BYTES_MAX: usize = 2;

/// Whether the packet carries sound. Without a level every packet does that is not DTX.
pub(crate) fn is_active(packet: &MediaPacket) -> bool {
    match packet.level {
        Some(Level { dbov, .. }) => dbov >= ACTIVE_LEVEL_DBOV,
        None => packet.payload.len() > DTX_BYTES_MAX,
    }
}

/// Sound of one member in one room.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Activity {
    last_sound: Option<Instant>,
}

impl Activity {
    /// Sound now; true when it begins.
    pub fn sound(&mut self, now: Instant) -> bool {
        self.last_sound.replace(now).is_none()
    }

    /// When it ends if nothing more comes.
    pub fn ends(&self) -> Option<Instant> {
        self.last_sound.map(|at| at + HANG_TIME)
    }

    /// Stop at once; true when there was sound.
    pub fn stop(&mut self) -> bool {
        self.last_sound.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ms, packet, quiet, start};

    #[test]
    fn the_level_decides_where_there_is_one() {
        assert!(is_active(&packet(1)));
        assert!(!is_active(&quiet(1)));
    }

    #[test]
    fn without_a_level_only_dtx_is_silence() {
        let mut unmetered = packet(1);
        unmetered.level = None;
        assert!(is_active(&unmetered));
        unmetered.payload = vec![0xf8].into();
        assert!(!is_active(&unmetered));
    }

    #[test]
    fn sound_begins_once_and_hangs() {
        let mut activity = Activity::default();
        assert!(activity.sound(start()));
        assert!(!activity.sound(start() + ms(20)));
        assert_eq!(activity.ends(), Some(start() + ms(20) + HANG_TIME));
        assert!(activity.stop());
        assert!(!activity.stop());
    }
}
