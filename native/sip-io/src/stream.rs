//! One stream connection, plain or under TLS.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

use mio::net::TcpStream;
use nix::sys::socket::{setsockopt, sockopt};
use rustls::Connection;

/// A peer that acknowledges nothing for so long is gone (tcp(7), `TCP_USER_TIMEOUT`). The system's own patience
/// is a quarter of an hour: so long a trunk whose machine died would seem to be registered at.
const UNACKNOWLEDGED_MAX_MS: u32 = 30_000;

pub(crate) struct Stream {
    pub socket: TcpStream,
    tls: Option<Box<Connection>>,
    /// What the kernel does not take yet, without TLS.
    unsent: VecDeque<u8>,
    unsent_max: usize,
    pub remote: SocketAddr,
    /// We made it.
    pub outgoing: bool,
    pub connected: bool,
    pub opened_at: Instant,
    pub heard_at: Instant,
    /// The core had something to say to it, keep-alives aside.
    pub greeted: bool,
}

/// Why a connection is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// The peer closed it, or the network broke it.
    Lost,
    /// The peer reads slower than we write.
    Slow,
    /// The peer does not speak TLS, or not ours.
    Tls,
}

impl Stream {
    pub fn new(
        socket: TcpStream,
        tls: Option<Connection>,
        remote: SocketAddr,
        unsent_max: usize,
        now: Instant,
    ) -> Self {
        // Small messages that somebody waits for; without it the second of two waits for an ACK.
        let _ = socket.set_nodelay(true);
        let _ = setsockopt(&socket, sockopt::TcpUserTimeout, &UNACKNOWLEDGED_MAX_MS);
        let tls = tls.map(|mut tls| {
            tls.set_buffer_limit(Some(unsent_max));
            Box::new(tls)
        });
        Self {
            socket,
            tls,
            unsent: VecDeque::new(),
            unsent_max,
            remote,
            outgoing: false,
            connected: true,
            opened_at: now,
            heard_at: now,
            greeted: false,
        }
    }

    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Its peer has yet to show that it is one.
    pub fn is_new(&self) -> bool {
        let handshaking = self.tls.as_ref().is_some_and(|tls| tls.is_handshaking());
        !self.connected || handshaking || !self.greeted
    }

    /// Some bytes of SIP, or `None` until more come.
    pub fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, Gone> {
        let Some(tls) = &mut self.tls else {
            return match self.socket.read(buffer) {
                Ok(0) => Err(Gone::Lost),
                Ok(count) => Ok(Some(count)),
                Err(error) => wait_or_gone(&error).map(|()| None),
            };
        };
        loop {
            match tls.reader().read(buffer) {
                Ok(0) => return Err(Gone::Lost),
                Ok(count) => return Ok(Some(count)),
                Err(error) => wait_or_gone(&error)?,
            }
            match tls.read_tls(&mut self.socket) {
                Ok(0) => return Err(Gone::Lost),
                Ok(_) => {}
                Err(error) => return wait_or_gone(&error).map(|()| None),
            }
            let processed = tls.process_new_packets();
            // The handshake's next flight, or the alert that says what was wrong.
            let flushed = flush_tls(tls, &mut self.socket);
            processed.map_err(|_| Gone::Tls)?;
            flushed?;
        }
    }

    /// Queues one message and sends what the kernel takes.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        match &mut self.tls {
            // With a full buffer rustls takes a part only.
            Some(tls) => tls.writer().write_all(bytes).map_err(|_| Gone::Slow)?,
            None if self.unsent.len() + bytes.len() > self.unsent_max => return Err(Gone::Slow),
            None => self.unsent.extend(bytes),
        }
        if self.connected { self.flush() } else { Ok(()) }
    }

    pub fn flush(&mut self) -> Result<(), Gone> {
        if let Some(tls) = &mut self.tls {
            return flush_tls(tls, &mut self.socket);
        }
        while !self.unsent.is_empty() {
            let (first, _) = self.unsent.as_slices();
            match self.socket.write(first) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) => return wait_or_gone(&error),
            }
        }
        self.unsent.shrink_to(4_096);
        Ok(())
    }

    /// The socket became writable: an outgoing connection stands, or it never will.
    pub fn writable(&mut self) -> Result<(), Gone> {
        if !self.connected {
            if self.socket.take_error().map_err(|_| Gone::Lost)?.is_some() {
                return Err(Gone::Lost);
            }
            match self.socket.peer_addr() {
                Ok(_) => self.connected = true,
                Err(error) if error.kind() == io::ErrorKind::NotConnected => return Ok(()),
                Err(_) => return Err(Gone::Lost),
            }
        }
        self.flush()
    }
}

fn flush_tls(tls: &mut Connection, socket: &mut TcpStream) -> Result<(), Gone> {
    while tls.wants_write() {
        if let Err(error) = tls.write_tls(socket) {
            return wait_or_gone(&error);
        }
    }
    Ok(())
}

fn wait_or_gone(error: &io::Error) -> Result<(), Gone> {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(()),
        _ => Err(Gone::Lost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::socket::getsockopt;
    use std::net::TcpListener;

    #[test]
    fn a_peer_that_acknowledges_nothing_is_given_up_after_half_a_minute() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let remote = listener.local_addr().unwrap();
        let socket = TcpStream::connect(remote).unwrap();
        let stream = Stream::new(socket, None, remote, 1_024, Instant::now());
        let patience_ms = getsockopt(&stream.socket, sockopt::TcpUserTimeout).unwrap();
        assert_eq!(patience_ms, 30_000);
        assert!(stream.socket.nodelay().unwrap());
    }
}
