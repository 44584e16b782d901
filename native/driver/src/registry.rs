//! Which shard each session lives on.

use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::{SessionId, ShardId};
use rustc_hash::FxHashMap;

/// Shared by the plane, which adds, and the shards, which remove. Bounded by `sessions_max`.
#[derive(Debug)]
pub(crate) struct Registry {
    homes: Mutex<Homes>,
    sessions_max: usize,
}

#[derive(Debug)]
struct Homes {
    by_session: FxHashMap<SessionId, ShardId>,
    load: Vec<usize>,
}

/// The load of a shard whose thread ended.
const DEAD: usize = usize::MAX;

/// Why a session gets no home.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoHome {
    /// `sessions_max` is reached, or no shard is alive.
    Full,
    /// The number is in use.
    Taken,
}

impl Registry {
    pub fn new(shards: u8, sessions_max: usize) -> Self {
        let homes = Homes {
            by_session: FxHashMap::default(),
            load: vec![0; usize::from(shards)],
        };
        Self {
            homes: Mutex::new(homes),
            sessions_max,
        }
    }

    /// Give the session a home on the shard with the fewest sessions.
    pub fn settle(&self, session: SessionId) -> Result<ShardId, NoHome> {
        let mut homes = self.lock();
        if homes.by_session.len() >= self.sessions_max {
            return Err(NoHome::Full);
        }
        if homes.by_session.contains_key(&session) {
            return Err(NoHome::Taken);
        }
        let alive = (0..homes.load.len()).filter(|&k| homes.load[k] != DEAD);
        let Some(least) = alive.min_by_key(|&k| homes.load[k]) else {
            return Err(NoHome::Full);
        };
        homes.load[least] += 1;
        let shard = ShardId(least as u8);
        homes.by_session.insert(session, shard);
        Ok(shard)
    }

    pub fn home(&self, session: SessionId) -> Option<ShardId> {
        self.lock().by_session.get(&session).copied()
    }

    /// The shard is no more: its sessions, and no new ones for it.
    pub fn evict(&self, shard: ShardId) -> Vec<SessionId> {
        let mut homes = self.lock();
        homes.load[usize::from(shard.0)] = DEAD;
        let evicted: Vec<SessionId> = homes
            .by_session
            .iter()
            .filter(|(_, home)| **home == shard)
            .map(|(session, _)| *session)
            .collect();
        for session in &evicted {
            homes.by_session.remove(session);
        }
        evicted
    }

    pub fn remove(&self, session: SessionId) {
        let mut homes = self.lock();
        if let Some(shard) = homes.by_session.remove(&session) {
            homes.load[usize::from(shard.0)] -= 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Homes> {
        self.homes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_spread_over_the_shards() {
        let registry = Registry::new(3, 100);
        let homes: Vec<u8> = (0..6)
            .map(|k| registry.settle(SessionId(k)).unwrap().0)
            .collect();
        assert_eq!(homes, [0, 1, 2, 0, 1, 2]);
        registry.remove(SessionId(1));
        assert_eq!(registry.settle(SessionId(9)), Ok(ShardId(1)));
    }

    #[test]
    fn a_dead_shard_gives_up_its_sessions_and_gets_no_more() {
        let registry = Registry::new(2, 100);
        for k in 0..4 {
            registry.settle(SessionId(k)).unwrap();
        }
        let mut evicted = registry.evict(ShardId(0));
        evicted.sort_unstable();
        assert_eq!(evicted, [SessionId(0), SessionId(2)]);
        assert_eq!(registry.settle(SessionId(9)), Ok(ShardId(1)));
        registry.evict(ShardId(1));
        assert_eq!(registry.settle(SessionId(10)), Err(NoHome::Full));
    }

    #[test]
    fn the_limit_and_a_taken_number_are_refused() {
        let registry = Registry::new(1, 2);
        registry.settle(SessionId(1)).unwrap();
        assert_eq!(registry.settle(SessionId(1)), Err(NoHome::Taken));
        registry.settle(SessionId(2)).unwrap();
        assert_eq!(registry.settle(SessionId(3)), Err(NoHome::Full));
    }
}
