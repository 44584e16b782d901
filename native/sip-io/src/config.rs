//! What the embedder decides before the thread starts.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sip::Transport;

/// Settings of one edge.
#[derive(Debug)]
pub struct EdgeConfig {
    /// Doors; at least one.
    pub listen: Vec<Listen>,
    /// Certificate of the TLS doors; needed when there is one.
    pub identity: Option<Identity>,
    /// PEM certificates of the authorities that servers we call over TLS are checked against; without
    /// them no TLS call goes out.
    pub authorities: Option<Vec<u8>>,
    /// Settings of the core.
    pub core: sip::Config,
    /// Bounds of the sockets and queues.
    pub limits: IoLimits,
}

/// One door.
#[derive(Debug, Clone, Copy)]
pub struct Listen {
    /// UDP, TCP or TLS.
    pub transport: Transport,
    /// Where to bind; port 0 takes any free one.
    pub address: SocketAddr,
    /// The address that Via and Contact name instead (NAT 1:1).
    pub announce: Option<IpAddr>,
}

/// A certificate chain with its key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// The chain, the server's own certificate first.
    pub chain: Vec<u8>,
    /// PKCS#8, PKCS#1 or SEC1.
    pub key: Vec<u8>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(hidden)")
    }
}

/// Every bound on what peers and a slow hub can make the thread hold.
#[derive(Debug, Clone)]
pub struct IoLimits {
    /// Stream connections at once; one more is closed unread. Never more than half of the descriptors that
    /// the process may have: media, the log and the other doors need theirs.
    pub connections: usize,
    /// Stream connections of one address at once.
    pub connections_per_source: usize,
    /// A connection has this long to connect, to finish its TLS handshake and to send a message that
    /// deserves an answer.
    pub greeting: Duration,
    /// A connection without a call and without a registration is closed after this silence.
    pub idle: Duration,
    /// Bytes waiting to be sent on one connection; one more closes it.
    pub unsent_bytes: usize,
    /// Orders waiting; one more is refused.
    pub orders: usize,
    /// Reports waiting, from which on nothing more is read from the network.
    pub reports: usize,
}

impl Default for IoLimits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            connections_per_source: 256,
            greeting: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            unsent_bytes: 256 * 1024,
            orders: 16_384,
            reports: 16_384,
        }
    }
}

/// Why there is no edge.
#[derive(Debug)]
pub enum StartError {
    /// Values that cannot work; the text says which.
    Config(String),
    /// A socket.
    Io(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(reason) => f.write_str(reason),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
