//! Opening what comes: roll-over counters, replay windows, and a bound on the sources a peer may have.

use std::fmt;

use crate::header::{header_bytes, word};
use crate::keys::Keys;
use crate::outbound::SealError;
use crate::transform::{RTCP_CLEAR, RTCP_ENCRYPTED, RTCP_INDEX, Transform};
use crate::window::Window;

/// Sources a peer may send from; each has a window. A browser's offer of 40 lines with video has fewer.
pub const SOURCES_MAX: usize = 64;

/// Why a packet was not opened. Anybody on the path can cause each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenError {
    /// Too short, or not RTP or RTCP, or RTCP that is not encrypted.
    Malformed,
    /// It came before, or is too old to tell.
    Replayed,
    /// The tag is wrong: not from the peer, or damaged.
    Forged,
    /// The peer sends from more than [`SOURCES_MAX`] sources.
    TooManySources,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not an encrypted packet",
            Self::Replayed => "came before, or is too old",
            Self::Forged => "not from the peer",
            Self::TooManySources => "too many sources",
        })
    }
}

impl std::error::Error for OpenError {}

/// Opens one direction of one session.
#[derive(Debug)]
pub struct Inbound {
    rtp: Transform,
    rtcp: Transform,
    rtp_sources: Sources,
    rtcp_sources: Sources,
}

impl Inbound {
    /// Opens with these keys. Fails when they are not of their profile's lengths.
    pub fn new(keys: Keys<'_>) -> Result<Self, SealError> {
        Ok(Self {
            rtp: Transform::new(keys, false)?,
            rtcp: Transform::new(keys, true)?,
            rtp_sources: Sources::default(),
            rtcp_sources: Sources::default(),
        })
    }

    /// Open an RTP packet in place; its length without the tag, and its index. After an error the bytes mean
    /// nothing and nothing was learnt.
    pub fn open_rtp(&mut self, packet: &mut [u8]) -> Result<(usize, u64), OpenError> {
        let header = header_bytes(packet).ok_or(OpenError::Malformed)?;
        if packet.len() < header + self.rtp.tag_bytes() {
            return Err(OpenError::Malformed);
        }
        let ssrc = word(packet, 8);
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let window = self.rtp_sources.of(ssrc)?;
        let index = window.map_or(u64::from(sequence), |window| window.index(sequence));
        // Found before the tag is, so that a flood of copies costs little.
        if window.is_some_and(|window| !window.is_fresh(index)) {
            return Err(OpenError::Replayed);
        }
        let opened = self.rtp.open_rtp(packet, header, index);
        let len = opened.map_err(|_| OpenError::Forged)?;
        self.rtp_sources.note(ssrc, index);
        Ok((len, index))
    }

    /// Whether an RTP packet says that it is newer than all that were opened of its source, which must be a known
    /// one. Anybody can say so; opening it tells.
    pub fn is_ahead(&self, packet: &[u8]) -> bool {
        if header_bytes(packet).is_none() {
            return false;
        }
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let window = self.rtp_sources.of(word(packet, 8));
        let Ok(Some(window)) = window else {
            return false;
        };
        window.highest() < Some(window.index(sequence))
    }

    /// Open an RTCP compound in place; its length without tag and index.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, OpenError> {
        if packet.len() < RTCP_CLEAR + self.rtcp.tag_bytes() + RTCP_INDEX {
            return Err(OpenError::Malformed);
        }
        let ssrc = word(packet, 4);
        let trailer = self.rtcp.rtcp_trailer(packet);
        if trailer & RTCP_ENCRYPTED == 0 {
            return Err(OpenError::Malformed);
        }
        let index = u64::from(trailer & !RTCP_ENCRYPTED);
        if self
            .rtcp_sources
            .of(ssrc)?
            .is_some_and(|window| !window.is_fresh(index))
        {
            return Err(OpenError::Replayed);
        }
        let opened = self.rtcp.open_rtcp(packet, trailer);
        let len = opened.map_err(|_| OpenError::Forged)?;
        self.rtcp_sources.note(ssrc, index);
        Ok(len)
    }
}

/// Windows by SSRC: made by authenticated packets alone.
#[derive(Debug, Default)]
struct Sources(Vec<(u32, Window)>);

impl Sources {
    /// The window of a source, `None` when it is new.
    fn of(&self, ssrc: u32) -> Result<Option<&Window>, OpenError> {
        match self.0.iter().find(|(known, _)| *known == ssrc) {
            Some((_, window)) => Ok(Some(window)),
            None if self.0.len() < SOURCES_MAX => Ok(None),
            None => Err(OpenError::TooManySources),
        }
    }

    fn note(&mut self, ssrc: u32, index: u64) {
        let at = self.0.iter().position(|(known, _)| *known == ssrc);
        let at = at.unwrap_or_else(|| {
            self.0.push((ssrc, Window::default()));
            self.0.len() - 1
        });
        self.0[at].1.note(index);
    }
}
