//! Candidates and protocols in the words of str0m.

use std::net::SocketAddr;

use str0m::Candidate;
use str0m::net::{Protocol, TcpType};

use crate::io::Transport;
use crate::offer::Refusal;

impl From<Transport> for Protocol {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Udp => Self::Udp,
            Transport::Tcp => Self::Tcp,
        }
    }
}

impl From<Protocol> for Transport {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Udp => Self::Udp,
            // The other kinds are of candidates that neither end here makes.
            Protocol::Tcp | Protocol::SslTcp | Protocol::Tls => Self::Tcp,
        }
    }
}

/// The candidate of an address that waits for peers (RFC 6544 4.1: over TCP they open the connection).
pub(crate) fn passive(transport: Transport, address: SocketAddr) -> Result<Candidate, Refusal> {
    host(transport, address, TcpType::Passive).map_err(|Refusal(error)| {
        Refusal(format!(
            "the gateway announces an unusable address: {error}"
        ))
    })
}

/// The candidate of an address that goes to the peer.
pub(crate) fn active(transport: Transport, address: SocketAddr) -> Result<Candidate, Refusal> {
    host(transport, address, TcpType::Active)
}

fn host(transport: Transport, address: SocketAddr, role: TcpType) -> Result<Candidate, Refusal> {
    match transport {
        Transport::Udp => Candidate::host(address, Protocol::Udp),
        Transport::Tcp => Candidate::builder()
            .tcp()
            .host(address)
            .tcptype(role)
            .build(),
    }
    .map_err(|error| Refusal(error.to_string()))
}
