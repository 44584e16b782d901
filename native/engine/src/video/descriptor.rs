//! The VP8 payload descriptor (RFC 7741 4.2): what it says, and the same one on another count of pictures.

use std::sync::Arc;

/// Picture ids wrap here: 15 bits.
pub(crate) const PICTURE_ID_MASK: u16 = 0x7fff;

const EXTENDED: u8 = 0x80;
const START_OF_PARTITION: u8 = 0x10;
const PARTITION: u8 = 0x07;
const HAS_PICTURE_ID: u8 = 0x80;
const HAS_TL0PICIDX: u8 = 0x40;
const HAS_TID: u8 = 0x20;
const HAS_KEYIDX: u8 = 0x10;
/// The picture id has 15 bits, not 7.
const LONG: u8 = 0x80;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PictureId {
    pub value: u16,
    /// 15 bits, not 7.
    pub long: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// First packet of a frame: start of its first partition.
    pub begins_frame: bool,
    pub picture_id: Option<PictureId>,
    pub tl0picidx: Option<u8>,
    /// Bytes of the descriptor.
    pub len: usize,
}

impl Descriptor {
    /// Offset of the picture id, when there is one: behind the first two bytes.
    const PICTURE_ID_AT: usize = 2;

    /// `None`: the payload ends within it.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let mut descriptor = Self {
            begins_frame: first & START_OF_PARTITION != 0 && first & PARTITION == 0,
            picture_id: None,
            tl0picidx: None,
            len: 1,
        };
        if first & EXTENDED == 0 {
            return Some(descriptor);
        }
        let extension = *payload.get(1)?;
        let mut at = Self::PICTURE_ID_AT;
        if extension & HAS_PICTURE_ID != 0 {
            let byte = *payload.get(at)?;
            let long = byte & LONG != 0;
            let value = if long {
                u16::from(byte & !LONG) << 8 | u16::from(*payload.get(at + 1)?)
            } else {
                u16::from(byte)
            };
            descriptor.picture_id = Some(PictureId { value, long });
            at += 1 + usize::from(long);
        }
        if extension & HAS_TL0PICIDX != 0 {
            descriptor.tl0picidx = Some(*payload.get(at)?);
            at += 1;
        }
        if extension & (HAS_TID | HAS_KEYIDX) != 0 {
            payload.get(at)?;
            at += 1;
        }
        descriptor.len = at;
        Some(descriptor)
    }

    /// The payload with these numbers in the place of its own; those it does not have are not added. A picture id
    /// of 7 bits becomes one of 15, because others on the same slot may have 15.
    pub fn rewrite(&self, payload: &[u8], picture_id: u16, tl0picidx: u8) -> Arc<[u8]> {
        let mut bytes = Vec::with_capacity(payload.len() + 1);
        let mut rest = 0;
        if let Some(own) = self.picture_id {
            bytes.extend_from_slice(&payload[..Self::PICTURE_ID_AT]);
            let [high, low] = (picture_id & PICTURE_ID_MASK).to_be_bytes();
            bytes.extend_from_slice(&[LONG | high, low]);
            rest = Self::PICTURE_ID_AT + 1 + usize::from(own.long);
        }
        let tl0picidx_at = bytes.len().max(Self::PICTURE_ID_AT);
        bytes.extend_from_slice(&payload[rest..]);
        if self.tl0picidx.is_some() {
            bytes[tl0picidx_at] = tl0picidx;
        }
        bytes.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read_where_it_stands() {
        let parsed = Descriptor::parse(&[0x90, 0xf0, 0x92, 0x34, 7, 0x20, 1, 2]).unwrap();
        let long = PictureId {
            value: 0x1234,
            long: true,
        };
        let expected = Descriptor {
            begins_frame: true,
            picture_id: Some(long),
            tl0picidx: Some(7),
            len: 6,
        };
        assert_eq!(parsed, expected);
    }

    #[test]
    fn a_later_partition_or_packet_begins_no_frame() {
        for first in [0x00, 0x11] {
            assert!(!Descriptor::parse(&[first, 1]).unwrap().begins_frame);
        }
    }

    #[test]
    fn one_that_is_cut_short_is_none() {
        let whole = [0x90, 0xf0, 0x92, 0x34, 7, 0x20];
        for len in 0..whole.len() {
            assert_eq!(Descriptor::parse(&whole[..len]), None, "{len}");
        }
    }

    #[test]
    fn new_numbers_take_the_place_of_the_old_ones() {
        let payload = [0x90, 0xf0, 0x92, 0x34, 7, 0x20, 1, 2];
        let parsed = Descriptor::parse(&payload).unwrap();
        let expected = [0x90, 0xf0, 0xd6, 0x78, 9, 0x20, 1, 2];
        assert_eq!(*parsed.rewrite(&payload, 0x5678, 9), expected);
    }

    #[test]
    fn a_picture_id_of_seven_bits_becomes_one_of_fifteen() {
        let payload = [0x90, 0xe0, 0x12, 7, 0x20, 1, 2];
        let parsed = Descriptor::parse(&payload).unwrap();
        let expected = [0x90, 0xe0, 0x80, 0x13, 9, 0x20, 1, 2];
        assert_eq!(*parsed.rewrite(&payload, 0x13, 9), expected);
    }

    #[test]
    fn what_has_no_numbers_stays_as_it_is() {
        for payload in [&[0x10, 1, 2][..], &[0x90, 0x20, 0x40, 1]] {
            let parsed = Descriptor::parse(payload).unwrap();
            assert_eq!(*parsed.rewrite(payload, 5, 6), *payload);
        }
    }

    #[test]
    fn a_layer_count_without_a_picture_id_is_rewritten_too() {
        let payload = [0x90, 0x60, 7, 0x20, 1];
        let parsed = Descriptor::parse(&payload).unwrap();
        assert_eq!(*parsed.rewrite(&payload, 5, 6), [0x90, 0x60, 6, 0x20, 1]);
    }
}
