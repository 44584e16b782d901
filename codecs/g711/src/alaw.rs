//! A-law of ITU-T G.711 tables 1a and 1b: 13-bit magnitude plus sign, even bits inverted on the wire.

/// Every second bit is inverted on the line (G.711 table 1a, note 2).
const EVEN_BITS: u8 = 0x55;

/// One sample of 16 bits to its A-law byte.
pub fn linear_to_alaw(sample: i16) -> u8 {
    let sample = i32::from(sample);
    let (sign, magnitude) = if sample < 0 {
        (0, !sample >> 3)
    } else {
        (0x80, sample >> 3)
    };
    let magnitude = magnitude as u32;
    // The two lowest segments share a step size: segment 0 has no implied leading one.
    let code = if magnitude < 32 {
        magnitude >> 1
    } else {
        let segment = 27 - magnitude.leading_zeros();
        (segment << 4) | ((magnitude >> segment) & 0x0F)
    };
    (sign | code as u8) ^ EVEN_BITS
}

/// One A-law byte to a sample of 16 bits.
pub fn alaw_to_linear(byte: u8) -> i16 {
    DECODED[byte as usize]
}

static DECODED: [i16; 256] = decoded();

const fn decoded() -> [i16; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u16;
    while byte < 256 {
        let bits = byte as i32 ^ EVEN_BITS as i32;
        let (segment, step) = ((bits >> 4) & 7, bits & 0x0F);
        let magnitude = if segment == 0 {
            2 * step + 1
        } else {
            (2 * step + 33) << (segment - 1)
        };
        table[byte as usize] = (if bits & 0x80 == 0 {
            -(magnitude << 3)
        } else {
            magnitude << 3
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
            assert_eq!(
                linear_to_alaw(alaw_to_linear(byte)),
                byte,
                "byte {byte:#04x}"
            );
        }
    }

    #[test]
    fn the_ends_of_the_range_are_the_ends_of_the_table() {
        assert_eq!(
            [linear_to_alaw(i16::MAX), linear_to_alaw(i16::MIN)],
            [0xAA, 0x2A]
        );
        assert_eq!(
            [alaw_to_linear(0xAA), alaw_to_linear(0x2A)],
            [32_256, -32_256]
        );
    }
}
