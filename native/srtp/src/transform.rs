//! One packet sealed or opened in place, with its index known (RFC 3711 4.1 and 4.2, RFC 7714 8 and 9).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use crate::header::word;
use crate::kdf::{Label, derive};
use crate::keys::{Keys, Profile};

/// The first packet's header and sender, which stay in clear (RFC 3711 3.4).
pub(crate) const RTCP_CLEAR: usize = 8;
/// The index and its flag, at the end of an SRTCP packet.
pub(crate) const RTCP_INDEX: usize = 4;
/// Set when the packet is encrypted, which it always is.
pub(crate) const RTCP_ENCRYPTED: u32 = 1 << 31;

const CM_TAG: usize = Profile::Aes128CmSha1_80.tag_bytes();
const GCM_TAG: usize = Profile::AeadAes128Gcm.tag_bytes();

/// Keys of one direction for RTP or for RTCP.
#[derive(Debug)]
pub(crate) struct Transform {
    cipher: Cipher,
    /// 12 bytes are used with GCM.
    salt: [u8; 14],
}

#[derive(Debug)]
enum Cipher {
    Gcm(LessSafeKey),
    Cm(Box<CounterMode>),
}

/// The fallback profile: 1.7 KiB of key schedules, hence boxed.
#[derive(Debug)]
struct CounterMode {
    key: EncryptingKey,
    mac: hmac::Key,
}

impl Transform {
    pub fn new(keys: Keys<'_>, rtcp: bool) -> Result<Self, Unspecified> {
        let (mut key, mut salt, mut mac) = ([0; 32], [0; 14], [0; 20]);
        let (key, len) = (
            &mut key[..keys.profile.key_bytes()],
            keys.profile.salt_bytes(),
        );
        derive(keys, rtcp, Label::Encryption, key)?;
        derive(keys, rtcp, Label::Salt, &mut salt[..len])?;
        derive(keys, rtcp, Label::Authentication, &mut mac)?;
        Self::of_session(keys.profile, key, salt, &mac)
    }

