//! A bell for another event loop: an eventfd, readable from the first ring until it is hushed.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use nix::sys::eventfd::{EfdFlags, EventFd};

#[derive(Debug)]
pub(crate) struct Bell(EventFd);

impl Bell {
    pub fn new() -> io::Result<Self> {
        let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
        Ok(Self(EventFd::from_value_and_flags(0, flags)?))
    }

    pub fn fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }

    /// Never waits; one that is full is rung already.
    pub fn ring(&self) {
        let _ = self.0.write(1);
    }

    pub fn hush(&self) {
        let _ = self.0.read();
    }
}
