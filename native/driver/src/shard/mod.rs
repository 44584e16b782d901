//! One shard without its thread: the sessions, the demultiplexer and the engine, joined.
//!
//! Like everything it is made of it has no socket and no clock, so tests drive it in virtual time. What
//! it wants done collects in its [`Outbox`].

mod effects;
mod frames;
mod orders;
mod phones;
mod sessions;
mod strays;
mod timers;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Instant;

use engine::video::{Picture, VideoPacket};
use engine::{Engine, EngineConfig, Input, MediaPacket, RoomId, SessionId, ShardId};
use peer::demux::{Kind, classify};
use peer::{Datagram, Datagrams, Down, Identity};

use crate::event::Event;
use crate::exchange::Relay;
pub use frames::Framed;
use phones::Phones;
use sessions::Sessions;
use strays::Strays;

/// How a shard is set up.
#[derive(Clone)]
pub struct ShardConfig {
    /// Addresses its sessions can be reached on over UDP, written into answers.
    pub candidates: Vec<SocketAddr>,
    /// The same over TCP; none: not offered.
    pub tcp_candidates: Vec<SocketAddr>,
    /// The certificate.
    pub identity: Identity,
    /// Longest data channel message, bytes.
    pub data_message_bytes_max: usize,
    /// False: no packet is passed on.
    pub forwarding: bool,
}

/// What the shard wants done. The owner empties it.
#[derive(Debug, Default)]
pub struct Outbox {
    /// To send.
    pub datagrams: Vec<Datagram>,
    /// Media to send, sealed.
    pub media: Datagrams,
    /// To send to phones, each from its own socket.
    pub phone_datagrams: Vec<(SessionId, phone::Datagram)>,
    /// Phones whose sockets can be closed, after that.
    pub phones_closed: Vec<SessionId>,
    /// To report.
    pub events: Vec<Event>,
    /// For other shards; copies may be dropped.
    pub relays: Vec<(ShardId, Relay)>,
    /// For all other shards; must arrive.
    pub hearing: Vec<(RoomId, bool)>,
    /// The same for what is seen in a room.
    pub seeing: Vec<(RoomId, bool)>,
    /// Pictures of other shards of which a keyframe is needed; may be lost.
    pub keyframes: Vec<(Picture, u8)>,
    /// When forwarded packets were received, and how many.
    pub forwarded: Vec<(Instant, u64)>,
}

/// What a shard has counted, besides its engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Neither STUN nor DTLS nor RTP nor RTCP.
    pub garbage: u64,
    /// Of no session.
    pub unknown: u64,
    /// Of no use to their session.
    pub rejected: u64,
    /// Packets from microphones.
    pub media_received: u64,
    /// Packets to listeners.
    pub media_forwarded: u64,
    /// Packets of cameras and screens.
    pub video_received: u64,
    /// Packets to viewers.
    pub video_forwarded: u64,
    /// Keyframes asked of those who show.
    pub keyframes_asked: u64,
    /// Copies from other shards.
    pub copies_received: u64,
    /// Commands for unknown sessions.
    pub ignored: u64,
    /// Data channel messages received.
    pub data_received: u64,
    /// Data channel messages sent.
    pub data_sent: u64,
    /// Data channel messages dropped.
    pub data_dropped: u64,
    /// Panics caught.
    pub panics: u64,
    /// Offers answered.
    pub accepted: u64,
    /// Offers refused.
    pub refused: u64,
    /// Sessions that ended without our asking.
    pub lost: u64,
    /// Times a session's packets came from a new address before a check did.
    pub strayed: u64,
}

/// The sessions of one shard and what passes between them.
pub struct Shard {
    config: ShardConfig,
    engine: Engine,
    sessions: Sessions,
    strays: Strays,
    phones: Phones,
    /// Things for the owner to do.
    pub outbox: Outbox,
    stats: Stats,
    /// Reported by the session of the step under way; kept for its capacity.
    reports: Vec<peer::Event>,
    /// When the packet under way was received.
    received: Instant,
    engine_deadline: Option<Instant>,
    /// Sessions that panicked while a packet was handed to them; they end with the next flush.
    broken: Vec<SessionId>,
}

