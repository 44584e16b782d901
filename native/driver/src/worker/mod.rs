//! One shard's thread: its sockets, the clock, and the queues to and from the rest of the process.

mod streams;

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{io, mem};

use engine::ShardId;
use peer::{Down, Transport};

use crate::command::{Command, CommandQueue};
use crate::counters::Counters;
use crate::event::{Event, EventQueue};
use crate::exchange::{Inbox, Relay, Waiting};
use crate::phone_ports::PortPool;
use crate::phone_sockets::PhoneSockets;
use crate::registry::Registry;
use crate::shard::{Shard, ShardConfig};
use crate::sys::{Bell, Epoll, ReceiveBatch, SendBatch};
use crate::tcp::{Admission, Listener, Table, Token};
use streams::{Arrivals, BLOCK_BYTES};

/// Batches taken from one socket before the others and the timers get their turn.
const BATCHES_PER_TURN: usize = 4;
/// Longest sleep: keeps gauges fresh on an idle shard.
const SLEEP_MAX: Duration = Duration::from_secs(1);
const BELL: u64 = u64::MAX;

/// What other threads know of a shard.
#[derive(Debug)]
pub(crate) struct Door {
    pub commands: CommandQueue,
    pub inbox: Inbox,
    pub arrivals: Arrivals,
    pub bell: Bell,
    pub counters: Counters,
}

impl Door {
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            commands: CommandQueue::default(),
            inbox: Inbox::default(),
            arrivals: Arrivals::default(),
            bell: Bell::new()?,
            counters: Counters::default(),
        })
    }
}

/// What all shards share.
#[derive(Debug)]
pub(crate) struct Common {
    pub doors: Vec<Door>,
    pub events: EventQueue,
    pub registry: Registry,
    pub phone_ports: PortPool,
    pub admission: Arc<Admission>,
}

/// A socket and the address peers see it under.
#[derive(Debug)]
pub(crate) struct Port {
    pub socket: UdpSocket,
    /// Candidates that lead to this socket; datagrams count as sent to the first.
    pub candidates: Vec<SocketAddr>,
}

/// Everything a shard's thread owns.
pub(crate) struct Worker {
    id: ShardId,
    common: Arc<Common>,
    ports: Vec<Port>,
    phones: PhoneSockets,
    streams: Table,
    /// One read of a connection.
    block: Box<[u8]>,
    epoll: Epoll,
    shard: Shard,
    receive: ReceiveBatch,
    send: SendBatch,
    commands: VecDeque<Command>,
    waiting: Waiting,
    relays: Vec<Vec<Relay>>,
    stopping: bool,
}

impl Worker {
    pub fn new(
        id: ShardId,
        common: Arc<Common>,
        ports: Vec<Port>,
        listeners: Vec<Listener>,
        config: ShardConfig,
    ) -> io::Result<Self> {
        let now = Instant::now();
        let epoll = Epoll::new()?;
        for (token, port) in ports.iter().enumerate() {
            epoll.add(port.socket.as_raw_fd(), token as u64)?;
        }
        epoll.add(common.doors[usize::from(id.0)].bell.fd(), BELL)?;
        let relays = common.doors.iter().map(|_| Vec::new()).collect();
        let streams = Table::new(listeners, Arc::clone(&common.admission), &epoll, now)?;
        Ok(Self {
            id,
            streams,
            block: vec![0; BLOCK_BYTES].into(),
            phones: PhoneSockets::new(Arc::clone(&common)),
            common,
            ports,
            epoll,
            shard: Shard::new(config, now),
            receive: ReceiveBatch::new(),
            send: SendBatch::new(),
            commands: VecDeque::new(),
            waiting: Waiting::default(),
            relays,
            stopping: false,
        })
    }

    /// Serve until [`Command::Stop`]. A panic outside any session's step ends this shard alone: its
    /// sessions are reported as ended, and new ones go elsewhere.
    pub fn run(self) {
        let (id, common) = (self.id, Arc::clone(&self.common));
        if catch_unwind(AssertUnwindSafe(|| self.serve())).is_err() {
            let evicted = common.registry.evict(id).into_iter();
            let mut events = evicted
                .map(|session| Event::Down(session, Down::Internal))
                .collect();
            common.events.push(&mut events);
            common.doors[usize::from(id.0)].counters.shards_dead.set(1);
        }
    }

