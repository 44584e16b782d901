//! SRTP and SRTCP (RFC 3711, RFC 7714) in place: no socket, no clock, no allocation a packet.
//!
//! [`Outbound`] seals what we send and [`Inbound`] opens what comes, both from one half of the keys that DTLS
//! exports ([`Keys`], RFC 5764 4.2). A nonce cannot be used twice: an index that was sealed once is refused,
//! and the SRTCP index is counted here and nowhere else.
//!
//! | module | source |
//! |---|---|
//! | [`keys`] | profiles, and the split of the exported keys (RFC 5764 4.2) |
//! | `kdf` | session keys from master keys (RFC 3711 4.3, RFC 6188) |
//! | `transform` | one packet sealed or opened (RFC 3711 4, RFC 7714 8 and 9) |
//! | [`window`] | which indexes were seen (RFC 3711 3.3.2), and the index of a packet (3.3.1) |
#![forbid(unsafe_code)]

mod header;
mod inbound;
mod kdf;
pub mod keys;
mod outbound;
mod transform;
pub mod window;

pub use header::header_bytes;
pub use inbound::{Inbound, OpenError, SOURCES_MAX};
pub use keys::{Exported, Keys, Profile};
pub use outbound::{Outbound, SealError, Stream};

/// What a sealed RTP packet is longer at most, bytes.
pub const RTP_OVERHEAD_MAX: usize = 16;
/// What a sealed RTCP packet is longer at most, bytes: tag and index.
pub const RTCP_OVERHEAD_MAX: usize = 20;
