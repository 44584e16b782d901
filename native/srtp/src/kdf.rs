//! Session keys from a master key and salt: AES in counter mode over zeros (RFC 3711 4.3.3, RFC 6188 3).

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;

use crate::keys::Keys;

/// What a session key is for (RFC 3711 4.3.2). RTCP's labels follow RTP's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Encryption = 0,
    Authentication = 1,
    Salt = 2,
}

/// First label of SRTCP.
const RTCP: u8 = 3;

/// Fill `out` with the session key of this label; the key derivation rate is 0, as DTLS-SRTP has it.
pub(crate) fn derive(
    keys: Keys<'_>,
    rtcp: bool,
    label: Label,
    out: &mut [u8],
) -> Result<(), Unspecified> {
    let algorithm = if keys.key.len() == 32 {
        &AES_256
    } else {
        &AES_128
    };
    let mut counter = [0; 16];
    counter[..keys.salt.len()].copy_from_slice(keys.salt);
    counter[7] ^= label as u8 + if rtcp { RTCP } else { 0 };
    let cipher = EncryptingKey::ctr(UnboundCipherKey::new(algorithm, keys.key)?)?;
    out.fill(0);
    cipher.less_safe_encrypt(out, EncryptionContext::Iv128(FixedLength::from(counter)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Profile;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    fn derived(keys: Keys<'_>, label: Label, len: usize) -> Vec<u8> {
        let mut out = vec![0; len];
        derive(keys, false, label, &mut out).unwrap();
        out
    }

    #[test]
    fn rfc_3711_b_3() {
        let keys = Keys {
            profile: Profile::Aes128CmSha1_80,
            key: &hex("e1f97a0d3e018be0d64fa32c06de4139"),
            salt: &hex("0ec675ad498afeebb6960b3aabe6"),
        };
        assert_eq!(
            derived(keys, Label::Encryption, 16),
            hex("c61e7a93744f39ee10734afe3ff7a087")
        );
        assert_eq!(
            derived(keys, Label::Salt, 14),
            hex("30cbbc08863d8c85d49db34a9ae1")
        );
        assert_eq!(
            derived(keys, Label::Authentication, 20),
            hex("cebe321f6ff7716b6fd4ab49af256a156d38baa4")
        );
    }

    #[test]
    fn rfc_6188_7_4() {
        let keys = Keys {
            profile: Profile::AeadAes256Gcm,
            key: &hex("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"),
            salt: &hex("3b04803de51ee7c96423ab5b78d2"),
        };
        assert_eq!(
            derived(keys, Label::Encryption, 32),
            hex("5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4")
        );
        assert_eq!(
            derived(keys, Label::Salt, 14),
            hex("fa31791685ca444a9e07c6c64e93")
        );
    }
}
