//! SIP and tel URIs (RFC 3261 19.1, RFC 3966).

use super::lex::{Params, is_token, number};
use crate::limits::message::URI_BYTES;
use std::net::{IpAddr, SocketAddr};

/// A URI in parts. Anything but sip, sips and tel keeps its text in `user` and has no host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    /// Lower case: `sip`, `sips`, `tel`, or a scheme we only carry.
    pub scheme: Box<str>,
    /// The user part with its escapes resolved, without a password; the number of a tel URI.
    pub user: Option<Box<str>>,
    /// Host name or address, lower case; IPv6 without its brackets.
    pub host: Box<str>,
    /// The port, when one is written.
    pub port: Option<u16>,
    /// URI parameters, such as `transport` and `lr`.
    pub params: Params,
    /// Everything as it stood on the wire: what a request is sent to must be repeated exactly.
    pub text: Box<str>,
}

impl Uri {
    /// Parses `text`; `None` when it is no URI.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > URI_BYTES
            || text
                .bytes()
                .any(|b| b <= b' ' || b == b'<' || b == b'>' || b == 0x7f)
        {
            return None;
        }
        let (scheme, rest) = text.split_once(':')?;
        if !is_scheme(scheme) || rest.is_empty() {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            "sip" | "sips" => Self::parse_sip(&scheme, rest, text),
            "tel" => {
                let (digits, params) = split_at_byte(rest, b';');
                let params = Params::parse(params)?;
                Some(Self::bare(scheme, digits, params, text))
            }
            _ => Some(Self::bare(scheme, rest, Params::default(), text)),
        }
    }

    fn bare(scheme: String, user: &str, params: Params, text: &str) -> Self {
        let (scheme, user) = (scheme.into(), Some(user.into()));
        Self {
            scheme,
            user,
            host: "".into(),
            port: None,
            params,
            text: text.into(),
        }
    }

    fn parse_sip(scheme: &str, rest: &str, text: &str) -> Option<Self> {
        // The last '@' before any header part ends the user: a user may hold ';', '?' and '/'
        // (RFC 3261 25.1 user-unreserved), a host may not hold '@'.
        let (user, rest) = match rest.rfind('@') {
            Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
            None => (None, rest),
        };
        let user = match user {
            Some("") => return None,
            Some(user) => Some(unescape(user.split_once(':').map_or(user, |(u, _)| u))?.into()),
            None => None,
        };
        let (rest, _headers) = split_at_byte(rest, b'?');
        let (host, params) = split_at_byte(rest, b';');
        let (host, port) = host_port(host)?;
        let params = Params::parse(params)?;
        Some(Self {
            scheme: scheme.into(),
            user,
            host: host.into(),
            port,
            params,
            text: text.into(),
        })
    }

    /// True for a sip or sips URI.
    pub fn is_sip(&self) -> bool {
        matches!(&*self.scheme, "sip" | "sips")
    }

    /// The socket address, when the host is an address: port 5060, or 5061 for sips, unless written.
    pub fn address(&self) -> Option<SocketAddr> {
        let ip: IpAddr = self.host.parse().ok()?;
        let default = if &*self.scheme == "sips" { 5061 } else { 5060 };
        Some(SocketAddr::new(ip, self.port.unwrap_or(default)))
    }

    /// The form by which bindings are compared: scheme, user, host and port (RFC 3261 19.1.4 in short).
    pub fn identity(&self) -> String {
        let user = self.user.as_deref().unwrap_or("");
        format!(
            "{}:{}@{}:{}",
            self.scheme,
            user,
            self.host,
            self.port.unwrap_or(0)
        )
    }
}

impl std::fmt::Display for Uri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Splits `host[:port]`; checks the characters of the host.
pub fn host_port(text: &str) -> Option<(String, Option<u16>)> {
    let text = text.trim();
    let (host, port) = if let Some(inner) = text.strip_prefix('[') {
        let (host, after) = inner.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        (host, after.trim_start())
    } else {
        let (host, port) = split_at_byte(text, b':');
        let host = host.trim_end();
        let good = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'_';
        if host.is_empty() || !host.bytes().all(good) {
            return None;
        }
        (host, port)
    };
    let port = match port.strip_prefix(':') {
        Some(port) => Some(number::<u16>(port)?),
        None if port.is_empty() => None,
        None => return None,
    };
    Some((host.to_ascii_lowercase(), port))
}

/// Host as it is written in a URI or Via: IPv6 in brackets.
pub fn bracketed(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

fn is_scheme(scheme: &str) -> bool {
    is_token(scheme) && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn split_at_byte(text: &str, byte: u8) -> (&str, &str) {
    text.bytes()
        .position(|b| b == byte)
        .map_or((text, ""), |at| text.split_at(at))
}

/// Resolves %HH escapes; `None` for a broken escape or a user that is no UTF-8.
fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push((high * 16 + low) as u8);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}
