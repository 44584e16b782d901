//! The client side: answers the challenges of trunks and registrars (RFC 3261 22.2).

use super::fields::Fields;
use super::{Algorithm, Counted, Ha1, Proof};
use crate::msg::lex::quote;
use crate::msg::{Request, Response};
use std::fmt::Write;

/// What we say who we are with.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The user name at the other side.
    pub user: Box<str>,
    /// The password; the realm, and with it HA1, is only known once the other side asks.
    pub password: Box<str>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account(hidden)")
    }
}

/// An account with the challenges it got, one of a server and one of a proxy.
///
/// Later requests carry an answer at once, with the next count of the same nonce, so that they
/// need no second round trip (RFC 7616 3.4.1).
#[derive(Debug, Clone)]
pub struct Login {
    account: Account,
    challenges: Vec<Challenge>,
    /// Refusals of the present request, by server and proxy.
    tries: [u8; 2],
}

#[derive(Debug, Clone)]
struct Challenge {
    proxy: bool,
    algorithm: Algorithm,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    qop: bool,
    count: u32,
}

impl Login {
    /// A login that nobody has challenged yet.
    pub fn new(account: Account) -> Self {
        Self {
            account,
            challenges: Vec::new(),
            tries: [0; 2],
        }
    }

    /// A new request begins: what was refused before does not count against it.
    pub fn begin(&mut self) {
        self.tries = [0; 2];
    }

    /// Reads the challenges of a 401 or 407. False when trying again is useless: no challenge we
    /// can answer, or our answer was refused and the nonce is not called stale (RFC 3261 22.1).
    pub fn learn(&mut self, response: &Response) -> bool {
        let proxy = response.status == 407;
        let name = if proxy {
            "Proxy-Authenticate"
        } else {
            "WWW-Authenticate"
        };
        let read = |value| Challenge::read(value, proxy);
        let mut offered: Vec<_> = response
            .headers
            .all(name)
            .take(8)
            .filter_map(read)
            .collect();
        // The server's order is its preference, but SHA-256 goes before MD5 (RFC 8760 2.4).
        offered.sort_by_key(|(challenge, _)| challenge.algorithm == Algorithm::Md5);
        let Some((challenge, stale)) = offered.into_iter().next() else {
            return false;
        };
        let tries = &mut self.tries[usize::from(proxy)];
        *tries += 1;
        if *tries > 1 && !(stale && *tries <= 3) {
            return false;
        }
        self.challenges.retain(|known| known.proxy != proxy);
        self.challenges.push(challenge);
        true
    }

    /// Adds our answer to every known challenge to `request`.
    pub fn sign(&mut self, request: &mut Request, cnonce: &str) {
        for challenge in &mut self.challenges {
            let value = challenge.answer(&self.account, request, cnonce);
            let name = if challenge.proxy {
                "Proxy-Authorization"
            } else {
                "Authorization"
            };
            request.headers.push(name, value);
        }
    }
}

impl Challenge {
    /// The challenge and whether it calls our last nonce stale.
    fn read(value: &str, proxy: bool) -> Option<(Self, bool)> {
        let fields = Fields::parse(value)?;
        let algorithm = Algorithm::of(fields.get("algorithm"))?;
        let qop = match fields.get("qop") {
            None => false,
            Some(list) => list
                .split(',')
                .any(|q| q.trim() == "auth")
                .then_some(true)?,
        };
        let challenge = Self {
            proxy,
            algorithm,
            realm: fields.get("realm")?.to_owned(),
            nonce: fields.get("nonce")?.to_owned(),
            opaque: fields.get("opaque").map(str::to_owned),
            qop,
            count: 0,
        };
        let stale = fields
            .get("stale")
            .is_some_and(|s| s.eq_ignore_ascii_case("true"));
        Some((challenge, stale))
    }

    fn answer(&mut self, account: &Account, request: &Request, cnonce: &str) -> String {
        self.count += 1;
        // The count is hexadecimal (RFC 7616 3.4): the tenth is 0000000a.
        let nc = format!("{:08x}", self.count);
        let ha1 = Ha1::of(&account.user, &self.realm, &account.password);
        let ha1 = ha1.get(self.algorithm).unwrap_or_default();
        let (method, uri) = (request.method.as_str(), &*request.uri);
        let counted = self.qop.then_some(Counted { nc: &nc, cnonce });
        let response = Proof {
            nonce: &self.nonce,
            counted,
            method,
            uri,
        }
        .response(self.algorithm, ha1);
        let mut out = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\", algorithm={}",
            quote(&account.user),
            quote(&self.realm),
            quote(&self.nonce),
            quote(uri),
            self.algorithm.as_str(),
        );
        if self.qop {
            let _ = write!(out, ", qop=auth, nc={nc}, cnonce={}", quote(cnonce));
        }
        if let Some(opaque) = &self.opaque {
            let _ = write!(out, ", opaque={}", quote(opaque));
        }
        out
    }
}
