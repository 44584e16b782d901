//! The surface of the media plane.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::RawFd;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use dsp::Tone;
use engine::video::{VideoKind, Watch};
use engine::{RoomId, SessionId, ShardId, TalkspurtId};
use peer::{Channel, Identity};

use crate::command::{AcceptCommand, Command, PhoneCommand};
use crate::event::{Event, EventQueue};
use crate::phone_ports::PortPool;
use crate::registry::{NoHome, Registry};
use crate::shard::ShardConfig;
use crate::sys;
use crate::tcp::{Admission, Listener};
use crate::worker::{Common, Door, Port, Worker};

/// Shards a plane can have: who hears a room is a bit a shard.
pub const SHARDS_MAX: usize = 64;
/// Longest wait for the threads in [`Plane::stop`].
const STOP_WITHIN: Duration = Duration::from_secs(2);
/// Tries to find one free port on all addresses at once.
const BIND_TRIES: usize = 16;

/// How a plane is set up.
#[derive(Debug, Clone)]
pub struct PlaneConfig {
    /// Threads, 1 to 64.
    pub shards: usize,
    /// Addresses to bind.
    pub listen: Vec<IpAddr>,
    /// Addresses to announce instead, in the order of `listen`; surplus ones lead to the first socket
    /// of their family. Empty: the bound ones.
    pub announce: Vec<IpAddr>,
    /// Shard k uses `port + k`; 0: any free one.
    pub port: u16,
    /// Connections over TCP, for peers that UDP does not reach; `None`: not offered.
    pub tcp: Option<TcpConfig>,
    /// UDP ports for phones, first and last, two each; both 0: any free ones.
    pub rtp_ports: (u16, u16),
    /// Sessions of all shards together.
    pub sessions_max: usize,
    /// Longest data channel message either way, bytes.
    pub data_message_bytes_max: usize,
    /// False: no media is passed on.
    pub forwarding: bool,
}

/// How peers connect over TCP (ICE-TCP, RFC 6544).
#[derive(Debug, Clone, Copy)]
pub struct TcpConfig {
    /// The port, the same for all shards; 0: any free one.
    pub port: u16,
    /// Connections in all; one more is closed unread.
    pub connections_max: usize,
    /// Connections of one address; one more is closed unread.
    pub per_address_max: usize,
}

/// The plane cannot start.
#[derive(Debug)]
pub enum StartError {
    /// The configuration cannot work; says what to change.
    Config(String),
    /// The system refused something.
    Io(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(reason) => f.write_str(reason),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A bound is reached: the order was not taken and can be repeated later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// The shard has too many orders waiting.
    Commands,
    /// Too many events wait to be drained.
    Events,
    /// `sessions_max` sessions exist.
    Sessions,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commands => "the command queue of the shard is full",
            Self::Events => "too many events wait to be drained",
            Self::Sessions => "the limit of sessions is reached",
        })
    }
}

impl std::error::Error for Busy {}

/// The running media plane.
#[derive(Debug)]
pub struct Plane {
    common: Arc<Common>,
    ports: Vec<u16>,
    tcp_port: Option<u16>,
    listen: Vec<IpAddr>,
    threads: Mutex<Option<Threads>>,
}

#[derive(Debug)]
struct Threads {
    handles: Vec<JoinHandle<()>>,
    /// Closed when the last thread has ended.
    ended: Receiver<()>,
}

