//! The wire of one phone leg: plain RTP and RTCP (RFC 3550, RFC 3551), DTMF (RFC 4733), symmetric RTP
//! (RFC 4961).
//!
//! [`PhoneLeg`] takes datagrams with the time they came and says what is in them; it makes the datagrams
//! that leave. What the sound is, who hears it and when a tick is, others know. No input can make it panic,
//! and a peer can make nothing in it grow.
//!
//! | module | what |
//! |---|---|
//! | [`latch`] | where the phone really is |
//! | [`inbound`] | datagrams in: sound, keys, reports |
//! | [`outbound`] | datagrams out: one RTP stream, whatever codec and address |
//! | [`reports`] | RTCP |
#![forbid(unsafe_code)]

pub mod inbound;
pub mod latch;
mod leg;
pub mod outbound;
pub mod reports;

pub use inbound::Received;
pub use leg::{Datagram, PhoneLeg, PhoneMedia, Socket, Stats};

/// A phone sends at least this often when it sends at all; the hub hears of it at most this often.
pub const HEARD_EVERY: std::time::Duration = std::time::Duration::from_secs(5);
