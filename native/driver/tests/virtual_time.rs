//! A shard and its callers in virtual time: real SDP, ICE, DTLS and SRTP, no socket, seeded loss.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use driver::Event;
use driver::command::{AcceptCommand, Command};
use driver::shard::{Shard, ShardConfig};
use engine::{Level, RoomId, SessionId, TalkspurtId};
use peer::client::{Client, Heard, Offering, Output, Pictures};
use peer::{Channel, Datagram, Down, Identity};

const OPS: RoomId = RoomId(1);
const TALKER: Offering = Offering {
    publishes: true,
    audio_slots: 2,
    data: true,
    video: Pictures::NONE,
};
const LISTENER: Offering = Offering {
    publishes: false,
    audio_slots: 1,
    data: false,
    video: Pictures::NONE,
};
/// One way through the network.
const DELAY: Duration = Duration::from_millis(5);

struct Endpoint {
    client: Client,
    address: SocketAddr,
    wake: Instant,
    /// Its network is gone: nothing leaves or arrives.
    unplugged: bool,
    up: bool,
    down: bool,
    open: Vec<Channel>,
    heard: Vec<(Instant, Heard)>,
    data: Vec<(Channel, Vec<u8>)>,
    seq: u32,
}

/// A datagram under way; the earliest is the greatest.
struct UnderWay {
    at: Instant,
    order: u64,
    datagram: Datagram,
}

impl PartialEq for UnderWay {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}
impl Eq for UnderWay {}
impl PartialOrd for UnderWay {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for UnderWay {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

struct World {
    now: Instant,
    server: SocketAddr,
    shard: Shard,
    identity: Identity,
    endpoints: Vec<Endpoint>,
    network: BinaryHeap<UnderWay>,
    sent: u64,
    events: Vec<(Instant, Event)>,
    loss_percent: u64,
    dice: u64,
}

impl World {
    #[allow(
        clippy::disallowed_methods,
        reason = "an Instant can only be had from the clock"
    )]
    fn new() -> Self {
        let now = Instant::now();
        let identity = Identity::generate().unwrap();
        let server = SocketAddr::from(([192, 0, 2, 1], 5_000));
        let config = ShardConfig {
            candidates: vec![server],
            tcp_candidates: Vec::new(),
            identity: identity.clone(),
            data_message_bytes_max: 1_000,
            forwarding: true,
        };
        Self {
            now,
            server,
            shard: Shard::new(config, now),
            identity,
            endpoints: Vec::new(),
            network: BinaryHeap::new(),
            sent: 0,
            events: Vec::new(),
            loss_percent: 0,
            dice: 0x9e37_79b9_7f4a_7c15,
        }
    }

    fn offer(&mut self, offering: Offering) -> usize {
        let index = self.endpoints.len();
        let address = SocketAddr::from(([198, 51, 100, index as u8 + 1], 6_000));
        let (client, offer) = Client::offer(offering, address, &self.identity, self.now).unwrap();
        let (wake, unplugged) = (self.now, false);
        let (heard, data, open) = (Vec::new(), Vec::new(), Vec::new());
        let endpoint = Endpoint {
            client,
            address,
            wake,
            unplugged,
            up: false,
            down: false,
            open,
            heard,
            data,
            seq: 0,
        };
        self.endpoints.push(endpoint);
        let session = SessionId(index as u64);
        let accept = AcceptCommand {
            request: 1,
            session,
            offer,
            audio_slots: offering.audio_slots,
            publishes: offering.publishes,
            video_slots: 0,
            cameras: false,
        };
        self.order(Command::Accept(Box::new(accept)));
        index
    }

    fn answer(&self, index: usize) -> String {
        let answered = |event: &Event| match event {
            Event::Answered {
                session, answer, ..
            } if session.0 == index as u64 => Some(answer.clone()),
            _ => None,
        };
        self.events
            .iter()
            .find_map(|(_, event)| answered(event))
            .expect("an answer")
    }

    fn call(&mut self, offering: Offering) -> usize {
        let index = self.offer(offering);
        let answer = self.answer(index);
        self.endpoints[index].client.answer(&answer).unwrap();
        self.wait_until(10_000, |world| world.endpoints[index].up);
        index
    }

