//! Working out where a source's packets go, and telling those it no longer reaches.

use std::sync::Arc;

use crate::engine::Engine;
use crate::io::{Output, RoomId, SessionId, ShardId};
use crate::route::Route;
use crate::sessions::{Index, Session};

impl Engine {
    /// Bring the session's route up to date with the tables.
    pub(super) fn refresh(&mut self, id: SessionId) {
        let epoch = self.epoch;
        let Some(index) = self.sessions.index(id) else {
            return;
        };
        let Some(session) = self
            .sessions
            .at(index)
            .filter(|session| session.route.epoch != epoch)
        else {
            return;
        };
        let mut route = std::mem::take(&mut session.route);
        route.rooms = open_rooms(session);
        let rooms = Arc::clone(&route.rooms);
        self.reach_listeners(id, Some(index), &mut route);
        let remote = rooms
            .iter()
            .filter_map(|&room| self.rooms.get(room))
            .fold(0, |all, room| all | room.remote);
        let mut shards: Vec<ShardId> = (0..64)
            .filter(|k| remote >> k & 1 == 1)
            .map(ShardId)
            .collect();
        for shard in self.bursts.retarget(&mut route.shards, &mut shards) {
            self.outputs
                .push_back(Output::Release { shard, source: id });
        }
        if let Some(session) = self.sessions.at(index) {
            session.route = route;
        }
    }

    /// Point the route at everybody here who hears one of its rooms, the source itself excepted, and
    /// free the slots of those it no longer reaches.
    pub(super) fn reach_listeners(
        &mut self,
        source: SessionId,
        itself: Option<Index>,
        route: &mut Route,
    ) {
        let mut wanted = std::mem::take(&mut self.wanted);
        wanted.clear();
        for room in route.rooms.iter().filter_map(|&room| self.rooms.get(room)) {
            wanted.extend(
                room.hearers
                    .iter()
                    .copied()
                    .filter(|&hearer| Some(hearer) != itself),
            );
        }
        wanted.sort_unstable();
        wanted.dedup();
        for lost in self.bursts.retarget(&mut route.listeners, &mut wanted) {
            if let Some(listener) = self.sessions.at(lost) {
                listener.slots.release(source);
            }
        }
        (route.phones, route.others) = (false, false);
        for leg in &route.listeners {
            let listener = self.sessions.at(leg.to);
            let is_phone = listener.is_some_and(|listener| listener.phone.is_some());
            route.phones |= is_phone;
            route.others |= !is_phone;
        }
        route.numbers = route.rooms.iter().map(|room| room.0).collect();
        route.epoch = self.epoch;
        self.wanted = wanted;
    }

    /// The source's packets no longer continue what was sent before: begin new bursts everywhere.
    pub(super) fn break_route(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get(id) {
            session.route.epoch = 0;
            for leg in &mut session.route.listeners {
                leg.burst = self.bursts.begin();
            }
            for leg in &mut session.route.shards {
                leg.burst = self.bursts.begin();
            }
        }
    }

    pub(super) fn release_remote(&mut self, source: SessionId) {
        self.phones.desk.end_source(source.0);
        if let Some(remote) = self.remote.remove(&source) {
            for leg in remote.route.listeners {
                if let Some(listener) = self.sessions.at(leg.to) {
                    listener.slots.release(source);
                }
            }
        }
    }
}

fn open_rooms(session: &Session) -> Arc<[RoomId]> {
    if !(session.up && session.publishes) {
        return Arc::default();
    }
    let open = session
        .memberships
        .iter()
        .filter(|membership| membership.gate.is_some());
    let mut rooms: Vec<RoomId> = open.map(|membership| membership.room).collect();
    let tails = session.phone.iter().flat_map(|phone| &phone.tails);
    for (room, _) in tails {
        if !rooms.contains(room) {
            rooms.push(*room);
        }
    }
    rooms.into()
}
