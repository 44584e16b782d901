//! Flows: where bytes come from and go to, as values.

use crate::msg::{Framer, bracketed};
use std::fmt::Write;
use std::net::SocketAddr;

/// A socket of the embedder: a bound UDP socket, or one stream connection. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// Where a message came from or goes to: a link, and the address at its far end.
///
/// A UDP socket is one link with as many flows as it has peers, so that a flood from many
/// addresses makes no table grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    /// The socket.
    pub link: LinkId,
    /// The far end.
    pub remote: SocketAddr,
}

/// What carries a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A byte stream.
    Tcp,
    /// A byte stream under TLS.
    Tls,
    /// WebSocket messages (RFC 7118).
    Ws,
    /// WebSocket messages under TLS.
    Wss,
}

impl Transport {
    /// True when the transport retransmits by itself.
    pub fn is_reliable(self) -> bool {
        self != Self::Udp
    }

    /// True when messages must be cut out of a byte stream.
    pub fn is_stream(self) -> bool {
        matches!(self, Self::Tcp | Self::Tls)
    }

    /// The token of Via.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }
}

/// What the core knows of an open link.
#[derive(Debug)]
pub(crate) struct Link {
    pub transport: Transport,
    /// The address peers reach us at, as it is written into Via and Contact.
    pub local: SocketAddr,
    pub framer: Framer,
}

impl Link {
    /// A Via value with `branch`; rport is always asked for (RFC 3581 3).
    pub fn via(&self, branch: &str) -> String {
        let (host, port) = (bracketed(self.local.ip()), self.local.port());
        format!(
            "SIP/2.0/{} {host}:{port};branch={branch};rport",
            self.transport.as_str()
        )
    }

    /// A Contact value for `user` on this link.
    pub fn contact(&self, user: &str) -> String {
        let (host, port) = (bracketed(self.local.ip()), self.local.port());
        let at = if user.is_empty() {
            String::new()
        } else {
            format!("{}@", escape_user(user))
        };
        let (scheme, transport) = match self.transport {
            Transport::Udp => ("sip", ""),
            Transport::Tcp => ("sip", ";transport=tcp"),
            // A sips Contact would demand TLS on every hop; transport=tls is what phones understand.
            Transport::Tls => ("sip", ";transport=tls"),
            Transport::Ws | Transport::Wss => ("sip", ";transport=ws"),
        };
        format!("<{scheme}:{at}{host}:{port}{transport}>")
    }
}

/// Escapes what a user part may not hold (RFC 3261 25.1 `user`).
fn escape_user(user: &str) -> String {
    let mut out = String::with_capacity(user.len());
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
