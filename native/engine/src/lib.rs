//! Who hears whom, and on which RTP timeline: the part of the media core that decides.
//!
//! [`Engine`] takes [`Input`]s with the time they happened and hands back [`Output`]s until it says
//! [`Output::Timeout`]. It has no socket, no clock and no random number of its own, so the same code
//! runs live on a shard thread and in tests in virtual time.
//!
//! One engine serves one shard. A session lives on one shard; a packet for listeners elsewhere leaves
//! as one [`Output::Copy`] a shard and enters there as [`Input::Copy`].
//!
//! Reading order: [`io`](crate::Input) for the vocabulary, `engine/packets.rs` for the flow of one packet,
//! `slots.rs` and `timeline.rs` for what a listener receives, [`video`] for pictures.
#![forbid(unsafe_code)]

mod activity;
mod deadlines;
mod engine;
#[cfg(test)]
mod fixtures;
mod head;
mod io;
mod pace;
mod phone;
mod rooms;
mod route;
mod sessions;
mod slots;
mod timeline;
pub mod video;

pub use activity::{ACTIVE_LEVEL_DBOV, HANG_TIME};
pub use engine::{Engine, EngineConfig};
pub use head::HEAD;
pub use io::{
    CopiedPacket, Forward, Input, Level, MediaPacket, Output, PhonePacket, RoomId, SessionId,
    ShardId, Stats, TalkspurtId,
};
pub use sessions::MEMBERSHIPS_MAX;
pub use slots::{AUDIO_SLOTS_MAX, LOUDER_DB, PAUSE, SETTLED_AFTER};
