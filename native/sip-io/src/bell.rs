//! A bell for another event loop: readable from the first ring until it is hushed.
//!
//! A socket pair does what an eventfd does and needs no unsafe code.

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;

#[derive(Debug)]
pub(crate) struct Bell {
    near: UnixStream,
    far: UnixStream,
}

impl Bell {
    pub fn new() -> io::Result<Self> {
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        far.set_nonblocking(true)?;
        Ok(Self { near, far })
    }

    /// The end that becomes readable.
    pub fn fd(&self) -> RawFd {
        self.far.as_raw_fd()
    }

    /// Never waits: a full pair is rung already.
    pub fn ring(&self) {
        let _ = (&self.near).write(&[1]);
    }

    pub fn hush(&self) {
        let mut rings = [0; 64];
        while matches!((&self.far).read(&mut rings), Ok(count) if count == rings.len()) {}
    }
}
