//! The flow of one packet and of one command through the tables.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use crate::activity::{Activity, is_active};
use crate::deadlines::{Deadlines, Due};
use crate::io::{
    CopiedPacket, Forward, Input, MediaPacket, Output, RoomId, SessionId, ShardId, Stats,
    TalkspurtId,
};
use crate::rooms::{Hearing, Rooms};
use crate::route::{Bursts, Leg, Route};
use crate::sessions::{Gate, Index, MEMBERSHIPS_MAX, Membership, Session, Sessions};
use crate::slots::{Placed, Run, Slots};

/// A source of another shard that sent nothing for this long is forgotten when room is needed.
const REMOTE_IDLE: Duration = Duration::from_secs(10);
/// Remote sources kept without looking for idle ones.
const REMOTE_SOURCES: usize = 256;

/// How an engine is set up.
#[derive(Debug, Clone, Copy)]
pub struct EngineConfig {
    /// False: everything is done but no packet is passed on.
    pub forwarding: bool,
}

/// The tables of one shard. See the crate documentation.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    sessions: Sessions,
    rooms: Rooms,
    /// Routes of sources of other shards.
    remote: FxHashMap<SessionId, RemoteSource>,
    /// Raised by every change that can alter a route.
    epoch: u64,
    bursts: Bursts,
    deadlines: Deadlines,
    outputs: VecDeque<Output>,
    stats: Stats,
    /// Kept for its capacity.
    wanted: Vec<Index>,
}

#[derive(Debug)]
struct RemoteSource {
    burst: u64,
    last: Instant,
    route: Route,
}

impl Engine {
    /// An engine with nobody in it.
    pub fn new(config: EngineConfig) -> Self {
        Self {
            config,
            sessions: Sessions::default(),
            rooms: Rooms::default(),
            remote: FxHashMap::default(),
            epoch: 1,
            bursts: Bursts::default(),
            deadlines: Deadlines::default(),
            outputs: VecDeque::new(),
            stats: Stats::default(),
            wanted: Vec::new(),
        }
    }

    /// Take in what happened at `now`. `now` never goes back.
    pub fn handle(&mut self, input: Input, now: Instant) {
        match input {
            Input::Packet { session, packet } => self.packet(session, &packet, now),
            Input::Copy(copy) => self.copy(copy, now),
            Input::Timeout => self.timeout(now),
            Input::Add {
                session,
                audio_slots,
                publishes,
                seed,
            } => {
                self.add(session, publishes, Slots::new(audio_slots, seed));
            }
            Input::Up(session) => self.up(session),
            Input::Remove(session) => self.remove(session),
            Input::Join {
                room,
                session,
                hear,
            } => self.join(room, session, hear),
            Input::Leave { room, session } => self.leave(room, session),
            Input::OpenGate {
                room,
                session,
                talkspurt,
                limit,
            } => {
                let shuts = limit.map(|limit| now + limit);
                self.open_gate(room, session, Gate { talkspurt, shuts });
            }
            Input::ShutGate { room, session } => self.shut_gate(room, session),
            Input::Release(source) => self.release_remote(source),
            Input::RemoteHearing {
                shard,
                room,
                hearing,
            } => {
                self.rooms.set_remote(room, shard, hearing);
                self.epoch += 1;
            }
        }
    }