    fn serve(mut self) {
        let mut ready = Vec::new();
        while !self.stopping {
            let now = Instant::now();
            let sleep = self
                .shard
                .deadline()
                .map_or(SLEEP_MAX, |at| at.saturating_duration_since(now));
            if self
                .epoll
                .wait(Some(sleep.min(SLEEP_MAX)), &mut ready)
                .is_err()
            {
                // Only a broken descriptor ends up here; the hub sees its sessions go.
                self.shard.command(Command::Stop, Instant::now());
                self.stopping = true;
            }
            self.counters().wakes_total.add(1);
            for &token in &ready {
                if token == BELL {
                    self.bell();
                } else if PhoneSockets::owns(token) {
                    self.phone(token);
                } else if let Some(token) = Token::of(token) {
                    self.stream(token, Instant::now());
                } else {
                    self.socket(token as usize);
                }
            }
            let now = Instant::now();
            let ticks = self.shard.ticks();
            self.shard.timeout(now);
            self.deliver(now);
            self.streams.sweep(&self.epoll, now);
            if self.shard.ticks() != ticks {
                let took = now.elapsed().as_micros() as u64;
                self.counters().mix_tick_us.record(took, 1);
            }
            self.publish();
        }
    }

    fn door(&self) -> &Door {
        &self.common.doors[usize::from(self.id.0)]
    }

    fn counters(&self) -> &Counters {
        &self.door().counters
    }

    /// Somebody put something in a queue.
    fn bell(&mut self) {
        self.door().bell.hush();
        let now = Instant::now();
        let mut commands = mem::take(&mut self.commands);
        self.door().commands.take(&mut commands);
        for command in commands.drain(..) {
            self.stopping |= matches!(command, Command::Stop);
            self.command(command, now);
        }
        self.commands = commands;
        let mut waiting = mem::take(&mut self.waiting);
        self.door().inbox.take(&mut waiting);
        for ((shard, room), hearing) in waiting.hearing.drain() {
            self.shard.remote_hearing(shard, room, hearing, now);
        }
        for ((shard, room), seeing) in waiting.seeing.drain() {
            self.shard.remote_seeing(shard, room, seeing, now);
        }
        for relay in waiting.relays.drain(..) {
            self.shard.relay(relay, now);
        }
        self.waiting = waiting;
        self.deliver(now);
        self.arrivals(now);
    }

    fn command(&mut self, command: Command, now: Instant) {
        let Command::OpenPhone {
            request,
            session,
            address,
        } = command
        else {
            self.shard.command(command, now);
            return;
        };
        match self.phones.open(session, address, &self.epoll) {
            Ok(port) => self.shard.open_phone(request, session, port, now),
            Err(error) => {
                let reason = format!("no pair of UDP ports for a phone on {address}: {error}");
                self.shard.refuse_phone(request, session, reason);
            }
        }
    }

    /// Datagrams wait on a phone's socket. One batch a turn: a phone sends 50 a second.
    fn phone(&mut self, token: u64) {
        let Some((session, socket, from)) = self.phones.by_token(token) else {
            return;
        };
        let Ok(count @ 1..) = self.receive.receive(from.as_raw_fd()) else {
            return;
        };
        let now = Instant::now();
        let counters = &self.common.doors[usize::from(self.id.0)].counters;
        counters.datagrams_received_total.add(count as u64);
        counters.receive_batch.record(count as u64, 1);
        for inbound in self.receive.iter() {
            match inbound.from {
                Some(from) if !inbound.cut => {
                    self.shard
                        .phone_datagram(session, socket, from, inbound.bytes, now);
                }
                _ => self.shard.garbage(),
            }
        }
        self.deliver(now);
    }

