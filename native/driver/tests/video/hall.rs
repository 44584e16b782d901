//! Shards, callers with cameras and the links to them, in virtual time: real SDP, ICE, DTLS and SRTP, no socket.

use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use driver::command::{AcceptCommand, Command};
use driver::exchange::Relay;
use driver::shard::{Shard, ShardConfig};
use driver::{Event, PictureTurned};
use engine::video::{VideoCodec, VideoKind};
use engine::{RoomId, SessionId, ShardId};
use peer::client::{self, Client, Offering, Output, Pictures, Seen, Showing};
use peer::{Datagram, Identity, MediaPath};

pub const OPS: RoomId = RoomId(1);
/// One way through the network.
const DELAY: Duration = Duration::from_millis(5);
/// What a narrow link holds before it drops.
const QUEUE: Duration = Duration::from_millis(300);
/// Between two frames of a camera.
const FRAME_MS: u64 = 50;
/// A layer's height, and the payload bytes of its frames: 100 kb/s, 400 kb/s, 1.2 Mb/s.
const LAYERS: [(u16, usize); 3] = [(180, 625), (360, 2_500), (720, 7_500)];
const PACKET_BYTES: usize = 1_000;

/// The way down to a caller.
#[derive(Debug, Clone, Copy, Default)]
pub struct Link {
    /// Of 100 datagrams.
    pub loss: u64,
    /// `None`: any amount.
    pub bits_per_s: Option<u64>,
    /// When what is queued has left.
    busy: Option<Instant>,
}

pub struct Caller {
    pub client: Client,
    address: SocketAddr,
    home: usize,
    wake: Instant,
    pub up: bool,
    pub link: Link,
    pub camera: Option<Camera>,
    pub seen: Vec<(Instant, Seen)>,
    /// Layers of which a keyframe was asked.
    pub asked: Vec<u8>,
}

/// What a caller shows: each layer its own stream.
#[derive(Debug, Default)]
pub struct Camera {
    layers: Vec<SentLayer>,
}

#[derive(Debug, Default)]
struct SentLayer {
    seq: u64,
    frames: u16,
    wants_keyframe: bool,
}

/// A datagram under way; the earliest is the greatest.
struct UnderWay(Instant, u64, Datagram);

impl PartialEq for UnderWay {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
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
        (other.0, other.1).cmp(&(self.0, self.1))
    }
}

pub struct Hall {
    pub now: Instant,
    pub shards: Vec<Shard>,
    identity: Identity,
    pub callers: Vec<Caller>,
    network: BinaryHeap<UnderWay>,
    sent: u64,
    dice: u64,
    pub events: Vec<Event>,
    next_frame: Instant,
}