impl Shard {
    /// A shard without sessions.
    pub fn new(config: ShardConfig, now: Instant) -> Self {
        Self {
            engine: Engine::new(EngineConfig {
                forwarding: config.forwarding,
            }),
            config,
            sessions: Sessions::default(),
            strays: Strays::new(now),
            phones: Phones::default(),
            outbox: Outbox::default(),
            stats: Stats::default(),
            reports: Vec::new(),
            received: now,
            engine_deadline: None,
            broken: Vec::new(),
        }
    }

    /// Counts since the start.
    pub fn stats(&self) -> (Stats, engine::Stats) {
        (self.stats, self.engine.stats())
    }

    /// Sessions and rooms now.
    pub fn population(&self) -> (usize, usize) {
        (
            self.sessions.len() + self.phones.len(),
            self.engine.population().1,
        )
    }

    /// Pictures shown here, of sessions of this and other shards, now.
    pub fn pictures(&self) -> usize {
        self.engine.shown().0
    }

    /// The number of the last tick for phones.
    pub fn ticks(&self) -> u64 {
        self.phones.tick()
    }

    /// Phones now, and what they have counted.
    pub fn phones(&self) -> (usize, phone::Stats) {
        (self.phones.len(), self.phones.stats)
    }

    /// What the mixing desk has counted, and its decoders and listeners now.
    pub fn desk(&self) -> (mix::DeskStats, (usize, usize)) {
        self.engine.desk()
    }

    /// Ways to find a session, and timers of sessions, now.
    pub fn tables(&self) -> (usize, usize) {
        let entries = self.sessions.demux_entries() + self.strays.len();
        (entries, self.sessions.timers())
    }

    /// Media from unknown addresses that was one too many to try.
    pub fn strays_limited(&self) -> u64 {
        self.strays.limited
    }

