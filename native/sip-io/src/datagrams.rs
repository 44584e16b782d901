//! One UDP door, and what ICMP says of the datagrams that left through it.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV6};
use std::os::fd::AsRawFd;

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};
use nix::cmsg_space;
use nix::libc::{
    ECONNREFUSED, ENOPROTOOPT, SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, sock_extended_err,
    sockaddr_in6,
};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};

/// The most a datagram can carry.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 65_535;
/// A send reports the error of an earlier datagram once and does nothing else; an error a try, at most.
const TRIES: usize = 3;

pub(crate) struct Datagrams {
    socket: UdpSocket,
    /// The address that peers reach.
    pub local: SocketAddr,
}

impl Datagrams {
    pub fn bind(registry: &Registry, token: Token, address: SocketAddr) -> io::Result<Self> {
        let mut socket = UdpSocket::bind(address)?;
        // Best effort: without it a dead phone is found later, by a question that it does not answer. A
        // socket for both families has both options.
        let _ = setsockopt(&socket, sockopt::Ipv4RecvErr, &true);
        if address.is_ipv6() {
            let _ = setsockopt(&socket, sockopt::Ipv6RecvErr, &true);
        }
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
        let mut tries = 1;
        loop {
            match self.socket.send_to(bytes, to) {
                Ok(_) => return Ok(()),
                Err(error) if tries == TRIES || !is_of_another(&error) => return Err(error),
                Err(_) => tries += 1,
            }
        }
    }

    /// Next error that the kernel keeps (`IP_RECVERR` of ip(7)): whom the datagram was for, if ICMP says that
    /// nobody listens there. The outer `None`: no more wait.
    #[allow(
        clippy::option_option,
        reason = "the queue's end, and errors that mean nothing"
    )]
    pub fn error(&self) -> Option<Option<SocketAddr>> {
        // The datagram itself is not asked for.
        let mut payload = [];
        let mut payload = [IoSliceMut::new(&mut payload)];
        let mut control = cmsg_space!(sock_extended_err, sockaddr_in6);
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let fd = self.socket.as_raw_fd();
        let message =
            recvmsg::<SockaddrStorage>(fd, &mut payload, Some(&mut control), flags).ok()?;
        let is_gone = message.cmsgs().is_ok_and(|mut all| {
            all.any(|one| match one {
                ControlMessageOwned::Ipv4RecvErr(error, _)
                | ControlMessageOwned::Ipv6RecvErr(error, _) => nobody_listens(&error),
                _ => false,
            })
        });
        Some(message.address.filter(|_| is_gone).and_then(destination))
    }
}

/// Port or protocol unreachable: the host lives and says so itself. What routers say of hosts and networks
/// passes when routes change (RFC 1122 3.2.2.1) and ends no call.
fn nobody_listens(error: &sock_extended_err) -> bool {
    let by_icmp = [SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6].contains(&error.ee_origin);
    by_icmp && [ECONNREFUSED, ENOPROTOOPT].contains(&error.ee_errno.cast_signed())
}

/// The error belongs to a datagram that left earlier, to whomever.
fn is_of_another(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    ) || error.raw_os_error() == Some(ENOPROTOOPT)
}

fn destination(address: SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address
        .as_sockaddr_in()
        .map(|at| SocketAddr::from((at.ip(), at.port())));
    // The link of a link-local address is part of it: without, nobody would be found under it.
    v4.or_else(|| {
        address
            .as_sockaddr_in6()
            .map(|at| SocketAddrV6::new(at.ip(), at.port(), at.flowinfo(), at.scope_id()).into())
    })
}
