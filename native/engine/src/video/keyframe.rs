//! Where a picture can begin: the first packet of a keyframe.

use crate::video::VideoCodec;
use crate::video::descriptor::Descriptor;

/// What follows the frame tag of a VP8 keyframe (RFC 6386 9.1).
const VP8_START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];
/// NAL unit types (H.264 table 7-1, RFC 6184 5.2).
const SPS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const NAL_TYPE: u8 = 0x1f;
/// First fragment of a NAL unit (RFC 6184 5.8).
const FU_START: u8 = 0x80;

/// The first packet of a keyframe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// Lines of the picture, where the payload says it plainly.
    pub height: Option<u16>,
}

impl Beginning {
    /// `None`: a decoder cannot begin at this packet.
    pub fn of(codec: VideoCodec, payload: &[u8]) -> Option<Self> {
        match codec {
            VideoCodec::Vp8 => vp8(payload),
            VideoCodec::H264 => has_sps(payload).then_some(Self { height: None }),
        }
    }
}

fn vp8(payload: &[u8]) -> Option<Beginning> {
    let descriptor = Descriptor::parse(payload)?;
    let frame = &payload[descriptor.len..];
    // The lowest bit of the frame tag is set in frames that need others.
    if !descriptor.begins_frame || frame.first()? & 1 != 0 {
        return None;
    }
    let height = match frame.get(3..10) {
        Some([a, b, c, _, _, low, high]) if [*a, *b, *c] == VP8_START_CODE => {
            Some(u16::from_le_bytes([*low, *high]) & 0x3fff)
        }
        _ => None,
    };
    Some(Beginning { height })
}

/// An IDR picture without its parameter sets shows nothing to a decoder that comes new, so those begin it.
fn has_sps(payload: &[u8]) -> bool {
    let Some((&header, rest)) = payload.split_first() else {
        return false;
    };
    match header & NAL_TYPE {
        SPS => true,
        STAP_A => units(rest).any(|unit| unit.first().is_some_and(|unit| unit & NAL_TYPE == SPS)),
        FU_A => rest
            .first()
            .is_some_and(|fragment| fragment & FU_START != 0 && fragment & NAL_TYPE == SPS),
        _ => false,
    }
}

/// The NAL units of an aggregate (RFC 6184 5.7.1), as far as their sizes are true.
fn units(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (size, after) = rest.split_first_chunk::<2>()?;
        let (unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*size)))?;
        rest = after;
        Some(unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(codec: VideoCodec, payload: &[u8]) -> bool {
        Beginning::of(codec, payload).is_some()
    }

    #[test]
    fn a_vp8_keyframe_says_its_height() {
        let payload = [
            0x90, 0x80, 0x81, 0x02, 0x10, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0xe0, 0x41,
        ];
        let height = Some(480);
        assert_eq!(
            Beginning::of(VideoCodec::Vp8, &payload),
            Some(Beginning { height })
        );
    }

    #[test]
    fn a_vp8_frame_that_needs_others_begins_nothing() {
        assert!(!begins(VideoCodec::Vp8, &[0x10, 0x11, 0, 0]));
    }

    #[test]
    fn a_later_packet_of_a_vp8_keyframe_begins_nothing() {
        assert!(!begins(VideoCodec::Vp8, &[0x00, 0x10, 0, 0]));
    }

    #[test]
    fn h264_begins_where_its_parameter_sets_are() {
        let aggregate = [0x18, 0, 2, 0x09, 0xf0, 0, 3, 0x67, 0x42, 0, 0, 1, 0x68];
        for payload in [&[0x67, 0x42][..], &aggregate, &[0x7c, 0x87, 1]] {
            assert!(begins(VideoCodec::H264, payload), "{payload:x?}");
        }
    }

    #[test]
    fn h264_without_parameter_sets_begins_nothing() {
        let later_fragment = [0x7c, 0x07, 1];
        let lying_aggregate = [0x18, 0xff, 0xff, 0x67];
        for payload in [
            &[0x65, 1][..],
            &[0x41, 1],
            &later_fragment,
            &lying_aggregate,
            &[],
        ] {
            assert!(!begins(VideoCodec::H264, payload), "{payload:x?}");
        }
    }
}
