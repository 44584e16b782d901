//! Where the clear part of an RTP packet ends (RFC 3550 5.1, 5.3.1).

/// Length of the fixed header, the contributing sources and the header extension, bytes. `None`: the packet
/// is not of version 2, or shorter than it says.
#[inline]
pub fn header_bytes(packet: &[u8]) -> Option<usize> {
    const FIXED: usize = 12;
    let first = *packet.first()?;
    if first >> 6 != 2 {
        return None;
    }
    let mut end = FIXED + 4 * usize::from(first & 0x0F);
    if first & 0x10 != 0 {
        let words = packet.get(end + 2..end + 4)?;
        end += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    (end <= packet.len()).then_some(end)
}

/// The 32 bits at `at`; the caller has checked the length.
#[inline]
pub(crate) fn word(packet: &[u8], at: usize) -> u32 {
    packet
        .get(at..at + 4)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_and_extension_belong_to_the_header() {
        let mut packet = vec![0x91, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9];
        packet.extend([0xBE, 0xDE, 0, 1, 0x10, 0x85, 0, 0, 0xAA]);
        assert_eq!(header_bytes(&packet), Some(24));
    }

    #[test]
    fn a_header_that_runs_past_the_end_is_none() {
        let packet = [0x91, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9];
        for len in 0..packet.len() {
            assert_eq!(header_bytes(&packet[..len]), None, "{len}");
        }
        assert_eq!(header_bytes(&[0x40; 40]), None);
    }
}
