//! The SIP thread: sockets, TLS and the clock around the sans-IO core of `native/sip`.
//!
//! [`Edge`] is the whole surface: small commands in, batches of [`Report`]s out, one descriptor that is
//! readable while reports wait.
//!
//! ```text
//!  hub ── Order ──> queue ─┐                        ┌─> queue ── Report ──> hub
//!                          ▼                        │
//!  UDP, TCP, TLS <──> Worker (thread "sip") ── sip::Core
//! ```
//!
//! Every queue has a bound. Orders: refused while full. Reports: while [`IoLimits::reports`] wait nothing
//! is read from the network, so a stopped hub loses nothing but what the kernel's buffers cannot hold, and
//! peers repeat that. What is to be sent on a stream: a full queue closes the connection. Datagrams that
//! the kernel does not take are dropped and counted: SIP repeats them.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the crate with the SIP sockets, their thread and its clock"
)]

mod bell;
mod config;
mod connections;
mod counters;
mod datagrams;
mod edge;
mod listener;
mod order;
mod shared;
mod stream;
mod tls;
mod worker;

pub use config::{EdgeConfig, Identity, IoLimits, Listen, StartError};
pub use edge::Edge;
pub use order::{Order, Way};
pub use shared::{Busy, Report};
pub use tls::CheckedIdentity;
