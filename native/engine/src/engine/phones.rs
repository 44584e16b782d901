//! Phones come, change, speak and go.

use std::time::Instant;

use codec_api::CodecKind;
use dsp::Tone;
use mix::Sound;

use crate::engine::Engine;
use crate::io::{PhonePacket, RoomId, SessionId};
use crate::phone::{Phone, TICK};
use crate::slots::Slots;

/// A key is silenced this long after each of its packets, beyond the delay of the sound, ticks: packets of
/// one key come every 20 to 50 ms.
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
        let may_speak = session.memberships.iter().any(|m| m.gate.is_some());
        let codec = session
            .phone
            .as_ref()
            .filter(|phone| phone.speaks && may_speak)
            .and_then(|phone| phone.codec);
        let Some(codec) = codec else {
            self.stats.gated += 1;
            return;
        };
        self.refresh(id);
        let micros = self.phones.micros(now);
        let Some(session) = self.sessions.get(id) else {
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

    pub(super) fn phone_event(&mut self, id: SessionId, now: Instant) {
        let micros = self.phones.micros(now);
        let delay = self.phones.desk.delay_ticks(id.0, micros);
        self.phones.desk.mute(id.0, delay + EVENT_TICKS);
    }

    pub(super) fn tone(&mut self, id: SessionId, tone: Option<Tone>) {
        // The desk may not know yet that the phone listens.
        self.regroup();
        self.phones.desk.play(id.0, tone);
    }

    /// The gate was shut: what came before is still heard, for as long as it takes to get through.
    pub(super) fn keep_tail(&mut self, room: RoomId, id: SessionId, now: Instant) {
        let micros = self.phones.micros(now);
        let until = self.phones.tick + u64::from(self.phones.desk.delay_ticks(id.0, micros));
        let tick = self.phones.tick;
        let session = self.sessions.get(id);
        if let Some(phone) = session.and_then(|session| session.phone.as_mut())
            && until > tick
        {
            phone.tails.push((room, until));
        }
    }
}
