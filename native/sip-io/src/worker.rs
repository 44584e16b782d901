//! The thread: waits for sockets, orders and deadlines, and feeds the core.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustc_hash::FxHashMap;
use sip::{Core, Event, Flow, Input, LinkId, Output, Transport};

use crate::config::IoLimits;
use crate::connections::Connections;
use crate::counters::Counters;
use crate::datagrams::{DATAGRAM_BYTES_MAX, Datagrams};
use crate::listener::{Accepted, Listener};
use crate::order::{Order, Way, put_flow};
use crate::shared::{Report, Shared};
use crate::stream::{Gone, Stream};
use crate::tls::Tls;

pub(crate) const WAKER: Token = Token(0);
/// Reads of one socket before the others get their turn.
const READS_A_TURN: usize = 64;
/// Orders taken before the sockets get their turn.
const ORDERS_A_TURN: usize = 1_024;
/// How often connections are looked at for silence, while there are any.
const SWEEP: Duration = Duration::from_secs(1);
/// How long to wait for the hub when its reports are full, unless it wakes us.
const PAUSE: Duration = Duration::from_millis(50);

/// The sockets that the doors were opened with, by link number.
#[derive(Default)]
pub(crate) struct Doors {
    pub datagrams: FxHashMap<u64, Datagrams>,
    pub listeners: FxHashMap<u64, Listener>,
}

pub(crate) struct Worker {
    poll: Poll,
    core: Core,
    shared: Arc<Shared>,
    doors: Doors,
    streams: FxHashMap<u64, Stream>,
    connections: Connections,
    /// Sockets that may have more to read: readiness is told once only.
    readable: BTreeSet<u64>,
    tls: Tls,
    limits: IoLimits,
    counters: Counters,
    started: Instant,
    swept_at: Instant,
    next_link: u64,
    /// Streams that broke while the core was being asked.
    broken: Vec<(u64, Gone)>,
    buffer: Vec<u8>,
}

impl Worker {
    pub fn new(
        poll: Poll,
        core: Core,
        shared: Arc<Shared>,
        doors: Doors,
        tls: Tls,
        limits: IoLimits,
    ) -> Self {
        let now = Instant::now();
        let last = doors.datagrams.keys().chain(doors.listeners.keys()).max();
        Self {
            poll,
            core,
            shared,
            next_link: last.copied().unwrap_or(0) + 1,
            doors,
            streams: FxHashMap::default(),
            connections: Connections::new(limits.connections, limits.connections_per_source),
            readable: BTreeSet::new(),
            tls,
            limits,
            counters: Counters::default(),
            started: now,
            swept_at: now,
            broken: Vec::new(),
            buffer: vec![0; DATAGRAM_BYTES_MAX],
        }
    }

