//! The system calls: all unsafe code of the media core is here.
#![allow(unsafe_code, reason = "libc has no safe interface for these calls")]

mod address;
mod batch;
mod bell;
mod epoll;
mod socket;

pub(crate) use batch::{ReceiveBatch, SendBatch};
pub(crate) use bell::Bell;
pub(crate) use epoll::{Epoll, Interest};
pub(crate) use socket::{Room, bind, bound_send_buffer};

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// A new descriptor from a call that returns one or -1.
fn owned(result: libc::c_int) -> io::Result<OwnedFd> {
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call just returned this descriptor, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(result) })
}

/// The result of a call that returns a count or -1.
fn count(result: libc::c_int) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// Whether a call that failed may do better the next time.
pub(crate) fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