    /// A talker whose gate is open and a listener.
    fn pair(&mut self) -> (usize, usize) {
        let (talker, listener) = (self.call(TALKER), self.call(LISTENER));
        for index in [talker, listener] {
            self.order(Command::Join {
                room: OPS,
                session: SessionId(index as u64),
                hear: true,
            });
        }
        self.open(talker, None);
        (talker, listener)
    }

    fn open(&mut self, talker: usize, limit_ms: Option<u64>) {
        let limit = limit_ms.map(Duration::from_millis);
        let session = SessionId(talker as u64);
        self.order(Command::OpenGate {
            room: OPS,
            session,
            talkspurt: TalkspurtId(9),
            limit,
        });
    }

    fn order(&mut self, command: Command) {
        self.shard.command(command, self.now);
        self.collect();
    }

    fn speak(&mut self, index: usize) {
        let now = self.now;
        let endpoint = &mut self.endpoints[index];
        endpoint.seq += 1;
        let level = Some(Level {
            dbov: -20,
            voice: true,
        });
        let payload = [endpoint.seq.to_be_bytes(), [7; 4]].concat();
        endpoint
            .client
            .speak(endpoint.seq * 960, level, &payload, 0, now);
        endpoint.client.timeout(now);
        self.drain(index);
    }

    /// Speak every 20 ms.
    fn talk(&mut self, index: usize, packets: u32) {
        for _ in 0..packets {
            self.speak(index);
            self.wait(20);
        }
    }

    fn wait(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while let Some(next) = self.next().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.turn();
        }
        self.now = until;
    }

    fn wait_until(&mut self, ms: u64, done: impl Fn(&Self) -> bool) {
        let until = self.now + Duration::from_millis(ms);
        while !done(self) {
            let next = self
                .next()
                .filter(|next| *next <= until)
                .expect("it to happen in time");
            self.now = self.now.max(next);
            self.turn();
        }
    }

    fn next(&self) -> Option<Instant> {
        let wakes = self.endpoints.iter().map(|endpoint| endpoint.wake);
        wakes
            .chain(self.network.peek().map(|under_way| under_way.at))
            .chain(self.shard.deadline())
            .min()
    }

    fn turn(&mut self) {
        let now = self.now;
        while self
            .network
            .peek()
            .is_some_and(|under_way| under_way.at <= now)
        {
            let Datagram {
                from, to, bytes, ..
            } = self.network.pop().unwrap().datagram;
            if to == self.server {
                self.shard.datagram(from, to, &bytes, now);
            } else if let Some(index) = self.reachable(to) {
                self.endpoints[index].client.receive(from, to, &bytes, now);
                self.drain(index);
            }
        }
        if self.shard.deadline().is_some_and(|at| at <= now) {
            self.shard.timeout(now);
        }
        self.collect();
        for index in 0..self.endpoints.len() {
            if self.endpoints[index].wake <= now {
                self.endpoints[index].client.timeout(now);
                self.drain(index);
            }
        }
    }

    fn reachable(&self, address: SocketAddr) -> Option<usize> {
        self.endpoints
            .iter()
            .position(|endpoint| endpoint.address == address && !endpoint.unplugged)
    }

    fn collect(&mut self) {
        self.shard.flush(self.now);
        for datagram in std::mem::take(&mut self.shard.outbox.datagrams) {
            self.send(datagram);
        }
        let media = std::mem::take(&mut self.shard.outbox.media);
        for (pair, bytes) in media.iter() {
            self.send(Datagram {
                transport: pair.transport,
                from: pair.from,
                to: pair.to,
                bytes: bytes.to_vec(),
            });
        }
        let now = self.now;
        self.events
            .extend(self.shard.outbox.events.drain(..).map(|event| (now, event)));
    }

    fn drain(&mut self, index: usize) {
        loop {
            match self.endpoints[index].client.poll() {
                Output::Transmit(datagram) if self.endpoints[index].unplugged => drop(datagram),
                Output::Transmit(datagram) => self.send(datagram),
                Output::Event(event) => {
                    let endpoint = &mut self.endpoints[index];
                    match event {
                        peer::client::Event::Up => endpoint.up = true,
                        peer::client::Event::Heard(heard) => endpoint.heard.push((self.now, heard)),
                        peer::client::Event::Open(channel) => endpoint.open.push(channel),
                        peer::client::Event::Data(channel, data) => {
                            endpoint.data.push((channel, data));
                        }
                        peer::client::Event::Seen(_) | peer::client::Event::KeyframeAsked(..) => {}
                        peer::client::Event::Down => endpoint.down = true,
                    }
                }
                Output::Timeout(at) => {
                    self.endpoints[index].wake = at.max(self.now + Duration::from_millis(1));
                    return;
                }
            }
        }
    }

    fn send(&mut self, datagram: Datagram) {
        if self.roll() % 100 >= self.loss_percent {
            self.sent += 1;
            self.network.push(UnderWay {
                at: self.now + DELAY,
                order: self.sent,
                datagram,
            });
        }
    }

    /// xorshift: the same losses in every run.
    fn roll(&mut self) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice >> 11
    }

    /// Packet numbers heard, in order.
    fn heard(&self, index: usize) -> Vec<u32> {
        let number =
            |heard: &Heard| u32::from_be_bytes(heard.packet.payload[..4].try_into().unwrap());
        self.endpoints[index]
            .heard
            .iter()
            .map(|(_, heard)| number(heard))
            .collect()
    }

    fn happened(&self, event: &Event) -> Option<Instant> {
        self.events
            .iter()
            .find(|(_, other)| other == event)
            .map(|(at, _)| *at)
    }
}

