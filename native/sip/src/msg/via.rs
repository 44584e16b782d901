//! The Via header: where a response goes (RFC 3261 18.2, RFC 3581).

use super::lex::{Params, is_token};
use super::uri::host_port;
use std::net::{IpAddr, SocketAddr};

/// Every RFC 3261 branch begins with this (8.1.1.7).
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// One Via element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// Upper case: UDP, TCP, TLS, WS, WSS or an unknown token.
    pub transport: Box<str>,
    /// Host of sent-by, lower case.
    pub host: Box<str>,
    /// Port of sent-by, when written.
    pub port: Option<u16>,
    /// branch, received, rport and the rest.
    pub params: Params,
}

impl Via {
    /// Parses one element, white space around its slashes allowed; `None` when not well formed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut slashes = text.splitn(3, '/');
        let protocol = slashes.next()?.trim();
        let version = slashes.next()?.trim();
        let rest = slashes.next()?.trim_start();
        if !protocol.eq_ignore_ascii_case("SIP") || version != "2.0" {
            return None;
        }
        let (transport, rest) = rest.split_once(|c: char| c.is_ascii_whitespace())?;
        if !is_token(transport) {
            return None;
        }
        let rest = rest.trim();
        let end = rest.find(';').unwrap_or(rest.len());
        let (host, port) = host_port(&rest[..end])?;
        let params = Params::parse(&rest[end..])?;
        Some(Self {
            transport: transport.to_ascii_uppercase().into(),
            host: host.into(),
            port,
            params,
        })
    }

    /// The branch, when it is one of RFC 3261: the cookie and something behind it.
    pub fn branch(&self) -> Option<&str> {
        let is_new = |b: &&str| {
            b.len() > MAGIC_COOKIE.len()
                && b.is_char_boundary(7)
                && b[..7].eq_ignore_ascii_case(MAGIC_COOKIE)
        };
        self.params.get("branch").filter(is_new)
    }

    /// sent-by in the form by which transactions are matched (RFC 3261 17.2.3).
    pub fn sent_by(&self) -> String {
        format!("{}:{}", self.host, self.port.unwrap_or(5060))
    }

    /// Notes the source of the request (RFC 3261 18.2.1, RFC 3581 4): `received` when it differs
    /// from sent-by or rport was asked for, and the port into an empty rport.
    pub fn note_source(&mut self, source: SocketAddr) {
        let asked = self.params.has("rport");
        if asked {
            self.params.set("rport", Some(&source.port().to_string()));
        }
        if asked || self.host.parse::<IpAddr>() != Ok(source.ip()) {
            self.params.set("received", Some(&source.ip().to_string()));
        }
    }

    /// Where an unreliable transport answers (RFC 3261 18.2.2, RFC 3581 4): the source with rport,
    /// else the source's host at the port of sent-by.
    pub fn reply_to(&self, source: SocketAddr) -> SocketAddr {
        let port = if self.params.has("rport") {
            source.port()
        } else {
            self.port.unwrap_or(5060)
        };
        SocketAddr::new(source.ip(), port)
    }
}

impl std::fmt::Display for Via {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SIP/2.0/{} ", self.transport)?;
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}
