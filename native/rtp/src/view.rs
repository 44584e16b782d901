//! A parsed RTP packet that borrows the datagram (RFC 3550 section 5.1, checks of appendix A.1).

use crate::extension::Extensions;
use crate::{u16_at, u32_at};

/// Length of the fixed header, bytes.
pub const FIXED_HEADER: usize = 12;

/// Why a datagram is not an RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtpError {
    /// The version field is not 2.
    Version,
    /// The datagram ends before its header does.
    Truncated,
    /// The padding count is 0 or larger than what follows the header.
    Padding,
}

impl core::fmt::Display for RtpError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Version => "rtp version is not 2",
            Self::Truncated => "rtp header is truncated",
            Self::Padding => "rtp padding count is wrong",
        })
    }
}

impl core::error::Error for RtpError {}

/// One RTP packet. All offsets are checked at parsing; the accessors cannot fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpView<'a> {
    /// Set on the first packet of a talkspurt (RFC 3551 section 4.1).
    pub marker: bool,
    /// 7-bit payload type.
    pub payload_type: u8,
    /// 16-bit sequence number.
    pub sequence: u16,
    /// Media time in units of the codec's RTP clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    csrcs: &'a [u8],
    extension: Option<(u16, &'a [u8])>,
    payload: &'a [u8],
}

impl<'a> RtpView<'a> {
    /// Check and split one datagram.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, RtpError> {
        let first = *datagram.first().ok_or(RtpError::Truncated)?;
        if first >> 6 != 2 {
            return Err(RtpError::Version);
        }
        let second = *datagram.get(1).ok_or(RtpError::Truncated)?;
        let csrc_end = FIXED_HEADER + 4 * usize::from(first & 0x0F);
        let csrcs = datagram
            .get(FIXED_HEADER..csrc_end)
            .ok_or(RtpError::Truncated)?;
        let (extension, start) = match first & 0x10 {
            0 => (None, csrc_end),
            _ => extension_block(datagram, csrc_end).ok_or(RtpError::Truncated)?,
        };
        let body = datagram.get(start..).ok_or(RtpError::Truncated)?;
        let payload = match first & 0x20 {
            0 => body,
            _ => without_padding(body).ok_or(RtpError::Padding)?,
        };
        Ok(Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7F,
            sequence: u16_at(datagram, 2).ok_or(RtpError::Truncated)?,
            timestamp: u32_at(datagram, 4).ok_or(RtpError::Truncated)?,
            ssrc: u32_at(datagram, 8).ok_or(RtpError::Truncated)?,
            csrcs,
            extension,
            payload,
        })
    }

    /// The coded sound, without padding.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Contributing sources, at most 15.
    pub fn csrcs(&self) -> impl Iterator<Item = u32> + 'a {
        self.csrcs.chunks_exact(4).filter_map(|c| u32_at(c, 0))
    }

    /// The header extension elements; empty when there is none or its profile is not of RFC 8285.
    pub fn extensions(&self) -> Extensions<'a> {
        let (profile, data) = self.extension.unwrap_or((0, &[]));
        Extensions::new(profile, data)
    }
}

/// The extension's profile and data, and where the payload starts.
#[allow(
    clippy::type_complexity,
    reason = "two results that are only used in one place"
)]
fn extension_block(datagram: &[u8], at: usize) -> Option<(Option<(u16, &[u8])>, usize)> {
    let profile = u16_at(datagram, at)?;
    let words = usize::from(u16_at(datagram, at + 2)?);
    let end = at + 4 + 4 * words;
    Some((Some((profile, datagram.get(at + 4..end)?)), end))
}

fn without_padding(body: &[u8]) -> Option<&[u8]> {
    match usize::from(*body.last()?) {
        0 => None,
        count => body.get(..body.len().checked_sub(count)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: [u8; 14] = [0x80, 0x80, 0x12, 0x34, 0, 0, 0, 160, 1, 2, 3, 4, 0xAA, 0xBB];

    #[test]
    fn a_plain_packet_gives_its_fields() {
        let view = RtpView::parse(&PLAIN).unwrap();
        assert!(view.marker);
        assert_eq!((view.payload_type, view.sequence), (0, 0x1234));
        assert_eq!((view.timestamp, view.ssrc), (160, 0x0102_0304));
        assert_eq!(view.payload(), [0xAA, 0xBB]);
        assert_eq!(view.csrcs().count() + view.extensions().count(), 0);
    }

    #[test]
    fn csrcs_extension_and_padding_are_taken_off_the_payload() {
        let mut packet = vec![0xB1, 9, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7];
        packet.extend([0, 0, 0, 42]);
        packet.extend([0xBE, 0xDE, 0, 1, 0x10, 0x85, 0, 0]);
        packet.extend([1, 2, 3, 0, 0, 3]);
        let view = RtpView::parse(&packet).unwrap();
        assert_eq!(view.csrcs().collect::<Vec<_>>(), [42]);
        assert_eq!(view.extensions().collect::<Vec<_>>(), [(1, &[0x85][..])]);
        assert_eq!(view.payload(), [1, 2, 3]);
    }

    #[test]
    fn what_is_not_rtp_says_why() {
        assert_eq!(RtpView::parse(&[]), Err(RtpError::Truncated));
        assert_eq!(RtpView::parse(&[0x40; 20]), Err(RtpError::Version));
        assert_eq!(RtpView::parse(&PLAIN[..11]), Err(RtpError::Truncated));
        let cut = |first: u8| {
            let mut packet = PLAIN;
            packet[0] = first;
            RtpView::parse(&packet).map(|_| ())
        };
        assert_eq!(cut(0x8F), Err(RtpError::Truncated));
        assert_eq!(cut(0x90), Err(RtpError::Truncated));
        assert_eq!(cut(0xA0), Err(RtpError::Padding));
    }

    #[test]
    fn a_padding_count_of_zero_is_refused() {
        let mut packet = PLAIN;
        packet[0] = 0xA0;
        packet[13] = 0;
        assert_eq!(RtpView::parse(&packet), Err(RtpError::Padding));
    }
}
