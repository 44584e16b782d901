//! Which layer each of a viewer's slots gets, so that all together fit its link.
//!
//! The lowest layer for all first, the pinned before the others, then the tall, last who takes more than its share even
//! so; then up, one rung at a time, as far as the tiles need it. Down at once. Up, and out of a pause, only with some of
//! the link to spare and not often.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use crate::video::source::LAYERS_MAX;
use crate::video::stream::Rung;

/// A slot goes up, or out of a pause, only so long after its layer changed.
pub(crate) const SETTLE: Duration = Duration::from_secs(3);

/// What one slot could be given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand {
    pub pinned: bool,
    /// Lines of the tile.
    pub height: u16,
    /// The layers that are there, by rank.
    pub ladder: [Option<Rung>; LAYERS_MAX],
    /// What it was given last; `None`: nothing fitted. Only with `changed`.
    pub layer: Option<u8>,
    /// When that changed last; `None`: it comes new.
    pub changed: Option<Instant>,
}

impl Demand {
    /// The least layer that fills the tile, else the best that is there.
    fn best(&self) -> Option<usize> {
        let mut there = (0..LAYERS_MAX).filter(|&rank| self.ladder[rank].is_some());
        there
            .clone()
            .find(|&rank| self.ladder[rank].is_some_and(|rung| rung.height >= self.height))
            .or_else(|| there.next_back())
    }

    fn lowest(&self) -> Option<usize> {
        (0..LAYERS_MAX).find(|&rank| self.ladder[rank].is_some())
    }

    /// What it was given last takes, bits/s.
    pub fn given(&self) -> u64 {
        self.layer.map_or(0, |layer| self.rate(usize::from(layer)))
    }

    /// The least that it takes so that it goes on, bits/s.
    pub fn held(&self) -> u64 {
        let lowest = self.lowest().filter(|_| self.layer.is_some());
        lowest.map_or(0, |rank| self.rate(rank))
    }

    pub fn rate(&self, rank: usize) -> u64 {
        self.ladder[rank].map_or(0, |rung| rung.bits_per_s)
    }

    /// Whether going there is going up, for which there are conditions; not for who comes new.
    fn is_rise(&self, rank: usize) -> bool {
        self.changed.is_some() && self.layer.is_none_or(|layer| usize::from(layer) < rank)
    }

    /// The layer that it had, if that is not there now: an encoder rests for seconds after a large keyframe, and the link
    /// is not to blame for it.
    fn stopped(&self) -> Option<usize> {
        let layer = usize::from(self.layer?);
        self.ladder.get(layer)?.is_none().then_some(layer)
    }

    fn is_settled(&self, now: Instant) -> bool {
        self.changed
            .is_none_or(|changed| now.saturating_duration_since(changed) >= SETTLE)
    }
}

/// What the link carries, bits/s; and how much of it is given away.
struct Link {
    bits_per_s: Option<u64>,
    used: u64,
}

impl Link {
    /// Whether so much more fits; for a rise with a fifth to spare. Then it is given away.
    fn takes(&mut self, more: u64, rise: bool) -> bool {
        let used = self.used.saturating_add(more);
        let needed = if rise {
            used.saturating_add(used / 5)
        } else {
            used
        };
        let fits = self.bits_per_s.is_none_or(|all| needed <= all);
        if fits {
            self.used = used;
        }
        fits
    }
}

/// What would fill all tiles, bits/s, with what a rise must find to spare: a link that is tried no further than what the
/// tiles take never shows that.
pub(crate) fn wanted(demands: &[Demand]) -> u64 {
    let best = |demand: &Demand| demand.best().map_or(0, |rank| demand.rate(rank));
    let all: u64 = demands.iter().map(best).sum();
    all.saturating_add(all / 4)
}

/// The layer for each demand; `None`: nothing fits, or nothing is there. `bits_per_s`: what the link carries.
pub(crate) fn share(demands: &[Demand], bits_per_s: Option<u64>, now: Instant) -> Vec<Option<u8>> {
    let mut link = Link {
        bits_per_s,
        used: 0,
    };
    let mut order: Vec<usize> = (0..demands.len()).collect();
    let part = bits_per_s.map_or(u64::MAX, |all| all / demands.len().max(1) as u64);
    order.sort_by_key(|&at| {
        let demand = &demands[at];
        let takes_more = demand.lowest().is_some_and(|rank| demand.rate(rank) > part);
        (!demand.pinned, takes_more, Reverse(demand.height))
    });
    let mut given: Vec<Option<usize>> = vec![None; demands.len()];
    for &at in &order {
        let demand = &demands[at];
        let lowest = demand.lowest().filter(|&rank| {
            let rise = demand.is_rise(rank) && demand.layer.is_none();
            (!rise || demand.is_settled(now)) && link.takes(demand.rate(rank), rise)
        });
        given[at] = lowest.or_else(|| demand.stopped());
    }
    // Who has a higher layer keeps it before anybody rises.
    for rising in [false, true] {
        let mut climbed = true;
        while climbed {
            climbed = false;
            for &at in &order {
                climbed |= climb(&demands[at], &mut given[at], rising, &mut link, now);
            }
        }
    }
    given
        .into_iter()
        .map(|rank| rank.map(|rank| rank as u8))
        .collect()
}

