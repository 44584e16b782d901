//! One connection of a peer over TCP: frames in, frames out (RFC 6544, RFC 4571).
//!
//! Overflow rule, outward: [`BACKLOG_BYTES_MAX`] bytes wait for a slow reader. A frame that does not fit
//! drives out the oldest ones, because late sound is of no use; a frame of which a part is on the wire
//! stays whole. A reader that takes nothing for [`STALLED_AFTER`] while frames wait is given up.

use std::collections::VecDeque;
use std::io::{IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use engine::SessionId;
use peer::framing::{self, Reader};

use super::admission::Place;
use crate::sys::is_transient;

/// Bytes that wait for a slow reader, beside what the kernel holds.
pub(crate) const BACKLOG_BYTES_MAX: usize = 64 * 1024;
/// A reader that takes nothing for so long is given up.
pub(crate) const STALLED_AFTER: Duration = Duration::from_secs(5);
/// A connection must belong to a session by then.
pub(crate) const PROVE_WITHIN: Duration = Duration::from_secs(5);
/// One of a session must be heard of that often: peers check their connections every few seconds, those
/// they keep in reserve too.
pub(crate) const IDLE_MAX: Duration = Duration::from_secs(60);

/// Whose a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// It has said nothing that a session could authenticate.
    Nobody { until: Instant },
    /// It asked for this session, whose answer is not out yet.
    Claimed { session: SessionId, until: Instant },
    /// The session answered.
    Session(SessionId),
}

impl Owner {
    /// The session that authenticated it.
    pub fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(session) => Some(session),
            Self::Nobody { .. } | Self::Claimed { .. } => None,
        }
    }
}

/// A connection and what waits on it.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    _place: Place,
    /// The peer.
    pub remote: SocketAddr,
    /// The candidate that it came to.
    pub local: SocketAddr,
    pub owner: Owner,
    pub frames: Reader,
    /// Shards that did not know what it asked for.
    pub hops: usize,
    backlog: VecDeque<Vec<u8>>,
    backlog_bytes: usize,
    /// Bytes of the first frame of the backlog that are on the wire.
    begun: usize,
    heard: Instant,
    /// When the reader last took something, or the backlog began.
    took: Instant,
}

/// What became of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// It goes out, now or later.
    pub kept: bool,
    /// Older frames that made place.
    pub dropped: u64,
}

/// The connection is over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Over;

impl Connection {
    pub fn new(
        stream: TcpStream,
        place: Place,
        remote: SocketAddr,
        local: SocketAddr,
        now: Instant,
    ) -> Self {
        Self {
            stream,
            _place: place,
            remote,
            local,
            owner: Owner::Nobody {
                until: now + PROVE_WITHIN,
            },
            frames: Reader::default(),
            hops: 0,
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            begun: 0,
            heard: now,
            took: now,
        }
    }

    pub fn fd(&self) -> RawFd {
        self.stream.as_raw_fd()
    }

