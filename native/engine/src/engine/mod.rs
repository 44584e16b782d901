//! The tables, and which part of the engine takes each input.

mod deadlines;
mod heads;
mod members;
mod packets;
mod phones;
mod routes;
mod tick;
mod video;

use std::collections::VecDeque;
use std::time::Instant;

use rustc_hash::FxHashMap;

use crate::deadlines::Deadlines;
use crate::io::{Input, MediaPacket, Output, SessionId, Stats};
use crate::phone::Phones;
use crate::rooms::Rooms;
use crate::route::{Bursts, Route};
use crate::sessions::{Gate, Index, Sessions};
use crate::slots::Slots;
use crate::video::{Video, Viewer};

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
    part: Vec<(Instant, MediaPacket)>,
    phones: Phones,
    video: Video,
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
            part: Vec::new(),
            phones: Phones::default(),
            video: Video::default(),
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
                video_slots,
                publishes,
                seed,
            } => {
                let added = self.add(session, publishes, Slots::new(audio_slots, seed), None);
                if added {
                    self.add_viewer(session, Viewer::new(&video_slots, seed));
                }
            }
            Input::AddPhone { session, seed } => self.add_phone(session, seed, now),
            Input::SetPhone {
                session,
                codec,
                hears,
                speaks,
            } => self.set_phone(session, codec, hears, speaks),
            Input::PhonePacket { session, packet } => self.phone_packet(session, &packet, now),
            Input::PhoneEvent { session, ended } => self.phone_event(session, ended, now),
            Input::Tone { session, tone } => self.tone(session, tone),
            Input::Up(session) => self.up(session),
            Input::Remove(session) => self.remove(session, now),
            Input::Join {
                room,
                session,
                hear,
            } => self.join(room, session, hear),
            Input::Leave { room, session } => self.leave(room, session, now),
            Input::OpenGate {
                room,
                session,
                talkspurt,
                limit,
            } => {
                let shuts = limit.map(|limit| now + limit);
                self.open_gate(room, session, Gate { talkspurt, shuts }, now);
            }
            Input::ShutGate { room, session } => self.shut_gate(room, session, now),
            Input::Release(source) => self.release_remote(source),
            Input::RemoteHearing {
                shard,
                room,
                hearing,
            } => {
                self.rooms.set_remote(room, shard, hearing);
                self.epoch += 1;
            }
            Input::Video { session, packet } => self.video(session, packet, now),
            Input::VideoCopy(copy) => self.video_copy(&copy, now),
            Input::Show {
                room,
                session,
                kind,
                on,
            } => self.show(room, session, kind, on),
            Input::Watch {
                session,
                slot,
                watch,
            } => self.watch(session, slot, watch),
            Input::Downlink {
                session,
                bits_per_s,
            } => self.downlink(session, bits_per_s, now),
            Input::SlotKeyframe { session, slot } => self.slot_keyframe(session, slot, now),
            Input::VideoRelease(picture) => self.release_picture(picture),
            Input::RemoteSeeing {
                shard,
                room,
                seeing,
            } => self.remote_seeing(room, shard, seeing),
            Input::RemoteKeyframe { picture, layer } => self.remote_keyframe(picture, layer, now),
        }
        if !self.video.unsettled.is_empty() {
            self.settle(now);
        }
    }

    /// The next thing to do; call until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        self.outputs
            .pop_front()
            .unwrap_or_else(|| Output::Timeout(self.next_deadline()))
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.deadlines
            .next()
            .into_iter()
            .chain(self.phones.next_tick)
            .chain(self.video.next_look)
            .min()
    }

    /// Counts since the start.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// What the mixing desk has counted, and how many decoders and listeners it has now.
    pub fn desk(&self) -> (mix::DeskStats, (usize, usize)) {
        (self.phones.desk.stats(), self.phones.desk.population())
    }

    /// Pictures shown here, and rooms in which something is shown or seen, now.
    pub fn shown(&self) -> (usize, usize) {
        (self.video.sources.len(), self.video.views.len())
    }

    /// Sessions and rooms with members on this shard, now.
    pub fn population(&self) -> (usize, usize) {
        (self.sessions.len(), self.rooms.len())
    }
}
