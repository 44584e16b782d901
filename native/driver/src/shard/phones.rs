//! The phones of a shard: their wire, joined to the engine. Each step is behind a guard, as a session's is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use engine::{Input, PhonePacket, SessionId};
use peer::Down;
use phone::{Datagram, PhoneLeg, Socket, Stats};
use rustc_hash::FxHashMap;

use super::{Shard, sessions};
use crate::command::PhoneCommand;
use crate::event::Event;

/// The legs, and what they have counted.
#[derive(Default)]
pub(super) struct Phones {
    legs: FxHashMap<SessionId, PhoneLeg>,
    pub stats: Stats,
    /// The engine's last tick.
    tick: u64,
    /// Kept for its capacity.
    order: Vec<SessionId>,
}

impl Phones {
    pub fn len(&self) -> usize {
        self.legs.len()
    }

    pub fn tick(&self) -> u64 {
        self.tick
    }

    pub fn contains(&self, id: SessionId) -> bool {
        self.legs.contains_key(&id)
    }

    pub fn ids(&self) -> impl Iterator<Item = SessionId> {
        self.legs.keys().copied()
    }
}

impl Shard {
    /// The ports of a phone are bound.
    pub fn open_phone(&mut self, request: u64, session: SessionId, port: u16, now: Instant) {
        let seed = sessions::seed(&session.0.to_string());
        self.phones.legs.insert(session, PhoneLeg::new(seed, now));
        self.stats.accepted += 1;
        self.engine(Input::AddPhone { session, seed }, now);
        self.outbox.events.push(Event::Opened {
            request,
            session,
            port,
        });
    }

    /// There are no ports for a phone.
    pub fn refuse_phone(&mut self, request: u64, session: SessionId, reason: String) {
        self.stats.refused += 1;
        self.outbox.events.push(Event::Refused {
            request,
            session,
            reason,
        });
    }

    /// Take a datagram that came to a phone's socket. Any bytes do at most nothing.
    pub fn phone_datagram(
        &mut self,
        session: SessionId,
        socket: Socket,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) {
        self.received = now;
        let Some(received) =
            self.phone(session, now, |leg| leg.receive(socket, from, datagram, now))
        else {
            return;
        };
        if received.heard {
            self.outbox.events.push(Event::Heard(session));
        }
        if let Some(digit) = received.digit {
            self.outbox.events.push(Event::Digit(session, digit));
        }
        if received.event {
            let ended = received.key_up;
            self.engine(Input::PhoneEvent { session, ended }, now);
        }
        if let Some(sound) = received.sound {
            self.stats.media_received += 1;
            let packet = PhonePacket {
                stream: sound.stream,
                sequence: sound.sequence,
                timestamp: sound.timestamp,
                payload: Arc::from(sound.payload),
            };
            if !self.try_engine(Input::PhonePacket { session, packet }, now) {
                self.phone_down(session, Down::Internal, now);
            }
        }
    }

    pub(super) fn set_phone(&mut self, command: &PhoneCommand, now: Instant) {
        let session = command.session;
        let tick = self.phones.tick;
        let first = self.phone(session, now, |leg| {
            let first = leg.media().is_none();
            leg.set(command.media, tick);
            first
        });
        let Some(first) = first else {
            self.stats.ignored += 1;
            return;
        };
        let set = Input::SetPhone {
            session,
            codec: command.media.codec.kind,
            hears: command.hears,
            speaks: command.speaks,
        };
        self.engine(set, now);
        if first {
            self.outbox.events.push(Event::Up(session));
        }
    }

    pub(super) fn send_digits(&mut self, session: SessionId, keys: &str, now: Instant) {
        self.phone(session, now, |leg| leg.queue_digits(keys));
    }

    /// A tick begins: what phones do by themselves.
    pub(super) fn phones_tick(&mut self, tick: u64, now: Instant) {
        self.phones.tick = tick;
        let mut order = std::mem::take(&mut self.phones.order);
        order.extend(self.phones.legs.keys());
        for session in order.drain(..) {
            let sent = self.phone(session, now, |leg| {
                [leg.send_digit(tick), leg.send_report(tick, now)]
            });
            for datagram in sent.into_iter().flatten().flatten() {
                self.transmit(session, datagram);
            }
        }
        self.phones.order = order;
    }

    /// The sound of a tick for phones of one codec.
    pub(super) fn sound(&mut self, to: &[SessionId], tick: u64, payload: &[u8], now: Instant) {
        for &session in to {
            if let Some(Some(datagram)) = self.phone(session, now, |leg| leg.send(tick, payload)) {
                self.transmit(session, datagram);
            }
        }
    }

    pub(super) fn close_phone(&mut self, session: SessionId, now: Instant) {
        let tick = self.phones.tick;
        if let Some(Some(datagram)) = self.phone(session, now, |leg| leg.send_goodbye(tick, now)) {
            self.transmit(session, datagram);
        }
        self.phone_down(session, Down::Closed, now);
    }

    fn phone_down(&mut self, session: SessionId, why: Down, now: Instant) {
        if self.phones.legs.remove(&session).is_some() {
            self.stats.lost += u64::from(why != Down::Closed);
            self.engine(Input::Remove(session), now);
            self.outbox.phones_closed.push(session);
            self.outbox.events.push(Event::Down(session, why));
        }
    }

    fn transmit(&mut self, session: SessionId, datagram: Datagram) {
        self.outbox.phone_datagrams.push((session, datagram));
    }

    /// Let one phone do something. `None`: it is gone, or this was its end.
    pub(super) fn phone<T>(
        &mut self,
        session: SessionId,
        now: Instant,
        act: impl FnOnce(&mut PhoneLeg) -> T,
    ) -> Option<T> {
        let leg = self.phones.legs.get_mut(&session)?;
        if let Ok((done, counted)) = sessions::guard(|| (act(leg), leg.take_stats())) {
            self.phones.stats.add(counted);
            return Some(done);
        }
        self.stats.panics += 1;
        self.phone_down(session, Down::Internal, now);
        None
    }
}
