//! What the embedder decides before the thread starts.

use std::fmt;
use std::io;

use radio::hub::Bounds;

/// Settings of one edge.
#[derive(Clone)]
pub struct EdgeConfig {
    /// Name or address of the broker.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// MQTT client identifier.
    pub client_id: String,
    /// MQTT user name.
    pub username: Option<String>,
    /// MQTT password.
    pub password: Option<Vec<u8>>,
    /// Encrypt the connection.
    pub tls: Option<Tls>,
    /// First part of every topic.
    pub root: String,
    /// Grows with every start of the hub.
    pub epoch: u64,
    /// Tables of the hub's side.
    pub bounds: Bounds,
    /// Bounds of the queues.
    pub limits: IoLimits,
}

impl fmt::Debug for EdgeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EdgeConfig({}:{})", self.host, self.port)
    }
}

/// PEM files and the name that the broker's certificate must have.
#[derive(Clone)]
pub struct Tls {
    /// Authorities that the broker is checked against.
    pub authorities: Vec<u8>,
    /// Our certificate chain; empty: none.
    pub chain: Vec<u8>,
    /// Its key; empty: none.
    pub key: Vec<u8>,
    /// Name in the broker's certificate.
    pub server_name: String,
}

/// Bounds of the queues.
#[derive(Debug, Clone, Copy)]
pub struct IoLimits {
    /// Orders waiting; one more is refused.
    pub orders: usize,
    /// Reports waiting; one more is dropped, and the loss is told.
    pub reports: usize,
    /// Messages waiting to be published; the oldest audio makes room.
    pub unsent: usize,
}

impl Default for IoLimits {
    fn default() -> Self {
        Self {
            orders: 4_096,
            reports: 8_192,
            unsent: 1_024,
        }
    }
}

/// Why there is no edge.
#[derive(Debug)]
pub enum StartError {
    /// Values that cannot work; the text says which.
    Config(String),
    /// A descriptor or the thread.
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
