//! The way to the broker: connect, hold, lose, wait, connect again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use mio::{Interest, Registry, Token};
use mqtt_protocol_core::mqtt::packet::Qos;
use radio::hub::{Delivery, Publish};
use radio::{MS, Micros, SECOND};

use crate::config::EdgeConfig;
use crate::gate::Gate;
use crate::session::{Incoming, Session, Told};
use crate::stream::{Identity, Stream};

/// First and longest pause before the next attempt.
const PAUSE: Micros = 250 * MS;
const PAUSE_MAX: Micros = 8 * SECOND;
/// A connection that takes no byte for so long is aborted.
const BLOCKED: Micros = SECOND;
/// Bytes given to the kernel at a time: they cannot be taken back.
const WIRE_BYTES: usize = 2_048;
/// Reads before others get their turn.
const READS_A_TURN: usize = 64;
/// A floor message is worth nothing after this.
const FLOOR_EXPIRY_S: u32 = 2;

/// What the worker must know.
#[derive(Debug)]
pub(crate) enum News {
    Up,
    Down(String),
    Message(Incoming),
}

struct Link {
    stream: Stream,
    session: Session,
    /// Since when bytes wait that the kernel does not take.
    blocked: Option<Micros>,
    up: bool,
    /// We said goodbye; the broker closes.
    parted: bool,
}

impl Link {
    /// The kernel takes no more. Until the link is up the session's own deadline counts.
    fn wait_since(&mut self, now: Micros) {
        if self.up {
            self.blocked.get_or_insert(now);
        }
    }
}

/// See the module.
pub(crate) struct Broker {
    config: EdgeConfig,
    identity: Option<Identity>,
    token: Token,
    link: Option<Link>,
    addresses: Vec<SocketAddr>,
    pub gate: Gate,
    pause: Micros,
    retry_at: Micros,
    /// The hub ends: what waits is sent, then goodbye is said.
    leaving: bool,
    /// The socket may have more to read: readiness is told once only.
    pub readable: bool,
    pub connections: u64,
    pub blocked: u64,
    pub published: u64,
    refused: u64,
}

impl Broker {
    pub fn new(config: EdgeConfig, identity: Option<Identity>, token: Token) -> Self {
        Self {
            gate: Gate::new(config.limits.unsent),
            config,
            identity,
            token,
            link: None,
            addresses: Vec::new(),
            pause: PAUSE,
            retry_at: 0,
            leaving: false,
            readable: false,
            connections: 0,
            blocked: 0,
            published: 0,
            refused: 0,
        }
    }

    /// Publications that the broker refused.
    pub fn refused(&self) -> u64 {
        let now = self.link.as_ref().map_or(0, |link| link.session.refused);
        self.refused + now
    }

