//! Building a compound RTCP packet: SR or RR first, SDES with CNAME second (RFC 3550 section 6.1).

use super::{GOODBYE, RECEIVER_REPORT, ReportBlock, SENDER_REPORT, SOURCE_DESCRIPTION, SenderInfo};
use crate::BufferTooSmall;

/// Longest CNAME that an SDES item can hold, bytes.
const CNAME_MAX: usize = 255;
const CNAME: u8 = 1;

/// Appends packets to a slice. After an error nothing of the failed packet counts.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl<'a> Writer<'a> {
    /// Write into `out` from its beginning.
    pub fn new(out: &'a mut [u8]) -> Self {
        Self { out, len: 0 }
    }

    /// Bytes written so far.
    pub fn finish(self) -> usize {
        self.len
    }

    /// Append an SR; blocks beyond the 31st are left out.
    pub fn sender_report(
        &mut self,
        ssrc: u32,
        info: &SenderInfo,
        blocks: &[ReportBlock],
    ) -> Result<(), BufferTooSmall> {
        let blocks = &blocks[..blocks.len().min(31)];
        let body = self.packet(SENDER_REPORT, blocks.len(), 24 + 24 * blocks.len())?;
        body[..4].copy_from_slice(&ssrc.to_be_bytes());
        body[4..12].copy_from_slice(&info.ntp.to_be_bytes());
        body[12..16].copy_from_slice(&info.rtp_timestamp.to_be_bytes());
        body[16..20].copy_from_slice(&info.packets.to_be_bytes());
        body[20..24].copy_from_slice(&info.bytes.to_be_bytes());
        put_blocks(&mut body[24..], blocks);
        Ok(())
    }

    /// Append an RR; blocks beyond the 31st are left out.
    pub fn receiver_report(
        &mut self,
        ssrc: u32,
        blocks: &[ReportBlock],
    ) -> Result<(), BufferTooSmall> {
        let blocks = &blocks[..blocks.len().min(31)];
        let body = self.packet(RECEIVER_REPORT, blocks.len(), 4 + 24 * blocks.len())?;
        body[..4].copy_from_slice(&ssrc.to_be_bytes());
        put_blocks(&mut body[4..], blocks);
        Ok(())
    }

    /// Append an SDES with the CNAME of `ssrc`; a name over 255 bytes is cut.
    pub fn cname(&mut self, ssrc: u32, name: &str) -> Result<(), BufferTooSmall> {
        let name = &name.as_bytes()[..name.len().min(CNAME_MAX)];
        // The item list ends with at least one zero byte, up to a word boundary.
        let body = self.packet(
            SOURCE_DESCRIPTION,
            1,
            4 + (2 + name.len() + 1).next_multiple_of(4),
        )?;
        body[..4].copy_from_slice(&ssrc.to_be_bytes());
        body[4..6].copy_from_slice(&[CNAME, name.len() as u8]);
        body[6..6 + name.len()].copy_from_slice(name);
        Ok(())
    }

    /// Append a BYE of one source.
    pub fn goodbye(&mut self, ssrc: u32) -> Result<(), BufferTooSmall> {
        self.packet(GOODBYE, 1, 4)?
            .copy_from_slice(&ssrc.to_be_bytes());
        Ok(())
    }

    /// Start a packet whose body has `len` bytes (a multiple of 4), zeroed.
    fn packet(
        &mut self,
        packet_type: u8,
        count: usize,
        len: usize,
    ) -> Result<&mut [u8], BufferTooSmall> {
        let end = self.len + 4 + len;
        let packet = self.out.get_mut(self.len..end).ok_or(BufferTooSmall)?;
        packet.fill(0);
        packet[0] = 0x80 | count as u8;
        packet[1] = packet_type;
        packet[2..4].copy_from_slice(&((len / 4) as u16).to_be_bytes());
        self.len = end;
        Ok(&mut packet[4..])
    }
}

fn put_blocks(out: &mut [u8], blocks: &[ReportBlock]) {
    for (place, block) in out.chunks_exact_mut(24).zip(blocks) {
        let lost = u32::from(block.fraction_lost) << 24
            | (block.cumulative_lost.cast_unsigned() & 0xFF_FFFF);
        let words = [
            block.ssrc,
            lost,
            block.highest_sequence,
            block.jitter,
            block.last_sr,
            block.delay_since_last_sr,
        ];
        for (bytes, word) in place.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
    }
}
