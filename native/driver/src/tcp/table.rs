//! The listening sockets and the connections of one shard, by the poller's token and by where they lead.

use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, mem};

use engine::SessionId;
use rustc_hash::FxHashMap;

use super::connection::{Connection, Over, Owner, Sent};
use super::{Admission, Listener};
use crate::sys::{self, Epoll, Interest};

/// Set in the tokens of connections.
const CONNECTION: u64 = 1 << 33;
/// Set in the tokens of listening sockets.
const LISTENER: u64 = 1 << 34;
/// How often stale connections are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// What the kernel may hold for a slow reader: half a second of eight talkers.
const SEND_BUFFER_BYTES: i32 = 64 * 1024;
/// Connections taken before the sockets of sessions get their turn.
const ACCEPTS_PER_TURN: usize = 32;

/// What a token of the poller stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Listener(usize),
    Connection(usize),
}

impl Token {
    /// `None`: it is of another kind of socket.
    pub fn of(token: u64) -> Option<Self> {
        if token & LISTENER != 0 {
            Some(Self::Listener((token & !LISTENER) as usize))
        } else if token & CONNECTION != 0 {
            Some(Self::Connection((token & !CONNECTION) as usize))
        } else {
            None
        }
    }
}

/// What the table has counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stats {
    pub accepted: u64,
    /// One too many, in all or of an address.
    pub refused: u64,
    /// Ended without ever belonging to a session.
    pub unproven: u64,
    /// Given up because the peer took nothing.
    pub stalled: u64,
    pub frames_sent: u64,
    pub frames_dropped: u64,
}

pub(crate) struct Table {
    admission: Arc<Admission>,
    listeners: Vec<Listener>,
    slots: Vec<Option<Connection>>,
    free: Vec<usize>,
    /// By the peer and by the candidate it came to.
    by_path: FxHashMap<(SocketAddr, SocketAddr), usize>,
    swept: Instant,
    /// The process has no descriptor left: nobody is taken until the next sweep.
    full: bool,
    pub stats: Stats,
}

impl Table {
    pub fn new(
        listeners: Vec<Listener>,
        admission: Arc<Admission>,
        epoll: &Epoll,
        now: Instant,
    ) -> io::Result<Self> {
        for (k, listener) in listeners.iter().enumerate() {
            epoll.add(listener.socket.as_raw_fd(), LISTENER | k as u64)?;
        }
        Ok(Self {
            admission,
            listeners,
            slots: Vec::new(),
            free: Vec::new(),
            by_path: FxHashMap::default(),
            swept: now,
            full: false,
            stats: Stats::default(),
        })
    }

    /// Connections now.
    pub fn len(&self) -> usize {
        self.by_path.len()
    }

    pub fn get(&mut self, slot: usize) -> Option<&mut Connection> {
        self.slots.get_mut(slot)?.as_mut()
    }

    /// Take the connections that wait on a listening socket.
    pub fn accept(&mut self, listener: usize, epoll: &Epoll, now: Instant) {
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(Listener { socket, candidate }) = self.listeners.get(listener) else {
                return;
            };
            let candidate = *candidate;
            match socket.accept() {
                Ok((stream, remote)) => self.welcome(stream, remote, candidate, epoll, now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if is_of_the_peer(&error) => {}
                Err(_) => {
                    // No descriptors or no memory: the socket stays readable, so look away for a while.
                    self.full = true;
                    self.listen(Interest::None, epoll);
                    return;
                }
            }
        }
    }

    fn welcome(
        &mut self,
        stream: TcpStream,
        remote: SocketAddr,
        candidate: SocketAddr,
        epoll: &Epoll,
        now: Instant,
    ) {
        let Some(place) = self.admission.enter(remote.ip()) else {
            self.stats.refused += 1;
            return;
        };
        let ready = stream
            .set_nonblocking(true)
            .and_then(|()| stream.set_nodelay(true))
            .and_then(|()| sys::bound_send_buffer(stream.as_raw_fd(), SEND_BUFFER_BYTES));
        let connection = Connection::new(stream, place, remote, candidate, now);
        if ready.is_ok() && self.adopt(connection, epoll).is_some() {
            self.stats.accepted += 1;
        }
    }

