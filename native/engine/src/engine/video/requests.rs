//! What viewers ask for: a picture, a size, a keyframe; and what their links carry.

use std::time::Instant;

use crate::engine::Engine;
use crate::io::{Output, SessionId};
use crate::sessions::Index;
use crate::video::{Picture, Viewer, Watch};

impl Engine {
    pub(in crate::engine) fn watch(&mut self, id: SessionId, slot: u8, watch: Watch) {
        let Some(index) = self.sessions.index(id) else {
            self.stats.ignored += 1;
            return;
        };
        let slots = self.viewer(index).map(|viewer| &mut viewer.slots);
        let Some(slot) = slots.and_then(|slots| slots.get_mut(usize::from(slot))) else {
            self.stats.ignored += 1;
            return;
        };
        slot.watch = watch;
        self.video.unsettled.push(index);
    }

    pub(in crate::engine) fn downlink(&mut self, id: SessionId, bits_per_s: u64, now: Instant) {
        let Some(index) = self.sessions.index(id) else {
            self.stats.ignored += 1;
            return;
        };
        let Some(viewer) = self.viewer(index) else {
            self.stats.ignored += 1;
            return;
        };
        viewer.downlink = Some(bits_per_s);
        self.share_link(index, now);
    }

    /// A viewer lost what it needs to go on.
    pub(in crate::engine) fn slot_keyframe(&mut self, id: SessionId, slot: u8, now: Instant) {
        let index = self.sessions.index(id);
        let viewer = index.and_then(|index| self.viewer(index));
        let slot = viewer.and_then(|viewer| viewer.slots.get(usize::from(slot)));
        let Some(slot) = slot else {
            self.stats.ignored += 1;
            return;
        };
        if let (Some(picture), Some(layer)) = (slot.target, slot.layer) {
            self.need(picture, layer, now);
        }
    }

    /// A keyframe is needed: of a picture of another shard that one is asked, of one of here its session.
    pub(in crate::engine) fn need(&mut self, picture: Picture, layer: u8, now: Instant) {
        let source = self.video.sources.get_mut(&picture);
        let layer = source.and_then(|source| source.layers.get_mut(usize::from(layer)));
        if let Some(layer) = layer {
            layer.need();
            self.ask(picture, now);
        }
    }

    /// Another shard needs one; the others, which do not have the picture's session, leave it.
    pub(in crate::engine) fn remote_keyframe(&mut self, picture: Picture, layer: u8, now: Instant) {
        let source = self.video.sources.get(&picture);
        if source.is_some_and(|source| source.here) {
            self.need(picture, layer, now);
        }
    }

    /// Ask for the keyframes that are needed, as often as may be asked.
    pub(super) fn ask(&mut self, picture: Picture, now: Instant) {
        let Some(source) = self.video.sources.get_mut(&picture) else {
            return;
        };
        let here = source.here;
        let Picture { session, kind } = picture;
        for (layer, stream) in (0_u8..).zip(&mut source.layers) {
            if !stream.asks(now) {
                continue;
            }
            self.stats.keyframes_asked += u64::from(here);
            self.outputs.push_back(if here {
                Output::Keyframe {
                    session,
                    kind,
                    layer,
                }
            } else {
                Output::RemoteKeyframe { picture, layer }
            });
        }
    }

    fn viewer(&mut self, index: Index) -> Option<&mut Viewer> {
        self.sessions.at(index)?.viewer.as_deref_mut()
    }
}
