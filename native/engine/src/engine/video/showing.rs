//! What is shown in which rooms, and who sees it, here and on other shards.

use std::sync::Arc;

use crate::engine::Engine;
use crate::io::{Output, RoomId, SessionId, ShardId};
use crate::sessions::{Index, Session};
use crate::video::{Picture, Source, Told, VideoKind, Viewer};

impl Engine {
    /// The member sees the room, or no longer: whoever hears it and has video slots.
    pub(in crate::engine) fn see(&mut self, room: RoomId, index: Index, hears: bool) {
        if self.sessions.at(index).is_none_or(|s| s.viewer.is_none()) {
            return;
        }
        if let Some(seeing) = self.video.views.see(room, index, hears) {
            self.outputs.push_back(Output::Seeing { room, seeing });
        }
        self.video.unsettled.push(index);
    }

    pub(in crate::engine) fn show(
        &mut self,
        room: RoomId,
        id: SessionId,
        kind: VideoKind,
        on: bool,
    ) {
        let session = self.sessions.get(id);
        if session
            .and_then(|session| session.membership(room))
            .is_none()
        {
            self.stats.ignored += 1;
            return;
        }
        self.show_picture(room, Picture { session: id, kind }, on);
    }

    /// The member leaves: nothing of it is seen in the room any more.
    pub(in crate::engine) fn hide_all(&mut self, room: RoomId, session: SessionId) {
        for kind in [VideoKind::Camera, VideoKind::Screen] {
            self.show_picture(room, Picture { session, kind }, false);
        }
    }

    fn show_picture(&mut self, room: RoomId, picture: Picture, on: bool) {
        let shown = self.video.sources.get(&picture);
        let mut rooms: Vec<RoomId> = shown.map_or(Vec::new(), |source| source.rooms.to_vec());
        if on == rooms.contains(&room) {
            return;
        }
        if on {
            rooms.push(room);
        } else {
            rooms.retain(|other| *other != room);
        }
        self.set_rooms(picture, &rooms.into(), true);
        self.reach(picture);
    }

    /// The picture may be seen in exactly these rooms; in none: it is forgotten.
    pub(super) fn set_rooms(&mut self, picture: Picture, rooms: &Arc<[RoomId]>, here: bool) {
        let video = &mut self.video;
        let source = video.sources.entry(picture).or_insert_with(|| {
            video.shown += 1;
            Source::new(here, video.shown)
        });
        let before = std::mem::replace(&mut source.rooms, Arc::clone(rooms));
        for &room in before.iter().filter(|room| !rooms.contains(room)) {
            self.unsettle(room);
            self.video.views.hide(room, picture);
        }
        for &room in rooms.iter().filter(|room| !before.contains(room)) {
            self.video.views.show(room, picture);
            self.unsettle(room);
        }
        if rooms.is_empty() {
            self.forget(picture);
        }
    }

    /// Nobody sees it any more: free its slots, tell their viewers and other shards.
    fn forget(&mut self, picture: Picture) {
        let Some(source) = self.video.sources.remove(&picture) else {
            return;
        };
        self.release(picture, source.shards);
    }

    /// Choose anew for all who see the room.
    pub(super) fn unsettle(&mut self, room: RoomId) {
        if let Some(view) = self.video.views.get(room) {
            self.video.unsettled.extend_from_slice(&view.viewers);
        }
    }

    /// Bring up to date which other shards get copies of a picture of this one.
    fn reach(&mut self, picture: Picture) {
        let video = &mut self.video;
        let Some(source) = video.sources.get_mut(&picture).filter(|source| source.here) else {
            return;
        };
        let shards = video.views.remote(&source.rooms);
        let lost = std::mem::replace(&mut source.shards, shards) & !shards;
        self.release(picture, lost);
    }

    fn release(&mut self, picture: Picture, shards: u64) {
        for shard in (0..64).filter(|k| shards >> k & 1 == 1).map(ShardId) {
            self.outputs
                .push_back(Output::VideoRelease { shard, picture });
        }
    }

    pub(in crate::engine) fn remote_seeing(&mut self, room: RoomId, shard: ShardId, seeing: bool) {
        self.video.views.set_remote(room, shard, seeing);
        let shown = self.video.views.get(room);
        let pictures = shown.map_or(Vec::new(), |view| view.pictures.clone());
        for picture in pictures {
            self.reach(picture);
        }
    }

    /// Its shard says that a picture is no longer seen here.
    pub(in crate::engine) fn release_picture(&mut self, picture: Picture) {
        if self.video.sources.get(&picture).is_some_and(|s| !s.here) {
            self.set_rooms(picture, &Arc::default(), false);
        }
    }

    pub(in crate::engine) fn add_viewer(&mut self, id: SessionId, viewer: Option<Box<Viewer>>) {
        let Some(index) = self.sessions.index(id) else {
            return;
        };
        if let Some(session) = self.sessions.at(index).filter(|_| viewer.is_some()) {
            session.viewer = viewer;
            self.video.viewers.push(index);
        }
    }

    /// What a viewer leaves behind in the tables of pictures.
    pub(in crate::engine) fn remove_viewer(&mut self, id: SessionId) {
        let Some(index) = self.sessions.index(id) else {
            return;
        };
        let Some(viewer) = self.sessions.at(index).and_then(|s| s.viewer.as_ref()) else {
            return;
        };
        for picture in viewer.slots.iter().filter_map(|slot| slot.target) {
            if let Some(source) = self.video.sources.get_mut(&picture) {
                source.sinks.retain(|sink| sink.to != index);
            }
        }
        self.video.viewers.retain(|&other| other != index);
        self.video.unsettled.retain(|&other| other != index);
    }
}

impl Session {
    /// What its viewer is told of a slot.
    pub(super) fn picture(&self, slot: u8, told: Option<Told>, timestamp: u32) -> Output {
        Output::Picture {
            session: self.id,
            slot,
            picture: told.map(|told| told.picture),
            timestamp,
            layer: told.map_or(0, |told| told.layer),
            paused: told.is_some_and(|told| told.paused),
        }
    }
}
