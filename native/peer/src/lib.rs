//! One WebRTC session: ICE-lite, DTLS, SRTP, SCTP and SDP, without socket and without clock.
//!
//! This is the only crate that imports str0m; a new version of it is met here and nowhere else
//! (DESIGN 3.9). [`Session`] answers an offer and then takes datagrams and times and hands back
//! datagrams and [`Event`]s. [`demux`] says which session a datagram of a shared socket belongs to,
//! [`framing`] where one datagram of a TCP connection ends and the next begins.
//! [`client`] is the other side of the call, for tests and load.
#![forbid(unsafe_code)]

mod answer;
mod channels;
mod choke;
pub mod client;
mod datagrams;
pub mod demux;
mod egress;
pub mod framing;
mod identity;
mod io;
mod keytap;
mod link;
mod migration;
mod offer;
mod path;
mod reports;
mod rtp;
mod session;
mod transport;
mod veil;
mod video;

pub use datagrams::Datagrams;
pub use identity::{Identity, IdentityError, MediaPath};
pub use io::{Accept, Channel, Datagram, Down, Event, Output, Pair, Stats, Transport, Written};
pub use offer::Refusal;
pub use session::{CONNECT_WITHIN, CONSENT_WITHIN, Session};
pub use video::PAYLOAD_MAX as VIDEO_PAYLOAD_MAX;
