//! One packet through the tables: activity, gates, routes, slots.

use std::sync::Arc;
use std::time::{Duration, Instant};

use codec_api::CodecKind;

use crate::activity::is_active;
use crate::deadlines::Due;
use crate::engine::{Engine, RemoteSource};
use crate::io::{CopiedPacket, Forward, MediaPacket, Output, RoomId, SessionId};
use crate::route::{Leg, Route};
use crate::slots::{Placed, Run};

/// A source of another shard that sent nothing for this long is forgotten when room is needed.
const REMOTE_IDLE: Duration = Duration::from_secs(10);
/// Remote sources kept without looking for idle ones.
const REMOTE_SOURCES: usize = 256;

impl Engine {
    pub(super) fn packet(&mut self, id: SessionId, packet: &MediaPacket, now: Instant) {
        let Some(session) = self
            .sessions
            .get(id)
            .filter(|session| session.up && session.publishes)
        else {
            self.stats.ignored += 1;
            return;
        };
        if !session.pace.allows(now) {
            self.stats.flooded += 1;
            return;
        }
        let broken = session
            .stream
            .replace(packet.stream)
            .is_some_and(|stream| stream != packet.stream);
        if broken {
            session.head.clear();
        }
        let silenced = session.is_silenced();
        if silenced {
            session.head.hold(packet, now);
            self.stats.gated += 1;
        } else if !session.head.is_empty() {
            // Behind what it said before.
            self.stats.late += session.head.push(packet.clone(), now);
        }
        let passes = !silenced && session.head.is_empty();
        if broken {
            self.break_route(id);
        }
        if passes {
            self.convey(id, packet, now, now);
        }
    }

    /// The session makes sound now: noted in every room where its gate is open.
    pub(super) fn sounds(&mut self, id: SessionId, now: Instant) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
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
        if !self.video.sources.is_empty() {
            self.talks_in_view(id, now);
        }
    }

    /// Hand a packet to everybody on the session's route, which is up to date.
    /// `heard`: when it is the packet's turn where it is mixed.
    pub(super) fn pass(
        &mut self,
        id: SessionId,
        packet: &MediaPacket,
        active: bool,
        (now, heard): (Instant, Instant),
    ) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let parting = session.is_silenced();
        let route = std::mem::take(&mut session.route);
        if route.rooms.is_empty() {
            self.stats.gated += 1;
        } else if self.config.forwarding {
            self.deliver(id, &route, packet, (active, parting), now);
            self.mix(id, &route, packet, heard);
            for leg in &route.shards {
                self.stats.copied += 1;
                let rooms = Arc::clone(&route.rooms);
                let copy = CopiedPacket {
                    source: id,
                    burst: leg.burst,
                    rooms,
                    parting,
                    delay: heard.saturating_duration_since(now),
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

    pub(super) fn copy(&mut self, copy: CopiedPacket, now: Instant) {
        if self.remote.len() >= REMOTE_SOURCES && !self.remote.contains_key(&copy.source) {
            self.remote
                .retain(|_, source| now.saturating_duration_since(source.last) < REMOTE_IDLE);
        }
        let CopiedPacket {
            source: id,
            burst,
            rooms,
            parting,
            delay,
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
        let active = is_active(&packet);
        self.deliver(id, &source.route, &packet, (active, parting), now);
        if active && !parting && !self.video.sources.is_empty() {
            self.talks_elsewhere(id, &source.route.rooms, now);
        }
        self.mix(id, &source.route, &packet, now + delay);
        self.remote.insert(id, source);
    }

    pub(super) fn deliver(
        &mut self,
        source: SessionId,
        route: &Route,
        packet: &MediaPacket,
        (active, parting): (bool, bool),
        now: Instant,
    ) {
        for &Leg { to, burst } in &route.listeners {
            let Some(listener) = self
                .sessions
                .at(to)
                .filter(|listener| listener.phone.is_none())
            else {
                continue;
            };
            match listener.slots.place(
                Run {
                    source,
                    burst,
                    active,
                    parting,
                },
                packet,
                now,
            ) {
                Placed::In {
                    slot,
                    stamp,
                    turned,
                } => {
                    self.stats.forwarded += 1;
                    if turned {
                        let session = listener.id;
                        self.outputs.push_back(Output::Slot {
                            session,
                            slot,
                            source,
                        });
                    }
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
}

impl Engine {
    /// Give the packet to the desk if phones hear it. A phone's own voice is there already.
    fn mix(&mut self, id: SessionId, route: &Route, packet: &MediaPacket, heard: Instant) {
        if !route.phones || self.sessions.get(id).is_some_and(|s| s.phone.is_some()) {
            return;
        }
        let sound = mix::Sound {
            stream: packet.stream,
            sequence: packet.seq as u16,
            timestamp: packet.timestamp,
            payload: &packet.payload,
        };
        let micros = self.phones.micros(heard);
        let (desk, rooms) = (&mut self.phones.desk, &route.numbers);
        desk.sound(id.0, CodecKind::Opus, rooms, &sound, micros);
    }
}

fn same_rooms(one: &Arc<[RoomId]>, other: &Arc<[RoomId]>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}
