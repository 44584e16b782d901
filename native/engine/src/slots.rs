//! The audio slots of one listener: which source is where, and when it may be moved.
//!
//! A source takes a free slot and sticks to it, preferring the one it had before. When all are taken a
//! source that makes sound takes one whose source only ends its last words, or else the slot that has been
//! silent longest, if that is [`STEAL_AFTER`] or more. Otherwise it is not heard.

use std::time::{Duration, Instant};

use crate::io::{MediaPacket, SessionId};
use crate::timeline::{Stamp, Timeline};

/// Most slots a listener can have.
pub const AUDIO_SLOTS_MAX: u8 = 16;
/// A slot whose source made no sound for this long can be taken.
pub const STEAL_AFTER: Duration = Duration::from_millis(1_500);

/// What became of a packet for this listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    In(u8, Stamp),
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
        let Some(index) = self.find(run, now) else {
            return Placed::Unheard;
        };
        let slot = &mut self.0[index];
        let fresh = !slot.held || slot.source != Some(run.source) || slot.burst != run.burst;
        slot.held = true;
        slot.source = Some(run.source);
        slot.burst = run.burst;
        slot.parting = run.parting;
        if run.active || fresh {
            slot.last_sound = Some(now);
        }
        match slot.timeline.place(packet, fresh, now) {
            Some(stamp) => Placed::In(index as u8, stamp),
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

    fn find(&self, run: Run, now: Instant) -> Option<usize> {
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
        let (index, slot) = self
            .0
            .iter()
            .enumerate()
            .min_by_key(|(_, slot)| slot.last_sound)?;
        let silent = slot
            .last_sound
            .is_none_or(|at| now.saturating_duration_since(at) >= STEAL_AFTER);
        silent.then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ms, packet, start};

    fn slot(slots: &mut Slots, source: u64, active: bool, at_ms: u64) -> Option<u8> {
        let run = Run {
            source: SessionId(source),
            burst: 1,
            active,
            parting: false,
        };
        match slots.place(run, &packet(at_ms / 20), start() + ms(at_ms)) {
            Placed::In(index, _) => Some(index),
            Placed::Unheard | Placed::Late => None,
        }
    }

    #[test]
    fn a_source_sticks_to_its_slot() {
        let mut slots = Slots::new(2, 0);
        assert_eq!(slot(&mut slots, 1, true, 0), Some(0));
        assert_eq!(slot(&mut slots, 2, true, 0), Some(1));
        assert_eq!(slot(&mut slots, 1, true, 20), Some(0));
    }

    #[test]
    fn a_source_without_a_slot_is_unheard() {
        let mut slots = Slots::new(1, 0);
        slot(&mut slots, 1, true, 0);
        assert_eq!(slot(&mut slots, 2, true, 1_480), None);
    }

    #[test]
    fn a_silent_slot_is_taken_after_1500_ms() {
        let mut slots = Slots::new(1, 0);
        slot(&mut slots, 1, true, 0);
        slot(&mut slots, 1, false, 1_480);
        assert_eq!(slot(&mut slots, 2, true, 1_500), Some(0));
    }

    #[test]
    fn the_longest_silent_slot_is_taken_first() {
        let mut slots = Slots::new(2, 0);
        slot(&mut slots, 1, true, 100);
        slot(&mut slots, 2, true, 0);
        assert_eq!(slot(&mut slots, 3, true, 2_000), Some(1));
    }

    #[test]
    fn a_silent_source_takes_no_slot_from_another() {
        let mut slots = Slots::new(1, 0);
        slot(&mut slots, 1, true, 0);
        assert_eq!(slot(&mut slots, 2, false, 5_000), None);
    }

    #[test]
    fn a_released_slot_is_free_at_once() {
        let mut slots = Slots::new(1, 0);
        slot(&mut slots, 1, true, 0);
        slots.release(SessionId(1));
        assert_eq!(slot(&mut slots, 2, true, 20), Some(0));
    }

    #[test]
    fn a_source_comes_back_to_its_last_slot() {
        let mut slots = Slots::new(3, 0);
        slot(&mut slots, 1, true, 0);
        slot(&mut slots, 2, true, 0);
        slots.release(SessionId(2));
        assert_eq!(slot(&mut slots, 2, true, 20), Some(1));
    }

    #[test]
    fn last_words_give_way_to_first_words_and_do_not_come_back() {
        let mut slots = Slots::new(1, 0);
        slot(&mut slots, 1, true, 0);
        let last = |slots: &mut Slots, at_ms: u64| {
            let run = Run {
                source: SessionId(1),
                burst: 1,
                active: true,
                parting: true,
            };
            slots.place(run, &packet(at_ms / 20), start() + ms(at_ms))
        };
        assert!(matches!(last(&mut slots, 20), Placed::In(0, _)));
        assert_eq!(slot(&mut slots, 2, true, 20), Some(0));
        assert_eq!(last(&mut slots, 40), Placed::Unheard);
    }

    #[test]
    fn no_slots_hear_nothing() {
        assert_eq!(slot(&mut Slots::new(0, 0), 1, true, 0), None);
    }
}
