//! What changes by time alone: pictures and layers that stop, pictures that wait, keyframes that are overdue.

use std::sync::Arc;
use std::time::Instant;

use crate::engine::Engine;
use crate::video::{LOOK, Picture};

impl Engine {
    /// Look again and again from now on, as long as anything comes.
    pub(super) fn watch_time(&mut self, now: Instant) {
        self.video.next_look.get_or_insert(now + LOOK);
    }

    /// Look, if it is time.
    pub(in crate::engine) fn look(&mut self, now: Instant) {
        if self.video.next_look.is_none_or(|at| at > now) {
            return;
        }
        let mut stopped = Vec::new();
        for (&picture, source) in &mut self.video.sources {
            if source.live && source.is_stale(now) {
                source.live = false;
                stopped.push((picture, source.here));
            }
        }
        stopped.sort_unstable();
        for (picture, here) in stopped {
            self.unsettle_all(picture);
            if !here {
                // Its shard may have said that it is over, and was not heard.
                self.set_rooms(picture, &Arc::default(), false);
            }
        }
        for at in 0..self.video.viewers.len() {
            let index = self.video.viewers[at];
            let viewer = self.sessions.at(index).and_then(|s| s.viewer.as_ref());
            if viewer.is_some_and(|viewer| viewer.waits) {
                self.video.unsettled.push(index);
            } else {
                self.share_link(index, now);
            }
        }
        self.settle(now);
        let mut pictures: Vec<Picture> = self.video.sources.keys().copied().collect();
        pictures.sort_unstable();
        for picture in pictures {
            self.ask(picture, now);
        }
        let goes_on = self.video.sources.values().any(|source| source.live);
        self.video.next_look = goes_on.then(|| now + LOOK);
    }
}
