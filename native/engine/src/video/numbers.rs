//! The count of pictures on a video slot: VP8's picture id and TL0PICIDX (RFC 7741 4.2), without a break whatever
//! streams come and go.

use std::sync::Arc;

use crate::video::descriptor::{Descriptor, PICTURE_ID_MASK, PictureId};

/// Counts of one slot; 15 and 8 bits, both wrap.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    picture_id: Count,
    tl0picidx: Count,
}

#[derive(Debug, Default)]
struct Count {
    /// Newest of the stream, not wrapped, and what is added to it. `None`: nothing of this run has one yet.
    run: Option<(u16, u16)>,
    /// Newest that was sent.
    sent: u16,
}

impl Numbers {
    /// A new run begins.
    pub fn begin(&mut self) {
        self.picture_id.run = None;
        self.tl0picidx.run = None;
    }

    /// The payload on the slot's own count. One whose descriptor is broken, or has no numbers, stays as it is.
    pub fn rewrite(&mut self, payload: &Arc<[u8]>) -> Arc<[u8]> {
        let Some(descriptor) = Descriptor::parse(payload) else {
            return Arc::clone(payload);
        };
        if descriptor.picture_id.is_none() && descriptor.tl0picidx.is_none() {
            return Arc::clone(payload);
        }
        let mut picture_id = 0;
        if let Some(PictureId { value, long }) = descriptor.picture_id {
            picture_id = self.picture_id.next(value, if long { 15 } else { 7 }) & PICTURE_ID_MASK;
        }
        let mut tl0picidx = 0;
        if let Some(value) = descriptor.tl0picidx {
            tl0picidx = self.tl0picidx.next(u16::from(value), 8) as u8;
        }
        descriptor.rewrite(payload, picture_id, tl0picidx)
    }
}

impl Count {
    /// Where a value of `bits` bits lands; counts wrap at 16 bits, of which the caller keeps its own.
    fn next(&mut self, value: u16, bits: u32) -> u16 {
        let Some((newest, offset)) = self.run else {
            let sent = self.sent.wrapping_add(1);
            self.run = Some((value, sent.wrapping_sub(value)));
            self.sent = sent;
            return sent;
        };
        // Nearest to the newest of all that look alike in so many bits.
        let above = 16 - bits;
        let step = (value.wrapping_sub(newest) << above).cast_signed() >> above;
        let value = newest.wrapping_add_signed(step);
        let lands = value.wrapping_add(offset);
        if step > 0 {
            self.run = Some((value, offset));
            self.sent = lands;
        }
        lands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(picture_id: u16) -> Arc<[u8]> {
        let [high, low] = picture_id.to_be_bytes();
        [0x90, 0xc0, 0x80 | high, low, low, 0x10].into()
    }

    fn short(picture_id: u8) -> Arc<[u8]> {
        [0x90, 0x80, picture_id & 0x7f, 0x10].into()
    }

    fn sent(numbers: &mut Numbers, payload: &Arc<[u8]>) -> (u16, Option<u8>) {
        let parsed = Descriptor::parse(&numbers.rewrite(payload)).unwrap();
        (parsed.picture_id.unwrap().value, parsed.tl0picidx)
    }

    #[test]
    fn a_new_run_goes_on_by_one() {
        let mut numbers = Numbers::default();
        let first = sent(&mut numbers, &payload(500));
        let second = sent(&mut numbers, &payload(501));
        numbers.begin();
        let third = sent(&mut numbers, &payload(9_000));
        let ids = [first, second, third].map(|(id, _)| id - first.0);
        assert_eq!(ids, [0, 1, 2]);
        assert_eq!(third.1, Some(first.1.unwrap() + 2));
    }

    #[test]
    fn an_id_that_comes_late_keeps_its_place() {
        let mut numbers = Numbers::default();
        let ids = [10, 12, 11, 13].map(|id| sent(&mut numbers, &payload(id)).0);
        assert_eq!(ids.map(|id| id - ids[0]), [0, 2, 1, 3]);
    }

    #[test]
    fn both_lengths_of_ids_wrap_into_one_count() {
        let mut numbers = Numbers::default();
        let mut ids = Vec::new();
        for id in [0x7ffe, 0x7fff, 0, 1] {
            ids.push(sent(&mut numbers, &payload(id)).0);
        }
        numbers.begin();
        for id in [126, 127, 0, 1] {
            ids.push(sent(&mut numbers, &short(id)).0);
        }
        let expected: Vec<u16> = (ids[0]..ids[0] + 8).collect();
        assert_eq!(ids, expected);
    }

    #[test]
    fn bytes_that_are_no_descriptor_stay_as_they_are() {
        let broken: Arc<[u8]> = [0x90].into();
        assert_eq!(Numbers::default().rewrite(&broken), broken);
    }
}
