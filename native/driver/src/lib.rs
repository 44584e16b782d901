//! The media plane: shard threads with their sockets and the clock, around the sans-IO core.
//!
//! [`Plane`] is the whole surface: small commands in, batches of [`Event`]s out, one file descriptor
//! that is readable while events wait. No call waits for a media thread and no media thread waits for
//! the hub.
//!
//! ```text
//!  hub ── Command ──> queue ─┐                        ┌─> EventQueue ── Event ──> hub
//!                            ▼                        │
//!            sockets <──> Worker ── Shard ────────────┤
//!                         (thread)  (no I/O, no clock)└─> Exchange ── Relay ──> other shards
//! ```
//!
//! Every queue has a bound: see [`command`], [`event`] and [`exchange`] for what happens at it.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the crate with sockets, threads and the clock"
)]

pub mod command;
pub mod counters;
pub mod event;
pub mod exchange;
mod phone_ports;
mod phone_sockets;
mod plane;
mod registry;
pub mod shard;
mod sys;
mod tcp;
mod worker;

pub use event::{Event, PictureTurned};
pub use plane::{Busy, Plane, PlaneConfig, StartError, TcpConfig};
