//! The audio slots of one listener: which source is where, and when it may be moved.
//!
//! A source takes a free slot and sticks to it, preferring the one it had before. When all are taken a
//! source that makes sound takes one whose source only ends its last words, or else one whose source has
//! paused ([`PAUSE`]), the longest first, or else that of the quietest, if it is clearly louder
//! ([`LOUDER_DB`]) and the quietest did not come just now ([`SETTLED_AFTER`]). Otherwise it is not heard.

use std::time::{Duration, Instant};

use crate::activity::is_active;
use crate::io::{MediaPacket, SessionId};
use crate::timeline::{Stamp, Timeline};

/// Most slots a listener can have.
pub const AUDIO_SLOTS_MAX: u8 = 16;
/// A source without sound for this long gives way to any that has some. Longer than the closures inside
/// words, shorter than most pauses between two talkers: so the next one's first word is heard.
pub const PAUSE: Duration = Duration::from_millis(120);
/// How much louder than the quietest holder a source must be to take its slot while it talks, dB.
pub const LOUDER_DB: i32 = 6;
/// Nobody is displaced by loudness before this.
pub const SETTLED_AFTER: Duration = Duration::from_millis(300);
/// A holder's loudness rises at once and falls by 1 dB in this time.
const FALL_MS_PER_DB: i32 = 20;
/// dBov of silence (RFC 6464).
const SILENCE_DBOV: i32 = -127;
/// Taken for a packet with sound whose source sends no level.
const UNMETERED_DBOV: i32 = -30;

/// What became of a packet for this listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    In {
        slot: u8,
        stamp: Stamp,
        /// Another source was in this slot before, or none.
        turned: bool,
    },
    /// No slot: all are taken by sources that are heard.
    Unheard,
    /// Older than its burst.
    Late,
}

/// One source at one listener, for an unbroken run of packets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub source: SessionId,
    pub burst: u64,
    pub active: bool,
    /// Its gate is shut: these are its last words, and the next talker's first come before them.
    pub parting: bool,
}

#[derive(Debug)]
pub(crate) struct Slots(Vec<Slot>);

#[derive(Debug)]
struct Slot {
    held: bool,
    /// The holder, or the last one.
    source: Option<SessionId>,
    burst: u64,
    parting: bool,
    last_sound: Option<Instant>,
    /// Since when the holder is here, and how loud it was when: dB above silence.
    held_since: Option<Instant>,
    loudness: Option<(i32, Instant)>,
    timeline: Timeline,
}

impl Slots {
    pub fn new(count: u8, seed: u64) -> Self {
        let slot = |k: u64| Slot {
            held: false,
            source: None,
            burst: 0,
            parting: false,
            last_sound: None,
            held_since: None,
            loudness: None,
            timeline: Timeline::new(seed.rotate_left(7 * k as u32) ^ k),
        };
        Self(
            (0..u64::from(count.min(AUDIO_SLOTS_MAX)))
                .map(slot)
                .collect(),
        )
    }

    /// Find a slot for the packet and its place there.
    pub fn place(&mut self, run: Run, packet: &MediaPacket, now: Instant) -> Placed {
        let Some(index) = self.find(run, packet, now) else {
            return Placed::Unheard;
        };
        let slot = &mut self.0[index];
        let turned = slot.source != Some(run.source);
        if turned || !slot.held {
            slot.held_since = Some(now);
            slot.loudness = None;
        }
        let fresh = !slot.held || turned || slot.burst != run.burst;
        slot.held = true;
        slot.source = Some(run.source);
        slot.burst = run.burst;
        slot.parting = run.parting;
        if run.active || fresh {
            slot.last_sound = Some(now);
        }
        let loudness = loudness(packet).max(slot.loudness(now));
        slot.loudness = Some((loudness, now));
        match slot.timeline.place(packet, fresh, now) {
            Some(stamp) => Placed::In {
                slot: index as u8,
                stamp,
                turned,
            },
            None => Placed::Late,
        }
    }

    /// The source is no longer heard here: its slot is free at once.
    pub fn release(&mut self, source: SessionId) {
        for slot in &mut self.0 {
            if slot.source == Some(source) {
                slot.held = false;
            }
        }
    }

