//! The radio thread: one MQTT 5 connection and the channels' RTP sockets around the hub's side of
//! `native/radio`.
//!
//! ```text
//!  hub ── Order ──> queue ─┐                                   ┌─> queue ── Report ──> hub
//!                          ▼                                   │
//!  broker <── MQTT ──> Worker (thread "radio-io") ── radio::hub::Hub
//!                          ▲
//!  media shards <── RTP on 127.0.0.1, one socket a channel ──> ┘
//! ```
//!
//! Bounds. Orders: refused while full. Reports: dropped while full, counted, and the loss is told. What is
//! to be published: audio and heartbeats that cannot leave within 100 ms are dropped, floor messages within
//! 2 s; a connection that takes nothing for 1 s is aborted, and what the kernel holds of it dies with it.
//! RTP that the kernel does not take is dropped.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the crate with the radio sockets, their thread and its clock"
)]

mod bell;
mod broker;
mod clock;
mod config;
mod counters;
mod edge;
mod gate;
mod order;
mod session;
mod shared;
mod socket;
mod stream;
mod worker;

pub use clock::now;
pub use config::{EdgeConfig, IoLimits, StartError, Tls};
pub use edge::{Edge, OrderError};
pub use order::Codec;
pub use shared::Report;
