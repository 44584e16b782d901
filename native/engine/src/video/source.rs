//! One picture that is shown: its layers, where it may be seen, and the slots it is in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::activity::HANG_TIME;
use crate::io::RoomId;
use crate::sessions::Index;
use crate::video::budget::Budget;
use crate::video::keyframe::Beginning;
use crate::video::stream::{ABSENT_AFTER, Layer, Rung};
use crate::video::{VideoCodec, VideoPacket};

/// Simulcast layers of a picture; packets of further ones are dropped.
pub(crate) const LAYERS_MAX: usize = 3;
/// A picture of which nothing came for this long is not shown.
const STALE_AFTER: Duration = Duration::from_secs(5);

/// One slot of one viewer of this shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sink {
    pub to: Index,
    pub slot: u8,
}

#[derive(Debug)]
pub(crate) struct Source {
    /// Its session is of this shard.
    pub here: bool,
    pub rooms: Arc<[RoomId]>,
    /// Which came first: pictures are counted as they are shown.
    pub order: u64,
    /// Other shards that get copies, as bits.
    pub shards: u64,
    pub sinks: Vec<Sink>,
    pub budget: Budget,
    pub layers: [Layer; LAYERS_MAX],
    /// Something of it comes: viewers can be given it.
    pub live: bool,
    /// When its session last made sound in one of the rooms.
    pub sound: Option<Instant>,
    codec: Option<(VideoCodec, Instant)>,
    newest: Option<Instant>,
}

impl Source {
    pub fn new(here: bool, order: u64) -> Self {
        Self {
            here,
            rooms: Arc::default(),
            order,
            shards: 0,
            sinks: Vec::new(),
            budget: Budget::default(),
            layers: std::array::from_fn(Layer::new),
            live: false,
            sound: None,
            codec: None,
            newest: None,
        }
    }

    /// Learn from a packet. False: it is of no layer, or of another codec than the picture still comes in.
    pub fn note(
        &mut self,
        packet: &VideoPacket,
        beginning: Option<Beginning>,
        now: Instant,
    ) -> bool {
        let Some(layer) = self.layers.get_mut(usize::from(packet.layer)) else {
            return false;
        };
        if self.codec.is_some_and(|(codec, last)| {
            codec != packet.codec && now.saturating_duration_since(last) <= ABSENT_AFTER
        }) {
            return false;
        }
        self.codec = Some((packet.codec, now));
        self.newest = Some(now);
        layer.note(packet, beginning, now);
        true
    }

    /// What it comes in; `None` before its first packet.
    pub fn codec(&self) -> Option<VideoCodec> {
        self.codec.map(|(codec, _)| codec)
    }

    /// Its layers that are there, by rank.
    pub fn ladder(&self) -> [Option<Rung>; LAYERS_MAX] {
        std::array::from_fn(|rank| self.layers[rank].rung(self.newest?))
    }

    pub fn is_stale(&self, now: Instant) -> bool {
        self.newest
            .is_none_or(|newest| now.saturating_duration_since(newest) > STALE_AFTER)
    }
}

/// Whether sound that was last made then goes on.
pub(crate) fn talks(sound: Option<Instant>, now: Instant) -> bool {
    sound.is_some_and(|at| now.saturating_duration_since(at) < HANG_TIME)
}
