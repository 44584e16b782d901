//! The thread: waits for the broker, the media plane, orders and deadlines, and feeds the hub's side.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};
use radio::hub::{ChannelId, Hub, Output, Topic};
use radio::{MS, Micros};

use crate::broker::{Broker, News};
use crate::clock::now;
use crate::counters::Counters;
use crate::order::{Codec, Order};
use crate::shared::{Report, Shared};
use crate::socket::{ChannelSocket, DATAGRAM_BYTES_MAX, Received};

pub(crate) const WAKER: Token = Token(0);
pub(crate) const BROKER: Token = Token(1);
/// Sockets of channels have tokens from here on.
const FIRST_CHANNEL: usize = 2;
/// Datagrams of one socket before others get their turn.
const READS_A_TURN: usize = 64;
/// Last words are sent within this.
const FAREWELL: Micros = 700 * MS;
const BUFFER: usize = 16 * 1024;

pub(crate) struct Worker {
    poll: Poll,
    hub: Hub,
    broker: Broker,
    root: String,
    shared: Arc<Shared>,
    sockets: BTreeMap<ChannelId, ChannelSocket>,
    tokens: BTreeMap<usize, ChannelId>,
    next_token: usize,
    /// Channels whose sockets may have more to read.
    readable: Vec<usize>,
    counters: Counters,
    /// Why the link was last said to be down: said once.
    down: Option<String>,
    buffer: Vec<u8>,
}

impl Worker {
    pub fn new(poll: Poll, hub: Hub, broker: Broker, root: String, shared: Arc<Shared>) -> Self {
        Self {
            poll,
            hub,
            broker,
            root,
            shared,
            sockets: BTreeMap::new(),
            tokens: BTreeMap::new(),
            next_token: FIRST_CHANNEL,
            readable: Vec::new(),
            counters: Counters::default(),
            down: None,
            buffer: vec![0; BUFFER.max(DATAGRAM_BYTES_MAX)],
        }
    }