impl Hall {
    #[allow(
        clippy::disallowed_methods,
        reason = "an Instant can only be had from the clock"
    )]
    pub fn new(shards: usize, media: MediaPath, forwarding: bool) -> Self {
        let now = Instant::now();
        let identity = Identity::generate().unwrap();
        let shard = |k: usize| {
            let config = ShardConfig {
                candidates: vec![server(k)],
                tcp_candidates: Vec::new(),
                identity: identity.clone().with_media(media),
                data_message_bytes_max: 1_000,
                forwarding,
            };
            Shard::new(config, now)
        };
        Self {
            now,
            shards: (0..shards).map(shard).collect(),
            identity,
            callers: Vec::new(),
            network: BinaryHeap::new(),
            sent: 0,
            dice: 0x9e37_79b9_7f4a_7c15,
            events: Vec::new(),
            next_frame: now,
        }
    }

    /// A caller in the room, connected.
    pub fn call(&mut self, video: Pictures) -> usize {
        let index = self.callers.len();
        let home = index % self.shards.len();
        let address = SocketAddr::from(([198, 51, 100, index as u8 + 1], 6_000));
        let offering = Offering {
            publishes: true,
            audio_slots: 1,
            data: false,
            video,
        };
        let (client, offer) = Client::offer(offering, address, &self.identity, self.now).unwrap();
        self.callers.push(Caller {
            client,
            address,
            home,
            wake: self.now,
            up: false,
            link: Link::default(),
            camera: None,
            seen: Vec::new(),
            asked: Vec::new(),
        });
        let session = id(index);
        let accept = AcceptCommand {
            request: 1,
            session,
            offer,
            audio_slots: 1,
            publishes: true,
            video_slots: video.slots,
            cameras: true,
        };
        self.order(index, Command::Accept(Box::new(accept)));
        let answer = self.events.iter().rev().find_map(|event| match event {
            Event::Answered { answer, .. } => Some(answer.clone()),
            _ => None,
        });
        self.callers[index].client.answer(&answer.unwrap()).unwrap();
        self.until(10_000, |hall| hall.callers[index].up);
        let (room, hear) = (OPS, true);
        self.order(
            index,
            Command::Join {
                room,
                session,
                hear,
            },
        );
        index
    }

    /// A caller that shows its camera in the room.
    pub fn show(&mut self, layers: u8) -> usize {
        let pictures = Pictures {
            camera: layers,
            ..Pictures::NONE
        };
        let index = self.call(pictures);
        let layer = |_| SentLayer {
            wants_keyframe: true,
            ..SentLayer::default()
        };
        let layers = (0..layers).map(layer).collect();
        self.callers[index].camera = Some(Camera { layers });
        self.let_see(index, true);
        index
    }

    pub fn let_see(&mut self, index: usize, on: bool) {
        let show = Command::Show {
            room: OPS,
            session: id(index),
            kind: VideoKind::Camera,
            on,
        };
        self.order(index, show);
    }

    /// A caller that looks.
    pub fn look(&mut self, slots: u8) -> usize {
        self.call(Pictures {
            slots,
            ..Pictures::NONE
        })
    }

    pub fn order(&mut self, index: usize, command: Command) {
        let home = self.callers[index].home;
        self.shards[home].command(command, self.now);
        self.collect();
    }

    /// What the caller's slot was last told to carry.
    pub fn told(&self, index: usize, slot: u8) -> Option<PictureTurned> {
        let mut turns = self.events.iter().rev().filter_map(|event| match event {
            Event::Picture(turned) => Some(*turned),
            _ => None,
        });
        turns.find(|turned| turned.session == id(index) && turned.slot == slot)
    }

    pub fn until(&mut self, ms: u64, done: impl Fn(&Self) -> bool) {
        for _ in 0..ms {
            if done(self) {
                return;
            }
            self.run(1);
        }
        panic!("not within {ms} ms; told {:?}", self.events);
    }

    /// Let time pass; cameras send on.
    pub fn run(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now += Duration::from_millis(1);
            if self.next_frame <= self.now {
                self.next_frame = self.now + Duration::from_millis(FRAME_MS);
                self.frames();
            }
            self.turn();
        }
    }

    fn frames(&mut self) {
        for index in 0..self.callers.len() {
            let Some(mut camera) = self.callers[index].camera.take() else {
                continue;
            };
            for (rank, layer) in camera.layers.iter_mut().enumerate() {
                layer.frame(rank, &mut self.callers[index].client, self.now);
            }
            self.callers[index].camera = Some(camera);
            self.callers[index].client.timeout(self.now);
            self.drain(index);
        }
    }

    fn turn(&mut self) {
        let now = self.now;
        while self
            .network
            .peek()
            .is_some_and(|UnderWay(at, ..)| *at <= now)
        {
            let Datagram {
                from, to, bytes, ..
            } = self.network.pop().unwrap().2;
            if let Some(shard) = (0..self.shards.len()).find(|k| server(*k) == to) {
                self.shards[shard].datagram(from, to, &bytes, now);
            } else if let Some(index) = self.callers.iter().position(|other| other.address == to) {
                self.callers[index].client.receive(from, to, &bytes, now);
                self.drain(index);
            }
        }
        for shard in &mut self.shards {
            if shard.deadline().is_some_and(|at| at <= now) {
                shard.timeout(now);
            }
        }
        self.collect();
        for index in 0..self.callers.len() {
            if self.callers[index].wake <= now {
                self.callers[index].client.timeout(now);
                self.drain(index);
            }
        }
    }

    /// What the shards want done, and what they want of each other.
    fn collect(&mut self) {
        let now = self.now;
        loop {
            let mut relays = Vec::new();
            for k in 0..self.shards.len() {
                self.shards[k].flush(now);
                let outbox = &mut self.shards[k].outbox;
                let datagrams = std::mem::take(&mut outbox.datagrams);
                let media = std::mem::take(&mut outbox.media);
                self.events.append(&mut outbox.events);
                relays.append(&mut outbox.relays);
                let others: Vec<usize> =
                    (0..self.shards.len()).filter(|other| *other != k).collect();
                let keyframes = std::mem::take(&mut self.shards[k].outbox.keyframes);
                let hearing = std::mem::take(&mut self.shards[k].outbox.hearing);
                let seeing = std::mem::take(&mut self.shards[k].outbox.seeing);
                for other in others {
                    let asks = keyframes
                        .iter()
                        .map(|(picture, layer)| Relay::Keyframe(*picture, *layer));
                    relays.extend(asks.map(|ask| (ShardId(other as u8), ask)));
                    for (room, on) in &hearing {
                        self.shards[other].remote_hearing(ShardId(k as u8), *room, *on, now);
                    }
                    for (room, on) in &seeing {
                        self.shards[other].remote_seeing(ShardId(k as u8), *room, *on, now);
                    }
                }
                for datagram in datagrams {
                    self.send(datagram);
                }
                for (pair, bytes) in media.iter() {
                    self.send(Datagram {
                        transport: pair.transport,
                        from: pair.from,
                        to: pair.to,
                        bytes: bytes.to_vec(),
                    });
                }
            }
            if relays.is_empty() {
                return;
            }
            for (shard, relay) in relays {
                self.shards[usize::from(shard.0)].relay(relay, now);
            }
        }
    }

    fn drain(&mut self, index: usize) {
        loop {
            match self.callers[index].client.poll() {
                Output::Transmit(datagram) => self.send(datagram),
                Output::Event(event) => self.callers[index].take(event, self.now),
                Output::Timeout(at) => {
                    self.callers[index].wake = at;
                    return;
                }
            }
        }
    }

    fn send(&mut self, datagram: Datagram) {
        // xorshift: the same losses in every run.
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        let mut at = self.now + DELAY;
        if let Some(caller) = self
            .callers
            .iter_mut()
            .find(|caller| caller.address == datagram.to)
        {
            let link = &mut caller.link;
            if self.dice % 100 < link.loss {
                return;
            }
            if let Some(bits_per_s) = link.bits_per_s {
                let begins = link.busy.unwrap_or(self.now).max(self.now);
                if begins > self.now + QUEUE {
                    return;
                }
                let bits = 8 * (datagram.bytes.len() as u64 + 28);
                let left = begins + Duration::from_micros(1_000_000 * bits / bits_per_s);
                link.busy = Some(left);
                at = left + DELAY;
            }
        }
        self.sent += 1;
        self.network.push(UnderWay(at, self.sent, datagram));
    }
}

