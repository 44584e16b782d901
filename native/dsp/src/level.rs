//! Loudness of a frame in -dBov, as in the audio level header extension (RFC 6464 section 3).

/// The level of digital silence.
pub const SILENCE_DBOV: u8 = 127;

/// Level of a frame: 0 is a full-scale square wave, 3 a full-scale sine, 127 silence.
pub fn level_dbov(pcm: &[i16]) -> u8 {
    let energy: u64 = pcm.iter().map(|s| u64::from(s.unsigned_abs()).pow(2)).sum();
    if energy == 0 {
        return SILENCE_DBOV;
    }
    let mean = energy as f32 / pcm.len() as f32;
    let dbov = 10.0 * (mean / (32_767.0 * 32_767.0)).log10();
    (-dbov).round().clamp(0.0, f32::from(SILENCE_DBOV)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(amplitude: f32) -> Vec<i16> {
        (0..320)
            .map(|n| (amplitude * (n as f32 * 0.1 * core::f32::consts::TAU).sin()) as i16)
            .collect()
    }

    #[test]
    fn levels_are_those_of_the_rfc() {
        assert_eq!(level_dbov(&[32_767; 160]), 0);
        assert_eq!(level_dbov(&[i16::MIN; 160]), 0);
        assert_eq!(level_dbov(&sine(32_767.0)), 3);
        assert_eq!(level_dbov(&sine(3_276.7)), 23);
        assert_eq!(level_dbov(&[1; 160]), 90);
        assert_eq!((level_dbov(&[0; 160]), level_dbov(&[])), (127, 127));
    }
}
