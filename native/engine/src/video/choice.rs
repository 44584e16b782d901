//! Which picture is in which of a viewer's slots.
//!
//! Pins first. Who is in a slot stays. Free slots go to who talks, then to screens, then to who was shown first.
//! When all are taken, a camera that talks and a screen take the slot of the camera that was silent the longest.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use crate::video::slot::Slot;
use crate::video::source::talks;
use crate::video::{Picture, VideoCodec, VideoKind};

/// A picture stays at least so long before another takes its slot unasked.
pub(crate) const DWELL: Duration = Duration::from_secs(2);

/// A picture that the viewer may see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub picture: Picture,
    pub codec: VideoCodec,
    /// Which was shown first.
    pub order: u64,
    /// When its session last made sound.
    pub sound: Option<Instant>,
}

impl Candidate {
    fn is_screen(&self) -> bool {
        self.picture.kind == VideoKind::Screen
    }

    /// A camera of somebody who makes sound: a screen says nothing by who talks.
    fn talks(&self, now: Instant) -> bool {
        !self.is_screen() && talks(self.sound, now)
    }
}

/// Turn the slots to what they should be for. True: somebody has to wait, look again soon.
pub(crate) fn choose(slots: &mut [Slot], candidates: &[Candidate], now: Instant) -> bool {
    clear(slots, candidates, now);
    pin(slots, candidates, now);
    let mut waiting: Vec<Candidate> = candidates
        .iter()
        .filter(|candidate| holder(slots, candidate.picture).is_none())
        .copied()
        .collect();
    waiting.sort_unstable_by_key(|candidate| {
        let (talks, screen) = (candidate.talks(now), candidate.is_screen());
        (Reverse(talks), Reverse(screen), candidate.order)
    });
    waiting.retain(|candidate| !fill(slots, candidate, now));
    waiting.retain(|candidate| candidate.is_screen() || candidate.talks(now));
    waiting.retain(|candidate| !displace(slots, candidates, candidate, now));
    !waiting.is_empty()
}

fn holder(slots: &[Slot], picture: Picture) -> Option<usize> {
    slots.iter().position(|slot| slot.target == Some(picture))
}

fn find(candidates: &[Candidate], picture: Picture) -> Option<&Candidate> {
    candidates
        .iter()
        .find(|candidate| candidate.picture == picture)
}

/// Take out what may not be seen any more, or not in this slot.
fn clear(slots: &mut [Slot], candidates: &[Candidate], now: Instant) {
    for slot in slots {
        let Some(target) = slot.target else {
            continue;
        };
        if !find(candidates, target).is_some_and(|candidate| slot.fits(candidate.codec)) {
            slot.turn(None, now);
        }
    }
}

/// A picture that two slots ask for is in the first. One that cannot be seen leaves its slot to the others.
fn pin(slots: &mut [Slot], candidates: &[Candidate], now: Instant) {
    for index in 0..slots.len() {
        let slot = &slots[index];
        let Some(candidate) = slot.watch.picture.and_then(|pin| find(candidates, pin)) else {
            continue;
        };
        let picture = candidate.picture;
        let first = slots[..index]
            .iter()
            .all(|before| before.target != Some(picture) || before.watch.picture != Some(picture));
        if slot.target == Some(picture) || !slot.fits(candidate.codec) || !first {
            continue;
        }
        if let Some(other) = holder(slots, picture) {
            slots[other].turn(None, now);
        }
        slots[index].turn(Some(picture), now);
    }
}

/// Put it into a free slot, preferably the one it was in before. False: there is none.
fn fill(slots: &mut [Slot], candidate: &Candidate, now: Instant) -> bool {
    let free = slots
        .iter_mut()
        .filter(|slot| slot.target.is_none() && slot.fits(candidate.codec));
    let slot = free.min_by_key(|slot| slot.last != Some(candidate.picture));
    let found = slot.map(|slot| slot.turn(Some(candidate.picture), now));
    found.is_some()
}