    /// From session keys instead of master keys.
    pub fn of_session(
        profile: Profile,
        key: &[u8],
        salt: [u8; 14],
        mac: &[u8],
    ) -> Result<Self, Unspecified> {
        let gcm = |algorithm| UnboundKey::new(algorithm, key).map(LessSafeKey::new);
        let cipher = match profile {
            Profile::AeadAes128Gcm => Cipher::Gcm(gcm(&AES_128_GCM)?),
            Profile::AeadAes256Gcm => Cipher::Gcm(gcm(&AES_256_GCM)?),
            Profile::Aes128CmSha1_80 => Cipher::Cm(Box::new(CounterMode {
                key: EncryptingKey::ctr(UnboundCipherKey::new(&AES_128, key)?)?,
                mac: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, mac),
            })),
        };
        Ok(Self { cipher, salt })
    }

    /// Bytes that a sealed RTP packet is longer.
    pub fn tag_bytes(&self) -> usize {
        match self.cipher {
            Cipher::Gcm(_) => GCM_TAG,
            Cipher::Cm(_) => CM_TAG,
        }
    }

    /// Seal a packet whose header has `header` bytes and behind which `packet` has room for the tag alone.
    #[inline]
    pub fn seal_rtp(
        &self,
        packet: &mut [u8],
        header: usize,
        index: u64,
    ) -> Result<(), Unspecified> {
        let end = packet.len() - self.tag_bytes();
        let ssrc = word(packet, 8);
        match &self.cipher {
            Cipher::Gcm(key) => {
                let (clear, rest) = packet.split_at_mut(header);
                let (body, tag) = rest.split_at_mut(end - header);
                seal(key, self.nonce(ssrc, index), clear, body, tag)
            }
            Cipher::Cm(cm) => {
                self.counter_mode(&cm.key, &mut packet[header..end], ssrc, index)?;
                // The roll-over counter is authenticated as if it stood where the tag goes.
                packet[end..end + 4].copy_from_slice(&((index >> 16) as u32).to_be_bytes());
                let tag = hmac::sign(&cm.mac, &packet[..end + 4]);
                packet[end..].copy_from_slice(&tag.as_ref()[..CM_TAG]);
                Ok(())
            }
        }
    }

    /// Open a packet; its length without the tag. After an error its body means nothing.
    #[inline]
    pub fn open_rtp(
        &self,
        packet: &mut [u8],
        header: usize,
        index: u64,
    ) -> Result<usize, Unspecified> {
        let end = packet.len() - self.tag_bytes();
        let ssrc = word(packet, 8);
        match &self.cipher {
            Cipher::Gcm(key) => {
                let (clear, sealed) = packet.split_at_mut(header);
                key.open_in_place(self.nonce(ssrc, index), Aad::from(&*clear), sealed)?;
            }
            Cipher::Cm(cm) => {
                let mut claimed = [0; CM_TAG];
                claimed.copy_from_slice(&packet[end..]);
                packet[end..end + 4].copy_from_slice(&((index >> 16) as u32).to_be_bytes());
                let tag = hmac::sign(&cm.mac, &packet[..end + 4]);
                verify_slices_are_equal(&tag.as_ref()[..CM_TAG], &claimed)?;
                self.counter_mode(&cm.key, &mut packet[header..end], ssrc, index)?;
            }
        }
        Ok(end)
    }

    /// Seal a compound behind which `packet` has room for tag and index alone.
    pub fn seal_rtcp(&self, packet: &mut [u8], index: u32) -> Result<(), Unspecified> {
        let end = packet.len() - self.tag_bytes() - RTCP_INDEX;
        let ssrc = word(packet, 4);
        let trailer = (RTCP_ENCRYPTED | index).to_be_bytes();
        match &self.cipher {
            Cipher::Gcm(key) => {
                let (clear, rest) = packet.split_at_mut(RTCP_CLEAR);
                let (body, rest) = rest.split_at_mut(end - RTCP_CLEAR);
                let (tag, place) = rest.split_at_mut(GCM_TAG);
                place.copy_from_slice(&trailer);
                let clear = rtcp_clear(clear, trailer);
                seal(key, self.nonce(ssrc, u64::from(index)), &clear, body, tag)
            }
            Cipher::Cm(cm) => {
                let body = &mut packet[RTCP_CLEAR..end];
                self.counter_mode(&cm.key, body, ssrc, u64::from(index))?;
                packet[end..end + RTCP_INDEX].copy_from_slice(&trailer);
                let tag = hmac::sign(&cm.mac, &packet[..end + RTCP_INDEX]);
                packet[end + RTCP_INDEX..].copy_from_slice(&tag.as_ref()[..CM_TAG]);
                Ok(())
            }
        }
    }

    /// The index that an SRTCP packet claims, with its flag; the length was checked.
    pub fn rtcp_trailer(&self, packet: &[u8]) -> u32 {
        let behind = match self.cipher {
            Cipher::Gcm(_) => RTCP_INDEX,
            Cipher::Cm(_) => RTCP_INDEX + CM_TAG,
        };
        word(packet, packet.len() - behind)
    }

    /// Open a compound whose trailer is known; its length without tag and index.
    pub fn open_rtcp(&self, packet: &mut [u8], trailer: u32) -> Result<usize, Unspecified> {
        let end = packet.len() - self.tag_bytes() - RTCP_INDEX;
        let (ssrc, index) = (word(packet, 4), u64::from(trailer & !RTCP_ENCRYPTED));
        match &self.cipher {
            Cipher::Gcm(key) => {
                let (clear, rest) = packet.split_at_mut(RTCP_CLEAR);
                let clear = rtcp_clear(clear, trailer.to_be_bytes());
                let sealed = &mut rest[..end - RTCP_CLEAR + GCM_TAG];
                key.open_in_place(self.nonce(ssrc, index), Aad::from(clear), sealed)?;
            }
            Cipher::Cm(cm) => {
                let tag = hmac::sign(&cm.mac, &packet[..end + RTCP_INDEX]);
                verify_slices_are_equal(&tag.as_ref()[..CM_TAG], &packet[end + RTCP_INDEX..])?;
                self.counter_mode(&cm.key, &mut packet[RTCP_CLEAR..end], ssrc, index)?;
            }
        }
        Ok(end)
    }

    /// RFC 7714 8.1 and 9.1: both indexes stand at the end of the nonce, RTP's in 48 bits.
    #[inline]
    fn nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mut salt = [0; 16];
        salt[..12].copy_from_slice(&self.salt[..12]);
        let mask = u128::from(ssrc) << 80 | u128::from(index) << 32;
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&(u128::from_be_bytes(salt) ^ mask).to_be_bytes()[..12]);
        Nonce::assume_unique_for_key(nonce)
    }

    /// RFC 3711 4.1.1: encrypting and decrypting are the same.
    fn counter_mode(
        &self,
        key: &EncryptingKey,
        body: &mut [u8],
        ssrc: u32,
        index: u64,
    ) -> Result<(), Unspecified> {
        let mut salt = [0; 16];
        salt[..14].copy_from_slice(&self.salt);
        let mask = u128::from(ssrc) << 64 | u128::from(index) << 16;
        let counter = (u128::from_be_bytes(salt) ^ mask).to_be_bytes();
        key.less_safe_encrypt(body, EncryptionContext::Iv128(FixedLength::from(counter)))?;
        Ok(())
    }
}

