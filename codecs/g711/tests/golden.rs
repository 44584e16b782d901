//! Both laws against ffmpeg and sox (codecs/vectors/README.md).

use codec_api::{Decoder, Encoder};
use codec_g711::{G711Decoder, G711Encoder, Law};

fn pcm(bytes: &[u8]) -> Vec<i16> {
    bytes
        .chunks_exact(2)
        .map(|b| i16::from_le_bytes([b[0], b[1]]))
        .collect()
}

const INPUT: &[u8] = include_bytes!("../../vectors/g711_in.s16");
const CASES: [(Law, &[u8], &[u8]); 2] = [
    (
        Law::Mu,
        include_bytes!("../../vectors/g711_mulaw.bin"),
        include_bytes!("../../vectors/g711_mulaw_table.s16"),
    ),
    (
        Law::A,
        include_bytes!("../../vectors/g711_alaw.bin"),
        include_bytes!("../../vectors/g711_alaw_table.s16"),
    ),
];

#[test]
fn every_byte_decodes_as_in_ffmpeg() {
    let bytes: Vec<u8> = (0..=255).collect();
    for (law, _, table) in CASES {
        let mut out = [0; 256];
        assert_eq!(G711Decoder::new(law).decode(&bytes, &mut out), Ok(256));
        assert_eq!(out.as_slice(), pcm(table), "{law:?}");
    }
}

#[test]
fn every_value_encodes_as_in_sox() {
    let input = pcm(INPUT);
    for (law, coded, _) in CASES {
        let mut out = vec![0; input.len()];
        assert_eq!(
            G711Encoder::new(law).encode(&input, &mut out),
            Ok(input.len())
        );
        assert_eq!(
            input
                .iter()
                .zip(out.iter().zip(coded))
                .find(|(_, (a, b))| a != b),
            None,
            "{law:?}"
        );
    }
}

#[test]
fn a_payload_without_a_byte_is_refused() {
    assert!(G711Decoder::new(Law::A).decode(&[], &mut [0; 160]).is_err());
}
