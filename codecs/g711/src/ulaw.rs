//! mu-law of ITU-T G.711 tables 2a and 2b: 14-bit magnitude plus sign, eight segments of sixteen steps.

/// Added before the segment search, so that every segment starts at a power of two.
const BIAS: i32 = 33;
/// Largest 14-bit magnitude that is still coded without overflow.
const CLIP: i32 = 8158;

/// One sample of 16 bits to its mu-law byte.
pub fn linear_to_ulaw(sample: i16) -> u8 {
    let sample = i32::from(sample);
    // Ones' complement for the negative half keeps both halves symmetrical around -0.5.
    let (sign, magnitude) = if sample < 0 {
        (0x80, !sample >> 2)
    } else {
        (0, sample >> 2)
    };
    let biased = (magnitude.min(CLIP) + BIAS) as u32;
    let segment = 26 - biased.leading_zeros();
    let step = (biased >> (segment + 1)) & 0x0F;
    !(sign | (segment << 4) | step) as u8
}

/// One mu-law byte to a sample of 16 bits.
pub fn ulaw_to_linear(byte: u8) -> i16 {
    DECODED[byte as usize]
}

static DECODED: [i16; 256] = decoded();

const fn decoded() -> [i16; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u16;
    while byte < 256 {
        let bits = !byte as i32 & 0xFF;
        let (segment, step) = ((bits >> 4) & 7, bits & 0x0F);
        let magnitude = ((2 * step + BIAS) << segment) - BIAS;
        table[byte as usize] = (if bits & 0x80 == 0 {
            magnitude << 2
        } else {
            -(magnitude << 2)
        }) as i16;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_a_round_trip() {
        for byte in 0..=255_u8 {
            // Byte 0x7F is minus zero, which linear PCM cannot tell from plus zero.
            let want = if byte == 0x7F { 0xFF } else { byte };
            assert_eq!(
                linear_to_ulaw(ulaw_to_linear(byte)),
                want,
                "byte {byte:#04x}"
            );
        }
    }

    #[test]
    fn the_ends_of_the_range_are_the_ends_of_the_table() {
        assert_eq!(
            [linear_to_ulaw(i16::MAX), linear_to_ulaw(i16::MIN)],
            [0x80, 0x00]
        );
        assert_eq!(
            [ulaw_to_linear(0x80), ulaw_to_linear(0x00)],
            [32_124, -32_124]
        );
    }
}
