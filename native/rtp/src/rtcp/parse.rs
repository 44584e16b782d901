//! Walking a compound RTCP packet (RFC 3550 section 6.1, checks of appendix A.2).

use super::{GOODBYE, RECEIVER_REPORT, ReportBlock, SENDER_REPORT, SenderInfo};
use crate::{u16_at, u32_at};

/// Why a datagram is not RTCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtcpError {
    /// The version field is not 2.
    Version,
    /// A length field leads past the end, or is too small for the packet's own fields.
    Length,
    /// Padding on a packet that is not the last, or a wrong padding count.
    Padding,
}

impl core::fmt::Display for RtcpError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Version => "rtcp version is not 2",
            Self::Length => "rtcp length field is wrong",
            Self::Padding => "rtcp padding is wrong",
        })
    }
}

impl core::error::Error for RtcpError {}

/// One packet of a compound.
#[derive(Debug, Clone)]
pub enum Packet<'a> {
    /// SR.
    SenderReport {
        /// The sender.
        ssrc: u32,
        /// Its clock and counts.
        info: SenderInfo,
        /// What it hears.
        blocks: ReportBlocks<'a>,
    },
    /// RR.
    ReceiverReport {
        /// The receiver.
        ssrc: u32,
        /// What it hears.
        blocks: ReportBlocks<'a>,
    },
    /// BYE, with the first source that leaves; more than one is for mixers.
    Goodbye {
        /// `None` in a BYE without any source.
        ssrc: Option<u32>,
    },
    /// SDES, APP, feedback and everything else: its type only.
    Other {
        /// Packet type of RFC 3550 section 12.1 and its successors.
        packet_type: u8,
    },
}

/// Walks the packets of one datagram. After an error the walk is over.
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Packets<'a> {
    /// The packets of `datagram`. Reduced-size RTCP (RFC 5506) is accepted: the first may be of any type.
    pub fn new(datagram: &'a [u8]) -> Self {
        Self { rest: datagram }
    }

    fn take(&mut self) -> Result<Packet<'a>, RtcpError> {
        let first = self.rest[0];
        if first >> 6 != 2 {
            return Err(RtcpError::Version);
        }
        let words = u16_at(self.rest, 2).ok_or(RtcpError::Length)?;
        let len = 4 * (usize::from(words) + 1);
        let mut body = self.rest.get(4..len).ok_or(RtcpError::Length)?;
        let packet_type = self.rest[1];
        self.rest = &self.rest[len..];
        if first & 0x20 != 0 {
            let count = usize::from(*body.last().ok_or(RtcpError::Padding)?);
            if count == 0 || !self.rest.is_empty() {
                return Err(RtcpError::Padding);
            }
            body = body
                .get(..body.len().saturating_sub(count))
                .ok_or(RtcpError::Padding)?;
        }
        parse_body(packet_type, usize::from(first & 0x1F), body).ok_or(RtcpError::Length)
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, RtcpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let taken = self.take();
        if taken.is_err() {
            self.rest = &[];
        }
        Some(taken)
    }
}

fn parse_body(packet_type: u8, count: usize, body: &[u8]) -> Option<Packet<'_>> {
    let blocks = |at: usize| {
        body.get(at..at + 24 * count)
            .map(|rest| ReportBlocks { rest })
    };
    Some(match packet_type {
        SENDER_REPORT => Packet::SenderReport {
            ssrc: u32_at(body, 0)?,
            info: SenderInfo {
                ntp: u64::from(u32_at(body, 4)?) << 32 | u64::from(u32_at(body, 8)?),
                rtp_timestamp: u32_at(body, 12)?,
                packets: u32_at(body, 16)?,
                bytes: u32_at(body, 20)?,
            },
            blocks: blocks(24)?,
        },
        RECEIVER_REPORT => Packet::ReceiverReport {
            ssrc: u32_at(body, 0)?,
            blocks: blocks(4)?,
        },
        GOODBYE if count == 0 => Packet::Goodbye { ssrc: None },
        GOODBYE => Packet::Goodbye {
            ssrc: Some(u32_at(body.get(..4 * count)?, 0)?),
        },
        packet_type => Packet::Other { packet_type },
    })
}

/// The report blocks of one SR or RR, at most 31.
#[derive(Debug, Clone)]
pub struct ReportBlocks<'a> {
    rest: &'a [u8],
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.rest.split_at_checked(24)?;
        self.rest = rest;
        let lost = u32_at(block, 4)?;
        Some(ReportBlock {
            ssrc: u32_at(block, 0)?,
            fraction_lost: (lost >> 24) as u8,
            // Shift the sign of 24 bits up and back down.
            cumulative_lost: (lost << 8).cast_signed() >> 8,
            highest_sequence: u32_at(block, 8)?,
            jitter: u32_at(block, 12)?,
            last_sr: u32_at(block, 16)?,
            delay_since_last_sr: u32_at(block, 20)?,
        })
    }
}
