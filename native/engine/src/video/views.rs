//! What is shown in each room, and who sees it: sessions of this shard by index, other shards as a bit.

use rustc_hash::FxHashMap;

use crate::io::{RoomId, ShardId};
use crate::sessions::Index;
use crate::video::Picture;

#[derive(Debug, Default)]
pub(crate) struct View {
    /// Sessions of this shard that hear the room, are up and have video slots.
    pub viewers: Vec<Index>,
    /// Bit k: shard k has viewers.
    pub remote: u64,
    /// Pictures of this and other shards.
    pub pictures: Vec<Picture>,
}

#[derive(Debug, Default)]
pub(crate) struct Views(FxHashMap<RoomId, View>);

impl Views {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, room: RoomId) -> Option<&View> {
        self.0.get(&room)
    }

    /// Whether the shard's interest in the room changed, and to what.
    pub fn see(&mut self, room: RoomId, index: Index, sees: bool) -> Option<bool> {
        if !sees && !self.0.contains_key(&room) {
            return None;
        }
        let viewers = &mut self.0.entry(room).or_default().viewers;
        let before = viewers.is_empty();
        match viewers.iter().position(|&other| other == index) {
            None if sees => viewers.push(index),
            Some(at) if !sees => {
                viewers.swap_remove(at);
            }
            _ => {}
        }
        let after = viewers.is_empty();
        self.forget_if_empty(room);
        (before != after).then_some(!after)
    }

    pub fn set_remote(&mut self, room: RoomId, shard: ShardId, seeing: bool) {
        let bit = 1_u64 << (shard.0 & 63);
        let remote = &mut self.0.entry(room).or_default().remote;
        *remote = if seeing {
            *remote | bit
        } else {
            *remote & !bit
        };
        self.forget_if_empty(room);
    }

    pub fn show(&mut self, room: RoomId, picture: Picture) {
        let pictures = &mut self.0.entry(room).or_default().pictures;
        if !pictures.contains(&picture) {
            pictures.push(picture);
        }
    }

    pub fn hide(&mut self, room: RoomId, picture: Picture) {
        if let Some(view) = self.0.get_mut(&room) {
            view.pictures.retain(|&other| other != picture);
        }
        self.forget_if_empty(room);
    }

    /// Shards with viewers of any of the rooms, as bits.
    pub fn remote(&self, rooms: &[RoomId]) -> u64 {
        let views = rooms.iter().filter_map(|&room| self.get(room));
        views.fold(0, |all, view| all | view.remote)
    }

    fn forget_if_empty(&mut self, room: RoomId) {
        let empty =
            |view: &View| view.viewers.is_empty() && view.remote == 0 && view.pictures.is_empty();
        if self.0.get(&room).is_some_and(empty) {
            self.0.remove(&room);
        }
    }
}
