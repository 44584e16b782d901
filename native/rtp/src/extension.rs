//! RTP header extensions, one-byte and two-byte form (RFC 8285 sections 4.2 and 4.3).

use crate::BufferTooSmall;

/// An extension's local id (from `a=extmap`) and its data.
pub type Element<'a> = (u8, &'a [u8]);

const ONE_BYTE: u16 = 0xBEDE;
const TWO_BYTE: u16 = 0x1000;

/// Walks the elements of one packet. Ends silently at the first element that does not fit.
#[derive(Debug, Clone)]
pub struct Extensions<'a> {
    profile: u16,
    rest: &'a [u8],
}

impl<'a> Extensions<'a> {
    /// The elements in `data` under the 16-bit `profile` field; an unknown profile has none.
    pub fn new(profile: u16, data: &'a [u8]) -> Self {
        let known = profile == ONE_BYTE || profile & 0xFFF0 == TWO_BYTE;
        Self {
            profile,
            rest: if known { data } else { &[] },
        }
    }

    /// The data of the element with `id`.
    pub fn find(mut self, id: u8) -> Option<&'a [u8]> {
        self.find_map(|(found, data)| (found == id).then_some(data))
    }

    /// Id and length of the next element, and how long its own header is.
    fn element_header(&self) -> Option<(u8, usize, usize)> {
        let first = *self.rest.first()?;
        if self.profile == ONE_BYTE {
            // Id 15 is reserved: stop there (RFC 8285 section 4.2).
            (first >> 4 != 15).then(|| (first >> 4, usize::from(first & 0x0F) + 1, 1))
        } else {
            Some((first, usize::from(*self.rest.get(1)?), 2))
        }
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        while let [0, tail @ ..] = self.rest {
            self.rest = tail;
        }
        let (id, len, header) = self.element_header()?;
        let data = self.rest.get(header..header + len);
        self.rest = if data.is_some() {
            &self.rest[header + len..]
        } else {
            &[]
        };
        data.map(|data| (id, data))
    }
}

/// Write the whole extension block and return its length, a multiple of 4.
///
/// The two-byte form is used when an id is above 14 or data is empty or longer than 16 bytes. Elements
/// with id 0, or with data longer than 255 bytes, have no form at all and are left out.
pub(crate) fn write(elements: &[Element<'_>], out: &mut [u8]) -> Result<usize, BufferTooSmall> {
    let valid = || {
        elements
            .iter()
            .filter(|(id, data)| *id != 0 && data.len() <= 255)
    };
    let short = valid().all(|(id, data)| *id < 15 && (1..=16).contains(&data.len()));
    let mut at = 4;
    for (id, data) in valid() {
        let len = data.len() as u8;
        let pair = [*id, len];
        let single = [id << 4 | len.wrapping_sub(1) & 0x0F];
        let header: &[u8] = if short { &single } else { &pair };
        let end = at + header.len() + data.len();
        let place = out.get_mut(at..end).ok_or(BufferTooSmall)?;
        place[..header.len()].copy_from_slice(header);
        place[header.len()..].copy_from_slice(data);
        at = end;
    }
    let end = at.next_multiple_of(4);
    out.get_mut(at..end).ok_or(BufferTooSmall)?.fill(0);
    let profile = if short { ONE_BYTE } else { TWO_BYTE };
    out[..2].copy_from_slice(&profile.to_be_bytes());
    out[2..4].copy_from_slice(&((end / 4 - 1) as u16).to_be_bytes());
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(elements: &[Element<'_>]) -> Vec<u8> {
        let mut out = [0xFF; 600];
        let len = write(elements, &mut out).unwrap();
        out[..len].to_vec()
    }

    fn parsed(block: &[u8]) -> Vec<Element<'_>> {
        let profile = u16::from_be_bytes([block[0], block[1]]);
        Extensions::new(profile, &block[4..]).collect()
    }

    #[test]
    fn short_elements_take_the_one_byte_form() {
        let elements: [Element<'_>; 2] = [(1, &[0x85]), (14, &[9; 16])];
        let block = written(&elements);
        assert_eq!(block[..2], [0xBE, 0xDE]);
        assert_eq!(parsed(&block), elements);
    }

    #[test]
    fn a_long_or_empty_element_turns_all_into_the_two_byte_form() {
        let long = [3; 200];
        let elements: [Element<'_>; 3] = [(1, &[5]), (20, &long), (2, &[])];
        let block = written(&elements);
        assert_eq!(block[..2], [0x10, 0x00]);
        assert_eq!(parsed(&block), elements);
    }

    #[test]
    fn padding_between_elements_is_skipped() {
        assert_eq!(
            parsed(&[0xBE, 0xDE, 0, 2, 0, 0, 0x10, 7, 0, 0x20, 8, 0]),
            [(1, &[7][..]), (2, &[8][..])]
        );
    }

    #[test]
    fn id_15_ends_the_one_byte_form() {
        assert_eq!(parsed(&[0xBE, 0xDE, 0, 1, 0xF0, 7, 0x10, 7]), []);
    }

    #[test]
    fn an_element_past_the_end_ends_the_walk() {
        assert_eq!(
            parsed(&[0xBE, 0xDE, 0, 1, 0x10, 7, 0x2F, 7]),
            [(1, &[7][..])]
        );
        assert_eq!(parsed(&[0x10, 0x00, 0, 1, 1, 200, 7, 7]), []);
    }

    #[test]
    fn an_unknown_profile_has_no_elements() {
        assert_eq!(Extensions::new(0xABCD, &[0x10, 7]).count(), 0);
    }

    #[test]
    fn an_element_is_found_by_id() {
        let block = written(&[(1, &[0x85]), (4, &[1, 2])]);
        let walk = Extensions::new(ONE_BYTE, &block[4..]);
        assert_eq!(
            (walk.clone().find(4), walk.find(9)),
            (Some(&[1, 2][..]), None)
        );
    }
}
