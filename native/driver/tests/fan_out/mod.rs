//! One talker and many listeners of one shard: real SDP, ICE, DTLS and SRTP, no socket, no wire in between.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "each test file uses a part; an Instant can only be had from the clock"
)]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use driver::Event;
use driver::command::{AcceptCommand, Command};
use driver::shard::{Shard, ShardConfig};
use engine::{Level, RoomId, SessionId, TalkspurtId};
use peer::client::{Client, Heard, Offering, Output, Pictures};
use peer::demux::{Kind, classify};
use peer::{Datagram, Identity, MediaPath};

const OPS: RoomId = RoomId(1);
/// Steps of 5 ms in which a session must have connected.
const CONNECT_STEPS: usize = 2_000;

struct Endpoint {
    client: Client,
    address: SocketAddr,
    /// What a NAT makes of it.
    public: SocketAddr,
    /// Its connectivity checks leave.
    checks: bool,
    up: bool,
    heard: Vec<Heard>,
}

/// The shard, its talker (the first endpoint) and its listeners.
pub struct FanOut {
    pub now: Instant,
    pub shard: Shard,
    server: SocketAddr,
    endpoints: Vec<Endpoint>,
    spoken: u32,
    /// To whom datagrams were sent, and their bytes.
    sent: Vec<(SocketAddr, usize)>,
}

impl FanOut {
    /// All connected, all in one room, the talker's gate open.
    pub fn new(media: MediaPath, listeners: usize) -> Self {
        let now = Instant::now();
        let identity = Identity::generate().unwrap().with_media(media);
        let server = SocketAddr::from(([192, 0, 2, 1], 5_000));
        let config = ShardConfig {
            candidates: vec![server],
            tcp_candidates: Vec::new(),
            identity: identity.clone(),
            data_message_bytes_max: 1_000,
            forwarding: true,
        };
        let mut all = Self {
            now,
            shard: Shard::new(config, now),
            server,
            endpoints: Vec::new(),
            spoken: 0,
            sent: Vec::new(),
        };
        for index in 0..=listeners {
            all.call(index, &identity);
        }
        let (room, session, limit) = (OPS, SessionId(0), None);
        let talkspurt = TalkspurtId(1);
        all.order(Command::OpenGate {
            room,
            session,
            talkspurt,
            limit,
        });
        all
    }

    fn call(&mut self, index: usize, identity: &Identity) {
        let [high, low] = (index as u16).to_be_bytes();
        let address = SocketAddr::from(([198, 51, high, low], 6_000));
        let (publishes, audio_slots) = (true, u8::from(index != 0));
        let offering = Offering {
            publishes,
            audio_slots,
            data: false,
            video: Pictures::NONE,
        };
        let (client, offer) = Client::offer(offering, address, identity, self.now).unwrap();
        self.endpoints.push(Endpoint {
            client,
            address,
            public: address,
            checks: true,
            up: false,
            heard: Vec::new(),
        });
        let session = SessionId(index as u64);
        self.order(Command::Accept(Box::new(AcceptCommand {
            request: 1,
            session,
            offer,
            audio_slots,
            publishes,
            video_slots: 0,
            cameras: false,
        })));
        let answered = |event| match event {
            Event::Answered { answer, .. } => Some(answer),
            _ => None,
        };
        let answer = self.shard.outbox.events.drain(..).find_map(answered);
        self.endpoints[index]
            .client
            .answer(&answer.unwrap())
            .unwrap();
        for _ in 0..CONNECT_STEPS {
            self.pass(5);
            if self.endpoints[index].up {
                break;
            }
        }
        assert!(self.endpoints[index].up, "session {index} connects");
        self.order(Command::Join {
            room: OPS,
            session,
            hear: true,
        });
    }

    fn order(&mut self, command: Command) {
        self.shard.command(command, self.now);
    }