impl Plane {
    /// Bind the sockets and start the threads.
    pub fn start(config: &PlaneConfig) -> Result<Self, StartError> {
        check(config)?;
        let identity =
            Identity::generate().map_err(|error| StartError::Config(error.to_string()))?;
        let doors = (0..config.shards)
            .map(|_| Door::new())
            .collect::<io::Result<Vec<_>>>()?;
        let registry = Registry::new(config.shards as u8, config.sessions_max);
        let common = Arc::new(Common {
            doors,
            events: EventQueue::new()?,
            registry,
            phone_ports: PortPool::new(config.rtp_ports),
            admission: config.tcp.map_or_else(
                || Admission::new(0, 0),
                |tcp| Admission::new(tcp.connections_max, tcp.per_address_max),
            ),
        });
        let listeners = listen(config)?;
        let tcp_candidates = tcp_candidates(config, &listeners);
        let (alive, ended) = channel();
        let mut workers = Vec::new();
        let mut ports = Vec::new();
        for k in 0..config.shards {
            let bound = bind(config, k)?;
            ports.push(bound.first().map_or(0, |port| port.candidates[0].port()));
            let shard = ShardConfig {
                candidates: bound
                    .iter()
                    .flat_map(|port| port.candidates.iter().copied())
                    .collect(),
                tcp_candidates: tcp_candidates.clone(),
                identity: identity.clone(),
                data_message_bytes_max: config.data_message_bytes_max,
                forwarding: config.forwarding,
            };
            workers.push(Worker::new(
                ShardId(k as u8),
                Arc::clone(&common),
                bound,
                listeners
                    .iter()
                    .map(Listener::share)
                    .collect::<io::Result<_>>()?,
                shard,
            )?);
        }
        let mut handles = Vec::new();
        for (k, worker) in workers.into_iter().enumerate() {
            let alive = alive.clone();
            let thread = Builder::new().name(format!("media-shard-{k}"));
            handles.push(thread.spawn(move || {
                let _alive = alive;
                worker.run();
            })?);
        }
        Ok(Self {
            common,
            ports,
            tcp_port: tcp_candidates.first().map(SocketAddr::port),
            listen: config.listen.clone(),
            threads: Mutex::new(Some(Threads { handles, ended })),
        })
    }

    /// The UDP port of each shard.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// The TCP port of all shards; `None`: not offered.
    pub fn tcp_port(&self) -> Option<u16> {
        self.tcp_port
    }

    /// Readable while events wait.
    pub fn event_fd(&self) -> RawFd {
        self.common.events.fd()
    }

    /// Take at most `most` events.
    pub fn drain(&self, most: usize) -> Vec<Event> {
        self.common.events.drain(most)
    }

    /// Answer an offer for a new session; [`Event::Answered`] or [`Event::Refused`] follows.
    pub fn accept(&self, command: AcceptCommand) -> Result<(), Busy> {
        let (request, session) = (command.request, command.session);
        self.begin(request, session, Command::Accept(Box::new(command)))
    }

    /// Answer a new offer of a session under new ICE credentials; [`Event::Answered`] or
    /// [`Event::NotRestarted`] follows, nothing when the session has ended.
    pub fn restart(&self, request: u64, session: SessionId, offer: String) -> Result<(), Busy> {
        if !self.common.events.is_read() {
            return Err(Busy::Events);
        }
        let command = Command::Restart {
            request,
            session,
            offer,
        };
        self.order(session, command)
    }

    /// Bind the ports of a phone; [`Event::Opened`] or [`Event::Refused`] follows.
    pub fn open_phone(
        &self,
        request: u64,
        session: SessionId,
        address: IpAddr,
    ) -> Result<(), Busy> {
        let command = Command::OpenPhone {
            request,
            session,
            address,
        };
        self.begin(request, session, command)
    }

    /// Whether phones can be opened on the address.
    pub fn listens_on(&self, address: IpAddr) -> bool {
        self.listen.iter().any(|listen| {
            *listen == address || (listen.is_unspecified() && listen.is_ipv4() == address.is_ipv4())
        })
    }

    /// Say where a phone is and what it speaks; [`Event::Up`] follows the first time.
    pub fn set_phone(&self, command: PhoneCommand) -> Result<(), Busy> {
        self.order(command.session, Command::SetPhone(Box::new(command)))
    }

    /// Play a tone to a phone; `None` ends the one that plays.
    pub fn tone(&self, session: SessionId, tone: Option<Tone>) -> Result<(), Busy> {
        self.order(session, Command::Tone(session, tone))
    }

    /// Send DTMF keys to a phone.
    pub fn digits(&self, session: SessionId, keys: String) -> Result<(), Busy> {
        self.order(session, Command::Digits(session, keys))
    }

    /// Give a new session a home and its first order.
    fn begin(&self, request: u64, session: SessionId, command: Command) -> Result<(), Busy> {
        if !self.common.events.is_read() {
            return Err(Busy::Events);
        }
        match self.common.registry.settle(session) {
            Ok(shard) => self.push(shard, command).inspect_err(|_| {
                self.common.registry.remove(session);
            }),
            Err(NoHome::Full) => Err(Busy::Sessions),
            Err(NoHome::Taken) => {
                let reason = "the session number is in use".to_owned();
                // No Down follows: the session of that number goes on.
                self.common.events.push(&mut vec![Event::Refused {
                    request,
                    session,
                    reason,
                }]);
                Ok(())
            }
        }
    }