    /// Have a connection here; its slot. `None`: the system refused, and it is closed.
    pub fn adopt(&mut self, connection: Connection, epoll: &Epoll) -> Option<usize> {
        let slot = self.free.pop().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        let token = CONNECTION | slot as u64;
        if epoll.add(connection.fd(), token).is_err() {
            self.free.push(slot);
            return None;
        }
        self.by_path
            .insert((connection.remote, connection.local), slot);
        self.slots[slot] = Some(connection);
        Some(slot)
    }

    /// Let a connection go: to be closed, or to be handed on.
    pub fn remove(&mut self, slot: usize, epoll: &Epoll) -> Option<Connection> {
        let connection = self.slots.get_mut(slot)?.take()?;
        self.free.push(slot);
        self.by_path.remove(&(connection.remote, connection.local));
        // Its descriptor may live on with another shard, so closing would not take it from the poller.
        epoll.remove(connection.fd());
        Some(connection)
    }

    /// End a connection.
    pub fn close(&mut self, slot: usize, epoll: &Epoll) {
        if let Some(connection) = self.remove(slot, epoll) {
            self.stats.unproven += u64::from(connection.owner.session().is_none());
        }
    }

    /// End the connections of a session.
    pub fn close_session(&mut self, session: SessionId, epoll: &Epoll) {
        for slot in self.slots_where(|connection| connection.owner.session() == Some(session)) {
            self.close(slot, epoll);
        }
    }

    /// Send a datagram to the peer that came from `to` to the candidate `from`. What a session sends
    /// proves that it authenticated the connection that claims it.
    pub fn send(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
        epoll: &Epoll,
        now: Instant,
    ) {
        let Some(&slot) = self.by_path.get(&(to, from)) else {
            self.stats.frames_dropped += 1;
            return;
        };
        let Some(connection) = self.slots[slot].as_mut() else {
            return;
        };
        if let Owner::Claimed { session, .. } = connection.owner {
            connection.owner = Owner::Session(session);
        }
        let was_behind = connection.is_behind();
        let Ok(Sent { kept, dropped }) = connection.send(datagram, now) else {
            self.stats.frames_dropped += 1;
            self.close(slot, epoll);
            return;
        };
        self.stats.frames_sent += u64::from(kept);
        self.stats.frames_dropped += dropped + u64::from(!kept);
        if connection.is_behind() && !was_behind {
            epoll.set(connection.fd(), CONNECTION | slot as u64, Interest::Both);
        }
    }

    /// The poller spoke of a connection: write what waits for its reader.
    pub fn flush(&mut self, slot: usize, epoll: &Epoll, now: Instant) {
        let Some(connection) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
            return;
        };
        if !connection.is_behind() {
            return;
        }
        match connection.flush(now) {
            Ok(()) if connection.is_behind() => {}
            Ok(()) => epoll.set(connection.fd(), CONNECTION | slot as u64, Interest::Read),
            Err(Over) => self.close(slot, epoll),
        }
    }

    /// End what stood still for too long.
    pub fn sweep(&mut self, epoll: &Epoll, now: Instant) {
        if now < self.swept + SWEEP_EVERY {
            return;
        }
        self.swept = now;
        if mem::take(&mut self.full) {
            self.listen(Interest::Read, epoll);
        }
        for slot in self.slots_where(|connection| connection.is_stale(now)) {
            let stalled = self.get(slot).is_some_and(|it| it.is_stalled(now));
            self.stats.stalled += u64::from(stalled);
            self.close(slot, epoll);
        }
    }

    fn listen(&self, interest: Interest, epoll: &Epoll) {
        for (k, listener) in self.listeners.iter().enumerate() {
            epoll.set(listener.socket.as_raw_fd(), LISTENER | k as u64, interest);
        }
    }

    fn slots_where(&self, which: impl Fn(&Connection) -> bool) -> Vec<usize> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, connection)| connection.as_ref().is_some_and(&which))
            .map(|(slot, _)| slot)
            .collect()
    }
}

/// The peer gave up before it was accepted (accept(2)): no fault of ours.
fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
