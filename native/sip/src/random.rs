//! Random numbers as an input: the caller gives one seed, everything after it is reproducible.

use sha2::{Digest, Sha256};

/// A generator that hashes a secret seed and a counter (the shape of NIST `Hash_DRBG`).
///
/// Tags, branches and digest nonces come from here. They must not be guessable from outside
/// (RFC 3261 19.3), so the live edge seeds it from the operating system; tests seed it by a number.
#[derive(Clone)]
pub struct Random {
    seed: [u8; 32],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl Random {
    /// A generator for `seed`: the same seed gives the same sequence.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self {
            seed,
            counter: 0,
            block: [0; 32],
            used: 32,
        }
    }

    /// A generator for tests and simulations, from a small number.
    pub fn from_number(number: u64) -> Self {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        Self::from_seed(seed)
    }

    /// The next 64 bits.
    pub fn number(&mut self) -> u64 {
        if self.used + 8 > self.block.len() {
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(self.counter.to_le_bytes());
            self.block = hash.finalize().into();
            self.counter += 1;
            self.used = 0;
        }
        let mut word = [0; 8];
        word.copy_from_slice(&self.block[self.used..self.used + 8]);
        self.used += 8;
        u64::from_le_bytes(word)
    }

    /// A number below `limit`; 0 when `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.number() % limit }
    }

    /// 64 random bits as 16 hexadecimal digits: a tag, or the tail of a branch.
    pub fn token(&mut self) -> String {
        format!("{:016x}", self.number())
    }
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}
