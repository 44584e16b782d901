//! Bit by bit against ffmpeg's G.722 (codecs/vectors/README.md).
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use codec_api::{CodecError, Decoder, Encoder};
use codec_g722::{G722Decoder, G722Encoder};

const INPUT: &[u8] = include_bytes!("../../vectors/g722_in.s16");
const CODED: &[u8] = include_bytes!("../../vectors/g722.bin");
const OUTPUT: &[u8] = include_bytes!("../../vectors/g722_out.s16");

fn pcm(bytes: &[u8]) -> Vec<i16> {
    bytes
        .chunks_exact(2)
        .map(|b| i16::from_le_bytes([b[0], b[1]]))
        .collect()
}

#[test]
fn encodes_bit_by_bit_as_ffmpeg() {
    let input = pcm(INPUT);
    let mut encoder = G722Encoder::default();
    let mut coded = Vec::new();
    for frame in input.chunks(320) {
        let mut out = [0; 160];
        let len = encoder.encode(frame, &mut out).unwrap();
        coded.extend_from_slice(&out[..len]);
    }
    let differ = coded.iter().zip(CODED).filter(|(a, b)| a != b).count();
    assert_eq!((coded.len(), differ), (CODED.len(), 0));
}

#[test]
fn decodes_bit_by_bit_as_ffmpeg() {
    let mut decoder = G722Decoder::default();
    let mut sound = Vec::new();
    for payload in CODED.chunks(160) {
        let mut out = [0; 320];
        let len = decoder.decode(payload, &mut out).unwrap();
        sound.extend_from_slice(&out[..len]);
    }
    let want = pcm(OUTPUT);
    let first = sound.iter().zip(&want).position(|(a, b)| a != b);
    assert_eq!((sound.len(), first), (want.len(), None));
}

#[test]
fn any_payload_decodes_without_panic() {
    let mut decoder = G722Decoder::default();
    let mut seed = 1_u32;
    for _ in 0..2_000 {
        let payload: Vec<u8> = (0..160)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        assert_eq!(decoder.decode(&payload, &mut [0; 320]), Ok(320));
    }
}

#[test]
fn an_odd_frame_is_refused() {
    let refused = G722Encoder::default().encode(&[0; 319], &mut [0; 160]);
    assert_eq!(refused, Err(CodecError::BadFrameLength));
}
