//! One TCP or TLS door.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use sip::Transport;

/// How long a listener rests when the process or the machine is out of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) struct Listener {
    socket: TcpListener,
    pub transport: Transport,
    /// The address that peers reach.
    pub local: SocketAddr,
    /// Rests until then: readiness is told once, so the connections that wait must be asked for again.
    pub retry_at: Option<Instant>,
}

/// What a look at the door found.
pub(crate) enum Accepted {
    Stream(TcpStream, SocketAddr),
    /// Nobody waits, or the peer went away before we looked.
    Nobody,
    /// No descriptor left for one who waits.
    Exhausted,
}

impl Listener {
    pub fn bind(
        registry: &Registry,
        token: Token,
        address: SocketAddr,
        transport: Transport,
    ) -> io::Result<Self> {
        let mut socket = TcpListener::bind(address)?;
        registry.register(&mut socket, token, Interest::READABLE)?;
        let local = socket.local_addr()?;
        Ok(Self {
            socket,
            transport,
            local,
            retry_at: None,
        })
    }

    pub fn accept(&mut self, now: Instant) -> Accepted {
        if self.retry_at.is_some() {
            return Accepted::Nobody; // asked again when it has rested
        }
        loop {
            return match self.socket.accept() {
                Ok((stream, remote)) => Accepted::Stream(stream, remote),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Accepted::Nobody,
                // A peer that went away while it waited costs nobody else their turn.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::ConnectionAborted
                            | io::ErrorKind::ConnectionReset
                            | io::ErrorKind::Interrupted
                    ) =>
                {
                    continue;
                }
                Err(_) => {
                    self.retry_at = Some(now + PAUSE);
                    Accepted::Exhausted
                }
            };
        }
    }
}
