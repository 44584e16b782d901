//! Datagrams on a byte stream: two bytes of length, then the datagram (RFC 4571 2).
//!
//! Without socket: bytes go in as they come, whole datagrams come out.

use std::fmt;

/// Longest frame taken: as long as the longest datagram taken over UDP.
pub const FRAME_BYTES_MAX: usize = 2_048;
/// Bytes of the length in front of each frame.
pub const LENGTH_BYTES: usize = 2;

/// A frame is longer than any that WebRTC needs: what follows cannot be trusted to be frames at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong(pub usize);

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a frame of {} bytes", self.0)
    }
}

impl std::error::Error for TooLong {}

/// Takes frames out of a stream. Holds what was put in and not yet taken out, so an owner that takes
/// all frames after each block never has more than a block and one frame here.
#[derive(Debug, Default)]
pub struct Reader {
    bytes: Vec<u8>,
    taken: usize,
    /// Where the frame that was last taken out began.
    last: usize,
}

impl Reader {
    /// Put in what came next.
    pub fn extend(&mut self, block: &[u8]) {
        self.bytes.drain(..self.taken);
        (self.taken, self.last) = (0, 0);
        self.bytes.extend_from_slice(block);
    }

    /// The next whole frame, `None` until more has come. Empty frames carry nothing and are skipped.
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, TooLong> {
        loop {
            let Some(&[high, low]) = self.bytes.get(self.taken..self.taken + LENGTH_BYTES) else {
                return Ok(None);
            };
            let length = usize::from(u16::from_be_bytes([high, low]));
            if length > FRAME_BYTES_MAX {
                return Err(TooLong(length));
            }
            let begin = self.taken + LENGTH_BYTES;
            if self.bytes.len() < begin + length {
                return Ok(None);
            }
            (self.last, self.taken) = (self.taken, begin + length);
            if length > 0 {
                return Ok(Some(&self.bytes[begin..self.taken]));
            }
        }
    }

    /// Have the frame that was last taken out come out once more.
    pub fn put_back(&mut self) {
        self.taken = self.last;
    }

    /// Bytes held that are not of a frame taken out.
    pub fn held(&self) -> usize {
        self.bytes.len() - self.taken
    }
}

/// The length that goes in front of a datagram; `None`: it does not fit in a frame.
pub fn length(datagram: &[u8]) -> Option<[u8; LENGTH_BYTES]> {
    u16::try_from(datagram.len()).ok().map(u16::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(frames: &[&[u8]]) -> Vec<u8> {
        frames
            .iter()
            .flat_map(|frame| [&length(frame).unwrap()[..], frame].concat())
            .collect()
    }

    fn taken(reader: &mut Reader) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| reader.next_frame().unwrap().map(<[u8]>::to_vec)).collect()
    }

    #[test]
    fn frames_come_out_whole_however_the_stream_is_cut() {
        let long = [7; FRAME_BYTES_MAX];
        let frames: [&[u8]; 4] = [b"one", &long, b"x", b"four"];
        let stream = stream(&frames);
        for cut in [1, 2, 3, 5, 1_000, stream.len()] {
            let mut reader = Reader::default();
            let mut out = Vec::new();
            for block in stream.chunks(cut) {
                reader.extend(block);
                out.extend(taken(&mut reader));
                assert!(reader.held() <= LENGTH_BYTES + FRAME_BYTES_MAX);
            }
            assert_eq!(out, frames, "cut every {cut}");
            assert_eq!(reader.held(), 0);
        }
    }

    #[test]
    fn half_a_frame_waits_for_the_rest() {
        let mut reader = Reader::default();
        reader.extend(&[0]);
        assert_eq!(reader.next_frame(), Ok(None));
        reader.extend(&[2, b'a']);
        assert_eq!(reader.next_frame(), Ok(None));
        assert_eq!(reader.held(), 3);
        reader.extend(b"b");
        assert_eq!(reader.next_frame(), Ok(Some(&b"ab"[..])));
    }

    #[test]
    fn a_frame_that_was_put_back_comes_out_again() {
        let mut reader = Reader::default();
        reader.extend(&stream(&[b"one", b"two"]));
        reader.next_frame().unwrap();
        reader.next_frame().unwrap();
        reader.put_back();
        assert_eq!(taken(&mut reader), [b"two"]);
        reader.extend(&stream(&[b"three"]));
        reader.put_back();
        assert_eq!(taken(&mut reader), [b"three"]);
    }

    #[test]
    fn empty_frames_are_skipped() {
        let mut reader = Reader::default();
        reader.extend(&stream(&[b"", b"", b"x", b""]));
        assert_eq!(taken(&mut reader), [b"x"]);
        assert_eq!(reader.held(), 0);
    }

    #[test]
    fn a_frame_longer_than_any_datagram_is_an_error() {
        let mut reader = Reader::default();
        reader.extend(b"GET / HTTP/1.1\r\n");
        assert_eq!(reader.next_frame(), Err(TooLong(0x4745)));
    }
}
