//! Which sources are mixed when more talk than the mix takes.
//!
//! Levels alone decide (RFC 6464), so nothing has to be decoded first. A source that is in stays until
//! another is clearly louder, and nobody is thrown out in the first 300 ms.

use crate::SILENCE_DBOV;

/// Sources followed at once; beyond it the quietest that is not in is forgotten.
const CANDIDATES_MAX: usize = 64;
/// Below this a source does not talk, -dBov.
const FLOOR_DBOV: f32 = 60.0;
/// How much louder a challenger has to be, dB.
const HYSTERESIS_DB: f32 = 6.0;
/// Ticks during which a new entry cannot be displaced by loudness: 300 ms.
const IMMUNE_TICKS: u32 = 15;
/// Ticks below the floor after which a source is out: 500 ms.
const HANGOVER_TICKS: u32 = 25;
/// Share of the old loudness that stays after a quieter tick: half is gone after 300 ms.
const DECAY: f32 = 0.955;

#[derive(Debug, Clone, Copy)]
struct Candidate {
    id: u32,
    /// Smoothed level in dB above silence; rises at once, falls with a half-life of 300 ms.
    loudness: f32,
    chosen_for: Option<u32>,
    quiet_for: u32,
}

impl Candidate {
    fn is_immune(&self) -> bool {
        self.chosen_for.is_some_and(|ticks| ticks < IMMUNE_TICKS)
    }

    /// Immunity, then loudness with the bonus of who is already in.
    fn rank(&self) -> (bool, f32) {
        let bonus = if self.chosen_for.is_some() {
            HYSTERESIS_DB
        } else {
            0.0
        };
        (self.is_immune(), self.loudness + bonus)
    }
}

/// Chooses at most `max` sources a tick.
#[derive(Debug, Clone)]
pub struct Loudest {
    candidates: Vec<Candidate>,
    max: usize,
}

impl Loudest {
    /// Choose at most `max` sources (3 is usual: more talkers at once are not understood).
    pub fn new(max: usize) -> Self {
        Self {
            candidates: Vec::with_capacity(CANDIDATES_MAX),
            max,
        }
    }

    /// Report the level of one source in this tick; sources not reported count as silent.
    pub fn observe(&mut self, id: u32, level_dbov: u8) {
        let loudness = f32::from(SILENCE_DBOV - level_dbov.min(SILENCE_DBOV));
        let talks = f32::from(level_dbov) < FLOOR_DBOV;
        if let Some(known) = self.candidates.iter_mut().find(|c| c.id == id) {
            // tick() has already taken this tick's decay off.
            known.loudness = known.loudness.max(loudness);
            known.quiet_for = if talks { 0 } else { known.quiet_for };
        } else if talks && self.make_room(loudness) {
            self.candidates.push(Candidate {
                id,
                loudness,
                chosen_for: None,
                quiet_for: 0,
            });
        }
    }

    /// End the tick: choose, then age. Yields the chosen ids in no particular order.
    pub fn tick(&mut self) -> impl Iterator<Item = u32> + '_ {
        self.candidates.retain(|c| c.quiet_for < HANGOVER_TICKS);
        self.candidates.sort_unstable_by(|a, b| {
            b.rank()
                .partial_cmp(&a.rank())
                .unwrap_or(core::cmp::Ordering::Equal)
        });
        for (place, candidate) in self.candidates.iter_mut().enumerate() {
            let chosen = place < self.max;
            candidate.chosen_for =
                chosen.then(|| candidate.chosen_for.map_or(0, |t| t.saturating_add(1)));
            candidate.quiet_for += 1;
            candidate.loudness *= DECAY;
        }
        self.candidates.iter().take(self.max).map(|c| c.id)
    }

    /// Forget a source that has left.
    pub fn remove(&mut self, id: u32) {
        self.candidates.retain(|c| c.id != id);
    }

    fn make_room(&mut self, loudness: f32) -> bool {
        if self.candidates.len() < CANDIDATES_MAX {
            return true;
        }
        let outsiders = self
            .candidates
            .iter()
            .enumerate()
            .filter(|(_, c)| c.chosen_for.is_none());
        let quietest = outsiders
            .min_by(|a, b| a.1.loudness.total_cmp(&b.1.loudness))
            .map(|(at, c)| (at, c.loudness));
        match quietest {
            Some((at, its)) if its < loudness => {
                self.candidates.swap_remove(at);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Run `ticks` with steady levels and return who is chosen at the end, sorted.
    fn after(loudest: &mut Loudest, ticks: usize, levels: &[(u32, u8)]) -> Vec<u32> {
        let mut chosen = Vec::new();
        for _ in 0..ticks {
            for (id, level) in levels {
                loudest.observe(*id, *level);
            }
            chosen = loudest.tick().collect();
        }
        chosen.sort_unstable();
        chosen
    }

    #[test]
    fn the_loudest_two_of_three_are_chosen() {
        let mut loudest = Loudest::new(2);
        assert_eq!(
            after(&mut loudest, 50, &[(1, 40), (2, 20), (3, 25)]),
            [2, 3]
        );
    }

    #[test]
    fn a_slightly_louder_source_does_not_displace() {
        let mut loudest = Loudest::new(1);
        after(&mut loudest, 50, &[(1, 25)]);
        assert_eq!(after(&mut loudest, 50, &[(1, 25), (2, 22)]), [1]);
        assert_eq!(after(&mut loudest, 50, &[(1, 25), (2, 15)]), [2]);
    }

    #[test]
    fn a_newcomer_is_safe_for_300_ms() {
        let mut loudest = Loudest::new(1);
        assert_eq!(after(&mut loudest, 1, &[(1, 40)]), [1]);
        assert_eq!(after(&mut loudest, 14, &[(1, 40), (2, 10)]), [1]);
        assert_eq!(after(&mut loudest, 2, &[(1, 40), (2, 10)]), [2]);
    }

    #[test]
    fn who_stops_talking_is_out_after_half_a_second() {
        let mut loudest = Loudest::new(3);
        after(&mut loudest, 10, &[(1, 20)]);
        assert_eq!(after(&mut loudest, 24, &[(1, 127)]), [1]);
        assert!(after(&mut loudest, 1, &[(1, 127)]).is_empty());
    }

    #[test]
    fn a_crowd_is_bounded_and_the_loud_one_still_gets_in() {
        let mut loudest = Loudest::new(2);
        let crowd: Vec<(u32, u8)> = (0..200).map(|id| (id, 50)).collect();
        after(&mut loudest, 30, &crowd);
        assert!(loudest.candidates.len() <= CANDIDATES_MAX);
        assert!(after(&mut loudest, 30, &[(999, 10)]).contains(&999));
    }
}
