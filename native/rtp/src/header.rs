//! Writing an RTP header (RFC 3550 section 5.1).

use crate::BufferTooSmall;
use crate::extension::Element;
use crate::view::FIXED_HEADER;

/// The fields of a header to write. No padding is ever written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpHeader<'a> {
    /// First packet of a talkspurt.
    pub marker: bool,
    /// Payload type, 7 bits; a higher bit is ignored.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Media time in units of the codec's RTP clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Contributing sources; those beyond the fifteenth are left out.
    pub csrcs: &'a [u32],
    /// Header extension elements, written in the one-byte form when all fit it (RFC 8285 section 4).
    pub extensions: &'a [Element<'a>],
}

impl RtpHeader<'_> {
    /// Write the header at the start of `packet`; the payload goes behind the length returned.
    pub fn write(&self, packet: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let csrcs = &self.csrcs[..self.csrcs.len().min(15)];
        let fixed = packet
            .get_mut(..FIXED_HEADER + 4 * csrcs.len())
            .ok_or(BufferTooSmall)?;
        let extended = u8::from(!self.extensions.is_empty());
        fixed[0] = 0x80 | extended << 4 | csrcs.len() as u8;
        fixed[1] = u8::from(self.marker) << 7 | (self.payload_type & 0x7F);
        fixed[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        fixed[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        fixed[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        for (place, csrc) in fixed[FIXED_HEADER..].chunks_exact_mut(4).zip(csrcs) {
            place.copy_from_slice(&csrc.to_be_bytes());
        }
        let at = fixed.len();
        if self.extensions.is_empty() {
            return Ok(at);
        }
        Ok(at + crate::extension::write(self.extensions, &mut packet[at..])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RtpView;

    fn header() -> RtpHeader<'static> {
        RtpHeader {
            marker: true,
            payload_type: 111,
            sequence: 65_535,
            timestamp: u32::MAX,
            ssrc: 0xDEAD_BEEF,
            csrcs: &[7, 8],
            extensions: &[(1, &[0x85]), (3, &[1, 2, 3])],
        }
    }

    #[test]
    fn what_is_written_is_what_is_parsed() {
        let mut packet = [0; 100];
        let len = header().write(&mut packet).unwrap();
        packet[len] = 0x55;
        let view = RtpView::parse(&packet[..=len]).unwrap();
        assert!(view.marker);
        assert_eq!((view.payload_type, view.sequence), (111, 65_535));
        assert_eq!((view.timestamp, view.ssrc), (u32::MAX, 0xDEAD_BEEF));
        assert_eq!(view.csrcs().collect::<Vec<_>>(), [7, 8]);
        assert_eq!(view.extensions().collect::<Vec<_>>(), header().extensions);
        assert_eq!(view.payload(), [0x55]);
    }

    #[test]
    fn a_header_that_does_not_fit_writes_nothing_past_the_end() {
        for len in 0..32 {
            assert_eq!(
                header().write(&mut vec![0; len]),
                Err(BufferTooSmall),
                "{len}"
            );
        }
        assert_eq!(header().write(&mut [0; 32]), Ok(32));
    }
}
