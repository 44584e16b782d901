//! UDP sockets with room for a burst.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

/// Asked of the kernel for each direction: a second of 200 talkers, with room to spare. Without
/// `CAP_NET_ADMIN` the kernel caps it at `net.core.rmem_max`.
const BUFFER_BYTES: libc::c_int = 4 * 1024 * 1024;

/// A non-blocking socket with large buffers.
pub(crate) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    for (forced, plain) in [
        (libc::SO_RCVBUFFORCE, libc::SO_RCVBUF),
        (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF),
    ] {
        if set(socket.as_raw_fd(), forced, BUFFER_BYTES).is_err() {
            set(socket.as_raw_fd(), plain, BUFFER_BYTES)?;
        }
    }
    Ok(socket)
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