    /// Datagrams wait on a socket.
    fn socket(&mut self, token: usize) {
        for _ in 0..BATCHES_PER_TURN {
            let port = &self.ports[token];
            let to = port.candidates[0];
            let Ok(count @ 1..) = self.receive.receive(port.socket.as_raw_fd()) else {
                return;
            };
            let now = Instant::now();
            let counters = &self.common.doors[usize::from(self.id.0)].counters;
            counters.datagrams_received_total.add(count as u64);
            counters.receive_batch.record(count as u64, 1);
            for inbound in self.receive.iter() {
                match inbound.from {
                    Some(from) if !inbound.cut => {
                        self.shard.datagram(from, to, inbound.bytes, now);
                    }
                    _ => self.shard.garbage(),
                }
            }
            self.deliver(now);
            if !self.receive.is_full() {
                return;
            }
        }
    }

    /// Do everything the shard wants done.
    fn deliver(&mut self, now: Instant) {
        self.shard.flush(now);
        self.send_frames(now);
        self.send();
        self.send_to_phones();
        self.exchange();
        for event in &self.shard.outbox.events {
            if let Event::Down(session, _) | Event::Refused { session, .. } = event {
                self.common.registry.remove(*session);
                self.streams.close_session(*session, &self.epoll);
            }
        }
        self.common.events.push(&mut self.shard.outbox.events);
    }

    fn send(&mut self) {
        let counters = &self.common.doors[usize::from(self.id.0)].counters;
        let outbox = &mut self.shard.outbox;
        if outbox.datagrams.is_empty() && outbox.media.is_empty() {
            outbox.forwarded.clear();
            return;
        }
        let alone = self.ports.len() == 1;
        for port in &self.ports {
            let others = outbox
                .datagrams
                .iter()
                .map(|datagram| (datagram.from, datagram.to, datagram.bytes.as_slice()));
            let media = outbox.media.iter();
            let mine = media
                .filter(|(pair, _)| pair.transport == Transport::Udp)
                .map(|(pair, bytes)| (pair.from, pair.to, bytes))
                .chain(others)
                .filter(|(from, ..)| alone || port.candidates.contains(from))
                .map(|(_, to, bytes)| (to, bytes));
            let sent = self.send.send(port.socket.as_raw_fd(), mine);
            counters.datagrams_sent_total.add(sent.sent);
            counters.datagrams_dropped_total.add(sent.dropped);
            counters
                .send_batch
                .record(sent.sent.checked_div(sent.calls).unwrap_or(0), sent.calls);
        }
        outbox.datagrams.clear();
        outbox.media.clear();
        if !self.shard.outbox.forwarded.is_empty() {
            let now = Instant::now();
            for (received, count) in self.shard.outbox.forwarded.drain(..) {
                let latency = now.saturating_duration_since(received).as_micros() as u64;
                counters.forward_latency_us.record(latency, count);
            }
        }
    }

    /// Each phone has its own socket, so each datagram is a call of its own.
    fn send_to_phones(&mut self) {
        let counters = &self.common.doors[usize::from(self.id.0)].counters;
        for (session, datagram) in self.shard.outbox.phone_datagrams.drain(..) {
            let socket = self.phones.get(session, datagram.socket);
            let sent =
                socket.is_some_and(|socket| socket.send_to(&datagram.bytes, datagram.to).is_ok());
            counters.datagrams_sent_total.add(u64::from(sent));
            counters.datagrams_dropped_total.add(u64::from(!sent));
        }
        for session in self.shard.outbox.phones_closed.drain(..) {
            self.phones.close(session);
        }
    }

    fn exchange(&mut self) {
        let others =
            |own: ShardId| (0..self.common.doors.len()).filter(move |k| *k != usize::from(own.0));
        for (room, hearing) in self.shard.outbox.hearing.drain(..) {
            for other in others(self.id) {
                self.common.doors[other]
                    .inbox
                    .set_hearing(self.id, room, hearing);
                self.common.doors[other].bell.ring();
            }
        }
        for (room, seeing) in self.shard.outbox.seeing.drain(..) {
            for other in others(self.id) {
                self.common.doors[other]
                    .inbox
                    .set_seeing(self.id, room, seeing);
                self.common.doors[other].bell.ring();
            }
        }
        for (picture, layer) in self.shard.outbox.keyframes.drain(..) {
            for other in others(self.id) {
                self.relays[other].push(Relay::Keyframe(picture, layer));
            }
        }
        for (shard, relay) in self.shard.outbox.relays.drain(..) {
            if let Some(relays) = self.relays.get_mut(usize::from(shard.0)) {
                relays.push(relay);
            }
        }
        for other in others(self.id) {
            let relays = &mut self.relays[other];
            if !relays.is_empty() {
                let dropped = self.common.doors[other].inbox.push(relays);
                self.common.doors[usize::from(self.id.0)]
                    .counters
                    .copies_dropped_total
                    .add(dropped);
                self.common.doors[other].bell.ring();
            }
        }
    }

