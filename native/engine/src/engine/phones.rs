//! Phones come, change, speak and go.

use std::time::{Duration, Instant};

use codec_api::CodecKind;
use dsp::Tone;
use mix::Sound;

use crate::engine::Engine;
use crate::io::{PhonePacket, RoomId, SessionId};
use crate::phone::{Phone, TICK};
use crate::slots::Slots;

/// A key is silenced this long behind each of its packets, ticks: packets of one key come every 20 to 50 ms.
const EVENT_TICKS: u32 = 3;

impl Engine {
    pub(super) fn add_phone(&mut self, id: SessionId, seed: u64, now: Instant) {
        let phone = Some(Box::new(Phone::new(seed)));
        if !self.add(id, true, Slots::new(0, seed), phone) {
            return;
        }
        if let Some(index) = self.sessions.index(id) {
            self.phones.members.push(index);
            self.phones.next_tick.get_or_insert(now + TICK);
        }
    }

    /// What only phones leave behind.
    pub(super) fn remove_phone(&mut self, id: SessionId) {
        let Some(index) = self.sessions.index(id) else {
            return;
        };
        self.phones.members.retain(|&member| member != index);
        self.phones.desk.remove_listener(id.0);
        self.phones.desk.remove_source(id.0);
        if self.phones.members.is_empty() {
            self.phones.next_tick = None;
        }
    }

    pub(super) fn set_phone(&mut self, id: SessionId, codec: CodecKind, hears: bool, speaks: bool) {
        let session = self.sessions.get(id);
        let Some(phone) = session.and_then(|session| session.phone.as_mut()) else {
            self.stats.ignored += 1;
            return;
        };
        let first = phone.codec.replace(codec).is_none();
        (phone.hears, phone.speaks) = (hears, speaks);
        self.epoch += 1;
        if first {
            self.up(id);
        }
    }

    /// Sound that comes while no gate is open is not even decoded.
    pub(super) fn phone_packet(&mut self, id: SessionId, packet: &PhonePacket, now: Instant) {
        let Some(session) = self.sessions.get(id) else {
            self.stats.ignored += 1;
            return;
        };
        if !session.pace.allows(now) {
            self.stats.flooded += 1;
            return;
        }
        let silenced = session.is_silenced();
        let Some(phone) = session.phone.as_mut().filter(|phone| phone.speaks) else {
            self.stats.gated += 1;
            return;
        };
        if silenced {
            phone.hold(packet, now);
            self.stats.gated += 1;
            return;
        }
        let heard = now + phone.head.delay();
        self.refresh(id);
        self.speak_in(id, packet, heard);
    }

    /// Give a phone's packet to the desk. `heard`: when it is its turn.
    fn speak_in(&mut self, id: SessionId, packet: &PhonePacket, heard: Instant) {
        let micros = self.phones.micros(heard);
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let Some(codec) = session.phone.as_ref().and_then(|phone| phone.codec) else {
            self.stats.gated += 1;
            return;
        };
        let sound = Sound {
            stream: packet.stream,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            payload: &packet.payload,
        };
        let rooms = &session.route.numbers;
        self.phones.desk.sound(id.0, codec, rooms, &sound, micros);
    }

    /// All of a phone's head at once: the desk plays it at its own pace, and everything behind it as much later.
    pub(super) fn begin_phone_head(&mut self, id: SessionId, now: Instant) {
        self.refresh(id);
        if let Some(phone) = self.phone(id) {
            phone.keyed = None;
            phone.head.release(now);
        }
        while let Some((heard, packet)) = self.phone(id).and_then(Phone::next_of_head) {
            self.speak_in(id, &packet, heard);
        }
    }

    pub(super) fn phone_event(&mut self, id: SessionId, ended: bool, now: Instant) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let silenced = session.is_silenced();
        let Some(phone) = session.phone.as_mut() else {
            return;
        };
        if silenced {
            phone.key(ended, now);
            return;
        }
        let later = phone.head.delay();
        let delay = self.delay_ticks(id, now, later);
        let behind = if ended { 0 } else { EVENT_TICKS };
        self.phones.desk.mute(id.0, delay, behind);
    }

    fn phone(&mut self, id: SessionId) -> Option<&mut Phone> {
        self.sessions.get(id)?.phone.as_deref_mut()
    }

    /// Time between the arrival of a phone's packet and its turn, in whole ticks.
    fn delay_ticks(&mut self, id: SessionId, now: Instant, later: Duration) -> u32 {
        let micros = self.phones.micros(now);
        let later = later.as_millis().div_ceil(TICK.as_millis()) as u32;
        self.phones.desk.delay_ticks(id.0, micros) + later
    }

    pub(super) fn tone(&mut self, id: SessionId, tone: Option<Tone>) {
        // The desk may not know yet that the phone listens.
        self.regroup();
        self.phones.desk.play(id.0, tone);
    }

    /// The gate was shut: what came before is still heard, for as long as it takes to get through.
    pub(super) fn keep_tail(&mut self, room: RoomId, id: SessionId, now: Instant) {
        let later = self
            .phone(id)
            .map_or(Duration::ZERO, |phone| phone.head.delay());
        let until = self.phones.tick + u64::from(self.delay_ticks(id, now, later));
        let tick = self.phones.tick;
        let session = self.sessions.get(id);
        if let Some(phone) = session.and_then(|session| session.phone.as_mut())
            && until > tick
        {
            phone.tails.push((room, until));
        }
    }
}