#[inline]
fn seal(
    key: &LessSafeKey,
    nonce: Nonce,
    clear: &[u8],
    body: &mut [u8],
    tag: &mut [u8],
) -> Result<(), Unspecified> {
    let sealed = key.seal_in_place_separate_tag(nonce, Aad::from(clear), body)?;
    tag.copy_from_slice(sealed.as_ref());
    Ok(())
}

/// What RFC 7714 9.2 authenticates of an encrypted compound: its clear words and the trailer.
fn rtcp_clear(clear: &[u8], trailer: [u8; 4]) -> [u8; 12] {
    let mut all = [0; 12];
    all[..RTCP_CLEAR].copy_from_slice(clear);
    all[RTCP_CLEAR..].copy_from_slice(&trailer);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    fn transform(profile: Profile) -> Transform {
        let key: Vec<u8> = (0..profile.key_bytes() as u8).collect();
        let mut salt = [0; 14];
        salt[..12].copy_from_slice(b"Quid pro quo");
        Transform::of_session(profile, &key, salt, &[]).unwrap()
    }

    const RTP: &str = "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e6973206469766973\
                       6120696e207061727465732074726573";
    const RTCP: &str = "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61\
                        deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";

    #[test]
    fn rfc_7714_16_seals_and_opens_rtp() {
        let cases = [
            (
                Profile::AeadAes128Gcm,
                "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f\
                 42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
            ),
            (
                Profile::AeadAes256Gcm,
                "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3\
                 b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
            ),
        ];
        for (profile, sealed) in cases {
            let transform = transform(profile);
            let mut packet = hex(RTP);
            packet.resize(packet.len() + 16, 0);
            transform.seal_rtp(&mut packet, 12, 0xf17b).unwrap();
            assert_eq!(packet, hex(sealed), "{profile:?}");
            let len = transform.open_rtp(&mut packet, 12, 0xf17b).unwrap();
            assert_eq!(packet[..len], hex(RTP), "{profile:?}");
        }
    }

    #[test]
    fn rfc_7714_17_seals_and_opens_rtcp() {
        let cases = [
            (
                Profile::AeadAes128Gcm,
                "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1\
                 730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4",
            ),
            (
                Profile::AeadAes256Gcm,
                "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1\
                 110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4",
            ),
        ];
        for (profile, sealed) in cases {
            let transform = transform(profile);
            let mut packet = hex(RTCP);
            packet.resize(packet.len() + 20, 0);
            transform.seal_rtcp(&mut packet, 0x5d4).unwrap();
            assert_eq!(packet, hex(sealed), "{profile:?}");
            let trailer = transform.rtcp_trailer(&packet);
            assert_eq!(trailer, RTCP_ENCRYPTED | 0x5d4);
            let len = transform.open_rtcp(&mut packet, trailer).unwrap();
            assert_eq!(packet[..len], hex(RTCP), "{profile:?}");
        }
    }

    #[test]
    fn rfc_3711_b_2_counter_mode() {
        let mut salt = [0; 14];
        salt.copy_from_slice(&hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd"));
        let key = hex("2b7e151628aed2a6abf7158809cf4f3c");
        let transform =
            Transform::of_session(Profile::Aes128CmSha1_80, &key, salt, &[0; 20]).unwrap();
        let Cipher::Cm(cm) = &transform.cipher else {
            panic!("counter mode");
        };
        let mut keystream = [0; 48];
        transform
            .counter_mode(&cm.key, &mut keystream, 0, 0)
            .unwrap();
        let expected = "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab\
                        41e95b3bb0a2e8dd477901e4fca894c0";
        assert_eq!(keystream[..], hex(expected));
    }
}
