//! UDP sockets with room for a burst, TCP sockets with little.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

/// Room in a socket's buffers each way. Without `CAP_NET_ADMIN` the kernel caps it at
/// `net.core.rmem_max`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Room {
    /// For one phone: two seconds.
    Phone,
    /// For all browser sessions of a shard: a second of 200 talkers, with room to spare.
    Shard,
}

impl Room {
    fn bytes(self) -> libc::c_int {
        match self {
            Self::Phone => 64 * 1024,
            Self::Shard => 4 * 1024 * 1024,
        }
    }
}

/// A non-blocking socket.
pub(crate) fn bind(address: SocketAddr, room: Room) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    for (forced, plain) in [
        (libc::SO_RCVBUFFORCE, libc::SO_RCVBUF),
        (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF),
    ] {
        if set(socket.as_raw_fd(), forced, room.bytes()).is_err() {
            set(socket.as_raw_fd(), plain, room.bytes())?;
        }
    }
    Ok(socket)
}

/// Let the kernel hold about so much for a slow reader. Left alone it would grow the buffer to
/// megabytes, and what waits there would come seconds late.
pub(crate) fn bound_send_buffer(fd: RawFd, bytes: libc::c_int) -> io::Result<()> {
    set(fd, libc::SO_SNDBUF, bytes)
}

fn set(fd: RawFd, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: `value` is an int, as these options ask, and lives through the call.
    let result = unsafe {
        libc::setsockopt(
            fd,
            libc::SOL_SOCKET,
            option,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    super::count(result).map(drop)
}