    /// Time passes; everybody does what is due, and everything sent arrives at once.
    pub fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        for index in 0..self.endpoints.len() {
            self.endpoints[index].client.timeout(self.now);
            for datagram in self.drain(index) {
                let from = self.endpoints[index].public;
                self.shard.datagram(from, self.server, &datagram, self.now);
            }
        }
        self.shard.timeout(self.now);
        self.shard.flush(self.now);
        self.deliver();
    }

    /// The talker's next packet, sealed: 20 ms after the last.
    pub fn spoken(&mut self, payload: &[u8]) -> Vec<u8> {
        self.pass(20);
        let sent = self.say(0, payload);
        sent.into_iter().next_back().expect("a packet")
    }

    /// What an endpoint sends when it speaks.
    pub fn say(&mut self, index: usize, payload: &[u8]) -> Vec<Vec<u8>> {
        self.spoken += 1;
        let level = Some(Level {
            dbov: -(self.spoken as i8 & 0x3F),
            voice: self.spoken.is_multiple_of(2),
        });
        let talker = &mut self.endpoints[index].client;
        talker.speak(self.spoken * 960, level, payload, 0, self.now);
        talker.timeout(self.now);
        self.drain(index)
    }

    /// The shard takes the packet and makes all that leaves for it, which is not sent yet.
    pub fn take(&mut self, datagram: &[u8]) {
        let from = self.endpoints[0].public;
        self.take_from(from, datagram);
    }

    /// The same, from anywhere.
    pub fn take_from(&mut self, from: SocketAddr, datagram: &[u8]) {
        self.shard.datagram(from, self.server, datagram, self.now);
        self.shard.flush(self.now);
    }

    /// Everything in the outbox arrives; how many datagrams.
    pub fn deliver(&mut self) -> usize {
        let mut sent: Vec<(SocketAddr, Vec<u8>)> = self
            .shard
            .outbox
            .media
            .iter()
            .map(|(pair, bytes)| (pair.to, bytes.to_vec()))
            .collect();
        let datagrams = self.shard.outbox.datagrams.drain(..);
        sent.extend(datagrams.map(|datagram| (datagram.to, datagram.bytes)));
        self.shard.outbox.media.clear();
        self.shard.outbox.forwarded.clear();
        for (to, bytes) in &sent {
            self.sent.push((*to, bytes.len()));
            if let Some(index) = self.endpoints.iter().position(|one| one.public == *to) {
                let Endpoint {
                    client, address, ..
                } = &mut self.endpoints[index];
                client.receive(self.server, *address, bytes, self.now);
                for datagram in self.drain(index) {
                    self.shard.datagram(*to, self.server, &datagram, self.now);
                }
            }
        }
        sent.len()
    }

    /// The endpoint's NAT gives it another port: nothing reaches it by the old one.
    pub fn rebind(&mut self, index: usize) -> SocketAddr {
        let public = &mut self.endpoints[index].public;
        public.set_port(public.port() + 1);
        *public
    }

    /// Whether the endpoint's connectivity checks leave it.
    pub fn set_checks(&mut self, index: usize, on: bool) {
        self.endpoints[index].checks = on;
    }

    /// Where the endpoint is seen.
    pub fn public(&self, index: usize) -> SocketAddr {
        self.endpoints[index].public
    }

    /// Bytes sent to an address since the last call.
    pub fn take_sent_to(&mut self, address: SocketAddr) -> usize {
        let to_it = self.sent.iter().filter(|(to, _)| *to == address);
        let bytes = to_it.map(|(_, bytes)| bytes).sum();
        self.sent.clear();
        bytes
    }

    /// What the listener heard.
    pub fn heard(&self, listener: usize) -> &[Heard] {
        &self.endpoints[listener].heard
    }

    /// What the endpoint wants to send.
    fn drain(&mut self, index: usize) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        let endpoint = &mut self.endpoints[index];
        loop {
            match endpoint.client.poll() {
                Output::Transmit(Datagram { bytes, .. }) => {
                    if endpoint.checks || classify(&bytes) != Some(Kind::Stun) {
                        sent.push(bytes);
                    }
                }
                Output::Event(peer::client::Event::Up) => endpoint.up = true,
                Output::Event(peer::client::Event::Heard(heard)) => endpoint.heard.push(heard),
                Output::Event(_) => {}
                Output::Timeout(_) => return sent,
            }
        }
    }
}