fn session(index: usize) -> SessionId {
    SessionId(index as u64)
}

#[test]
fn every_packet_of_the_talker_is_heard_in_order() {
    let mut world = World::new();
    let (talker, listener) = world.pair();
    world.talk(talker, 500);
    assert_eq!(world.heard(listener), (1..=500).collect::<Vec<u32>>());
}

#[test]
fn heard_packets_name_their_source_and_keep_their_level() {
    let mut world = World::new();
    let (talker, listener) = world.pair();
    world.talk(talker, 3);
    let (_, heard) = &world.endpoints[listener].heard[0];
    assert_eq!(heard.source, talker as u32);
    assert_eq!(
        heard.packet.level,
        Some(Level {
            dbov: -20,
            voice: true
        })
    );
    assert!(heard.packet.marker);
}

#[test]
fn sessions_connect_and_talk_through_ten_percent_loss() {
    let mut world = World::new();
    world.loss_percent = 10;
    let (talker, listener) = world.pair();
    world.talk(talker, 1_000);
    let heard = world.heard(listener);
    assert!((700..900).contains(&heard.len()), "{}", heard.len());
    assert!(heard.is_sorted());
    let first = &world.endpoints[listener].heard[0].1.packet;
    let last = &world.endpoints[listener].heard.last().unwrap().1.packet;
    assert_eq!(
        last.seq - first.seq,
        u64::from(heard.last().unwrap() - heard[0]),
        "losses are gaps"
    );
}

#[test]
fn the_gate_limit_holds_while_the_hub_says_nothing() {
    let mut world = World::new();
    let (talker, listener) = world.pair();
    world.open(talker, Some(1_000));
    let opened = world.now;
    world.talk(talker, 100);
    let last = world.endpoints[listener].heard.last().unwrap().0;
    assert!(last - opened <= Duration::from_secs(1) + 2 * DELAY);
    let limit = Event::Limit {
        room: OPS,
        session: session(talker),
        talkspurt: TalkspurtId(9),
    };
    assert_eq!(
        world.happened(&limit),
        Some(opened + Duration::from_secs(1))
    );
}

#[test]
fn a_session_whose_peer_vanished_ends_for_want_of_consent_in_about_ten_seconds() {
    let mut world = World::new();
    let (_, listener) = world.pair();
    world.wait(20_000);
    assert!(
        !world
            .events
            .iter()
            .any(|(_, event)| matches!(event, Event::Down(..))),
        "silent is alive"
    );
    world.endpoints[listener].unplugged = true;
    let unplugged = world.now;
    world.wait(15_000);
    let at = world
        .happened(&Event::Down(session(listener), Down::Consent))
        .expect("it to end");
    let took = at - unplugged;
    assert!(
        (Duration::from_secs(4)..=Duration::from_secs(10)).contains(&took),
        "{took:?}"
    );
}