    /// Whether frames wait for the reader.
    pub fn is_behind(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Take one block of what came; false when nothing waits any more.
    pub fn read(&mut self, buffer: &mut [u8], now: Instant) -> Result<bool, Over> {
        match self.stream.read(buffer) {
            Ok(0) => Err(Over),
            Ok(length) => {
                self.heard = now;
                self.frames.extend(&buffer[..length]);
                Ok(length == buffer.len())
            }
            Err(error) if is_transient(&error) => Ok(false),
            Err(_) => Err(Over),
        }
    }

    /// Send a datagram as a frame, or have it wait.
    pub fn send(&mut self, datagram: &[u8], now: Instant) -> Result<Sent, Over> {
        let Some(length) = framing::length(datagram) else {
            return Ok(Sent {
                kept: false,
                dropped: 0,
            });
        };
        let mut written = 0;
        if self.backlog.is_empty() {
            let parts = [IoSlice::new(&length), IoSlice::new(datagram)];
            written = match self.stream.write_vectored(&parts) {
                Ok(written) => written,
                Err(error) if is_transient(&error) => 0,
                Err(_) => return Err(Over),
            };
            if written == length.len() + datagram.len() {
                return Ok(Sent {
                    kept: true,
                    dropped: 0,
                });
            }
            self.took = now;
            self.begun = written;
        }
        let frame = [&length, datagram].concat();
        let dropped = self.make_room(frame.len());
        self.backlog_bytes += frame.len();
        self.backlog.push_back(frame);
        debug_assert!(written == 0 || self.backlog.len() == 1);
        Ok(Sent {
            kept: true,
            dropped,
        })
    }

    /// The reader takes again: write what waits.
    pub fn flush(&mut self, now: Instant) -> Result<(), Over> {
        while let Some(frame) = self.backlog.front() {
            match self.stream.write(&frame[self.begun..]) {
                Ok(0) => return Err(Over),
                Ok(written) => {
                    self.took = now;
                    self.begun += written;
                    if self.begun == frame.len() {
                        self.backlog_bytes -= frame.len();
                        self.begun = 0;
                        self.backlog.pop_front();
                    }
                }
                Err(error) if is_transient(&error) => return Ok(()),
                Err(_) => return Err(Over),
            }
        }
        Ok(())
    }

    /// Whether it stood still for too long, one way or the other.
    pub fn is_stale(&self, now: Instant) -> bool {
        let silent = match self.owner {
            Owner::Nobody { until } | Owner::Claimed { until, .. } => until <= now,
            Owner::Session(_) => self.heard + IDLE_MAX <= now,
        };
        silent || self.is_stalled(now)
    }

    /// Whether the reader takes nothing.
    pub fn is_stalled(&self, now: Instant) -> bool {
        self.is_behind() && self.took + STALLED_AFTER <= now
    }

    /// Drop the oldest frames until another one fits; how many.
    fn make_room(&mut self, length: usize) -> u64 {
        let first = usize::from(self.begun > 0);
        let mut dropped = 0;
        while self.backlog_bytes + length > BACKLOG_BYTES_MAX {
            let Some(old) = self.backlog.remove(first) else {
                break;
            };
            self.backlog_bytes -= old.len();
            dropped += 1;
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::super::admission::Admission;
    use super::*;

    fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let local = listener.local_addr().unwrap();
        let far = TcpStream::connect(local).unwrap();
        let (near, remote) = listener.accept().unwrap();
        near.set_nonblocking(true).unwrap();
        let place = Admission::new(1, 1).enter(remote.ip()).unwrap();
        (
            Connection::new(near, place, remote, local, Instant::now()),
            far,
        )
    }

    /// Frames of 1,000 bytes that begin with their number, until `count` are sent; those dropped.
    fn flood(connection: &mut Connection, count: u32, now: Instant) -> u64 {
        (0..count)
            .map(|number| {
                let mut datagram = vec![0; 1_000];
                datagram[..4].copy_from_slice(&number.to_be_bytes());
                connection.send(&datagram, now).unwrap().dropped
            })
            .sum()
    }

    #[test]
    fn a_slow_reader_loses_the_oldest_waiting_frames_and_no_frame_is_torn() {
        let (mut connection, mut far) = pair();
        let now = Instant::now();
        // More than the kernel's buffers of both ends take.
        let count = 20_000;
        let dropped = flood(&mut connection, count, now);
        assert!(dropped > 0);
        assert!(connection.backlog_bytes <= BACKLOG_BYTES_MAX);
        far.set_nonblocking(true).unwrap();
        let mut frames = Reader::default();
        let mut numbers = Vec::new();
        let mut block = vec![0; 65_536];
        let patience = Instant::now() + Duration::from_secs(10);
        while numbers.last() != Some(&(count - 1)) {
            assert!(Instant::now() < patience, "the newest frame does not come");
            connection.flush(now).unwrap();
            if let Ok(length) = far.read(&mut block) {
                frames.extend(&block[..length]);
            }
            while let Some(frame) = frames.next_frame().unwrap() {
                assert_eq!(frame.len(), 1_000);
                numbers.push(u32::from_be_bytes(frame[..4].try_into().unwrap()));
            }
        }
        assert!(numbers.is_sorted());
        assert_eq!(numbers.len() as u64 + dropped, u64::from(count));
    }

    #[test]
    fn a_reader_that_takes_nothing_is_given_up_and_one_that_is_not_behind_is_not() {
        let (mut connection, _far) = pair();
        let now = Instant::now();
        connection.send(b"x", now).unwrap();
        assert!(!connection.is_stalled(now + STALLED_AFTER));
        flood(&mut connection, 20_000, now);
        assert!(!connection.is_stalled(now));
        assert!(connection.is_stalled(now + STALLED_AFTER));
    }

    #[test]
    fn a_connection_without_an_owner_ends_soon_and_one_of_a_session_when_it_is_idle() {
        let (mut connection, _far) = pair();
        let now = Instant::now();
        assert!(!connection.is_stale(now));
        assert!(connection.is_stale(now + PROVE_WITHIN + Duration::from_secs(1)));
        connection.owner = Owner::Session(SessionId(1));
        assert!(!connection.is_stale(now + PROVE_WITHIN + Duration::from_secs(1)));
        assert!(connection.is_stale(now + IDLE_MAX + Duration::from_secs(1)));
    }

    #[test]
    fn a_peer_that_hangs_up_is_over() {
        let (mut connection, far) = pair();
        drop(far);
        let patience = Instant::now() + Duration::from_secs(5);
        while connection.read(&mut [0; 100], Instant::now()) != Err(Over) {
            assert!(Instant::now() < patience);
        }
    }
}
