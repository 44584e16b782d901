//! The radio contract v1 without I/O, threads or a clock: payloads, orders and times in; payloads, frames
//! and events out. The wire is described in docs/protocol/radio-v1.md.
//!
//! | module | what | side |
//! |---|---|---|
//! | [`pack`] | msgpack primitives under the contract's bounds | both |
//! | [`message`] | the timed messages: audio, floor, heartbeat, hub state | both |
//! | [`clock`] | how late something is, by the clock of the other side | both |
//! | [`fence`] | what may key a transmitter and what may be played | bridge |
//! | [`uplink`] | received audio and heartbeats | bridge |
//! | [`hub`] | asking for air, stamping what is sent, following what is received | hub |
//!
//! Times are [`Micros`] of a monotonic clock, given by the caller. No payload can make anything here panic
//! or grow beyond [`limits`].
#![forbid(unsafe_code)]

pub mod clock;
pub mod fence;
pub mod hub;
pub mod limits;
pub mod message;
pub mod pack;
pub mod uplink;

/// Microseconds of a monotonic clock, or between two of its times. Each machine has its own.
pub type Micros = i64;

/// Microseconds in a millisecond.
pub const MS: Micros = 1_000;
/// Microseconds in a second.
pub const SECOND: Micros = 1_000_000;