    /// Runs until the hub says stop. An error is one of the poll itself.
    pub fn run(mut self) -> io::Result<()> {
        for (link, door) in &self.doors.datagrams {
            let opened = Input::LinkOpened {
                link: LinkId(*link),
                transport: Transport::Udp,
                local: door.local,
            };
            self.core.handle(opened, Duration::ZERO);
        }
        let mut events = Events::with_capacity(256);
        loop {
            let paused = self.shared.is_full();
            match self.poll.poll(&mut events, Some(self.timeout(paused))) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                self.note(event);
            }
            let idle = self.take_orders();
            if paused {
                self.counters.read_pauses += 1;
            } else {
                self.read();
            }
            self.keep_time();
            self.counters.connections_open = self.streams.len();
            self.counters.core = self.core.counts();
            self.shared.set_counters(self.counters);
            if idle && self.shared.stopping.load(Ordering::Acquire) {
                return Ok(());
            }
        }
    }

    fn timeout(&self, paused: bool) -> Duration {
        let now = Instant::now();
        if !self.readable.is_empty() {
            return if paused { PAUSE } else { Duration::ZERO };
        }
        let retries = self
            .doors
            .listeners
            .values()
            .filter_map(|door| door.retry_at);
        let sweep = (!self.streams.is_empty()).then_some(self.swept_at + SWEEP);
        let core = self.core.next_deadline().map(|at| self.started + at);
        let first = retries.chain(sweep).chain(core).min();
        // Rounded up: a poll that ends a fraction of a millisecond early would be asked again at once.
        let wait = first.map_or(Duration::from_secs(60), |at| {
            at.saturating_duration_since(now) + Duration::from_micros(500)
        });
        if paused { wait.min(PAUSE) } else { wait }
    }

    fn note(&mut self, event: &mio::event::Event) {
        let token = event.token();
        if token == WAKER {
            return;
        }
        let link = token.0 as u64;
        if event.is_writable()
            && let Some(stream) = self.streams.get_mut(&link)
            && let Err(gone) = stream.writable()
        {
            self.close(link, gone);
            return;
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.readable.insert(link);
        }
    }

    // -- orders ------------------------------------------------------------------------------

    /// True when no more wait.
    fn take_orders(&mut self) -> bool {
        for _ in 0..ORDERS_A_TURN {
            match self.shared.take_order() {
                None => return true,
                Some(Order::Command(command)) => self.give(Input::Command(command)),
                Some(Order::Over(way, mut command)) => {
                    let flow = self.flow(&way);
                    put_flow(&mut command, flow);
                    self.give(Input::Command(command));
                }
                Some(Order::Identity(identity)) => self.tls.renew(identity),
            }
        }
        self.shared_more();
        false
    }

    /// More orders wait than one turn takes: the next poll must not wait for a wake.
    fn shared_more(&mut self) {
        // Link 0 is no socket: it only makes the next poll return at once.
        self.readable.insert(0);
    }

    fn flow(&mut self, way: &Way) -> Flow {
        let nowhere = Flow {
            link: LinkId(0),
            remote: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        };
        match way {
            Way::Flow(flow) => *flow,
            Way::Udp(remote) => {
                let doors = &self.doors.datagrams;
                let same_family =
                    |(_, door): &(&u64, &Datagrams)| door.local.is_ipv4() == remote.is_ipv4();
                let link = doors
                    .iter()
                    .filter(same_family)
                    .map(|(link, _)| *link)
                    .min();
                link.map_or(nowhere, |link| Flow {
                    link: LinkId(link),
                    remote: *remote,
                })
            }
            Way::Tcp(remote) => self.stream_to(*remote, None),
            Way::Tls(remote, name) => self.stream_to(*remote, Some(name)),
        }
    }

    /// The connection to there, or a new one. When none can be made the core is told after the command
    /// that wanted it, so that the call ends for a reason and is not only refused.
    fn stream_to(&mut self, remote: SocketAddr, name: Option<&str>) -> Flow {
        let known = self.connections.to(name.is_some(), remote);
        let link = known.unwrap_or_else(|| self.connect(remote, name));
        Flow {
            link: LinkId(link),
            remote,
        }
    }

    fn connect(&mut self, remote: SocketAddr, name: Option<&str>) -> u64 {
        let now = Instant::now();
        let link = self.new_link();
        let tls = name.map(|name| self.tls.connect(name));
        let made = match tls {
            Some(None) => Err(io::Error::from(io::ErrorKind::Unsupported)),
            _ => TcpStream::connect(remote),
        };
        let transport = if name.is_some() {
            Transport::Tls
        } else {
            Transport::Tcp
        };
        let registered = made.and_then(|mut socket| {
            let interest = Interest::READABLE | Interest::WRITABLE;
            let token = Token(link as usize);
            self.poll
                .registry()
                .register(&mut socket, token, interest)?;
            Ok(socket)
        });
        let ip = registered.as_ref().ok().and_then(|s| s.local_addr().ok());
        let local = self.own_address(transport, ip);
        self.give(Input::LinkOpened {
            link: LinkId(link),
            transport,
            local,
        });
        if let Ok(socket) = registered {
            let limit = self.limits.unsent_bytes;
            let mut stream = Stream::new(socket, tls.flatten(), remote, limit, now);
            stream.outgoing = true;
            stream.connected = false;
            self.streams.insert(link, stream);
            self.connections.add_outgoing(name.is_some(), remote, link);
            self.counters.connections += 1;
        } else {
            self.broken.push((link, Gone::Lost));
        }
        link
    }

    /// What Via and Contact name on a connection of ours: our door of that kind, where there is one.
    fn own_address(&self, transport: Transport, socket: Option<SocketAddr>) -> SocketAddr {
        let ip = socket.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |local| local.ip());
        let mut doors = self.doors.listeners.values();
        let door = doors.find(|door| door.transport == transport);
        match door {
            Some(door) if door.local.ip().is_unspecified() => {
                SocketAddr::new(ip, door.local.port())
            }
            Some(door) => door.local,
            None => socket.unwrap_or_else(|| SocketAddr::new(ip, 0)),
        }
    }

    // -- reading -----------------------------------------------------------------------------

    fn read(&mut self) {
        let now = Instant::now();
        for link in std::mem::take(&mut self.readable) {
            if self.doors.datagrams.contains_key(&link) {
                self.read_datagrams(link);
            } else if self.doors.listeners.contains_key(&link) {
                self.accept(link, now);
            } else if self.streams.contains_key(&link) {
                self.read_stream(link, now);
            }
        }
    }

    /// What ICMP says of earlier datagrams comes first: it shares its room with the datagrams.
    fn read_errors(&mut self, link: u64) {
        for _ in 0..READS_A_TURN {
            let error = self.doors.datagrams.get(&link).and_then(Datagrams::error);
            match error {
                None => return,
                Some(None) => {}
                Some(Some(remote)) => {
                    self.counters.unreachable += 1;
                    let link = LinkId(link);
                    self.give(Input::Unreachable(Flow { link, remote }));
                }
            }
        }
    }

    fn read_datagrams(&mut self, link: u64) {
        self.read_errors(link);
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut drained = false;
        for _ in 0..READS_A_TURN {
            let Some(door) = self.doors.datagrams.get(&link) else {
                break;
            };
            match door.receive(&mut buffer) {
                Ok(Some((length, remote))) => {
                    self.counters.datagrams_received += 1;
                    let flow = Flow {
                        link: LinkId(link),
                        remote,
                    };
                    let bytes = &buffer[..length];
                    self.give(Input::Bytes { flow, bytes });
                }
                Ok(None) => {
                    drained = true;
                    break;
                }
                // The error of an earlier datagram, which the queue has as well; the socket itself is fine.
                Err(_) => {}
            }
        }
        self.buffer = buffer;
        if !drained {
            self.readable.insert(link);
        }
    }

    fn accept(&mut self, door: u64, now: Instant) {
        for _ in 0..READS_A_TURN {
            let Some(listener) = self.doors.listeners.get_mut(&door) else {
                return;
            };
            match listener.accept(now) {
                Accepted::Stream(socket, remote) => {
                    let (transport, local) = (listener.transport, listener.local);
                    self.welcome(socket, remote, transport, local, now);
                }
                Accepted::Nobody => return,
                Accepted::Exhausted => {
                    self.counters.accept_pauses += 1;
                    return;
                }
            }
        }
        self.readable.insert(door);
    }

    fn welcome(
        &mut self,
        mut socket: TcpStream,
        remote: SocketAddr,
        transport: Transport,
        door: SocketAddr,
        now: Instant,
    ) {
        if !self.connections.enter(remote.ip()) {
            self.counters.connections_refused += 1;
            return;
        }
        let link = self.new_link();
        let tls = (transport == Transport::Tls).then(|| self.tls.accept());
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self
            .poll
            .registry()
            .register(&mut socket, Token(link as usize), interest);
        if registered.is_err() || matches!(tls, Some(None)) {
            self.connections.leave(remote.ip());
            self.counters.connections_failed += 1;
            return;
        }
        let local = if door.ip().is_unspecified() {
            let ip = socket.local_addr().map_or(door.ip(), |local| local.ip());
            SocketAddr::new(ip, door.port())
        } else {
            door
        };
        let limit = self.limits.unsent_bytes;
        self.streams
            .insert(link, Stream::new(socket, tls.flatten(), remote, limit, now));
        self.counters.connections += 1;
        self.give(Input::LinkOpened {
            link: LinkId(link),
            transport,
            local,
        });
    }

    fn read_stream(&mut self, link: u64, now: Instant) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut more = true;
        for _ in 0..READS_A_TURN {
            // A message may have closed it.
            let Some(stream) = self.streams.get_mut(&link) else {
                more = false;
                break;
            };
            match stream.receive(&mut buffer) {
                Ok(Some(length)) => {
                    stream.heard_at = now;
                    let flow = Flow {
                        link: LinkId(link),
                        remote: stream.remote,
                    };
                    self.give(Input::Bytes {
                        flow,
                        bytes: &buffer[..length],
                    });
                }
                Ok(None) => {
                    more = false;
                    break;
                }
                Err(gone) => {
                    self.close(link, gone);
                    more = false;
                    break;
                }
            }
        }
        self.buffer = buffer;
        if more {
            self.readable.insert(link);
        }
    }

    // -- the core ----------------------------------------------------------------------------

    /// Hands one input to the core and does all that follows.
    fn give(&mut self, input: Input<'_>) {
        self.core.handle(input, self.started.elapsed());
        self.settle();
        // A stream that broke on the way is an input of its own, and may break others in turn.
        while let Some((link, gone)) = self.broken.pop() {
            self.forget(link, gone);
            self.core
                .handle(Input::FlowClosed(LinkId(link)), self.started.elapsed());
            self.settle();
        }
    }

    fn settle(&mut self) {
        loop {
            match self.core.poll_output() {
                Output::Send { flow, bytes } => self.send(flow, &bytes),
                Output::Event(event) => self.report(event),
                Output::CloseFlow(link) => self.forget(link.0, Gone::Lost),
                Output::Timeout(_) => return,
            }
        }
    }

    fn send(&mut self, flow: Flow, bytes: &[u8]) {
        let link = flow.link.0;
        if let Some(door) = self.doors.datagrams.get(&link) {
            match door.send(bytes, flow.remote) {
                Ok(()) => self.counters.datagrams_sent += 1,
                Err(_) => self.counters.datagrams_unsent += 1,
            }
        } else if let Some(stream) = self.streams.get_mut(&link) {
            stream.greeted |= bytes != b"\r\n";
            if let Err(gone) = stream.send(bytes) {
                self.broken.push((link, gone));
            }
        }
    }

    fn report(&mut self, event: Event) {
        let flow = match &event {
            Event::Incoming(call) => Some(call.flow),
            Event::Bound(bound) => Some(bound.flow),
            _ => None,
        };
        let door = flow.and_then(|flow| self.door_of(flow.link.0));
        self.shared.report(Report { event, door });
    }

    fn door_of(&self, link: u64) -> Option<(Transport, SocketAddr)> {
        if let Some(door) = self.doors.datagrams.get(&link) {
            return Some((Transport::Udp, door.local));
        }
        let stream = self.streams.get(&link)?;
        let transport = if stream.is_tls() {
            Transport::Tls
        } else {
            Transport::Tcp
        };
        let local = self.own_address(transport, stream.socket.local_addr().ok());
        Some((transport, local))
    }

    // -- time and ends -----------------------------------------------------------------------

    fn keep_time(&mut self) {
        let now = Instant::now();
        if self
            .core
            .next_deadline()
            .is_some_and(|at| at <= now - self.started)
        {
            self.give(Input::Timeout);
        }
        let rested = |door: &Listener| door.retry_at.is_some_and(|at| at <= now);
        for (link, door) in &mut self.doors.listeners {
            if rested(door) {
                door.retry_at = None;
                self.readable.insert(*link);
            }
        }
        if now - self.swept_at >= SWEEP {
            self.swept_at = now;
            self.sweep(now);
        }
    }

    /// Closes connections that say nothing, or that nobody needs.
    fn sweep(&mut self, now: Instant) {
        let limits = &self.limits;
        let mute = |s: &Stream| s.is_new() && now - s.opened_at > limits.greeting;
        let idle = |s: &Stream| now - s.heard_at > limits.idle;
        let over: Vec<(u64, bool)> = self
            .streams
            .iter()
            .filter(|(_, stream)| mute(stream) || idle(stream))
            .map(|(link, stream)| (*link, mute(stream)))
            .collect();
        for (link, mute) in over {
            if mute {
                self.counters.connections_mute += 1;
            } else if self.core.is_in_use(LinkId(link)) {
                continue;
            } else {
                self.counters.connections_idle += 1;
            }
            self.close(link, Gone::Lost);
        }
    }

    /// Ends a connection from outside of the core.
    fn close(&mut self, link: u64, gone: Gone) {
        if self.streams.contains_key(&link) {
            self.forget(link, gone);
            self.give(Input::FlowClosed(LinkId(link)));
        }
    }

    fn forget(&mut self, link: u64, gone: Gone) {
        let Some(mut stream) = self.streams.remove(&link) else {
            return;
        };
        match gone {
            Gone::Lost => {}
            Gone::Slow => self.counters.connections_slow += 1,
            Gone::Tls => self.counters.tls_failed += 1,
        }
        let _ = self.poll.registry().deregister(&mut stream.socket);
        self.readable.remove(&link);
        if stream.outgoing {
            self.connections
                .remove_outgoing(stream.is_tls(), stream.remote);
        } else {
            self.connections.leave(stream.remote.ip());
        }
    }

    fn new_link(&mut self) -> u64 {
        let link = self.next_link;
        self.next_link += 1;
        link
    }
}
