//! Connections that peers open where UDP does not pass (ICE-TCP, RFC 6544).
//!
//! All shards wait on the same listening sockets. The first frame that a peer sends is a STUN request
//! that names its session; a shard that does not know it hands the connection on to the next, and after
//! the last one it ends. So one TCP port serves every shard.

mod admission;
mod connection;
mod table;

pub(crate) use admission::Admission;
pub(crate) use connection::{Connection, Over, Owner, PROVE_WITHIN};
pub(crate) use table::{Table, Token};

use std::io;
use std::net::{SocketAddr, TcpListener};

/// A listening socket and the candidate that leads to it.
#[derive(Debug)]
pub(crate) struct Listener {
    pub socket: TcpListener,
    pub candidate: SocketAddr,
}

impl Listener {
    /// Wait on `address`, which peers know as `candidate`; both on the same port.
    pub fn bind(address: SocketAddr, candidate: SocketAddr) -> io::Result<Self> {
        // The standard library sets SO_REUSEADDR, so that a restarted gateway gets its port back.
        let socket = TcpListener::bind(address).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot bind TCP {address}: {error}"))
        })?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, candidate })
    }

    /// The same socket for another shard.
    pub fn share(&self) -> io::Result<Self> {
        Ok(Self {
            socket: self.socket.try_clone()?,
            candidate: self.candidate,
        })
    }
}
