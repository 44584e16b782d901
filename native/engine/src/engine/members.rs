//! Who is here, in which rooms, and who may be heard there.

use std::time::Instant;

use crate::activity::Activity;
use crate::deadlines::Due;
use crate::engine::Engine;
use crate::head::Head;
use crate::io::{Output, RoomId, SessionId};
use crate::pace::Pace;
use crate::phone::Phone;
use crate::rooms::Hearing;
use crate::route::Route;
use crate::sessions::{Gate, MEMBERSHIPS_MAX, Membership, Session};
use crate::slots::Slots;

impl Engine {
    /// False: the number is taken.
    pub(super) fn add(
        &mut self,
        id: SessionId,
        publishes: bool,
        slots: Slots,
        phone: Option<Box<Phone>>,
    ) -> bool {
        let route = Route::default();
        let memberships = Vec::new();
        let session = Session {
            id,
            up: false,
            publishes,
            slots,
            memberships,
            route,
            pace: Pace::default(),
            stream: None,
            head: Head::default(),
            phone,
            viewer: None,
        };
        let added = self.sessions.add(session);
        self.stats.ignored += u64::from(!added);
        added
    }

    pub(super) fn up(&mut self, id: SessionId) {
        let Some(index) = self.sessions.index(id) else {
            return;
        };
        let Some(session) = self.sessions.at(index) else {
            return;
        };
        session.up = true;
        let rooms: Vec<RoomId> = session
            .memberships
            .iter()
            .filter(|membership| membership.hear)
            .map(|membership| membership.room)
            .collect();
        for room in rooms {
            let hearing = self.rooms.hear(room, index);
            self.announce(room, hearing);
            self.see(room, index, true);
        }
        self.epoch += 1;
    }

    pub(super) fn remove(&mut self, id: SessionId, now: Instant) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let rooms: Vec<RoomId> = session
            .memberships
            .iter()
            .map(|membership| membership.room)
            .collect();
        for room in rooms {
            self.leave(room, id, now);
        }
        self.refresh(id);
        self.remove_phone(id);
        self.remove_viewer(id);
        self.sessions.remove(id);
        self.epoch += 1;
    }

    pub(super) fn join(&mut self, room: RoomId, id: SessionId, hear: bool) {
        let Some(index) = self.sessions.index(id) else {
            self.stats.ignored += 1;
            return;
        };
        let Some(session) = self.sessions.at(index) else {
            return;
        };
        let up = session.up;
        if let Some(membership) = session.membership(room) {
            membership.hear = hear;
        } else if session.memberships.len() >= MEMBERSHIPS_MAX {
            self.stats.ignored += 1;
            return;
        } else {
            session.memberships.push(Membership {
                room,
                hear,
                gate: None,
                activity: Activity::default(),
            });
            self.rooms.enter(room);
        }
        let hearing = if hear && up {
            self.rooms.hear(room, index)
        } else {
            self.rooms.unhear(room, index)
        };
        self.announce(room, hearing);
        self.see(room, index, hear && up);
        self.epoch += 1;
    }

    pub(super) fn leave(&mut self, room: RoomId, id: SessionId, now: Instant) {
        self.shut_gate(room, id, now);
        let Some(index) = self.sessions.index(id) else {
            self.stats.ignored += 1;
            return;
        };
        let Some(session) = self.sessions.at(index) else {
            return;
        };
        let Some(at) = session
            .memberships
            .iter()
            .position(|membership| membership.room == room)
        else {
            self.stats.ignored += 1;
            return;
        };
        session.memberships.swap_remove(at);
        if let Some(phone) = &mut session.phone {
            phone.tails.retain(|(left, _)| *left != room);
        }
        let hearing = self.rooms.unhear(room, index);
        self.announce(room, hearing);
        self.rooms.exit(room);
        self.see(room, index, false);
        self.hide_all(room, id);
        self.epoch += 1;
    }

    /// A gate with a limit is a grant of the floor, to which the head belongs. One without opens where nobody
    /// presses (conference): who is in it begins now.
    pub(super) fn open_gate(&mut self, room: RoomId, id: SessionId, gate: Gate, now: Instant) {
        let Some(session) = self.sessions.get(id) else {
            self.stats.ignored += 1;
            return;
        };
        let silenced = session.is_silenced();
        let Some(membership) = session.membership(room) else {
            self.stats.ignored += 1;
            return;
        };
        membership.gate = Some(gate);
        if silenced && gate.shuts.is_none() {
            session.drop_head();
        }
        if let Some(shuts) = gate.shuts {
            self.deadlines
                .push(shuts, Due::Limit(id, room, gate.talkspurt));
        }
        self.epoch += 1;
        if silenced && gate.shuts.is_some() {
            self.begin_head(id, now);
        }
    }

    /// Shutting a shut gate only drops the head that waits behind it: the floor was denied. Else it is nothing: a
    /// release and a limit may cross.
    pub(super) fn shut_gate(&mut self, room: RoomId, id: SessionId, now: Instant) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let Some(membership) = session.membership(room) else {
            return;
        };
        if membership.gate.is_none() {
            if session.is_silenced() {
                session.drop_head();
            }
            return;
        }
        self.flush_head(id, now);
        let Some(membership) = self
            .sessions
            .get(id)
            .and_then(|session| session.membership(room))
        else {
            return;
        };
        membership.gate = None;
        if membership.activity.stop() {
            self.outputs.push_back(Output::Talking {
                room,
                session: id,
                on: false,
            });
        }
        self.keep_tail(room, id, now);
        if let Some(session) = self.sessions.get(id).filter(|s| s.is_silenced()) {
            session.drop_head();
            self.phones.desk.end_source(id.0);
        }
        self.epoch += 1;
        // At once, not at the next packet: the slots it held are free for the next talker.
        self.refresh(id);
    }

    pub(super) fn announce(&mut self, room: RoomId, hearing: Hearing) {
        if let Some(hearing) = hearing {
            self.outputs.push_back(Output::Hearing { room, hearing });
        }
    }
}