    /// The next thing to do; call until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        self.outputs
            .pop_front()
            .unwrap_or_else(|| Output::Timeout(self.deadlines.next()))
    }

    /// Counts since the start.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Sessions and rooms with members on this shard, now.
    pub fn population(&self) -> (usize, usize) {
        (self.sessions.len(), self.rooms.len())
    }

    // Packets

    fn packet(&mut self, id: SessionId, packet: &MediaPacket, now: Instant) {
        let Some(session) = self
            .sessions
            .get(id)
            .filter(|session| session.up && session.publishes)
        else {
            self.stats.ignored += 1;
            return;
        };
        let active = is_active(packet);
        if active {
            for membership in session
                .memberships
                .iter_mut()
                .filter(|membership| membership.gate.is_some())
            {
                if membership.activity.sound(now) {
                    let room = membership.room;
                    self.outputs.push_back(Output::Talking {
                        room,
                        session: id,
                        on: true,
                    });
                    if let Some(ends) = membership.activity.ends() {
                        self.deadlines.push(ends, Due::Hang(id, room));
                    }
                }
            }
        }
        if session
            .stream
            .replace(packet.stream)
            .is_some_and(|stream| stream != packet.stream)
        {
            self.break_route(id);
        }
        self.refresh(id);
        let Some(route) = self
            .sessions
            .get(id)
            .map(|session| std::mem::take(&mut session.route))
        else {
            return;
        };
        if route.rooms.is_empty() {
            self.stats.gated += 1;
        } else if self.config.forwarding {
            self.deliver(id, &route, packet, active, now);
            for leg in &route.shards {
                self.stats.copied += 1;
                let rooms = Arc::clone(&route.rooms);
                let copy = CopiedPacket {
                    source: id,
                    burst: leg.burst,
                    rooms,
                    packet: packet.clone(),
                };
                self.outputs.push_back(Output::Copy {
                    shard: leg.to,
                    copy,
                });
            }
        }
        if let Some(session) = self.sessions.get(id) {
            session.route = route;
        }
    }

    fn copy(&mut self, copy: CopiedPacket, now: Instant) {
        if self.remote.len() >= REMOTE_SOURCES && !self.remote.contains_key(&copy.source) {
            self.remote
                .retain(|_, source| now.saturating_duration_since(source.last) < REMOTE_IDLE);
        }
        let CopiedPacket {
            source: id,
            burst,
            rooms,
            packet,
        } = copy;
        let mut source = self.remote.remove(&id).unwrap_or_else(|| RemoteSource {
            burst,
            last: now,
            route: Route::default(),
        });
        source.last = now;
        if source.burst != burst {
            // Copies before this one went elsewhere or were withheld: nobody's run goes on.
            source.burst = burst;
            source.route.listeners.clear();
            source.route.epoch = 0;
        }
        if source.route.epoch != self.epoch || !same_rooms(&source.route.rooms, &rooms) {
            source.route.rooms = rooms;
            self.reach_listeners(id, None, &mut source.route);
        }
        self.deliver(id, &source.route, &packet, is_active(&packet), now);
        self.remote.insert(id, source);
    }

    fn deliver(
        &mut self,
        source: SessionId,
        route: &Route,
        packet: &MediaPacket,
        active: bool,
        now: Instant,
    ) {
        for &Leg { to, burst } in &route.listeners {
            let Some(listener) = self.sessions.at(to) else {
                continue;
            };
            match listener.slots.place(
                Run {
                    source,
                    burst,
                    active,
                },
                packet,
                now,
            ) {
                Placed::In(slot, stamp) => {
                    self.stats.forwarded += 1;
                    self.outputs.push_back(Output::Forward(Forward {
                        to: listener.id,
                        slot,
                        seq: stamp.seq,
                        timestamp: stamp.timestamp,
                        marker: stamp.marker,
                        source,
                        level: packet.level,
                        payload: Arc::clone(&packet.payload),
                    }));
                }
                Placed::Unheard => self.stats.unheard += 1,
                Placed::Late => self.stats.late += 1,
            }
        }
    }

    // Routes

    /// Bring the session's route up to date with the tables.
    fn refresh(&mut self, id: SessionId) {
        let epoch = self.epoch;
        let Some(index) = self.sessions.index(id) else {
            return;
        };
        let Some(session) = self
            .sessions
            .at(index)
            .filter(|session| session.route.epoch != epoch)
        else {
            return;
        };
        let mut route = std::mem::take(&mut session.route);
        route.rooms = open_rooms(session);
        let rooms = Arc::clone(&route.rooms);
        self.reach_listeners(id, Some(index), &mut route);
        let remote = rooms
            .iter()
            .filter_map(|&room| self.rooms.get(room))
            .fold(0, |all, room| all | room.remote);
        let mut shards: Vec<ShardId> = (0..64)
            .filter(|k| remote >> k & 1 == 1)
            .map(ShardId)
            .collect();
        for shard in self.bursts.retarget(&mut route.shards, &mut shards) {
            self.outputs
                .push_back(Output::Release { shard, source: id });
        }
        if let Some(session) = self.sessions.at(index) {
            session.route = route;
        }
    }

    /// Point the route at everybody here who hears one of its rooms, the source itself excepted, and
    /// free the slots of those it no longer reaches.
    fn reach_listeners(&mut self, source: SessionId, itself: Option<Index>, route: &mut Route) {
        let mut wanted = std::mem::take(&mut self.wanted);
        wanted.clear();
        for room in route.rooms.iter().filter_map(|&room| self.rooms.get(room)) {
            wanted.extend(
                room.hearers
                    .iter()
                    .copied()
                    .filter(|&hearer| Some(hearer) != itself),
            );
        }
        wanted.sort_unstable();
        wanted.dedup();
        for lost in self.bursts.retarget(&mut route.listeners, &mut wanted) {
            if let Some(listener) = self.sessions.at(lost) {
                listener.slots.release(source);
            }
        }
        route.epoch = self.epoch;
        self.wanted = wanted;
    }

    /// The source's packets no longer continue what was sent before: begin new bursts everywhere.
    fn break_route(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get(id) {
            session.route.epoch = 0;
            for leg in &mut session.route.listeners {
                leg.burst = self.bursts.begin();
            }
            for leg in &mut session.route.shards {
                leg.burst = self.bursts.begin();
            }
        }
    }

    fn release_remote(&mut self, source: SessionId) {
        if let Some(remote) = self.remote.remove(&source) {
            for leg in remote.route.listeners {
                if let Some(listener) = self.sessions.at(leg.to) {
                    listener.slots.release(source);
                }
            }
        }
    }

    // Sessions, memberships, gates

    fn add(&mut self, id: SessionId, publishes: bool, slots: Slots) {
        let route = Route::default();
        let memberships = Vec::new();
        let session = Session {
            id,
            up: false,
            publishes,
            slots,
            memberships,
            route,
            stream: None,
        };
        if !self.sessions.add(session) {
            self.stats.ignored += 1;
        }
    }

    fn up(&mut self, id: SessionId) {
        let Some(index) = self.sessions.index(id) else {
            return;
        };
        let Some(session) = self.sessions.at(index) else {
            return;
        };
        session.up = true;
        let rooms: Vec<RoomId> = session
            .memberships
            .iter()
            .filter(|membership| membership.hear)
            .map(|membership| membership.room)
            .collect();
        for room in rooms {
            let hearing = self.rooms.hear(room, index);
            self.announce(room, hearing);
        }
        self.epoch += 1;
    }

    fn remove(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let rooms: Vec<RoomId> = session
            .memberships
            .iter()
            .map(|membership| membership.room)
            .collect();
        for room in rooms {
            self.leave(room, id);
        }
        self.refresh(id);
        self.sessions.remove(id);
        self.epoch += 1;
    }

    fn join(&mut self, room: RoomId, id: SessionId, hear: bool) {
        let Some(index) = self.sessions.index(id) else {
            self.stats.ignored += 1;
            return;
        };
        let Some(session) = self.sessions.at(index) else {
            return;
        };
        let up = session.up;
        if let Some(membership) = session.membership(room) {
            membership.hear = hear;
        } else if session.memberships.len() >= MEMBERSHIPS_MAX {
            self.stats.ignored += 1;
            return;
        } else {
            session.memberships.push(Membership {
                room,
                hear,
                gate: None,
                activity: Activity::default(),
            });
            self.rooms.enter(room);
        }
        let hearing = if hear && up {
            self.rooms.hear(room, index)
        } else {
            self.rooms.unhear(room, index)
        };
        self.announce(room, hearing);
        self.epoch += 1;
    }

    fn leave(&mut self, room: RoomId, id: SessionId) {
        self.shut_gate(room, id);
        let Some(index) = self.sessions.index(id) else {
            self.stats.ignored += 1;
            return;
        };
        let Some(session) = self.sessions.at(index) else {
            return;
        };
        let Some(at) = session
            .memberships
            .iter()
            .position(|membership| membership.room == room)
        else {
            self.stats.ignored += 1;
            return;
        };
        session.memberships.swap_remove(at);
        let hearing = self.rooms.unhear(room, index);
        self.announce(room, hearing);
        self.rooms.exit(room);
        self.epoch += 1;
    }

    fn open_gate(&mut self, room: RoomId, id: SessionId, gate: Gate) {
        let Some(membership) = self
            .sessions
            .get(id)
            .and_then(|session| session.membership(room))
        else {
            self.stats.ignored += 1;
            return;
        };
        membership.gate = Some(gate);
        if let Some(shuts) = gate.shuts {
            self.deadlines
                .push(shuts, Due::Limit(id, room, gate.talkspurt));
        }
        self.epoch += 1;
    }

    /// Shutting a shut gate is nothing: a release and a limit may cross.
    fn shut_gate(&mut self, room: RoomId, id: SessionId) {
        let Some(membership) = self
            .sessions
            .get(id)
            .and_then(|session| session.membership(room))
        else {
            return;
        };
        if membership.gate.take().is_none() {
            return;
        }
        if membership.activity.stop() {
            self.outputs.push_back(Output::Talking {
                room,
                session: id,
                on: false,
            });
        }
        self.epoch += 1;
        // At once, not at the next packet: the slots it held are free for the next talker.
        self.refresh(id);
    }

    fn announce(&mut self, room: RoomId, hearing: Hearing) {
        if let Some(hearing) = hearing {
            self.outputs.push_back(Output::Hearing { room, hearing });
        }
    }

    // Time

    fn timeout(&mut self, now: Instant) {
        while let Some((at, due)) = self.deadlines.pop(now) {
            match due {
                Due::Limit(session, room, talkspurt) => self.limit(session, room, talkspurt, at),
                Due::Hang(session, room) => self.hang(session, room, now),
            }
        }
    }

    fn limit(&mut self, id: SessionId, room: RoomId, talkspurt: TalkspurtId, at: Instant) {
        let armed = Gate {
            talkspurt,
            shuts: Some(at),
        };
        let membership = self
            .sessions
            .get(id)
            .and_then(|session| session.membership(room));
        if membership.is_some_and(|membership| membership.gate == Some(armed)) {
            self.stats.limits += 1;
            self.shut_gate(room, id);
            self.outputs.push_back(Output::Limit {
                room,
                session: id,
                talkspurt,
            });
        }
    }

    fn hang(&mut self, id: SessionId, room: RoomId, now: Instant) {
        let Some(membership) = self
            .sessions
            .get(id)
            .and_then(|session| session.membership(room))
        else {
            return;
        };
        match membership.activity.ends() {
            Some(ends) if ends > now => self.deadlines.push(ends, Due::Hang(id, room)),
            Some(_) => {
                membership.activity.stop();
                self.outputs.push_back(Output::Talking {
                    room,
                    session: id,
                    on: false,
                });
            }
            None => {}
        }
    }
}

