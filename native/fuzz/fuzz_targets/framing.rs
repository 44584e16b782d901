//! Frames come out of any stream the same however it is cut, and never more is held than a frame and a block.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peer::framing::{FRAME_BYTES_MAX, LENGTH_BYTES, Reader, TooLong};

fn read(stream: &[u8], block: usize) -> (Vec<Vec<u8>>, Option<TooLong>) {
    let mut reader = Reader::default();
    let mut frames = Vec::new();
    for part in stream.chunks(block) {
        reader.extend(part);
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => frames.push(frame.to_vec()),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
        assert!(reader.held() < LENGTH_BYTES + FRAME_BYTES_MAX);
    }
    (frames, None)
}

fuzz_target!(|input: &[u8]| {
    let Some((cut, stream)) = input.split_first() else {
        return;
    };
    let whole = read(stream, stream.len().max(1));
    assert_eq!(read(stream, usize::from(*cut) + 1), whole);
    assert!(
        whole
            .0
            .iter()
            .all(|frame| (1..=FRAME_BYTES_MAX).contains(&frame.len()))
    );
});
