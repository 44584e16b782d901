//! Pass band, stop band and delay of every ratio, measured with sines.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use std::f64::consts::TAU;

use dsp::Resampler;

const RATES: [(u32, u32); 6] = [
    (8_000, 16_000),
    (8_000, 48_000),
    (16_000, 48_000),
    (16_000, 8_000),
    (48_000, 8_000),
    (48_000, 16_000),
];
const AMPLITUDE: f64 = 16_000.0;

fn sine(hz: f64, rate: u32, seconds: f64) -> Vec<i16> {
    let len = (f64::from(rate) * seconds) as usize;
    (0..len)
        .map(|n| (AMPLITUDE * (TAU * hz * n as f64 / f64::from(rate)).sin()).round() as i16)
        .collect()
}

/// Resample in frames of 20 ms, as the mixer does.
fn resampled(input: &[i16], from: u32, to: u32) -> Vec<i16> {
    let mut resampler = Resampler::new(from, to).unwrap();
    let mut out = Vec::new();
    for frame in input.chunks_exact(from as usize / 50) {
        let mut part = [0; 960];
        let len = resampler.process(frame, &mut part);
        assert_eq!(len, to as usize / 50);
        out.extend_from_slice(&part[..len]);
    }
    out
}

/// Amplitude and phase of one frequency in a signal, over whole periods of 10 Hz.
fn bin(pcm: &[i16], hz: f64, rate: u32) -> (f64, f64) {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, s) in pcm.iter().enumerate() {
        let angle = TAU * hz * n as f64 / f64::from(rate);
        re += f64::from(*s) * angle.sin();
        im += f64::from(*s) * angle.cos();
    }
    let scale = 2.0 / pcm.len() as f64;
    ((re * scale).hypot(im * scale), im.atan2(re))
}

fn db(ratio: f64) -> f64 {
    20.0 * ratio.max(1e-9).log10()
}

fn settled(pcm: &[i16], rate: u32) -> &[i16] {
    &pcm[rate as usize / 10..rate as usize / 10 * 9]
}

/// Top of the band that must pass: 3.4 kHz when 8 kHz is involved, else 7 kHz.
fn band(from: u32, to: u32) -> f64 {
    if from.min(to) == 8_000 {
        3_400.0
    } else {
        7_000.0
    }
}

#[test]
fn the_pass_band_is_flat_within_a_tenth_of_a_db() {
    for (from, to) in RATES {
        let mut hz = 100.0;
        while hz <= band(from, to) {
            let out = resampled(&sine(hz, from, 1.0), from, to);
            let level = db(bin(settled(&out, to), hz, to).0 / AMPLITUDE);
            assert!(
                level.abs() < 0.1,
                "{from} to {to}: {hz} Hz at {level:.3} dB"
            );
            hz += 300.0;
        }
    }
}

#[test]
fn images_of_the_pass_band_are_below_60_db() {
    for (from, to) in RATES.into_iter().filter(|(from, to)| from < to) {
        for hz in [400.0, 1_000.0, band(from, to) - 400.0, band(from, to)] {
            let out = resampled(&sine(hz, from, 1.0), from, to);
            let mut centre = f64::from(from);
            while centre - hz < f64::from(to) / 2.0 {
                for image in [centre - hz, centre + hz] {
                    let level = db(bin(settled(&out, to), image, to).0 / AMPLITUDE);
                    assert!(
                        image >= f64::from(to) / 2.0 || level < -60.0,
                        "{from} to {to}: {hz} at {image}: {level:.1}"
                    );
                }
                centre += f64::from(from);
            }
        }
    }
}

#[test]
fn aliases_into_the_pass_band_are_below_60_db() {
    for (from, to) in RATES.into_iter().filter(|(from, to)| from > to) {
        let mut hz = f64::from(to) - band(from, to);
        while hz < f64::from(from) / 2.0 {
            let out = resampled(&sine(hz, from, 1.0), from, to);
            let folded = (hz - (hz / f64::from(to)).round() * f64::from(to)).abs();
            let level = db(bin(settled(&out, to), folded, to).0 / AMPLITUDE);
            assert!(
                folded > band(from, to) || level < -60.0,
                "{from} to {to}: {hz} at {folded}: {level:.1}"
            );
            hz += 210.0;
        }
    }
}

#[test]
fn the_delay_is_at_most_1_7_ms_each_way() {
    for (from, to) in RATES {
        let out = resampled(&sine(100.0, from, 1.0), from, to);
        let phase = bin(settled(&out, to), 100.0, to).1;
        let delay_ms = (-phase).rem_euclid(TAU) / TAU * 10.0;
        assert!(
            (0.5..1.7).contains(&delay_ms),
            "{from} to {to}: {delay_ms:.2} ms"
        );
    }
}

#[test]
fn steady_and_full_scale_signals_keep_their_level() {
    for (from, to) in RATES {
        for level in [1, 12_345, i16::MAX, i16::MIN] {
            let out = resampled(&vec![level; from as usize], from, to);
            assert!(
                settled(&out, to).iter().all(|s| *s == level),
                "{from} to {to}: {level}"
            );
        }
    }
}

#[test]
fn frames_of_any_length_make_the_same_signal() {
    let input = sine(440.0, 48_000, 0.2);
    let whole = resampled(&input, 48_000, 8_000);
    let mut resampler = Resampler::new(48_000, 8_000).unwrap();
    let mut out = Vec::new();
    for frame in input.chunks(120) {
        let mut part = [0; 20];
        assert_eq!(resampler.process(frame, &mut part), 20);
        out.extend_from_slice(&part);
    }
    assert_eq!(out, whole);
}

#[test]
fn other_rates_are_refused_and_equal_ones_copy() {
    assert!(Resampler::new(8_000, 44_100).is_err() && Resampler::new(44_100, 44_100).is_err());
    let mut out = [0; 3];
    assert_eq!(
        Resampler::new(8_000, 8_000)
            .unwrap()
            .process(&[1, 2, 3], &mut out),
        3
    );
    assert_eq!(out, [1, 2, 3]);
}