    /// Make the shard's own counts visible.
    fn publish(&self) {
        let counters = self.counters();
        let (shard, engine) = self.shard.stats();
        let (sessions, rooms) = self.shard.population();
        counters.sessions.set(sessions as u64);
        counters.rooms.set(rooms as u64);
        counters.pictures.set(self.shard.pictures() as u64);
        let (demux_entries, timers) = self.shard.tables();
        counters.demux_entries.set(demux_entries as u64);
        counters.timers.set(timers as u64);
        self.publish_phones(counters);
        self.publish_streams(counters);
        counters.mix_ticks_skipped_total.set(engine.ticks_skipped);
        counters.datagrams_unknown_total.set(shard.unknown);
        counters.datagrams_rejected_total.set(shard.rejected);
        counters.datagrams_garbage_total.set(shard.garbage);
        counters.strays_taken_total.set(shard.strayed);
        counters
            .strays_limited_total
            .set(self.shard.strays_limited());
        counters.media_received_total.set(shard.media_received);
        counters.media_forwarded_total.set(shard.media_forwarded);
        counters.video_received_total.set(shard.video_received);
        counters.video_forwarded_total.set(shard.video_forwarded);
        counters.video_flooded_total.set(engine.video_flooded);
        counters.video_gated_total.set(engine.video_gated);
        counters.keyframes_asked_total.set(shard.keyframes_asked);
        counters.media_flooded_total.set(engine.flooded);
        counters.media_gated_total.set(engine.gated);
        counters.media_unheard_total.set(engine.unheard);
        counters.media_late_total.set(engine.late);
        counters
            .copies_sent_total
            .set(engine.copied + engine.video_copied);
        counters.copies_received_total.set(shard.copies_received);
        counters.limits_total.set(engine.limits);
        counters
            .commands_ignored_total
            .set(shard.ignored + engine.ignored);
        counters.data_received_total.set(shard.data_received);
        counters.data_sent_total.set(shard.data_sent);
        counters.data_dropped_total.set(shard.data_dropped);
        counters.panics_total.set(shard.panics);
        counters.sessions_accepted_total.set(shard.accepted);
        counters.sessions_refused_total.set(shard.refused);
        counters.sessions_lost_total.set(shard.lost);
    }

    fn publish_streams(&self, counters: &Counters) {
        let stats = self.streams.stats;
        counters.tcp_connections.set(self.streams.len() as u64);
        counters.tcp_accepted_total.set(stats.accepted);
        counters.tcp_refused_total.set(stats.refused);
        counters.tcp_unproven_total.set(stats.unproven);
        counters.tcp_stalled_total.set(stats.stalled);
        counters.tcp_frames_sent_total.set(stats.frames_sent);
        counters.tcp_frames_dropped_total.set(stats.frames_dropped);
    }

    fn publish_phones(&self, counters: &Counters) {
        let (phones, stats) = self.shard.phones();
        let (desk, (sources, listeners)) = self.shard.desk();
        counters.phones.set(phones as u64);
        counters.mix_sources.set(sources as u64);
        counters.mix_listeners.set(listeners as u64);
        counters.phone_received_total.set(stats.received);
        counters.phone_sent_total.set(stats.sent);
        counters.phone_garbage_total.set(stats.garbage);
        counters.phone_foreign_total.set(stats.foreign);
        counters.phone_latched_total.set(stats.latched);
        counters.phone_digits_total.set(stats.digits);
        counters
            .phone_digits_dropped_total
            .set(stats.digits_dropped);
        counters.mix_decodes_total.set(desk.decodes);
        counters.mix_encodes_total.set(desk.encodes);
        counters.mix_handed_on_total.set(desk.handed_on);
        counters.mix_refused_total.set(desk.refused);
        counters.mix_undecodable_total.set(desk.undecodable);
        counters.mix_encodes_failed_total.set(desk.failed);
    }
}
