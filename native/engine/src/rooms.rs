//! Who hears each room: sessions of this shard by index, other shards as a bit.

use rustc_hash::FxHashMap;

use crate::io::{RoomId, ShardId};
use crate::sessions::Index;

#[derive(Debug, Default)]
pub(crate) struct Room {
    /// Memberships on this shard, hearing or not.
    members: usize,
    /// Sessions of this shard that hear it and are up.
    pub hearers: Vec<Index>,
    /// Bit k: shard k has hearers.
    pub remote: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Rooms(FxHashMap<RoomId, Room>);

/// Whether the shard's interest in the room changed, and to what.
pub(crate) type Hearing = Option<bool>;

impl Rooms {
    pub fn len(&self) -> usize {
        self.0.values().filter(|room| room.members > 0).count()
    }

    pub fn get(&self, room: RoomId) -> Option<&Room> {
        self.0.get(&room)
    }

    pub fn enter(&mut self, room: RoomId) {
        self.0.entry(room).or_default().members += 1;
    }

    pub fn exit(&mut self, room: RoomId) {
        if let Some(entry) = self.0.get_mut(&room) {
            entry.members = entry.members.saturating_sub(1);
        }
        self.forget_if_empty(room);
    }

    pub fn hear(&mut self, room: RoomId, index: Index) -> Hearing {
        let hearers = &mut self.0.entry(room).or_default().hearers;
        if hearers.contains(&index) {
            return None;
        }
        hearers.push(index);
        (hearers.len() == 1).then_some(true)
    }

    pub fn unhear(&mut self, room: RoomId, index: Index) -> Hearing {
        let hearers = &mut self.0.get_mut(&room)?.hearers;
        let at = hearers.iter().position(|&other| other == index)?;
        hearers.swap_remove(at);
        hearers.is_empty().then_some(false)
    }

    pub fn set_remote(&mut self, room: RoomId, shard: ShardId, hearing: bool) {
        let bit = 1_u64 << (shard.0 & 63);
        let remote = &mut self.0.entry(room).or_default().remote;
        *remote = if hearing {
            *remote | bit
        } else {
            *remote & !bit
        };
        self.forget_if_empty(room);
    }

    fn forget_if_empty(&mut self, room: RoomId) {
        if self
            .0
            .get(&room)
            .is_some_and(|entry| entry.members == 0 && entry.remote == 0)
        {
            self.0.remove(&room);
        }
    }
}
