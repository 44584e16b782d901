//! Waiting for sockets, the bell and the next deadline at once.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Descriptors reported by one wait; the rest come with the next.
const EVENTS: u8 = 64;

/// What of a descriptor is reported. Its end always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    None,
    Read,
    Both,
}

impl Interest {
    fn events(self) -> u32 {
        (match self {
            Self::None => 0,
            Self::Read => libc::EPOLLIN,
            Self::Both => libc::EPOLLIN | libc::EPOLLOUT,
        }) as u32
    }
}

#[derive(Debug)]
pub(crate) struct Epoll(OwnedFd);

impl Epoll {
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointers are passed.
        super::owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }).map(Self)
    }

    /// Report `fd` as `token` while it is readable.
    pub fn add(&self, fd: RawFd, token: u64) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, token, Interest::Read)
    }

    /// Report something else of `fd`, which was added.
    pub fn set(&self, fd: RawFd, token: u64, interest: Interest) {
        // An added descriptor that is open can always be changed.
        let _ = self.control(libc::EPOLL_CTL_MOD, fd, token, interest);
    }

    /// Report `fd` no more.
    pub fn remove(&self, fd: RawFd) {
        // Fails only for one that was never added.
        let _ = self.control(libc::EPOLL_CTL_DEL, fd, 0, Interest::None);
    }

    fn control(&self, what: i32, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: interest.events(),
            u64: token,
        };
        // SAFETY: `event` lives through the call.
        let result = unsafe { libc::epoll_ctl(self.0.as_raw_fd(), what, fd, &raw mut event) };
        super::count(result).map(drop)
    }

    /// Wait for readable descriptors, at most `timeout` (rounded up to a millisecond; `None`: forever).
    pub fn wait(&self, timeout: Option<Duration>, ready: &mut Vec<u64>) -> io::Result<()> {
        ready.clear();
        let millis = timeout.map_or(-1, |timeout| {
            i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
        });
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; EVENTS as usize];
        // SAFETY: `events` is an array of EVENTS entries for the kernel to fill.
        let result = unsafe {
            libc::epoll_wait(
                self.0.as_raw_fd(),
                events.as_mut_ptr(),
                EVENTS.into(),
                millis,
            )
        };
        match super::count(result) {
            Ok(count) => {
                ready.extend(events[..count].iter().map(|event| event.u64));
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }
}