#[test]
fn a_session_that_never_connects_ends_after_fifteen_seconds() {
    let mut world = World::new();
    let caller = world.offer(TALKER);
    let offered = world.now;
    world.wait(20_000);
    let at = world
        .happened(&Event::Down(session(caller), Down::Timeout))
        .expect("it to end");
    assert_eq!(at - offered, Duration::from_secs(15));
    assert_eq!(world.shard.population(), (0, 0));
}

#[test]
fn a_peer_that_closes_is_down_at_once() {
    let mut world = World::new();
    let (talker, _) = world.pair();
    world.endpoints[talker].client.close();
    world.drain(talker);
    world.wait(100);
    assert!(
        world
            .happened(&Event::Down(session(talker), Down::Peer))
            .is_some()
    );
}

#[test]
fn closing_tells_the_peer() {
    let mut world = World::new();
    let (_, listener) = world.pair();
    world.order(Command::Close(session(listener)));
    world.wait(100);
    assert!(
        world
            .happened(&Event::Down(session(listener), Down::Closed))
            .is_some()
    );
    assert!(world.endpoints[listener].down);
}

#[test]
fn a_peer_with_another_certificate_than_offered_is_refused() {
    let mut world = World::new();
    let honest = world.identity.clone();
    let caller = world.offer(TALKER);
    world.identity = Identity::generate().unwrap();
    // The same call, its credentials kept and its certificate exchanged.
    let address = world.endpoints[caller].address;
    let (imposter, offer) = Client::offer(TALKER, address, &world.identity, world.now).unwrap();
    world.identity = honest;
    let fingerprint = |sdp: &str| {
        sdp.lines()
            .find(|line| line.starts_with("a=fingerprint"))
            .unwrap()
            .to_owned()
    };
    let (honest_client, honest_offer) =
        Client::offer(TALKER, address, &world.identity, world.now).unwrap();
    drop(honest_client);
    let forged = offer.replace(&fingerprint(&offer), &fingerprint(&honest_offer));
    let victim = SessionId(50);
    let accept = AcceptCommand {
        request: 2,
        session: victim,
        offer: forged,
        audio_slots: 2,
        publishes: true,
        video_slots: 0,
        cameras: false,
    };
    world.order(Command::Accept(Box::new(accept)));
    world.endpoints[caller].client = imposter;
    let answer = world.answer(50);
    world.endpoints[caller].client.answer(&answer).unwrap();
    world.wait(3_000);
    assert!(
        world.happened(&Event::Down(victim, Down::Dtls)).is_some(),
        "{:?}",
        world.events
    );
}

#[test]
fn data_channels_carry_both_ways() {
    let mut world = World::new();
    let (talker, _) = world.pair();
    world.wait_until(5_000, |world| world.endpoints[talker].open.len() == 2);
    for channel in [Channel::Reliable, Channel::Fast] {
        assert!(world.endpoints[talker].client.send(channel, b"press"));
        world.order(Command::Send {
            session: session(talker),
            channel,
            data: b"granted".to_vec(),
        });
    }
    world.drain(talker);
    world.wait(500);
    for channel in [Channel::Reliable, Channel::Fast] {
        assert!(
            world
                .happened(&Event::Data(session(talker), channel, b"press".to_vec()))
                .is_some()
        );
        assert!(
            world.endpoints[talker]
                .data
                .contains(&(channel, b"granted".to_vec()))
        );
    }
}

#[test]
fn a_message_that_is_too_long_is_dropped_and_the_session_goes_on() {
    let mut world = World::new();
    let (talker, listener) = world.pair();
    world.wait_until(5_000, |world| world.endpoints[talker].open.len() == 2);
    world.order(Command::Send {
        session: session(talker),
        channel: Channel::Fast,
        data: vec![0; 1_001],
    });
    assert_eq!(world.shard.stats().0.data_dropped, 1);
    world.endpoints[talker]
        .client
        .send(Channel::Reliable, &[0; 5_000]);
    world.talk(talker, 50);
    assert_eq!(world.heard(listener).len(), 50);
}

