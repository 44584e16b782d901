//! Our use of libopus against ffmpeg's own Opus decoder, and what FEC and concealment do.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use codec_api::{CodecError, Decoder, Encoder};
use codec_opus::{OpusConfig, OpusDecoder, OpusEncoder};

const PACKETS: &[u8] = include_bytes!("../../vectors/opus_packets.bin");
const OUTPUT: &[u8] = include_bytes!("../../vectors/opus_out.s16");
const SPEECH_16K: &[u8] = include_bytes!("../../vectors/g722_in.s16");
/// The encoder's look-ahead, which Ogg players cut off (RFC 7845 section 4.2).
const PRE_SKIP: usize = 312;

fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes
        .chunks_exact(2)
        .map(|b| i16::from_le_bytes([b[0], b[1]]))
        .collect()
}

fn packets() -> Vec<&'static [u8]> {
    let (mut rest, mut out) = (PACKETS, Vec::new());
    while let [low, high, tail @ ..] = rest {
        let len = usize::from(u16::from_le_bytes([*low, *high]));
        out.push(&tail[..len]);
        rest = &tail[len..];
    }
    out
}

fn power(pcm: impl Iterator<Item = i32>) -> f64 {
    pcm.map(|s| f64::from(s) * f64::from(s)).sum::<f64>() + 1.0
}

fn snr_db(want: &[i16], got: &[i16]) -> f64 {
    let signal = power(want.iter().map(|s| i32::from(*s)));
    let noise = power(
        want.iter()
            .zip(got)
            .map(|(a, b)| i32::from(*a) - i32::from(*b)),
    );
    10.0 * (signal / noise).log10()
}

fn tone(rate: u32, frames: usize) -> Vec<i16> {
    let len = rate as usize / 50 * frames;
    (0..len)
        .map(|i| {
            (8_000.0 * (i as f64 * 440.0 * std::f64::consts::TAU / f64::from(rate)).sin()) as i16
        })
        .collect()
}

fn encoded(config: OpusConfig, pcm: &[i16]) -> Vec<Vec<u8>> {
    let mut encoder = OpusEncoder::new(config).unwrap();
    pcm.chunks_exact(config.rate_hz as usize / 50)
        .map(|frame| {
            let mut out = [0; 1275];
            let len = encoder.encode(frame, &mut out).unwrap();
            out[..len].to_vec()
        })
        .collect()
}

#[test]
fn decodes_like_an_independent_decoder() {
    let mut decoder = OpusDecoder::new(48_000).unwrap();
    let mut sound = Vec::new();
    for payload in packets() {
        let mut out = [0; 960];
        assert_eq!(decoder.decode(payload, &mut out), Ok(960));
        sound.extend_from_slice(&out);
    }
    let want = samples(OUTPUT);
    let len = want.len().min(sound.len() - PRE_SKIP);
    let snr = snr_db(&want[..len], &sound[PRE_SKIP..PRE_SKIP + len]);
    assert!(snr > 30.0, "{snr:.1} dB");
}

#[test]
fn a_packet_tells_its_length_at_the_rate_decoded_to() {
    let payload = packets()[3];
    for (rate, samples) in [(8_000, 160), (16_000, 320), (48_000, 960)] {
        assert_eq!(
            OpusDecoder::new(rate).unwrap().samples(payload),
            Ok(samples)
        );
    }
}

#[test]
fn a_lost_packet_comes_back_from_the_next_ones_redundancy() {
    let config = OpusConfig {
        rate_hz: 16_000,
        bitrate_bps: 24_000,
        expected_loss_percent: 20,
        ..Default::default()
    };
    let pcm = samples(SPEECH_16K);
    let packets = encoded(config, &pcm);
    // Every fourth packet is lost; the one after it is always there.
    let run = |lossy: bool, fec: bool| {
        let mut decoder = OpusDecoder::new(16_000).unwrap();
        let mut sound = Vec::new();
        for (n, payload) in packets.iter().enumerate() {
            let mut out = [0; 320];
            match (lossy && n % 4 == 2, fec) {
                (true, true) => decoder.recover(&packets[n + 1], &mut out).unwrap(),
                (true, false) => decoder.conceal(&mut out).unwrap(),
                (false, _) => assert_eq!(decoder.decode(payload, &mut out), Ok(320)),
            }
            sound.extend_from_slice(&out);
        }
        sound
    };
    let clean = run(false, false);
    let with_fec = snr_db(&clean, &run(true, true));
    let without = snr_db(&clean, &run(true, false));
    assert!(
        with_fec > without + 3.0,
        "fec {with_fec:.1} dB, concealment {without:.1} dB"
    );
}

#[test]
fn bitrate_is_kept_and_settings_survive_a_reset() {
    let config = OpusConfig {
        bitrate_bps: 32_000,
        ..Default::default()
    };
    let pcm = tone(48_000, 100);
    let bytes: usize = encoded(config, &pcm).iter().map(Vec::len).sum();
    let bps = bytes * 8 / 2;
    assert!((16_000..40_000).contains(&bps), "{bps} bit/s");

    let mut encoder = OpusEncoder::new(config).unwrap();
    encoder.reset();
    let mut out = [0; 1275];
    assert!(encoder.encode(&pcm[..960], &mut out).unwrap() < 200);
}

#[test]
fn nonsense_is_an_error_and_the_decoder_lives_on() {
    let mut decoder = OpusDecoder::new(48_000).unwrap();
    let mut out = [0; 5_760];
    assert_eq!(decoder.decode(&[], &mut out), Err(CodecError::BadPayload));
    // Code 3 packet that claims 63 frames of 60 ms.
    assert_eq!(
        decoder.decode(&[0xFF, 0x3F, 0, 0], &mut out),
        Err(CodecError::BadPayload)
    );
    assert_eq!(decoder.decode(packets()[0], &mut out), Ok(960));
    assert_eq!(
        decoder.decode(packets()[0], &mut out[..100]),
        Err(CodecError::OutputTooSmall)
    );
}

#[test]
fn only_20_ms_frames_are_encoded() {
    let mut encoder = OpusEncoder::new(OpusConfig::default()).unwrap();
    assert_eq!(
        encoder.encode(&[0; 480], &mut [0; 1275]),
        Err(CodecError::BadFrameLength)
    );
}