    fn find(&self, run: Run, packet: &MediaPacket, now: Instant) -> Option<usize> {
        let own = |slot: &Slot| slot.source == Some(run.source);
        if let Some(index) = self.0.iter().position(own) {
            // Held, or free and last its own: both are its slot.
            return Some(index);
        }
        let free = self.0.iter().enumerate().filter(|(_, slot)| !slot.held);
        if let Some((index, _)) = free.min_by_key(|(_, slot)| slot.last_sound) {
            return Some(index);
        }
        if !run.active || run.parting {
            return None;
        }
        if let Some(index) = self.0.iter().position(|slot| slot.parting) {
            return Some(index);
        }
        self.paused(now).or_else(|| self.softer(packet, now))
    }

    /// The slot that has been without sound the longest, if that is long enough.
    fn paused(&self, now: Instant) -> Option<usize> {
        let slots = self.0.iter().enumerate();
        let (index, slot) = slots.min_by_key(|(_, slot)| slot.last_sound)?;
        let paused = slot
            .last_sound
            .is_none_or(|at| now.saturating_duration_since(at) >= PAUSE);
        paused.then_some(index)
    }

    /// The slot of the quietest that is not new, if the packet is clearly louder.
    fn softer(&self, packet: &MediaPacket, now: Instant) -> Option<usize> {
        let settled = self.0.iter().enumerate().filter(|(_, slot)| {
            let held = slot
                .held_since
                .map(|since| now.saturating_duration_since(since));
            held.is_none_or(|held| held >= SETTLED_AFTER)
        });
        let (index, quietest) = settled.min_by_key(|(_, slot)| slot.loudness(now))?;
        (loudness(packet) >= quietest.loudness(now) + LOUDER_DB).then_some(index)
    }
}

impl Slot {
    /// Of the holder, at `now`: dB above silence.
    fn loudness(&self, now: Instant) -> i32 {
        let Some((loudness, at)) = self.loudness else {
            return 0;
        };
        let passed = now.saturating_duration_since(at).as_millis();
        let fallen = i32::try_from(passed).unwrap_or(i32::MAX) / FALL_MS_PER_DB;
        (loudness - fallen).max(0)
    }
}