#[test]
fn a_channel_with_another_label_is_closed_and_channel_after_channel_ends_the_session() {
    let mut world = World::new();
    let (talker, listener) = world.pair();
    let mut opened = 2;
    while world
        .happened(&Event::Down(session(talker), Down::Peer))
        .is_none()
    {
        opened += 1;
        assert!(opened <= 17, "the seventeenth is one too many");
        world.endpoints[talker].client.open("more");
        world.endpoints[talker].wake = world.now;
        world.wait(500);
    }
    assert_eq!(opened, 17);
    assert!(
        world
            .happened(&Event::Down(session(listener), Down::Peer))
            .is_none()
    );
}

#[test]
fn a_peer_that_changes_its_network_is_heard_on() {
    let mut world = World::new();
    let (talker, listener) = world.pair();
    world.talk(talker, 50);
    let old = world.endpoints[talker].address;
    let new = SocketAddr::from(([203, 0, 113, 77], 7_000));
    world.endpoints[talker].address = new;
    world.endpoints[talker].client.roam(old, new).unwrap();
    world.endpoints[talker].wake = world.now;
    world.wait(2_000);
    world.talk(talker, 50);
    assert_eq!(world.heard(listener).last(), Some(&100));
    assert!(
        !world
            .events
            .iter()
            .any(|(_, event)| matches!(event, Event::Down(..)))
    );
}

#[test]
fn a_video_line_is_rejected_and_the_audio_works() {
    let mut world = World::new();
    let talker = world.call(Offering {
        video: Pictures {
            slots: 1,
            ..Pictures::NONE
        },
        ..TALKER
    });
    let answer = world.answer(talker);
    assert!(answer.contains("m=video 0 "), "{answer}");
    assert!(
        answer.contains("a=ice-lite") && answer.contains("a=setup:passive"),
        "{answer}"
    );
}

#[test]
fn strangers_and_junk_disturb_nobody() {
    let mut world = World::new();
    let (talker, listener) = world.pair();
    let known = world.endpoints[talker].address;
    for round in 0..200_u32 {
        let length = (world.roll() % 1_400) as usize;
        let mut junk: Vec<u8> = (0..length).map(|_| world.roll() as u8).collect();
        if let Some(first) = junk.first_mut() {
            // Every protocol's first bytes in turn.
            *first = [0, 1, 20, 22, 23, 63, 128, 144, 191, 255][round as usize % 10];
        }
        let from = if round % 2 == 0 {
            known
        } else {
            SocketAddr::from(([203, 0, 113, 9], 9))
        };
        world.shard.datagram(from, world.server, &junk, world.now);
        world.speak(talker);
        world.wait(20);
    }
    assert_eq!(world.heard(listener).len(), 200);
    let (stats, _) = world.shard.stats();
    assert!(stats.garbage > 0 && stats.unknown > 0, "{stats:?}");
}

#[test]
fn a_forged_stun_request_gets_no_answer_and_moves_nobody() {
    let mut world = World::new();
    let (talker, listener) = world.pair();
    let answer = world.answer(listener);
    let ufrag = answer
        .lines()
        .find_map(|line| line.strip_prefix("a=ice-ufrag:"))
        .unwrap();
    let mut forged = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    forged.extend([9; 12]);
    let username = format!("{ufrag}:them");
    forged.extend([0, 6, 0, username.len() as u8]);
    forged.extend(username.bytes());
    forged.resize(forged.len().next_multiple_of(4), 0);
    forged[3] = (forged.len() - 20) as u8;
    let stranger = SocketAddr::from(([203, 0, 113, 9], 9));
    world
        .shard
        .datagram(stranger, world.server, &forged, world.now);
    assert!(world.shard.outbox.datagrams.is_empty());
    assert_eq!(world.shard.stats().0.rejected, 1);
    world.talk(talker, 20);
    assert_eq!(world.heard(listener).len(), 20);
}

#[test]
fn an_offer_that_is_no_sdp_is_refused_with_a_reason() {
    let mut world = World::new();
    for offer in [
        "",
        "hello",
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n",
    ] {
        let accept = AcceptCommand {
            request: 3,
            session: SessionId(8),
            offer: offer.into(),
            audio_slots: 1,
            publishes: true,
            video_slots: 0,
            cameras: false,
        };
        world.order(Command::Accept(Box::new(accept)));
        let refused = world.events.pop();
        assert!(
            matches!(refused, Some((_, Event::Refused { request: 3, .. }))),
            "{refused:?}"
        );
    }
    assert_eq!(world.shard.population(), (0, 0));
}
