//! Sealing what we send: each index of a stream once, and one counter for all RTCP.

use std::fmt;

use aws_lc_rs::error::Unspecified;

use crate::header::{header_bytes, word};
use crate::keys::Keys;
use crate::transform::{RTCP_CLEAR, RTCP_ENCRYPTED, RTCP_INDEX, Transform};
use crate::window::Window;

/// Indexes end here: 32 bits of roll-over counter, 16 of sequence number.
const INDEX_END: u64 = 1 << 48;

/// Why a packet was not sealed; each is a fault of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealError {
    /// It is no RTP or RTCP packet, or of another stream.
    Malformed,
    /// The buffer has no room for the tag.
    NoRoom,
    /// The index was sealed before, or is too old to tell: sealing again would give the key away.
    Reused,
    /// The indexes are used up: 2^48 of a stream, or 2^31 of RTCP.
    Exhausted,
    /// The cryptography library refused.
    Failed,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a packet of this stream",
            Self::NoRoom => "no room for the authentication tag",
            Self::Reused => "the index was sealed before",
            Self::Exhausted => "all indexes are used up",
            Self::Failed => "the cryptography library refused",
        })
    }
}

impl std::error::Error for SealError {}

impl From<Unspecified> for SealError {
    fn from(_: Unspecified) -> Self {
        Self::Failed
    }
}

/// One stream of an [`Outbound`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream(usize);

/// Seals one direction of one session.
#[derive(Debug)]
pub struct Outbound {
    rtp: Transform,
    rtcp: Transform,
    streams: Vec<(u32, Window)>,
    /// SRTCP index of the next packet.
    rtcp_next: u32,
}

impl Outbound {
    /// Seals with these keys. Fails when they are not of their profile's lengths.
    pub fn new(keys: Keys<'_>) -> Result<Self, SealError> {
        Ok(Self {
            rtp: Transform::new(keys, false)?,
            rtcp: Transform::new(keys, true)?,
            streams: Vec::new(),
            rtcp_next: 0,
        })
    }

    /// The stream of an SSRC; asked again, the same one.
    pub fn stream(&mut self, ssrc: u32) -> Stream {
        let known = self.streams.iter().position(|(other, _)| *other == ssrc);
        Stream(known.unwrap_or_else(|| {
            self.streams.push((ssrc, Window::default()));
            self.streams.len() - 1
        }))
    }

    /// Seal the first `len` bytes, an RTP packet of the stream with this index (roll-over counter and sequence
    /// number), in place; the sealed length.
    #[inline]
    pub fn seal_rtp(
        &mut self,
        stream: Stream,
        packet: &mut [u8],
        len: usize,
        index: u64,
    ) -> Result<usize, SealError> {
        let (ssrc, sent) = self.streams.get_mut(stream.0).ok_or(SealError::Malformed)?;
        let header = packet.get(..len).and_then(header_bytes);
        let header = header.ok_or(SealError::Malformed)?;
        if word(packet, 8) != *ssrc || packet[2..4] != (index as u16).to_be_bytes() {
            return Err(SealError::Malformed);
        }
        if index >= INDEX_END {
            return Err(SealError::Exhausted);
        }
        if !sent.is_fresh(index) {
            return Err(SealError::Reused);
        }
        let end = len + self.rtp.tag_bytes();
        let packet = packet.get_mut(..end).ok_or(SealError::NoRoom)?;
        sent.note(index);
        self.rtp.seal_rtp(packet, header, index)?;
        Ok(end)
    }

    /// Seal the first `len` bytes, an RTCP compound, in place; the sealed length.
    pub fn seal_rtcp(&mut self, packet: &mut [u8], len: usize) -> Result<usize, SealError> {
        if !(RTCP_CLEAR..=packet.len()).contains(&len) {
            return Err(SealError::Malformed);
        }
        if self.rtcp_next >= RTCP_ENCRYPTED {
            return Err(SealError::Exhausted);
        }
        let end = len + self.rtcp.tag_bytes() + RTCP_INDEX;
        let packet = packet.get_mut(..end).ok_or(SealError::NoRoom)?;
        let index = self.rtcp_next;
        self.rtcp_next += 1;
        self.rtcp.seal_rtcp(packet, index)?;
        Ok(end)
    }
}