fn open_rooms(session: &Session) -> Arc<[RoomId]> {
    if !(session.up && session.publishes) {
        return Arc::new([]);
    }
    let open = session
        .memberships
        .iter()
        .filter(|membership| membership.gate.is_some());
    open.map(|membership| membership.room).collect()
}

fn same_rooms(one: &Arc<[RoomId]>, other: &Arc<[RoomId]>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

#[cfg(test)]
pub(crate) mod fixtures {
    //! Packets and times for the unit tests of this crate.
    use super::{Duration, Instant, MediaPacket};
    use crate::io::Level;
    use std::sync::OnceLock;

    pub fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// Time zero of a test process.
    pub fn start() -> Instant {
        static START: OnceLock<Instant> = OnceLock::new();
        *START.get_or_init(Instant::now)
    }

    pub fn packet(seq: u64) -> MediaPacket {
        MediaPacket {
            stream: 1,
            seq,
            timestamp: (seq as u32).wrapping_mul(960),
            marker: false,
            level: Some(Level {
                dbov: -20,
                voice: true,
            }),
            payload: vec![0xf8; 40].into(),
        }
    }

    pub fn quiet(seq: u64) -> MediaPacket {
        MediaPacket {
            level: Some(Level {
                dbov: -127,
                voice: false,
            }),
            ..packet(seq)
        }
    }
}
