//! RTP and RTCP bytes: parse, write, count. No I/O, no clock, no allocation; no input can make it panic.
//!
//! | module | source |
//! |---|---|
//! | [`class`] | which protocol a datagram is, by its first bytes (RFC 7983, RFC 5761) |
//! | [`view`], [`header`] | RTP packets in and out (RFC 3550 section 5) |
//! | [`extension`] | header extensions of one and two bytes (RFC 8285) |
//! | [`extend`] | 16-bit sequence numbers and 32-bit timestamps without their wrap |
//! | [`reception`] | loss and jitter of one incoming stream (RFC 3550 appendix A) |
//! | [`rtcp`] | SR, RR, SDES and BYE for phone legs (RFC 3550 section 6) |
//! | [`telephone_event`] | DTMF digits as packets (RFC 4733) |
#![forbid(unsafe_code)]

pub mod class;
pub mod extend;
pub mod extension;
pub mod header;
pub mod reception;
pub mod rtcp;
pub mod telephone_event;
pub mod view;

pub use class::DatagramClass;
pub use extend::{SequenceExtender, TimestampExtender};
pub use header::RtpHeader;
pub use view::{RtpError, RtpView};

/// The output slice cannot hold what is to be written (our own fault).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferTooSmall;

impl core::fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("output slice is too small for the packet")
    }
}

impl core::error::Error for BufferTooSmall {}

/// Big endian reads that answer `None` past the end instead of panicking.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let part = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(part.try_into().ok()?))
}

/// See [`u16_at`].
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let part = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(part.try_into().ok()?))
}