    /// End a session; [`Event::Down`] follows.
    pub fn close(&self, session: SessionId) -> Result<(), Busy> {
        self.order(session, Command::Close(session))
    }

    /// Make a session a member of a room, or change whether it hears there.
    pub fn join(&self, room: RoomId, session: SessionId, hear: bool) -> Result<(), Busy> {
        self.order(
            session,
            Command::Join {
                room,
                session,
                hear,
            },
        )
    }

    /// End a membership.
    pub fn leave(&self, room: RoomId, session: SessionId) -> Result<(), Busy> {
        self.order(session, Command::Leave { room, session })
    }

    /// Let a member be heard until the gate is shut, or for `limit`.
    pub fn open_gate(
        &self,
        room: RoomId,
        session: SessionId,
        talkspurt: TalkspurtId,
        limit: Option<Duration>,
    ) -> Result<(), Busy> {
        self.order(
            session,
            Command::OpenGate {
                room,
                session,
                talkspurt,
                limit,
            },
        )
    }

    /// Stop a member from being heard.
    pub fn shut_gate(&self, room: RoomId, session: SessionId) -> Result<(), Busy> {
        self.order(session, Command::ShutGate { room, session })
    }

    /// Let a picture of a member be seen in a room, or no longer.
    pub fn show(
        &self,
        room: RoomId,
        session: SessionId,
        kind: VideoKind,
        on: bool,
    ) -> Result<(), Busy> {
        let command = Command::Show {
            room,
            session,
            kind,
            on,
        };
        self.order(session, command)
    }

    /// Say what a viewer wants of one of its video slots.
    pub fn watch(&self, session: SessionId, slot: u8, watch: Watch) -> Result<(), Busy> {
        let command = Command::Watch {
            session,
            slot,
            watch,
        };
        self.order(session, command)
    }

    /// Send a data channel message.
    pub fn send(&self, session: SessionId, channel: Channel, data: Vec<u8>) -> Result<(), Busy> {
        self.order(
            session,
            Command::Send {
                session,
                channel,
                data,
            },
        )
    }

    /// Counters, gauges and histograms of all shards together, by name.
    pub fn counters(&self) -> BTreeMap<String, u64> {
        let mut read = BTreeMap::new();
        for door in &self.common.doors {
            door.counters.read(&mut read);
        }
        *read.entry("data_dropped_total".to_owned()).or_default() += self.common.events.dropped();
        read.insert("shards".to_owned(), self.common.doors.len() as u64);
        read
    }

    /// End all sessions and wait for the threads, at most 2 s. A second call does nothing.
    pub fn stop(&self) {
        let threads = self
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(threads) = threads else { return };
        for k in 0..self.common.doors.len() {
            // Stop always fits.
            let _ = self.push(ShardId(k as u8), Command::Stop);
        }
        let until = Instant::now() + STOP_WITHIN;
        let ended = threads
            .ended
            .recv_timeout(until.saturating_duration_since(Instant::now()));
        if matches!(ended, Err(RecvTimeoutError::Disconnected)) {
            for handle in threads.handles {
                // A panic outside any session's step has been printed by its own thread.
                let _ = handle.join();
            }
        }
    }

    /// Orders for sessions that are gone are nothing: their Down event is on its way.
    fn order(&self, session: SessionId, command: Command) -> Result<(), Busy> {
        match self.common.registry.home(session) {
            Some(shard) => self.push(shard, command),
            None => Ok(()),
        }
    }

    fn push(&self, shard: ShardId, command: Command) -> Result<(), Busy> {
        let door = &self.common.doors[usize::from(shard.0)];
        door.commands.push(command).map_err(|_| Busy::Commands)?;
        door.bell.ring();
        Ok(())
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        self.stop();
    }
}