/// Of one packet: dB above silence.
fn loudness(packet: &MediaPacket) -> i32 {
    let dbov = match packet.level {
        Some(level) => i32::from(level.dbov),
        None if is_active(packet) => UNMETERED_DBOV,
        None => SILENCE_DBOV,
    };
    dbov - SILENCE_DBOV
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ms, packet, start};
    use crate::io::Level;

    fn run(source: u64, dbov: i8) -> Run {
        Run {
            source: SessionId(source),
            burst: 1,
            active: dbov >= -50,
            parting: false,
        }
    }

    fn placed(slots: &mut Slots, run: Run, dbov: i8, at_ms: u64) -> Placed {
        let level = Some(Level { dbov, voice: true });
        let packet = MediaPacket {
            level,
            ..packet(at_ms / 20)
        };
        slots.place(run, &packet, start() + ms(at_ms))
    }

    /// Where a packet of this level lands.
    fn say(slots: &mut Slots, source: u64, dbov: i8, at_ms: u64) -> Option<u8> {
        match placed(slots, run(source, dbov), dbov, at_ms) {
            Placed::In { slot, .. } => Some(slot),
            Placed::Unheard | Placed::Late => None,
        }
    }

    #[test]
    fn a_source_sticks_to_its_slot() {
        let mut slots = Slots::new(2, 0);
        assert_eq!(say(&mut slots, 1, -20, 0), Some(0));
        assert_eq!(say(&mut slots, 2, -20, 0), Some(1));
        assert_eq!(say(&mut slots, 1, -20, 20), Some(0));
    }

    #[test]
    fn a_slot_tells_once_that_its_source_is_another() {
        let mut slots = Slots::new(1, 0);
        let mut turned = |source, at_ms| {
            let placed = placed(&mut slots, run(source, -20), -20, at_ms);
            slots.release(SessionId(source));
            matches!(placed, Placed::In { turned: true, .. })
        };
        let seen =
            [(1, 0), (1, 20), (2, 40), (2, 60), (1, 80)].map(|(source, at)| turned(source, at));
        assert_eq!(seen, [true, false, true, false, true]);
    }

    /// When a source that talks from `begins_ms` on is heard, beside one that talked until 1 s.
    fn heard_from(begins_ms: u64, dbov: i8) -> Option<u64> {
        let mut slots = Slots::new(1, 0);
        (0..3_000).step_by(20).find(|&at| {
            let first = if at <= 1_000 { -20 } else { -90 };
            say(&mut slots, 1, first, at);
            at >= begins_ms && say(&mut slots, 2, dbov, at).is_some()
        })
    }

    #[test]
    fn an_equal_waits_until_the_other_pauses() {
        assert_eq!(heard_from(500, -20), Some(1_120));
    }

    #[test]
    fn who_begins_after_a_pause_is_heard_from_the_first_word_even_if_softer() {
        for gap_ms in [120, 400, 1_400] {
            for dbov in [-20, -44] {
                assert_eq!(heard_from(1_000 + gap_ms, dbov), Some(1_000 + gap_ms));
            }
        }
    }

    #[test]
    fn who_begins_right_after_another_misses_less_than_a_pause() {
        for gap_ms in [20, 40, 100] {
            assert_eq!(heard_from(1_000 + gap_ms, -20), Some(1_120));
        }
    }

    #[test]
    fn who_is_clearly_louder_is_heard_at_once_and_who_is_hardly_so_is_not() {
        assert_eq!(heard_from(500, -14), Some(500));
        assert!(heard_from(500, -15).is_some_and(|at| at > 1_000));
    }

    #[test]
    fn nobody_is_displaced_who_has_just_begun() {
        let mut slots = Slots::new(1, 0);
        say(&mut slots, 1, -40, 0);
        say(&mut slots, 1, -40, 280);
        assert_eq!(say(&mut slots, 2, -10, 280), None);
        assert_eq!(say(&mut slots, 2, -10, 300), Some(0));
    }

    #[test]
    fn the_quietest_is_displaced_first() {
        let mut slots = Slots::new(2, 0);
        for at in [0, 300] {
            say(&mut slots, 1, -20, at);
            say(&mut slots, 2, -30, at);
        }
        assert_eq!(say(&mut slots, 3, -20, 320), Some(1));
    }

    #[test]
    fn a_silent_source_takes_no_slot_from_another() {
        let mut slots = Slots::new(1, 0);
        say(&mut slots, 1, -20, 0);
        assert_eq!(say(&mut slots, 2, -60, 5_000), None);
    }

    #[test]
    fn a_source_without_a_level_is_taken_for_one_that_talks() {
        let mut slots = Slots::new(1, 0);
        say(&mut slots, 1, -45, 0);
        let unmetered = MediaPacket {
            level: None,
            ..packet(1)
        };
        let placed = slots.place(run(2, -20), &unmetered, start() + ms(400));
        assert!(matches!(placed, Placed::In { slot: 0, .. }));
    }

    #[test]
    fn a_released_slot_is_free_at_once() {
        let mut slots = Slots::new(1, 0);
        say(&mut slots, 1, -20, 0);
        slots.release(SessionId(1));
        assert_eq!(say(&mut slots, 2, -20, 20), Some(0));
    }

    #[test]
    fn a_source_comes_back_to_its_last_slot() {
        let mut slots = Slots::new(3, 0);
        say(&mut slots, 1, -20, 0);
        say(&mut slots, 2, -20, 0);
        slots.release(SessionId(2));
        assert_eq!(say(&mut slots, 2, -20, 20), Some(1));
    }

    #[test]
    fn last_words_give_way_to_first_words_and_do_not_come_back() {
        let mut slots = Slots::new(1, 0);
        say(&mut slots, 1, -20, 0);
        let last = |slots: &mut Slots, at_ms: u64| {
            let parting = Run {
                parting: true,
                ..run(1, -20)
            };
            placed(slots, parting, -20, at_ms)
        };
        assert!(matches!(last(&mut slots, 20), Placed::In { slot: 0, .. }));
        assert_eq!(say(&mut slots, 2, -20, 20), Some(0));
        assert_eq!(last(&mut slots, 40), Placed::Unheard);
    }

    #[test]
    fn no_slots_hear_nothing() {
        assert_eq!(say(&mut Slots::new(0, 0), 1, -20, 0), None);
    }
}