impl Caller {
    fn take(&mut self, event: client::Event, now: Instant) {
        match event {
            client::Event::Up => self.up = true,
            client::Event::Seen(seen) => self.seen.push((now, seen)),
            client::Event::KeyframeAsked(_, layer) => {
                self.asked.push(layer);
                if let Some(camera) = &mut self.camera {
                    camera.layers[usize::from(layer)].wants_keyframe = true;
                }
            }
            _ => {}
        }
    }

    /// The frames that are whole on a slot, by RTP timestamp: when the last packet of each came.
    pub fn frames(&self, slot: usize) -> Vec<Instant> {
        let mut packets: Vec<_> = self
            .seen
            .iter()
            .filter(|(_, seen)| seen.slot == slot)
            .collect();
        packets.sort_by_key(|(_, seen)| seen.seq);
        let mut frames = Vec::new();
        let (mut whole, mut came, mut newest) = (true, None, None);
        for (at, seen) in packets {
            whole &= newest.is_none_or(|newest| newest + 1 == seen.seq);
            newest = Some(seen.seq);
            came = came.max(Some(*at));
            if seen.marker {
                frames.extend(came.filter(|_| whole));
                (whole, came) = (true, None);
            }
        }
        frames
    }
}

impl SentLayer {
    fn frame(&mut self, rank: usize, client: &mut Client, now: Instant) {
        let (height, bytes) = LAYERS[rank];
        self.frames = self.frames.wrapping_add(1) & 0x7FFF;
        let keyframe = std::mem::take(&mut self.wants_keyframe);
        let packets = bytes.div_ceil(PACKET_BYTES);
        for k in 0..packets {
            self.seq += 1;
            let payload = vp8(self.frames, height, keyframe, k == 0, bytes / packets);
            let showing = Showing {
                kind: VideoKind::Camera,
                layer: rank as u8,
                seq: self.seq,
                timestamp: u32::from(self.frames) * 90 * FRAME_MS as u32,
                marker: k + 1 == packets,
                codec: VideoCodec::Vp8,
                payload: &payload,
            };
            client.show(showing, now);
        }
    }
}

/// A packet of VP8 (RFC 7741): descriptor with a picture id of 15 bits, then the frame's own header.
fn vp8(number: u16, height: u16, keyframe: bool, first: bool, bytes: usize) -> Vec<u8> {
    let [high, low] = (number | 0x8000).to_be_bytes();
    let mut payload = vec![0x80 | u8::from(first) << 4, 0x80, high, low];
    if first && keyframe {
        let width = (height * 16 / 9).to_le_bytes();
        payload.extend([0x10, 0, 0, 0x9d, 0x01, 0x2a, width[0], width[1]]);
        payload.extend(height.to_le_bytes());
    } else {
        payload.push(0x11);
    }
    payload.resize(bytes.max(payload.len()), 7);
    payload
}

pub fn id(index: usize) -> SessionId {
    SessionId(index as u64 + 1)
}

fn server(shard: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, shard as u8 + 1], 5_000))
}
