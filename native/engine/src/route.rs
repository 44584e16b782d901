//! Where the packets of one source go. Worked out when something changed, then used for every packet.

use std::sync::Arc;

use crate::io::{RoomId, ShardId};
use crate::sessions::Index;

/// A listener or a shard, and the unbroken run of packets it is getting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leg<T> {
    pub to: T,
    pub burst: u64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Route {
    /// The engine's epoch when it was worked out; older means out of date. 0 is always out of date.
    pub epoch: u64,
    /// Rooms in which the source is heard.
    pub rooms: Arc<[RoomId]>,
    pub listeners: Vec<Leg<Index>>,
    pub shards: Vec<Leg<ShardId>>,
    /// The rooms as the mixing desk knows them.
    pub numbers: mix::RoomSet,
    /// Whether any of the listeners is a phone, and whether any is not.
    pub phones: bool,
    pub others: bool,
}

impl Route {
    /// Whether anybody needs the packets themselves; phones of this shard hear the mix.
    pub fn is_wanted(&self) -> bool {
        self.others || !self.shards.is_empty()
    }
}

/// Counts bursts, so that no two are alike.
#[derive(Debug, Default)]
pub(crate) struct Bursts(u64);

impl Bursts {
    pub fn begin(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }

    /// Make `legs` lead to exactly `wanted`: who stays keeps the burst, who is new begins one.
    /// Returns who is no longer reached. `wanted` has no duplicates.
    pub fn retarget<T: Copy + Ord>(&mut self, legs: &mut Vec<Leg<T>>, wanted: &mut [T]) -> Vec<T> {
        wanted.sort_unstable();
        let mut lost = Vec::new();
        legs.retain(|leg| {
            let stays = wanted.binary_search(&leg.to).is_ok();
            if !stays {
                lost.push(leg.to);
            }
            stays
        });
        legs.sort_unstable_by_key(|leg| leg.to);
        let kept = legs.len();
        for &to in wanted.iter() {
            if legs[..kept]
                .binary_search_by_key(&to, |leg| leg.to)
                .is_err()
            {
                legs.push(Leg {
                    to,
                    burst: self.begin(),
                });
            }
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stays_keeps_the_burst_and_who_is_new_begins_one() {
        let mut bursts = Bursts::default();
        let mut legs = Vec::new();
        assert!(bursts.retarget(&mut legs, &mut [3, 1]).is_empty());
        let before = legs.clone();
        let lost = bursts.retarget(&mut legs, &mut [2, 3]);
        assert_eq!(lost, vec![1]);
        assert!(legs.contains(before.iter().find(|leg| leg.to == 3).unwrap()));
        assert!(
            legs.iter()
                .any(|leg| leg.to == 2 && before.iter().all(|old| old.burst != leg.burst))
        );
    }
}