/// One rung up, if it is there, needed, allowed and fits.
fn climb(
    demand: &Demand,
    given: &mut Option<usize>,
    rising: bool,
    link: &mut Link,
    now: Instant,
) -> bool {
    let (Some(from), Some(best)) = (*given, demand.best()) else {
        return false;
    };
    let Some(to) = (from + 1..=best).find(|&rank| demand.ladder[rank].is_some()) else {
        return false;
    };
    let rise = demand.is_rise(to);
    if rise != rising || (rise && !demand.is_settled(now)) {
        return false;
    }
    let more = demand.rate(to).saturating_sub(demand.rate(from));
    let fits = link.takes(more, rise);
    if fits {
        *given = Some(to);
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ms, start};

    const LADDER: [Option<Rung>; 3] = [
        Some(Rung {
            bits_per_s: 100_000,
            height: 120,
        }),
        Some(Rung {
            bits_per_s: 300_000,
            height: 240,
        }),
        Some(Rung {
            bits_per_s: 900_000,
            height: 480,
        }),
    ];

    fn fresh(height: u16) -> Demand {
        Demand {
            pinned: false,
            height,
            ladder: LADDER,
            layer: None,
            changed: None,
        }
    }

    /// One that has had this layer since time zero.
    fn had(layer: Option<u8>) -> Demand {
        Demand {
            layer,
            changed: Some(start()),
            ..fresh(480)
        }
    }

    fn shared(demands: &[Demand], bits_per_s: u64, at_ms: u64) -> Vec<Option<u8>> {
        share(demands, Some(bits_per_s), start() + ms(at_ms))
    }

    #[test]
    fn the_least_layer_that_fills_the_tile_is_enough() {
        let tiles = [1, 120, 121, 240, 480, 2_000].map(fresh);
        let given = share(&tiles, None, start());
        assert_eq!(given, [0, 0, 1, 1, 2, 2].map(Some));
        assert_eq!(wanted(&tiles), 2_600_000 + 2_600_000 / 4);
    }

    #[test]
    fn all_get_the_lowest_before_any_gets_more() {
        let given = shared(&[fresh(480), fresh(480), fresh(480)], 500_000, 0);
        assert_eq!(given, [Some(1), Some(0), Some(0)]);
    }

    #[test]
    fn who_is_pinned_comes_first_and_then_who_is_tall() {
        let pinned = Demand {
            pinned: true,
            ..fresh(100)
        };
        let given = shared(&[fresh(100), fresh(480), pinned], 250_000, 0);
        assert_eq!(given, [None, Some(0), Some(0)]);
    }

    #[test]
    fn one_whose_lowest_layer_takes_more_than_its_share_comes_last() {
        let mut greedy = fresh(480);
        greedy.ladder = [LADDER[2], None, None];
        let given = shared(&[greedy, fresh(100), fresh(100)], 1_000_000, 0);
        assert_eq!(given, [None, Some(0), Some(0)]);
    }

    #[test]
    fn it_goes_down_at_once() {
        assert_eq!(shared(&[had(Some(2))], 899_999, 0), [Some(1)]);
        assert_eq!(shared(&[had(Some(2))], 99_999, 0), [None]);
    }

    #[test]
    fn it_goes_up_only_with_a_fifth_to_spare_and_three_seconds_later() {
        assert_eq!(shared(&[had(Some(1))], 1_079_999, 9_000), [Some(1)]);
        assert_eq!(shared(&[had(Some(1))], 1_080_000, 2_999), [Some(1)]);
        assert_eq!(shared(&[had(Some(1))], 1_080_000, 3_000), [Some(2)]);
    }

    #[test]
    fn it_stays_where_it_is_without_anything_to_spare() {
        assert_eq!(shared(&[had(Some(2))], 900_000, 9_000), [Some(2)]);
    }

    #[test]
    fn it_leaves_a_pause_as_it_goes_up() {
        assert_eq!(shared(&[had(None)], 119_999, 9_000), [None]);
        assert_eq!(shared(&[had(None)], 120_000, 2_999), [None]);
        assert_eq!(shared(&[had(None)], 120_000, 3_000), [Some(0)]);
    }

    #[test]
    fn who_is_high_keeps_it_before_others_rise() {
        let both = [had(Some(0)), had(Some(2))];
        assert_eq!(shared(&both, 1_100_000, 9_000), [Some(0), Some(2)]);
    }

    #[test]
    fn a_layer_that_is_not_there_is_passed_over() {
        let mut demand = had(Some(1));
        demand.ladder[1] = None;
        assert_eq!(shared(&[demand], 5_000_000, 0), [Some(0)]);
        demand.ladder[0] = None;
        assert_eq!(shared(&[demand], 5_000_000, 0), [Some(2)]);
    }

    #[test]
    fn a_layer_that_stopped_is_waited_for_while_no_other_fits() {
        let mut demand = had(Some(0));
        demand.ladder[0] = None;
        assert_eq!(shared(&[demand], 250_000, 9_000), [Some(0)]);
        assert_eq!(shared(&[demand], 400_000, 9_000), [Some(1)]);
        demand.layer = Some(1);
        assert_eq!(shared(&[demand], 250_000, 9_000), [None]);
    }

    #[test]
    fn heights_that_are_lies_cost_one_layer_at_most() {
        let mut demand = fresh(480);
        demand.ladder.reverse();
        assert_eq!(shared(&[demand], u64::MAX, 0), [Some(0)]);
    }
}
