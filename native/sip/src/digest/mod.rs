//! Digest access authentication (RFC 3261 22, RFC 7616, RFC 8760), both sides.
//!
//! The core never sees a phone's password: the embedder hands over HA1 values, which are bound to
//! one realm. The lookup is a table in the core and not a question to the hub, so that a request
//! is accepted or refused before any state exists for it and a slow hub cannot be used to pile up
//! half-checked requests.

mod client;
mod fields;
mod nonce;
mod server;

pub use client::{Account, Login};
pub use nonce::Nonces;
pub use server::{Gate, Verdict};

use md5::Md5;
use sha2::{Digest, Sha256};

/// A hash algorithm of RFC 8760, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// MD5, for phones that know nothing better.
    Md5,
}

impl Algorithm {
    /// The token of the algorithm parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    fn of(token: Option<&str>) -> Option<Self> {
        match token {
            None => Some(Self::Md5),
            Some(t) if t.eq_ignore_ascii_case("MD5") => Some(Self::Md5),
            Some(t) if t.eq_ignore_ascii_case("SHA-256") => Some(Self::Sha256),
            Some(_) => None,
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
        }
    }
}

/// HA1 of one user in one realm, by algorithm, as lower case hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    /// SHA-256(user:realm:password).
    pub sha256: Box<str>,
    /// MD5(user:realm:password); empty when the account must not use MD5.
    pub md5: Box<str>,
}

impl Ha1 {
    /// Both values from a password, for tests and for the tool that fills the store.
    pub fn of(user: &str, realm: &str, password: &str) -> Self {
        let text = format!("{user}:{realm}:{password}");
        Self {
            sha256: Algorithm::Sha256.hash(&text).into(),
            md5: Algorithm::Md5.hash(&text).into(),
        }
    }

    fn get(&self, algorithm: Algorithm) -> Option<&str> {
        let value = match algorithm {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Md5 => &self.md5,
        };
        (!value.is_empty()).then_some(value)
    }
}

impl std::fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ha1(hidden)")
    }
}

/// The inputs of one digest besides HA1 (RFC 7616 3.4).
struct Proof<'a> {
    nonce: &'a str,
    /// `None`: the form without qop of RFC 2069, which only a client uses towards an old server.
    counted: Option<Counted<'a>>,
    method: &'a str,
    uri: &'a str,
}

struct Counted<'a> {
    /// Eight hexadecimal digits.
    nc: &'a str,
    cnonce: &'a str,
}

impl Proof<'_> {
    fn response(&self, algorithm: Algorithm, ha1: &str) -> String {
        let ha2 = algorithm.hash(&format!("{}:{}", self.method, self.uri));
        let nonce = self.nonce;
        algorithm.hash(&match &self.counted {
            Some(Counted { nc, cnonce }) => format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}"),
            None => format!("{ha1}:{nonce}:{ha2}"),
        })
    }
}

/// Lower case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [b >> 4, b & 15])
        .map(|n| char::from(DIGITS[usize::from(n)]))
        .collect()
}

/// HMAC-SHA256 (RFC 2104).
pub(crate) fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
        block
    };
    let mut inner = Sha256::new();
    inner.update(pad(0x36));
    for part in parts {
        // The length in front keeps ("ab", "c") and ("a", "bc") apart.
        inner.update((part.len() as u64).to_le_bytes());
        inner.update(part);
    }
    let mut outer = Sha256::new();
    outer.update(pad(0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

/// Compares without telling by its duration where the first difference is.
fn same(a: &str, b: &str) -> bool {
    let difference = a
        .bytes()
        .zip(b.bytes())
        .fold(0, |all, (x, y)| all | (x ^ y));
    a.len() == b.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7616_is_computed_for_both_algorithms() {
        let proof = Proof {
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            counted: Some(Counted {
                nc: "00000001",
                cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            }),
            method: "GET",
            uri: "/dir/index.html",
        };
        let ha1 = Ha1::of("Mufasa", "http-auth@example.org", "Circle of Life");
        assert_eq!(
            proof.response(Algorithm::Sha256, &ha1.sha256),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
        assert_eq!(
            proof.response(Algorithm::Md5, &ha1.md5),
            "8ca523f5e9506fed4657c9700eebdbec"
        );
    }
}
