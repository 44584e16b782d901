//! Which session a datagram of the shared socket belongs to (RFC 7983, RFC 8445 7.3).
//!
//! STUN goes by the local half of its USERNAME, because a peer's address may change at any time;
//! everything else by the source address that the last authenticated STUN request came from.

use std::net::SocketAddr;

/// What a datagram is, by its first bytes (RFC 7983 figure 3, RFC 5761 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Session traversal: connectivity checks and consent.
    Stun,
    /// Handshake and data channels.
    Dtls,
    /// Media, with its SSRC (not yet authenticated).
    Rtp(u32),
    /// Reports.
    Rtcp,
}

/// Classify by the first byte; `None` for what belongs to no protocol spoken here.
pub fn classify(datagram: &[u8]) -> Option<Kind> {
    const STUN_HEADER: usize = 20;
    const RTP_HEADER: usize = 12;
    match *datagram {
        [0..=1, ..] if datagram.len() >= STUN_HEADER => Some(Kind::Stun),
        [20..=63, ..] => Some(Kind::Dtls),
        [128..=191, second, ..] if (64..96).contains(&(second & 0x7f)) => Some(Kind::Rtcp),
        [128..=191, _, _, _, _, _, _, _, a, b, c, d, ..] if datagram.len() >= RTP_HEADER => {
            Some(Kind::Rtp(u32::from_be_bytes([a, b, c, d])))
        }
        _ => None,
    }
}

/// The receiver's half of the USERNAME of a STUN message (RFC 8445 7.2.2: "receiver:sender").
///
/// `None` when there is no USERNAME or the message is cut short. Nothing is authenticated here.
pub fn local_ufrag(stun: &[u8]) -> Option<&str> {
    const HEADER: usize = 20;
    const USERNAME: u16 = 0x0006;
    let mut rest = stun.get(HEADER..)?;
    while let [t0, t1, l0, l1, value @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        if u16::from_be_bytes([*t0, *t1]) == USERNAME {
            let username = std::str::from_utf8(value.get(..length)?).ok()?;
            return username.split_once(':').map(|(local, _)| local);
        }
        rest = value.get(length.next_multiple_of(4)..)?;
    }
    None
}

/// The addresses a session was reached from, newest first; old ones are forgotten.
#[derive(Debug, Default)]
pub struct Paths(Vec<SocketAddr>);

/// Addresses kept a session: both families, a change of network, and some to spare.
pub const PATHS_MAX: usize = 8;

impl Paths {
    /// Note an authenticated address. `Some` when it is new, with the one it displaced if any.
    pub fn note(&mut self, address: SocketAddr) -> Option<Option<SocketAddr>> {
        if self.0.contains(&address) {
            return None;
        }
        let displaced = if self.0.len() < PATHS_MAX {
            None
        } else {
            self.0.pop()
        };
        self.0.insert(0, address);
        Some(displaced)
    }

    /// All that are kept.
    pub fn iter(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stun(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = vec![0, 1, 0, 0];
        message.extend([0; 16]);
        for (kind, value) in attributes {
            message.extend(kind.to_be_bytes());
            message.extend((value.len() as u16).to_be_bytes());
            message.extend(*value);
            message.resize(message.len().next_multiple_of(4), 0);
        }
        message
    }

    #[test]
    fn the_first_byte_decides_the_protocol() {
        assert_eq!(classify(&stun(&[])), Some(Kind::Stun));
        assert_eq!(classify(&[22, 254, 253]), Some(Kind::Dtls));
        assert_eq!(classify(&[0x80, 200, 0, 1]), Some(Kind::Rtcp));
        let rtp = [0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2];
        assert_eq!(classify(&rtp), Some(Kind::Rtp(0x0102)));
    }

    #[test]
    fn other_bytes_belong_to_nobody() {
        for junk in [
            &[][..],
            &[0],
            &[1; 19],
            &[2; 30],
            &[19; 30],
            &[64; 30],
            &[127; 30],
            &[192; 30],
            &[0x80, 111],
        ] {
            assert_eq!(classify(junk), None, "{junk:?}");
        }
    }

    #[test]
    fn the_local_half_of_the_username_is_found_behind_other_attributes() {
        let message = stun(&[
            (0x0024, &[1, 2, 3, 4]),
            (0x8022, b"abc"),
            (0x0006, b"us:them"),
        ]);
        assert_eq!(local_ufrag(&message), Some("us"));
    }

    #[test]
    fn a_username_that_runs_past_the_end_is_none() {
        let mut message = stun(&[(0x0006, b"us:them")]);
        message[22] = 0xff;
        assert_eq!(local_ufrag(&message), None);
        assert_eq!(local_ufrag(&stun(&[])), None);
        assert_eq!(local_ufrag(&stun(&[(0x0006, b"alone")])), None);
    }

    #[test]
    fn the_oldest_path_is_forgotten() {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let mut paths = Paths::default();
        for port in 1..=8 {
            assert_eq!(paths.note(address(port)), Some(None));
        }
        assert_eq!(paths.note(address(8)), None);
        assert_eq!(paths.note(address(9)), Some(Some(address(1))));
        assert_eq!(paths.iter().count(), PATHS_MAX);
    }
}