    pub fn is_up(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.up)
    }

    pub fn deadline(&self) -> Micros {
        let Some(link) = &self.link else {
            return self.retry_at;
        };
        let blocked = link.blocked.map_or(Micros::MAX, |since| since + BLOCKED);
        blocked.min(link.session.deadline().unwrap_or(Micros::MAX))
    }

    /// The socket is writable, or failed.
    pub fn writable(&mut self, registry: &Registry, now: Micros, news: &mut Vec<News>) {
        if let Some(link) = &mut self.link
            && let Err(error) = link.stream.check()
        {
            self.lose(registry, &words(&error), now, news);
        }
    }

    /// Connects when it is time, keeps the session's time.
    pub fn tick(&mut self, registry: &Registry, now: Micros, news: &mut Vec<News>) {
        let Some(link) = &mut self.link else {
            if now >= self.retry_at
                && let Err(why) = self.connect(registry, now)
            {
                self.wait(now);
                news.push(News::Down(why));
            }
            return;
        };
        if link.blocked.is_some_and(|since| now - since >= BLOCKED) {
            self.blocked += 1;
            self.lose(registry, "blocked", now, news);
            return;
        }
        let mut told = Vec::new();
        link.session.tick(now, &mut told);
        self.hear(registry, told, now, news);
    }

    /// Reads what is there.
    pub fn read(
        &mut self,
        registry: &Registry,
        buffer: &mut [u8],
        now: Micros,
        news: &mut Vec<News>,
    ) {
        for _ in 0..READS_A_TURN {
            let Some(link) = &mut self.link else { break };
            match link.stream.receive(buffer) {
                Ok(Some(count)) => {
                    let mut told = Vec::new();
                    link.session.receive(&buffer[..count], now, &mut told);
                    self.hear(registry, told, now, news);
                }
                Ok(None) => {
                    self.readable = false;
                    return;
                }
                Err(error) => {
                    self.lose(registry, &words(&error), now, news);
                    return;
                }
            }
        }
    }

    /// Sends what waits and is still worth it, as far as the kernel takes it.
    pub fn flush(&mut self, registry: &Registry, now: Micros, news: &mut Vec<News>) {
        loop {
            self.fill(now);
            let Some(link) = &mut self.link else { return };
            if link.session.wire.is_empty() {
                match link.stream.flush() {
                    Ok(true) => link.blocked = None,
                    Ok(false) => link.wait_since(now),
                    Err(error) => self.lose(registry, &words(&error), now, news),
                }
                return;
            }
            match link.stream.send(&link.session.wire) {
                Ok(0) => {
                    link.wait_since(now);
                    return;
                }
                Ok(count) => {
                    link.session.wire.drain(..count);
                    link.blocked = None;
                }
                Err(error) => {
                    self.lose(registry, &words(&error), now, news);
                    return;
                }
            }
        }
    }

    /// From now on what waits is sent, as fast as the broker acknowledges, then that the hub is off.
    pub fn leave(&mut self) {
        self.leaving = true;
    }

    /// Whether the broker has everything, or there is none.
    pub fn is_done(&self) -> bool {
        self.link.as_ref().is_none_or(|link| !link.up)
    }

    /// The end. Whom our goodbye has not reached is told by the broker: it publishes our last will.
    pub fn close(mut self, registry: &Registry, now: Micros) {
        let sent = self.link.as_mut().is_some_and(|link| {
            link.parted && link.session.wire.is_empty() && link.stream.flush().unwrap_or(false)
        });
        if !sent {
            self.lose(registry, "closed", now, &mut Vec::new());
        }
    }

    /// Encodes messages while little waits for the kernel.
    fn fill(&mut self, now: Micros) {
        while self
            .link
            .as_ref()
            .is_some_and(|link| link.session.wire.len() < WIRE_BYTES)
        {
            if !self.encode_one(now) {
                break;
            }
        }
        if self.leaving && self.gate.len() == 0 {
            self.part(now);
        }
    }

    /// One message needs room at the broker too.
    fn part(&mut self, now: Micros) {
        if let Some(link) = &mut self.link
            && link.up
            && !link.parted
            && link.session.has_room()
        {
            link.session.publish_state(false, now);
            link.session.disconnect(now);
            link.parted = true;
        }
    }

    fn encode_one(&mut self, now: Micros) -> bool {
        let Some(link) = self.link.as_mut().filter(|link| link.up) else {
            return false;
        };
        let Some(publish) = self.gate.pop(now, link.session.has_room()) else {
            return false;
        };
        let how = match publish.delivery {
            Delivery::Perishable => (Qos::AtMostOnce, false, None),
            Delivery::Floor => (Qos::AtLeastOnce, false, Some(FLOOR_EXPIRY_S)),
        };
        let topic = format!("{}/1/{}", self.config.root, publish.topic);
        if link.session.publish(&topic, &publish.payload, how, now) {
            self.published += 1;
        } else {
            self.gate.dropped += 1;
        }
        true
    }

    /// Takes a message for the broker; without a link it is worth nothing.
    pub fn publish(&mut self, publish: Publish, now: Micros) {
        if self.is_up() {
            self.gate.push(publish, now);
        } else {
            self.gate.dropped += 1;
        }
    }

    // -- connecting --------------------------------------------------------------------------

    fn connect(&mut self, registry: &Registry, now: Micros) -> Result<(), String> {
        if self.addresses.is_empty() {
            // The only call of this thread that can wait: nothing is on air while there is no link.
            let found = (self.config.host.as_str(), self.config.port).to_socket_addrs();
            let found = found.map_err(|error| format!("{}: {error}", self.config.host))?;
            self.addresses = found.collect();
        }
        let Some(remote) = self.addresses.pop() else {
            return Err(format!("{}: no address", self.config.host));
        };
        let session = Session::new(&self.config, now)?;
        let stream = Stream::connect(remote, self.identity.as_ref());
        let mut stream = stream.map_err(|error| error.to_string())?;
        registry
            .register(
                &mut stream.socket,
                self.token,
                Interest::READABLE | Interest::WRITABLE,
            )
            .map_err(|error| error.to_string())?;
        self.readable = false;
        self.connections += 1;
        self.link = Some(Link {
            stream,
            session,
            blocked: None,
            up: false,
            parted: false,
        });
        Ok(())
    }

    fn hear(&mut self, registry: &Registry, told: Vec<Told>, now: Micros, news: &mut Vec<News>) {
        for one in told {
            match one {
                Told::Message(message) => news.push(News::Message(message)),
                Told::Up => {
                    if let Some(link) = &mut self.link {
                        link.up = true;
                    }
                    self.pause = PAUSE;
                    news.push(News::Up);
                }
                Told::Over(why) => {
                    self.lose(registry, &why, now, news);
                    return;
                }
            }
        }
    }

    fn lose(&mut self, registry: &Registry, why: &str, now: Micros, news: &mut Vec<News>) {
        if let Some(mut link) = self.link.take() {
            self.refused += link.session.refused;
            let _ = registry.deregister(&mut link.stream.socket);
            link.stream.abort();
        }
        self.gate.clear();
        self.wait(now);
        news.push(News::Down(why.to_owned()));
    }

    fn wait(&mut self, now: Micros) {
        // Between half and all of the pause, so that many hubs do not come back at once.
        let random = RandomState::new().build_hasher().finish();
        let half = (self.pause / 2).max(1);
        self.retry_at = now + half + (random % half as u64).cast_signed();
        self.pause = (self.pause * 2).min(PAUSE_MAX);
    }
}

/// Why a connection ended, in words of ours where it is no error of this machine.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => "closed".into(),
        _ => error.to_string(),
    }
}
