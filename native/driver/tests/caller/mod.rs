//! A calling endpoint with a real socket, for tests over loopback.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test harness with real sockets and time"
)]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use driver::command::AcceptCommand;
use driver::{Event, Plane, PlaneConfig};
use engine::{Level, SessionId};
use peer::client::{Client, Heard, Offering, Output, Pictures};
use peer::{Channel, Identity};

/// Longest a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub fn config(shards: usize) -> PlaneConfig {
    PlaneConfig {
        shards,
        listen: vec!["127.0.0.1".parse().unwrap()],
        announce: Vec::new(),
        port: 0,
        tcp: None,
        rtp_ports: (0, 0),
        sessions_max: 500,
        data_message_bytes_max: 16_384,
        forwarding: true,
    }
}

pub struct Caller {
    pub session: SessionId,
    pub client: Client,
    socket: UdpSocket,
    pub address: SocketAddr,
    pub up: bool,
    pub down: bool,
    pub open: Vec<Channel>,
    pub heard: Vec<Heard>,
    pub data: Vec<(Channel, Vec<u8>)>,
    timestamp: u32,
}

impl Caller {
    pub fn offer(session: u64, offering: Offering, identity: &Identity) -> (Self, String) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let (client, offer) = Client::offer(offering, address, identity, Instant::now()).unwrap();
        let caller = Self {
            session: SessionId(session),
            client,
            socket,
            address,
            up: false,
            down: false,
            open: Vec::new(),
            heard: Vec::new(),
            data: Vec::new(),
            timestamp: 0,
        };
        (caller, offer)
    }

    pub fn speak(&mut self, payload: &[u8]) {
        self.timestamp = self.timestamp.wrapping_add(960);
        let level = Some(Level {
            dbov: -20,
            voice: true,
        });
        self.client
            .speak(self.timestamp, level, payload, 0, Instant::now());
    }

    /// Move what is waiting on the socket and in the client.
    pub fn turn(&mut self) {
        let mut buffer = [0; 2_048];
        while let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
            self.client
                .receive(from, self.address, &buffer[..length], Instant::now());
            self.drain();
        }
        self.client.timeout(Instant::now());
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.client.poll() {
                Output::Transmit(datagram) => {
                    let _ = self.socket.send_to(&datagram.bytes, datagram.to);
                }
                Output::Event(event) => match event {
                    peer::client::Event::Up => self.up = true,
                    peer::client::Event::Heard(heard) => self.heard.push(heard),
                    peer::client::Event::Open(channel) => self.open.push(channel),
                    peer::client::Event::Data(channel, data) => self.data.push((channel, data)),
                    peer::client::Event::Seen(_) | peer::client::Event::KeyframeAsked(..) => {}
                    peer::client::Event::Down => self.down = true,
                },
                Output::Timeout(_) => return,
            }
        }
    }

    /// First payload byte of everything heard.
    pub fn heard_bytes(&self) -> Vec<u8> {
        self.heard
            .iter()
            .map(|heard| heard.packet.payload[0])
            .collect()
    }
}

/// A plane and its callers, driven from one thread.
pub struct World {
    pub plane: Plane,
    pub identity: Identity,
    pub callers: Vec<Caller>,
    pub events: Vec<Event>,
}

impl World {
    pub fn new(config: &PlaneConfig) -> Self {
        let plane = Plane::start(config).unwrap();
        Self {
            plane,
            identity: Identity::generate().unwrap(),
            callers: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Call in and wait until connected; the caller's index.
    pub fn call(&mut self, offering: Offering) -> usize {
        let session = self.callers.len() as u64 + 1;
        let (caller, offer) = Caller::offer(session, offering, &self.identity);
        let audio_slots = offering.audio_slots;
        let publishes = offering.publishes;
        let session = SessionId(session);
        self.plane
            .accept(AcceptCommand {
                request: session.0,
                session,
                offer,
                audio_slots,
                publishes,
                video_slots: 0,
                cameras: false,
            })
            .unwrap();
        self.callers.push(caller);
        let index = self.callers.len() - 1;
        self.until("answered", |world| {
            world
                .events
                .iter()
                .any(|event| matches!(event, Event::Answered { session: s, .. } if *s == session))
        });
        let answer = self.events.iter().find_map(|event| match event {
            Event::Answered {
                session: s, answer, ..
            } if *s == session => Some(answer.clone()),
            _ => None,
        });
        self.callers[index].client.answer(&answer.unwrap()).unwrap();
        self.until("up", |world| {
            world.callers[index].up && world.events.contains(&Event::Up(session))
        });
        index
    }

    pub fn turn(&mut self) {
        for caller in &mut self.callers {
            caller.turn();
        }
        self.events.extend(self.plane.drain(4_096));
        std::thread::yield_now();
    }

    /// Go on until `done`, or fail saying what was awaited.
    pub fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(
                Instant::now() < deadline,
                "waited in vain for: {what}; events {:?}",
                self.events
            );
            self.turn();
        }
    }

    pub fn counter(&self, name: &str) -> u64 {
        self.plane.counters()[name]
    }
}

pub const TALKER: Offering = Offering {
    publishes: true,
    audio_slots: 3,
    data: true,
    video: Pictures::NONE,
};
pub const LISTENER: Offering = Offering {
    publishes: false,
    audio_slots: 1,
    data: false,
    video: Pictures::NONE,
};