/// Put it in the place of the camera that was silent the longest. False: nobody may be moved yet.
fn displace(
    slots: &mut [Slot],
    candidates: &[Candidate],
    candidate: &Candidate,
    now: Instant,
) -> bool {
    let silent = slots.iter_mut().filter_map(|slot| {
        let there = find(candidates, slot.target?)?;
        let since = slot.since?;
        let may_move = slot.watch.picture != slot.target
            && !there.is_screen()
            && !there.talks(now)
            && slot.fits(candidate.codec)
            && now.saturating_duration_since(since) >= DWELL;
        may_move.then_some(((there.sound, since), slot))
    });
    let longest = silent.min_by_key(|(silence, _)| *silence);
    let found = longest.map(|(_, slot)| slot.turn(Some(candidate.picture), now));
    found.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ms, start};
    use crate::io::SessionId;
    use crate::video::CodecSet;

    const VP8: CodecSet = CodecSet {
        vp8: true,
        h264: false,
    };

    fn picture(session: u64, kind: VideoKind) -> Picture {
        let session = SessionId(session);
        Picture { session, kind }
    }

    fn camera(session: u64) -> Candidate {
        Candidate {
            picture: picture(session, VideoKind::Camera),
            codec: VideoCodec::Vp8,
            order: session,
            sound: None,
        }
    }

    fn screen(session: u64) -> Candidate {
        Candidate {
            picture: picture(session, VideoKind::Screen),
            ..camera(session)
        }
    }

    fn talker(session: u64, at_ms: u64) -> Candidate {
        Candidate {
            sound: Some(start() + ms(at_ms)),
            ..camera(session)
        }
    }

    fn slots(count: usize) -> Vec<Slot> {
        (0..count).map(|_| Slot::new(VP8, 5)).collect()
    }

    fn seen(slots: &mut [Slot], candidates: &[Candidate], at_ms: u64) -> Vec<u64> {
        choose(slots, candidates, start() + ms(at_ms));
        slots
            .iter()
            .map(|slot| slot.target.map_or(0, |picture| picture.session.0))
            .collect()
    }

    #[test]
    fn free_slots_go_to_talkers_then_screens_then_the_first_shown() {
        let all = [camera(1), camera(2), screen(3), talker(4, 0)];
        assert_eq!(seen(&mut slots(3), &all, 0), [4, 3, 1]);
    }

    #[test]
    fn who_is_there_stays_when_others_go() {
        let mut slots = slots(2);
        seen(&mut slots, &[camera(1), camera(2), camera(3)], 0);
        assert_eq!(seen(&mut slots, &[camera(2), camera(3)], 0), [3, 2]);
    }

    #[test]
    fn a_talker_takes_the_place_of_the_longest_silent_once_it_has_been_there_for_two_seconds() {
        let mut slots = slots(2);
        seen(&mut slots, &[talker(1, 0), talker(2, 300)], 300);
        let all = |at_ms| [talker(1, 0), talker(2, 300), talker(3, at_ms)];
        assert_eq!(seen(&mut slots, &all(2_299), 2_299), [1, 2]);
        assert_eq!(seen(&mut slots, &all(2_300), 2_300), [3, 2]);
    }

    #[test]
    fn who_talks_is_not_displaced_by_who_talks() {
        let mut slots = slots(1);
        seen(&mut slots, &[talker(1, 0)], 0);
        let both = [talker(1, 5_000), talker(2, 5_000)];
        assert_eq!(seen(&mut slots, &both, 5_000), [1]);
        assert!(choose(&mut slots, &both, start() + ms(5_000)));
    }

    #[test]
    fn a_screen_takes_the_place_of_a_silent_camera_and_no_talker_takes_it_back() {
        let mut slots = slots(1);
        seen(&mut slots, &[camera(1)], 0);
        assert_eq!(seen(&mut slots, &[camera(1), screen(2)], 2_000), [2]);
        let talks = [talker(1, 9_000), screen(2)];
        assert_eq!(seen(&mut slots, &talks, 9_000), [2]);
    }

    #[test]
    fn a_pin_takes_its_picture_from_another_slot_and_keeps_it() {
        let mut slots = slots(2);
        seen(&mut slots, &[camera(1), camera(2)], 0);
        slots[1].watch.picture = Some(camera(1).picture);
        assert_eq!(seen(&mut slots, &[camera(1), camera(2)], 0), [2, 1]);
        let talks = [camera(1), camera(2), talker(3, 5_000)];
        assert_eq!(seen(&mut slots, &talks, 5_000), [3, 1]);
    }

    #[test]
    fn a_picture_is_never_in_two_slots_even_if_both_are_pinned_to_it() {
        let mut slots = slots(2);
        for slot in &mut slots {
            slot.watch.picture = Some(camera(1).picture);
        }
        assert_eq!(seen(&mut slots, &[camera(1)], 0), [1, 0]);
        assert_eq!(seen(&mut slots, &[camera(1)], 0), [1, 0]);
    }

    #[test]
    fn a_slot_is_for_no_codec_that_it_did_not_agree_on() {
        let h264 = Candidate {
            codec: VideoCodec::H264,
            ..camera(1)
        };
        assert_eq!(seen(&mut slots(1), &[h264], 0), [0]);
    }

    #[test]
    fn a_slot_that_shows_nothing_is_for_nobody() {
        let mut slots = slots(2);
        slots[0].watch.height = 0;
        assert_eq!(seen(&mut slots, &[camera(1)], 0), [0, 1]);
    }
}
