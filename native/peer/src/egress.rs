//! One audio slot's stream on the wire: header from a template, counts for its sender reports.

use std::time::Instant;

use engine::Forward;
use rtp::rtcp::SenderInfo;
use rtp::{BufferTooSmall, RtpHeader};
use srtp::{Outbound, RTP_OVERHEAD_MAX, SealError, Stream};

use crate::datagrams::Datagrams;
use crate::path::Path;

/// RTP clock of Opus (RFC 7587 4.1).
const RATE_KHZ: u128 = 48;
/// Fixed part, one source, and both extensions with a MID of 16 characters in the one-byte form.
const HEADER_MAX: usize = 40;
/// Where the source and the first element, the level, stand in it.
const CSRC: usize = 12;
const LEVEL: usize = 20;

/// How the stream of a slot was agreed.
#[derive(Debug, Clone)]
pub(crate) struct Agreed {
    pub ssrc: u32,
    pub payload_type: u8,
    /// Header extension ids; `None` when not negotiated.
    pub level_id: Option<u8>,
    pub mid_id: Option<u8>,
    pub mid: String,
}

/// Writes, seals and counts the packets of one slot.
#[derive(Debug)]
pub(crate) struct SlotStream {
    ssrc: u32,
    stream: Stream,
    template: [u8; HEADER_MAX],
    header: usize,
    /// The element of the level, id and length; 0 without one.
    level: u8,
    packets: u32,
    bytes: u32,
    newest: Option<Newest>,
}

#[derive(Debug, Clone, Copy)]
struct Newest {
    seq: u64,
    timestamp: u32,
    sent: Instant,
}

impl SlotStream {
    pub fn new(agreed: &Agreed, outbound: &mut Outbound) -> Result<Self, BufferTooSmall> {
        // Ids above 14 would need the two-byte form, which not every receiver reads (RFC 8285 4.1.2).
        let short = |id: Option<u8>| id.filter(|id| (1..15).contains(id));
        let (level_id, mid_id) = (short(agreed.level_id), short(agreed.mid_id));
        let level = level_id.map(|id| (id, &[0][..]));
        let mid = mid_id.map(|id| (id, agreed.mid.as_bytes()));
        let extensions: Vec<_> = level.into_iter().chain(mid).collect();
        let header = RtpHeader {
            marker: false,
            payload_type: agreed.payload_type,
            sequence: 0,
            timestamp: 0,
            ssrc: agreed.ssrc,
            csrcs: &[0],
            extensions: &extensions,
        };
        let mut template = [0; HEADER_MAX];
        let header = header.write(&mut template)?;
        Ok(Self {
            ssrc: agreed.ssrc,
            stream: outbound.stream(agreed.ssrc),
            level: if level_id.is_some() {
                template[LEVEL]
            } else {
                0
            },
            template,
            header,
            packets: 0,
            bytes: 0,
            newest: None,
        })
    }

    /// Write and seal one packet into `out`.
    #[inline]
    pub fn write(
        &mut self,
        forward: &Forward,
        outbound: &mut Outbound,
        path: &mut Path,
        out: &mut Datagrams,
        now: Instant,
    ) -> Result<(), SealError> {
        let length = self.header + forward.payload.len();
        let room = (length + RTP_OVERHEAD_MAX).max(HEADER_MAX);
        let pair = path.take(room, now).ok_or(SealError::NoRoom)?;
        out.push(pair, room, |packet| {
            self.header(packet, forward);
            packet[self.header..length].copy_from_slice(&forward.payload);
            outbound.seal_rtp(self.stream, packet, length, forward.seq)
        })?;
        self.packets = self.packets.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(forward.payload.len() as u32);
        if self.newest.is_none_or(|newest| forward.seq > newest.seq) {
            self.newest = Some(Newest {
                seq: forward.seq,
                timestamp: forward.timestamp,
                sent: now,
            });
        }
        Ok(())
    }

    #[inline]
    fn header(&self, packet: &mut [u8], forward: &Forward) {
        // All of it, because a length that is known copies faster; the payload goes over what is not used.
        packet[..HEADER_MAX].copy_from_slice(&self.template);
        packet[1] |= u8::from(forward.marker) << 7;
        packet[2..4].copy_from_slice(&(forward.seq as u16).to_be_bytes());
        packet[4..8].copy_from_slice(&forward.timestamp.to_be_bytes());
        packet[CSRC..CSRC + 4].copy_from_slice(&(forward.source.source_number()).to_be_bytes());
        if self.level != 0 {
            // Without a level its element gives way to padding, which is all zeros (RFC 8285 4.1.2).
            let element = forward.level.map_or([0; 2], |level| {
                let dbov = level.dbov.unsigned_abs() & 0x7F;
                [self.level, u8::from(level.voice) << 7 | dbov]
            });
            packet[LEVEL..LEVEL + 2].copy_from_slice(&element);
        }
    }

    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// What its report says at `now`, with this NTP time; `None` before the first packet.
    pub fn report(&self, ntp: u64, now: Instant) -> Option<SenderInfo> {
        let newest = self.newest?;
        let elapsed = now.saturating_duration_since(newest.sent).as_micros();
        Some(SenderInfo {
            ntp,
            rtp_timestamp: newest
                .timestamp
                .wrapping_add((elapsed * RATE_KHZ / 1_000) as u32),
            packets: self.packets,
            bytes: self.bytes,
        })
    }
}
