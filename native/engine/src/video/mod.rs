//! Video: which picture is in which of a viewer's video slots, in which of its layers.
//!
//! Reading order: `choice.rs` (which picture), `layers.rs` (which layer), `slot.rs` (what is sent of it), then
//! `engine/video/` for how packets and changes reach them. Why: docs/adr/0021.

mod budget;
mod choice;
mod descriptor;
#[cfg(test)]
mod fixtures;
mod io;
mod keyframe;
mod layers;
mod numbers;
mod slot;
mod source;
mod stream;
mod timeline;
mod viewer;
mod views;

use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use crate::sessions::Index;

pub(crate) use choice::{Candidate, choose};
pub use io::{
    CodecSet, CopiedVideo, Picture, VideoCodec, VideoForward, VideoKind, VideoPacket, Watch,
};
pub(crate) use keyframe::Beginning;
pub(crate) use layers::{Demand, share, wanted};
pub(crate) use slot::{Offered, Told};
pub(crate) use source::{Sink, Source, talks};
pub(crate) use viewer::Viewer;
pub(crate) use views::Views;

/// Most video slots a session can have.
pub const VIDEO_SLOTS_MAX: usize = 16;
/// How often it is looked at what changes by time alone: layers, waiting pictures, overdue keyframes.
pub(crate) const LOOK: Duration = Duration::from_millis(100);

/// The tables of video of one shard.
#[derive(Debug, Default)]
pub(crate) struct Video {
    pub views: Views,
    /// Everything that is shown here, of this and other shards.
    pub sources: FxHashMap<Picture, Source>,
    /// Sessions with video slots.
    pub viewers: Vec<Index>,
    /// Those for whom it has to be chosen anew.
    pub unsettled: Vec<Index>,
    /// Pictures shown so far.
    pub shown: u64,
    /// When it is looked next; only while anything is shown.
    pub next_look: Option<Instant>,
}