    /// Runs until the hub says stop. An error is one of the poll itself.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(256);
        while !self.shared.stopping.load(Ordering::Acquire) {
            self.turn(&mut events, Micros::MAX)?;
        }
        self.turn(&mut events, 0)?;
        self.hub.stop();
        self.carry_out(now());
        self.say_farewell(&mut events)
    }

    /// Until the broker has it all and closes, or for so long as an end may take.
    fn say_farewell(mut self, events: &mut Events) -> io::Result<()> {
        self.broker.leave();
        self.flush(now());
        let end = now() + FAREWELL;
        while now() < end && !self.broker.is_done() {
            let mut news = Vec::new();
            self.listen(events, Duration::from_millis(10), &mut news)?;
            self.read_broker(&mut news);
            self.flush(now());
        }
        self.broker.close(self.poll.registry(), now());
        Ok(())
    }

    fn turn(&mut self, events: &mut Events, wait_max: Micros) -> io::Result<()> {
        let mut news = Vec::new();
        let timeout = self.timeout(wait_max);
        self.listen(events, timeout, &mut news)?;
        self.take_orders();
        self.read_sockets();
        self.read_broker(&mut news);
        self.broker.tick(self.poll.registry(), now(), &mut news);
        self.take_news(news);
        self.hub.tick(now());
        self.carry_out(now());
        self.flush(now());
        self.count();
        Ok(())
    }

    /// Waits for the broker, the media plane or an order.
    fn listen(
        &mut self,
        events: &mut Events,
        timeout: Duration,
        news: &mut Vec<News>,
    ) -> io::Result<()> {
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &*events {
            match event.token() {
                WAKER => {}
                BROKER => {
                    self.broker.readable |= event.is_readable() || event.is_read_closed();
                    if event.is_writable() || event.is_error() {
                        self.broker.writable(self.poll.registry(), now(), news);
                    }
                }
                token => self.readable.push(token.0),
            }
        }
        Ok(())
    }

    fn read_broker(&mut self, news: &mut Vec<News>) {
        if self.broker.readable {
            let (registry, buffer) = (self.poll.registry(), &mut self.buffer);
            self.broker.read(registry, buffer, now(), news);
        }
    }

    fn timeout(&self, wait_max: Micros) -> Duration {
        if !self.readable.is_empty() || self.broker.readable {
            return Duration::ZERO;
        }
        let first = self.hub.deadline().min(self.broker.deadline());
        let wait = first.saturating_sub(now()).min(wait_max);
        // Rounded up: a poll that ends a fraction of a millisecond early would be asked again at once.
        let wait = if wait > 0 { wait + MS / 2 } else { 0 };
        Duration::from_micros(wait.clamp(0, 60_000 * MS) as u64)
    }

    // -- orders ------------------------------------------------------------------------------

    fn take_orders(&mut self) {
        for order in self.shared.take_orders() {
            let at = now();
            match order {
                Order::Expect(bridge, session) => drop(self.hub.expect(&bridge, &session, at)),
                Order::Forget(bridge) => self.hub.forget(&bridge, at),
                Order::Open {
                    channel,
                    bridge,
                    name,
                    codec,
                    socket,
                } => self.open(channel, (&bridge, &name), codec, socket),
                Order::Aim(channel, port) => {
                    if let Some(socket) = self.sockets.get_mut(&channel) {
                        socket.aim(port);
                    }
                }
                Order::Shut(channel) => self.shut(channel, at),
                Order::Key(channel, ask) => self.hub.key(channel, *ask, at),
                Order::Release(channel) => self.hub.release(channel, at),
                Order::Abort(channel) => self.hub.abort(channel, at),
                Order::Hear(channel, stream) => self.hub.hear(channel, stream, at),
                Order::Drop(channel, stream) => self.hub.drop_stream(channel, stream, at),
                Order::Pulse => self.hub.pulse(at),
            }
        }
    }

    fn open(
        &mut self,
        channel: ChannelId,
        (bridge, name): (&str, &str),
        codec: Codec,
        socket: std::net::UdpSocket,
    ) {
        // The edge has checked names and numbers; the bounds of bridges are the hub's own.
        if !self.hub.open(channel, bridge, name, codec.contract()) {
            return;
        }
        let mut socket = ChannelSocket::new(socket, codec);
        let token = self.next_token;
        self.next_token += 1;
        let registry = self.poll.registry();
        let registered = registry.register(&mut socket.socket, Token(token), Interest::READABLE);
        if registered.is_ok() {
            self.tokens.insert(token, channel);
            self.sockets.insert(channel, socket);
        }
    }

    fn shut(&mut self, channel: ChannelId, at: Micros) {
        self.hub.shut(channel, at);
        if let Some(mut socket) = self.sockets.remove(&channel) {
            let _ = self.poll.registry().deregister(&mut socket.socket);
        }
        self.tokens.retain(|_, known| *known != channel);
    }

    // -- reading -----------------------------------------------------------------------------

    fn read_sockets(&mut self) {
        for token in std::mem::take(&mut self.readable) {
            let Some(channel) = self.tokens.get(&token).copied() else {
                continue;
            };
            if !self.read_socket(channel) {
                self.readable.push(token);
            }
        }
    }

    /// True when nothing is left.
    fn read_socket(&mut self, channel: ChannelId) -> bool {
        for _ in 0..READS_A_TURN {
            let Some(socket) = self.sockets.get_mut(&channel) else {
                return true;
            };
            let at = now();
            match socket.receive(&mut self.buffer[..DATAGRAM_BYTES_MAX], at) {
                Received::Packet(packet) => {
                    self.counters.rtp_received += 1;
                    self.hub.packet(channel, packet, at);
                }
                Received::Foreign => self.counters.rtp_foreign += 1,
                Received::Nothing => return true,
            }
        }
        false
    }

    fn take_news(&mut self, news: Vec<News>) {
        for one in news {
            let at = now();
            match one {
                News::Up => {
                    self.down = None;
                    self.hub.link(true, at);
                    self.shared.report(Report::Link(true, "".into()));
                }
                News::Down(why) => {
                    self.hub.link(false, at);
                    if self.down.as_ref() != Some(&why) {
                        self.shared.report(Report::Link(false, why.as_str().into()));
                        self.down = Some(why);
                    }
                }
                News::Message(message) => {
                    if let Some(topic) = Topic::parse(&self.root, &message.topic) {
                        let (payload, retained) = (&message.payload, message.retained);
                        self.hub.message(&topic, payload, retained, at);
                    }
                }
            }
        }
    }

    // -- what comes out ----------------------------------------------------------------------

    fn carry_out(&mut self, at: Micros) {
        while let Some(output) = self.hub.poll() {
            match output {
                Output::Publish(publish) => self.broker.publish(publish, at),
                Output::Event(event) => self.shared.report(Report::Event(event)),
                Output::Sound(sound) => {
                    let socket = self.sockets.get(&sound.channel);
                    if socket.is_some_and(|socket| socket.send(&sound)) {
                        self.counters.rtp_sent += 1;
                    } else {
                        self.counters.rtp_unsent += 1;
                    }
                }
            }
        }
    }

    fn flush(&mut self, at: Micros) {
        let mut news = Vec::new();
        self.broker.flush(self.poll.registry(), at, &mut news);
        self.take_news(news);
    }

    fn count(&mut self) {
        self.counters.connections = self.broker.connections;
        self.counters.connections_blocked = self.broker.blocked;
        self.counters.published = self.broker.published;
        self.counters.unpublished = self.broker.gate.dropped;
        self.counters.refused = self.broker.refused();
        self.counters.linked = self.broker.is_up();
        self.counters.unsent = self.broker.gate.len();
        self.counters.channels = self.sockets.len();
        self.counters.hub = self.hub.counts();
        self.shared.set_counters(self.counters);
    }
}
