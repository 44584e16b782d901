//! Protection profiles and the keys that DTLS exports for them (RFC 5764 4.2).

use std::fmt;

use crate::outbound::SealError;

/// How packets are encrypted and authenticated (RFC 5764 4.1.2, RFC 7714 14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `SRTP_AES128_CM_HMAC_SHA1_80`.
    Aes128CmSha1_80,
    /// `SRTP_AEAD_AES_128_GCM`.
    AeadAes128Gcm,
    /// `SRTP_AEAD_AES_256_GCM`.
    AeadAes256Gcm,
}

impl Profile {
    /// Length of a master or session key, bytes.
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::Aes128CmSha1_80 | Self::AeadAes128Gcm => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    /// Length of a master or session salt, bytes.
    pub const fn salt_bytes(self) -> usize {
        match self {
            Self::Aes128CmSha1_80 => 14,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
        }
    }

    /// Length of an authentication tag, bytes.
    pub const fn tag_bytes(self) -> usize {
        match self {
            Self::Aes128CmSha1_80 => 10,
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
        }
    }

    /// Length of what DTLS exports, bytes: both sides' keys, then both sides' salts.
    pub const fn exported_bytes(self) -> usize {
        2 * (self.key_bytes() + self.salt_bytes())
    }
}

/// Keys of both directions that nobody knows: as long as what DTLS exports, and random.
pub fn decoy(profile: Profile) -> Result<Vec<u8>, SealError> {
    let mut bytes = vec![0; profile.exported_bytes()];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(bytes)
}

/// Master key and salt of one direction.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// How they are used.
    pub profile: Profile,
    /// [`Profile::key_bytes`] bytes.
    pub key: &'a [u8],
    /// [`Profile::salt_bytes`] bytes.
    pub salt: &'a [u8],
}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// What DTLS exported, of both directions.
#[derive(Clone, Copy)]
pub struct Exported<'a> {
    profile: Profile,
    bytes: &'a [u8],
}

impl<'a> Exported<'a> {
    /// `None`: not of the length that the profile asks for.
    pub fn new(profile: Profile, bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() == profile.exported_bytes()).then_some(Self { profile, bytes })
    }

    /// What the DTLS client seals with.
    pub fn client(self) -> Keys<'a> {
        self.side(0)
    }

    /// What the DTLS server seals with.
    pub fn server(self) -> Keys<'a> {
        self.side(1)
    }

    fn side(self, side: usize) -> Keys<'a> {
        let (key, salt) = (self.profile.key_bytes(), self.profile.salt_bytes());
        let (keys, salts) = self.bytes.split_at(2 * key);
        Keys {
            profile: self.profile,
            key: &keys[side * key..(side + 1) * key],
            salt: &salts[side * salt..(side + 1) * salt],
        }
    }
}

impl fmt::Debug for Exported<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exported")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_half_comes_first() {
        let exported: Vec<u8> = (0..60).collect();
        let exported = Exported::new(Profile::Aes128CmSha1_80, &exported).unwrap();
        assert_eq!(exported.client().key[0], 0);
        assert_eq!(exported.server().key[0], 16);
        assert_eq!(exported.client().salt, (32..46).collect::<Vec<u8>>());
        assert_eq!(exported.server().salt, (46..60).collect::<Vec<u8>>());
    }

    #[test]
    fn another_length_is_refused() {
        assert!(Exported::new(Profile::AeadAes256Gcm, &[0; 60]).is_none());
    }

    #[test]
    fn no_key_is_shown_in_debug_output() {
        let exported = Exported::new(Profile::AeadAes128Gcm, &[0xAB; 56]).unwrap();
        let shown = format!("{exported:?} {:?}", exported.client());
        assert!(!shown.contains("171"), "{shown}");
    }
}
