//! The server side: who is allowed in (RFC 3261 22.1, RFC 8760).

use super::fields::Fields;
use super::nonce::Freshness;
use super::{Algorithm, Counted, Ha1, Nonces, Proof, same};
use crate::Random;
use crate::msg::lex::quote;
use crate::msg::{Request, Uri};
use std::collections::BTreeMap;
use std::time::Duration;

/// The outcome of a look at a request's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The request comes from this user.
    User(Box<str>),
    /// Ask (again); `stale`: the password was right but the nonce was not (RFC 7616 3.3).
    Challenge {
        /// The client may answer the new nonce without asking its user.
        stale: bool,
    },
}

/// The realm's door: HA1 values handed in by the embedder, and the nonces.
#[derive(Debug)]
pub struct Gate {
    realm: Box<str>,
    algorithms: Vec<Algorithm>,
    users: BTreeMap<Box<str>, Ha1>,
    nonces: Nonces,
}

impl Gate {
    /// A door of `realm` that knows nobody and takes these algorithms, the preferred one first.
    pub fn new(realm: &str, algorithms: &[Algorithm], nonces: Nonces) -> Self {
        Self {
            realm: realm.into(),
            algorithms: algorithms.to_vec(),
            users: BTreeMap::new(),
            nonces,
        }
    }

    /// Knows `user` by `ha1` from now on, or no longer.
    pub fn set(&mut self, user: &str, ha1: Option<Ha1>) {
        match ha1 {
            Some(ha1) => self.users.insert(user.into(), ha1),
            None => self.users.remove(user),
        };
    }

    /// Values of WWW-Authenticate, best algorithm first (RFC 8760 2.3).
    pub fn challenges(&self, stale: bool, now: Duration, random: &mut Random) -> Vec<String> {
        let nonce = self.nonces.issue(now, random);
        let stale = if stale { ", stale=true" } else { "" };
        let realm = quote(&self.realm);
        self.algorithms
            .iter()
            .map(|algorithm| {
                let algorithm = algorithm.as_str();
                format!("Digest realm={realm}, nonce=\"{nonce}\", qop=\"auth\", algorithm={algorithm}{stale}")
            })
            .collect()
    }

    /// Checks the credentials of `request` and spends their nonce count when they are right.
    pub fn check(&mut self, request: &Request, now: Duration) -> Verdict {
        let found = request
            .headers
            .all("Authorization")
            .take(4)
            .filter_map(Fields::parse);
        let mut stale = false;
        for fields in found.filter(|f| f.get("realm") == Some(&*self.realm)) {
            match self.judge(&fields, request, now) {
                Some((user, nonce, count, Freshness::Fresh)) => {
                    self.nonces.spend(&nonce, count, now);
                    return Verdict::User(user);
                }
                Some((.., Freshness::Stale)) => stale = true,
                _ => {}
            }
        }
        Verdict::Challenge { stale }
    }

    /// `None` unless the answer is right for the nonce it names.
    fn judge(
        &self,
        f: &Fields,
        request: &Request,
        now: Duration,
    ) -> Option<(Box<str>, String, u32, Freshness)> {
        let (user, nonce, uri) = (f.get("username")?, f.get("nonce")?, f.get("uri")?);
        let (nc, cnonce) = (f.get("nc")?, f.get("cnonce")?);
        let algorithm =
            Algorithm::of(f.get("algorithm")).filter(|a| self.algorithms.contains(a))?;
        // Eight hexadecimal digits (RFC 7616 3.4); qop=auth is the only form we offer.
        let count = u32::from_str_radix(nc, 16).ok().filter(|_| nc.len() == 8)?;
        if f.get("qop") != Some("auth") || !same_user(uri, &request.uri) {
            return None;
        }
        let freshness = self.nonces.check(nonce, count, now);
        if freshness == Freshness::Forged {
            return None;
        }
        let method = request.method.as_str();
        let proof = Proof {
            nonce,
            counted: Some(Counted { nc, cnonce }),
            method,
            uri,
        };
        // An unknown user costs the same two hashes as a known one.
        let known = self.users.get(user).and_then(|ha1| ha1.get(algorithm));
        let right = proof.response(algorithm, known.unwrap_or("unknown"));
        let given = f.get("response").unwrap_or("").to_ascii_lowercase();
        (known.is_some() && same(&right, &given))
            .then(|| (user.into(), nonce.into(), count, freshness))
    }
}

/// A proxy may have rewritten the host of the Request-URI (RFC 3261 22.4), never its user.
fn same_user(signed: &str, requested: &str) -> bool {
    let user = |text: &str| Uri::parse(text).and_then(|uri| uri.user);
    signed == requested || (Uri::parse(signed).is_some() && user(signed) == user(requested))
}