fn check(config: &PlaneConfig) -> Result<(), StartError> {
    let error = |reason: &str| Err(StartError::Config(reason.to_owned()));
    if config.shards == 0 || config.shards > SHARDS_MAX {
        return error("shards must be 1 to 64");
    }
    if config.listen.is_empty() {
        return error("listen needs at least one address");
    }
    let wildcard = config.listen.iter().any(IpAddr::is_unspecified);
    if wildcard && config.announce.len() < config.listen.len() {
        return error(
            "listening on all interfaces needs the addresses to announce: list them in announce",
        );
    }
    if config.announce.iter().any(IpAddr::is_unspecified) {
        return error("announce needs addresses that peers can reach, not 0.0.0.0 or ::");
    }
    let (first, last) = config.rtp_ports;
    if (first, last) != (0, 0) && (first == 0 || first.next_multiple_of(2) >= last) {
        return error(
            "rtp_port_first and rtp_port_last must leave room for two ports, the first even",
        );
    }
    if config
        .tcp
        .is_some_and(|tcp| tcp.connections_max == 0 || tcp.per_address_max == 0)
    {
        return error("TCP needs room for at least one connection, and one of an address");
    }
    if config.port != 0 && usize::from(config.port) + config.shards > 65_536 {
        return error("port + shards goes past 65535");
    }
    Ok(())
}

/// The listening sockets that all shards share, all on the same port.
fn listen(config: &PlaneConfig) -> io::Result<Vec<Listener>> {
    let Some(tcp) = config.tcp else {
        return Ok(Vec::new());
    };
    let mut failure = None;
    let tries = if tcp.port == 0 { BIND_TRIES } else { 1 };
    for _ in 0..tries {
        match listen_all(config, tcp.port) {
            Ok(listeners) => return Ok(listeners),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

fn listen_all(config: &PlaneConfig, mut number: u16) -> io::Result<Vec<Listener>> {
    let mut listeners = Vec::new();
    for (k, &ip) in config.listen.iter().enumerate() {
        let announced = config.announce.get(k).copied().unwrap_or(ip);
        let mut listener =
            Listener::bind(SocketAddr::new(ip, number), SocketAddr::new(announced, 0))?;
        number = listener.socket.local_addr()?.port();
        listener.candidate.set_port(number);
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Where peers can connect, surplus addresses to announce included.
fn tcp_candidates(config: &PlaneConfig, listeners: &[Listener]) -> Vec<SocketAddr> {
    let surplus = config.announce.iter().skip(config.listen.len());
    let surplus = surplus.filter_map(|&extra| {
        let candidates = listeners.iter().map(|listener| listener.candidate);
        let mut of_family = candidates.filter(|candidate| candidate.is_ipv4() == extra.is_ipv4());
        of_family
            .next()
            .map(|candidate| SocketAddr::new(extra, candidate.port()))
    });
    let own = listeners.iter().map(|listener| listener.candidate);
    own.chain(surplus).collect()
}

/// The sockets of one shard, all on the same port.
fn bind(config: &PlaneConfig, shard: usize) -> io::Result<Vec<Port>> {
    let mut failure = None;
    let tries = if config.port == 0 { BIND_TRIES } else { 1 };
    for _ in 0..tries {
        match bind_all(config, shard) {
            Ok(ports) => return Ok(ports),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

fn bind_all(config: &PlaneConfig, shard: usize) -> io::Result<Vec<Port>> {
    let mut number = if config.port == 0 {
        0
    } else {
        config.port + shard as u16
    };
    let mut ports: Vec<Port> = Vec::new();
    for (k, &ip) in config.listen.iter().enumerate() {
        let socket = sys::bind(SocketAddr::new(ip, number), sys::Room::Shard).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot bind UDP {}: {error}", SocketAddr::new(ip, number)),
            )
        })?;
        number = socket.local_addr()?.port();
        let announced = config.announce.get(k).copied().unwrap_or(ip);
        ports.push(Port {
            socket,
            candidates: vec![SocketAddr::new(announced, number)],
        });
    }
    for &extra in config.announce.iter().skip(config.listen.len()) {
        let same_family = |port: &&mut Port| port.candidates[0].is_ipv4() == extra.is_ipv4();
        if let Some(port) = ports.iter_mut().find(same_family) {
            port.candidates.push(SocketAddr::new(extra, number));
        }
    }
    Ok(ports)
}
