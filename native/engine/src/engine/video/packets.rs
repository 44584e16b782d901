//! One packet of video through the tables.

use std::sync::Arc;
use std::time::Instant;

use crate::engine::Engine;
use crate::io::{Output, SessionId, ShardId};
use crate::video::{Beginning, CopiedVideo, Offered, Picture, Sink, VideoForward, VideoPacket};

impl Engine {
    pub(in crate::engine) fn video(&mut self, id: SessionId, packet: VideoPacket, now: Instant) {
        if !self.sessions.get(id).is_some_and(|session| session.up) {
            self.stats.ignored += 1;
            return;
        }
        let picture = Picture {
            session: id,
            kind: packet.kind,
        };
        let shown = self.video.sources.get_mut(&picture);
        let Some(source) = shown.filter(|source| source.here) else {
            self.stats.video_gated += 1;
            return;
        };
        if !source.budget.allows(packet.payload.len(), now) {
            self.stats.video_flooded += 1;
            return;
        }
        let (rooms, shards) = (Arc::clone(&source.rooms), source.shards);
        if !self.pass_video(picture, &packet, now) || !self.config.forwarding {
            return;
        }
        let copy = CopiedVideo {
            source: id,
            rooms,
            packet,
        };
        for shard in (0..64).filter(|k| shards >> k & 1 == 1).map(ShardId) {
            self.stats.video_copied += 1;
            self.outputs.push_back(Output::VideoCopy {
                shard,
                copy: copy.clone(),
            });
        }
    }

    pub(in crate::engine) fn video_copy(&mut self, copy: &CopiedVideo, now: Instant) {
        let picture = Picture {
            session: copy.source,
            kind: copy.packet.kind,
        };
        let views = &self.video.views;
        let mut seen = copy.rooms.iter().filter_map(|&room| views.get(room));
        let is_seen = seen.any(|view| !view.viewers.is_empty());
        let is_own = self.sessions.index(copy.source).is_some();
        let source = self.video.sources.get(&picture);
        if is_own || (source.is_none() && !is_seen) {
            return;
        }
        if source.is_none_or(|source| source.rooms != copy.rooms) {
            self.set_rooms(picture, &copy.rooms, false);
        }
        self.pass_video(picture, &copy.packet, now);
    }

    /// Learn from the packet, then offer it to every slot that is for its picture. False: it is of no use.
    fn pass_video(&mut self, picture: Picture, packet: &VideoPacket, now: Instant) -> bool {
        let Some(source) = self.video.sources.get_mut(&picture) else {
            return false;
        };
        let beginning = Beginning::of(packet.codec, &packet.payload);
        let codec = source.codec();
        if !source.note(packet, beginning, now) {
            self.stats.ignored += 1;
            return false;
        }
        let news = !std::mem::replace(&mut source.live, true) || source.codec() != codec;
        if news {
            self.watch_time(now);
            self.unsettle_all(picture);
            // Before the packet passes: it may be the keyframe with which everybody begins.
            self.settle(now);
        }
        if self.config.forwarding {
            self.offer_packet(picture, packet, beginning.is_some(), now);
        }
        true
    }

    fn offer_packet(&mut self, picture: Picture, packet: &VideoPacket, begins: bool, now: Instant) {
        let Some(source) = self.video.sources.get_mut(&picture) else {
            return;
        };
        for &Sink { to, slot } in &source.sinks {
            let Some(session) = self.sessions.at(to) else {
                continue;
            };
            let Some(viewer) = &mut session.viewer else {
                continue;
            };
            let offered = viewer
                .slots
                .get_mut(usize::from(slot))
                .map(|slot| slot.offer(packet, begins, now));
            match offered {
                Some(Offered::Sent {
                    stamp,
                    payload,
                    tells,
                }) => {
                    if tells.is_some() {
                        let told = session.picture(slot, tells, stamp.timestamp);
                        self.outputs.push_back(told);
                    }
                    self.stats.video_forwarded += 1;
                    self.outputs.push_back(Output::Video(VideoForward {
                        to: session.id,
                        slot,
                        seq: stamp.seq,
                        timestamp: stamp.timestamp,
                        marker: packet.marker,
                        picture,
                        codec: packet.codec,
                        payload,
                    }));
                }
                Some(Offered::Waits) => source.layers[usize::from(packet.layer)].need(),
                Some(Offered::Left) | None => {}
            }
        }
        self.ask(picture, now);
    }
}
