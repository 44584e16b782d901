//! The sessions of this shard, in a dense table: routes name them by index.

use rustc_hash::FxHashMap;
use std::time::Instant;

use crate::activity::Activity;
use crate::head::Head;
use crate::io::{MediaPacket, RoomId, SessionId, TalkspurtId};
use crate::pace::Pace;
use crate::phone::Phone;
use crate::route::Route;
use crate::slots::Slots;
use crate::video::Viewer;

/// Most rooms one session can be in; further joins are ignored and counted.
pub const MEMBERSHIPS_MAX: usize = 256;

/// Position in the table; may be used again after its session ended.
pub(crate) type Index = u32;

#[derive(Debug)]
pub(crate) struct Session {
    pub id: SessionId,
    pub up: bool,
    pub publishes: bool,
    pub slots: Slots,
    pub memberships: Vec<Membership>,
    /// Where its packets go.
    pub route: Route,
    /// How fast it sends.
    pub pace: Pace,
    /// SSRC of its last packet.
    pub stream: Option<u32>,
    /// What it said since its press, while it may be heard nowhere; a phone's is its own.
    pub head: Head<MediaPacket>,
    /// What it has instead of slots when it is a phone.
    pub phone: Option<Box<Phone>>,
    /// Its video slots, if it has any.
    pub viewer: Option<Box<Viewer>>,
}

/// One session in one room.
#[derive(Debug)]
pub(crate) struct Membership {
    pub room: RoomId,
    pub hear: bool,
    pub gate: Option<Gate>,
    pub activity: Activity,
}

/// The right to be heard, while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gate {
    pub talkspurt: TalkspurtId,
    pub shuts: Option<Instant>,
}

impl Session {
    pub fn membership(&mut self, room: RoomId) -> Option<&mut Membership> {
        self.memberships
            .iter_mut()
            .find(|membership| membership.room == room)
    }

    /// What it said before no longer belongs to any grant.
    pub fn drop_head(&mut self) {
        self.head.clear();
        if let Some(phone) = &mut self.phone {
            phone.head.clear();
            phone.keyed = None;
        }
    }

    /// Whether it may be heard nowhere.
    pub fn is_silenced(&self) -> bool {
        self.memberships.iter().all(|m| m.gate.is_none())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Sessions {
    table: Vec<Option<Session>>,
    free: Vec<Index>,
    by_id: FxHashMap<SessionId, Index>,
}

impl Sessions {
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// False when the number is taken.
    pub fn add(&mut self, session: Session) -> bool {
        if self.by_id.contains_key(&session.id) {
            return false;
        }
        let id = session.id;
        let index = if let Some(index) = self.free.pop() {
            self.table[index as usize] = Some(session);
            index
        } else {
            self.table.push(Some(session));
            (self.table.len() - 1) as Index
        };
        self.by_id.insert(id, index);
        true
    }

    pub fn remove(&mut self, id: SessionId) -> Option<Session> {
        let index = self.by_id.remove(&id)?;
        self.free.push(index);
        self.table[index as usize].take()
    }

    pub fn index(&self, id: SessionId) -> Option<Index> {
        self.by_id.get(&id).copied()
    }

    pub fn get(&mut self, id: SessionId) -> Option<&mut Session> {
        let index = self.index(id)?;
        self.at(index)
    }

    /// `None` when the session at this index ended and no other took its place.
    pub fn at(&mut self, index: Index) -> Option<&mut Session> {
        self.table.get_mut(index as usize)?.as_mut()
    }
}
