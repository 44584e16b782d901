//! What a datagram on a shared port is, by its first two bytes (RFC 7983 section 7, RFC 5761 section 4).

/// Protocols that share one UDP port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatagramClass {
    /// STUN (RFC 8489).
    Stun,
    /// ZRTP (RFC 6189), which we do not speak.
    Zrtp,
    /// DTLS (RFC 6347, RFC 9147).
    Dtls,
    /// TURN channel data (RFC 8656).
    TurnChannel,
    /// RTP or SRTP.
    Rtp,
    /// RTCP or SRTCP.
    Rtcp,
    /// None of these: count and drop.
    Unknown,
}

impl DatagramClass {
    /// The class of one datagram. Payload types 64 to 95 are RTCP (RFC 5761).
    pub fn of(datagram: &[u8]) -> Self {
        match *datagram {
            [0..=3, ..] => Self::Stun,
            [16..=19, ..] => Self::Zrtp,
            [20..=63, ..] => Self::Dtls,
            [64..=79, ..] => Self::TurnChannel,
            [128..=191, second, ..] if (192..=223).contains(&second) => Self::Rtcp,
            [128..=191, _, ..] => Self::Rtp,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_first_byte_has_its_class() {
        let class = |first, second| DatagramClass::of(&[first, second]);
        assert_eq!(class(0, 1), DatagramClass::Stun);
        assert_eq!(class(17, 0), DatagramClass::Zrtp);
        assert_eq!(class(22, 254), DatagramClass::Dtls);
        assert_eq!(class(64, 0), DatagramClass::TurnChannel);
        assert_eq!(class(0x80, 111), DatagramClass::Rtp);
        assert_eq!(class(0x80, 0xEF), DatagramClass::Rtp);
        assert_eq!(class(0x81, 201), DatagramClass::Rtcp);
        assert_eq!(class(255, 0), DatagramClass::Unknown);
        assert_eq!(DatagramClass::of(&[]), DatagramClass::Unknown);
        assert_eq!(DatagramClass::of(&[0x80]), DatagramClass::Unknown);
    }
}