    /// When [`Shard::timeout`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.sessions
            .deadline()
            .into_iter()
            .chain(self.engine_deadline)
            .min()
    }

    /// Take a datagram that came from `from` to the candidate `to`. Any bytes do at most nothing.
    pub fn datagram(&mut self, from: SocketAddr, to: SocketAddr, datagram: &[u8], now: Instant) {
        self.received = now;
        let Some(kind) = classify(datagram) else {
            self.stats.garbage += 1;
            return;
        };
        let session = match kind {
            Kind::Stun => self.sessions.by_ufrag(datagram),
            Kind::Dtls | Kind::Rtp(_) | Kind::Rtcp => {
                let known = self.sessions.by_path(from);
                known.or_else(|| self.strays.at(from))
            }
        };
        match (session, kind) {
            (Some(session), _) => self.step(session, now, |session| {
                session.receive(from, to, datagram, now);
            }),
            (None, Kind::Rtp(ssrc)) => self.stray(ssrc, from, to, datagram, now),
            (None, _) => self.stats.unknown += 1,
        }
    }

    /// Media from an address at which nobody is known.
    fn stray(
        &mut self,
        ssrc: u32,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) {
        let Some(suspect) = self.strays.suspect(ssrc, now) else {
            self.stats.unknown += 1;
            return;
        };
        let mut is_there = false;
        self.step(suspect, now, |session| {
            is_there = session.receive_stray(from, to, datagram, now);
        });
        if is_there && self.sessions.contains(suspect) {
            self.strays.lend(suspect, from);
            self.stats.strayed += 1;
        }
    }

    /// Count a datagram that could not even be read.
    pub fn garbage(&mut self) {
        self.stats.garbage += 1;
    }

    /// Take what another shard sent.
    pub fn relay(&mut self, relay: Relay, now: Instant) {
        match relay {
            Relay::Copy(copy, received) => {
                self.stats.copies_received += 1;
                self.received = received;
                self.engine(Input::Copy(copy), now);
            }
            Relay::Release(source) => self.engine(Input::Release(source), now),
            Relay::VideoCopy(copy, received) => {
                self.stats.copies_received += 1;
                self.received = received;
                self.engine(Input::VideoCopy(copy), now);
            }
            Relay::VideoRelease(picture) => self.engine(Input::VideoRelease(picture), now),
            Relay::Keyframe(picture, layer) => {
                self.engine(Input::RemoteKeyframe { picture, layer }, now);
            }
        }
    }

    /// Learn whether another shard has members that see what is shown in the room.
    pub fn remote_seeing(&mut self, shard: ShardId, room: RoomId, seeing: bool, now: Instant) {
        let seeing = Input::RemoteSeeing {
            shard,
            room,
            seeing,
        };
        self.engine(seeing, now);
    }

    /// Learn whether another shard has members that hear the room.
    pub fn remote_hearing(&mut self, shard: ShardId, room: RoomId, hearing: bool, now: Instant) {
        self.engine(
            Input::RemoteHearing {
                shard,
                room,
                hearing,
            },
            now,
        );
    }

    /// Do what is due.
    pub fn timeout(&mut self, now: Instant) {
        if self.engine_deadline.is_some_and(|at| at <= now) {
            self.engine(Input::Timeout, now);
        }
        while let Some(session) = self.sessions.due(now) {
            self.step(session, now, |session| session.timeout(now));
        }
    }

    /// Let the packets written since the last flush leave.
    pub fn flush(&mut self, now: Instant) {
        while let Some(session) = self.broken.pop() {
            self.down(session, Down::Internal, now);
        }
        while let Some(session) = self.sessions.take_written() {
            self.step(session, now, |session| session.timeout(now));
        }
    }

    /// Let one session do something, then everything that follows from it. A panic in it ends that
    /// session alone.
    fn step(&mut self, id: SessionId, now: Instant, act: impl FnOnce(&mut peer::Session)) {
        let mut reports = std::mem::take(&mut self.reports);
        let datagrams = &mut self.outbox.datagrams;
        if let Ok(counted) = self.sessions.step(id, now, act, datagrams, &mut reports) {
            self.stats.rejected += counted.rejected;
            self.stats.data_dropped += counted.data_dropped;
        } else {
            self.stats.panics += 1;
            reports.push(peer::Event::Down(Down::Internal));
        }
        for report in reports.drain(..) {
            self.report(id, report, now);
        }
        self.reports = reports;
    }

    fn report(&mut self, id: SessionId, report: peer::Event, now: Instant) {
        match report {
            peer::Event::Up => {
                self.engine(Input::Up(id), now);
                self.outbox.events.push(Event::Up(id));
            }
            peer::Event::Path(address) => {
                self.strays.proved(address);
                self.sessions.add_path(id, address);
            }
            peer::Event::Source(ssrc) => self.strays.learn(id, ssrc),
            peer::Event::Packet(packet) => self.media(id, packet, now),
            peer::Event::Video(packet) => self.video(id, packet, now),
            peer::Event::VideoKeyframe { slot } => {
                self.engine(Input::SlotKeyframe { session: id, slot }, now);
            }
            peer::Event::Downlink(bits_per_s) => {
                let downlink = Input::Downlink {
                    session: id,
                    bits_per_s,
                };
                self.engine(downlink, now);
            }
            peer::Event::Data(channel, data) => {
                self.stats.data_received += 1;
                self.outbox.events.push(Event::Data(id, channel, data));
            }
            peer::Event::Down(why) => self.down(id, why, now),
        }
    }

    fn media(&mut self, session: SessionId, packet: MediaPacket, now: Instant) {
        self.stats.media_received += 1;
        if !self.try_engine(Input::Packet { session, packet }, now) {
            self.down(session, Down::Internal, now);
        }
    }

    fn video(&mut self, session: SessionId, packet: VideoPacket, now: Instant) {
        self.stats.video_received += 1;
        if !self.try_engine(Input::Video { session, packet }, now) {
            self.down(session, Down::Internal, now);
        }
    }

    fn down(&mut self, id: SessionId, why: Down, now: Instant) {
        if self.sessions.remove(id) {
            self.strays.forget(id);
            self.stats.lost += u64::from(why != Down::Closed);
            self.engine(Input::Remove(id), now);
            self.outbox.events.push(Event::Down(id, why));
        }
    }
}
