//! The RTCP that a phone leg needs: SR, RR, SDES CNAME and BYE (RFC 3550 section 6). And transport-wide feedback, by
//! which a browser says when packets arrived.

mod arrivals;
mod parse;
mod write;

pub use arrivals::{Arrival, arrivals};
pub use parse::{Packet, Packets, ReportBlocks, RtcpError};
pub use write::Writer;

/// Packet types of RFC 3550 section 12.1.
pub(crate) const SENDER_REPORT: u8 = 200;
pub(crate) const RECEIVER_REPORT: u8 = 201;
pub(crate) const SOURCE_DESCRIPTION: u8 = 202;
pub(crate) const GOODBYE: u8 = 203;

/// The sender's part of an SR (RFC 3550 section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderInfo {
    /// NTP time, 32.32 fixed point.
    pub ntp: u64,
    /// The same instant in the stream's RTP clock.
    pub rtp_timestamp: u32,
    /// Packets sent since the stream began.
    pub packets: u32,
    /// Payload bytes sent since the stream began.
    pub bytes: u32,
}

/// What a receiver says about one stream (RFC 3550 section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream that the block is about.
    pub ssrc: u32,
    /// Part lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the beginning, 24 bits with sign.
    pub cumulative_lost: i32,
    /// Highest sequence number with its count of wraps.
    pub highest_sequence: u32,
    /// Inter-arrival jitter in timestamp units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time in the last SR, or 0.
    pub last_sr: u32,
    /// Time since that SR came, in 1/65536 s.
    pub delay_since_last_sr: u32,
}
