//! One UDP door.

use std::io;
use std::net::SocketAddr;

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};

/// The most a datagram can carry.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 65_535;

pub(crate) struct Datagrams {
    socket: UdpSocket,
    /// The address that peers reach.
    pub local: SocketAddr,
}

impl Datagrams {
    pub fn bind(registry: &Registry, token: Token, address: SocketAddr) -> io::Result<Self> {
        let mut socket = UdpSocket::bind(address)?;
        registry.register(&mut socket, token, Interest::READABLE)?;
        let local = socket.local_addr()?;
        Ok(Self { socket, local })
    }

    /// One datagram, or `None` when no more wait.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        match self.socket.recv_from(buffer) {
            Ok(received) => Ok(Some(received)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        self.socket.send_to(bytes, to).map(drop)
    }
}
