//! Nonces of ours: made without state, remembered only once they were used well.

use super::{hex, hmac, same};
use crate::Random;
use std::collections::BTreeMap;
use std::time::Duration;

/// A nonce is good for this long; after that the client gets a new one with `stale=true`.
const LIFE: Duration = Duration::from_secs(300);

/// Issues nonces and refuses a count that was used before (RFC 7616 3.4, 5.12).
///
/// A nonce carries its time and a keyed hash, so a flood of challenged requests costs no memory.
/// Only a nonce that came back with a right answer has an entry; when the table is full the
/// oldest leave and everything as old as they were is stale from then on.
#[derive(Debug)]
pub struct Nonces {
    key: [u8; 32],
    /// Highest count seen, by nonce; the nonce begins with its time, so the order is by age.
    counts: BTreeMap<Box<str>, u32>,
    max: usize,
    /// Nonces made before this are stale.
    oldest: Duration,
}

/// What is known about a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Ours, young enough, and the count was not used.
    Fresh,
    /// Ours, but too old, or its count was used before.
    Stale,
    /// Not ours.
    Forged,
}

impl Nonces {
    /// An empty table of at most `max` nonces.
    pub fn new(random: &mut Random, max: usize) -> Self {
        let mut key = [0; 32];
        key.chunks_mut(8)
            .for_each(|c| c.copy_from_slice(&random.number().to_le_bytes()));
        Self {
            key,
            counts: BTreeMap::new(),
            max: max.max(1),
            oldest: Duration::ZERO,
        }
    }

    /// A new nonce for `now`.
    pub fn issue(&self, now: Duration, random: &mut Random) -> String {
        let body = format!("{:016x}{:016x}", now.as_millis() as u64, random.number());
        let seal = self.seal(&body);
        body + &seal
    }

    /// Judges a nonce and a count of eight hexadecimal digits; changes nothing.
    pub fn check(&self, nonce: &str, count: u32, now: Duration) -> Freshness {
        let Some(made) = self.time_of(nonce) else {
            return Freshness::Forged;
        };
        let used = self.counts.get(nonce).is_some_and(|last| count <= *last);
        if used || count == 0 || made < self.oldest || made > now || made + LIFE < now {
            return Freshness::Stale;
        }
        Freshness::Fresh
    }

    /// Notes that `count` of `nonce` was used by somebody who knew the password.
    pub fn spend(&mut self, nonce: &str, count: u32, now: Duration) {
        self.counts.insert(nonce.into(), count);
        while let Some((first, _)) = self.counts.first_key_value() {
            let made = self.time_of(first).unwrap_or_default();
            if self.counts.len() <= self.max && made + LIFE >= now {
                return;
            }
            self.oldest = self.oldest.max(made + Duration::from_millis(1));
            self.counts.pop_first();
        }
    }

    fn time_of(&self, nonce: &str) -> Option<Duration> {
        let (body, seal) = nonce.split_at_checked(32)?;
        if !same(seal, &self.seal(body)) {
            return None;
        }
        u64::from_str_radix(&body[..16], 16)
            .ok()
            .map(Duration::from_millis)
    }

    fn seal(&self, body: &str) -> String {
        hex(&hmac(&self.key, &[b"nonce", body.as_bytes()])[..12])
    }
}
