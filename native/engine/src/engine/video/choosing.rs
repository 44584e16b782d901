//! When it is chosen anew what a viewer's slots are for, and from what.

use std::time::Instant;

use crate::engine::Engine;
use crate::io::{RoomId, SessionId};
use crate::sessions::Index;
use crate::video::{Candidate, Picture, Sink, choose, talks};

impl Engine {
    /// A session of this shard made sound.
    pub(in crate::engine) fn talks_in_view(&mut self, id: SessionId, now: Instant) {
        let camera = Picture::camera(id);
        let (Some(source), Some(session)) =
            (self.video.sources.get(&camera), self.sessions.get(id))
        else {
            return;
        };
        let mut open = session.memberships.iter().filter(|m| m.gate.is_some());
        if open.any(|membership| source.rooms.contains(&membership.room)) {
            self.sounded(camera, now);
        }
    }

    /// A session of another shard made sound in these rooms.
    pub(in crate::engine) fn talks_elsewhere(
        &mut self,
        id: SessionId,
        rooms: &[RoomId],
        now: Instant,
    ) {
        let camera = Picture::camera(id);
        let source = self.video.sources.get(&camera);
        if source.is_some_and(|source| source.rooms.iter().any(|room| rooms.contains(room))) {
            self.sounded(camera, now);
        }
    }

    fn sounded(&mut self, camera: Picture, now: Instant) {
        let source = self.video.sources.get_mut(&camera);
        let goes_on = source.is_none_or(|source| talks(source.sound.replace(now), now));
        if !goes_on {
            self.unsettle_all(camera);
        }
    }

    /// Choose anew for all who may see the picture.
    pub(super) fn unsettle_all(&mut self, picture: Picture) {
        let rooms = self.video.sources.get(&picture).map(|s| s.rooms.clone());
        for &room in rooms.iter().flat_map(|rooms| rooms.iter()) {
            self.unsettle(room);
        }
    }

    /// Choose for all for whom something changed.
    pub(in crate::engine) fn settle(&mut self, now: Instant) {
        let mut unsettled = std::mem::take(&mut self.video.unsettled);
        unsettled.sort_unstable();
        unsettled.dedup();
        for index in unsettled.drain(..) {
            self.choose_for(index, now);
            self.share_link(index, now);
        }
        self.video.unsettled = unsettled;
    }

    fn choose_for(&mut self, index: Index, now: Instant) {
        let candidates = self.candidates(index);
        let Some(session) = self.sessions.at(index) else {
            return;
        };
        let Some(viewer) = &mut session.viewer else {
            return;
        };
        let before: Vec<Option<Picture>> = viewer.slots.iter().map(|slot| slot.target).collect();
        viewer.waits = choose(&mut viewer.slots, &candidates, now);
        let mut ended = Vec::new();
        for (slot, before) in (0_u8..).zip(before) {
            let now_in = &mut viewer.slots[usize::from(slot)];
            if now_in.target == before {
                continue;
            }
            let sink = Sink { to: index, slot };
            if let Some(source) = before.and_then(|p| self.video.sources.get_mut(&p)) {
                source.sinks.retain(|other| *other != sink);
            }
            if let Some(source) = now_in.target.and_then(|p| self.video.sources.get_mut(&p)) {
                source.sinks.push(sink);
            }
            ended.extend(now_in.ends(now).map(|timestamp| (slot, timestamp)));
        }
        for (slot, timestamp) in ended {
            self.outputs
                .push_back(session.picture(slot, None, timestamp));
        }
    }

    /// What the viewer may see: what is shown in the rooms that it hears, its own pictures excepted.
    fn candidates(&mut self, index: Index) -> Vec<Candidate> {
        let Some(session) = self.sessions.at(index).filter(|session| session.up) else {
            return Vec::new();
        };
        let video = &self.video;
        let heard = session.memberships.iter().filter(|m| m.hear);
        let mut candidates: Vec<Candidate> = heard
            .filter_map(|membership| video.views.get(membership.room))
            .flat_map(|view| &view.pictures)
            .filter(|picture| picture.session != session.id)
            .filter_map(|picture| {
                let source = video.sources.get(picture).filter(|source| source.live)?;
                Some(Candidate {
                    picture: *picture,
                    codec: source.codec()?,
                    order: source.order,
                    sound: source.sound,
                })
            })
            .collect();
        candidates.sort_unstable_by_key(|candidate| candidate.order);
        candidates.dedup_by_key(|candidate| candidate.picture);
        candidates
    }
}
