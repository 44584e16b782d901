//! Heads of talkspurts: held before the grant, let go after it.

use std::time::Instant;

use crate::activity::is_active;
use crate::deadlines::Due;
use crate::engine::Engine;
use crate::io::{MediaPacket, SessionId};

impl Engine {
    /// The floor was granted to a source that was silenced: what it said since its press passes first.
    pub(super) fn begin_head(&mut self, id: SessionId, now: Instant) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        if session.phone.is_some() {
            self.begin_phone_head(id, now);
        } else if session.head.release(now) {
            self.let_go(id, now);
        }
    }

    /// The next part of a head, if it is due.
    pub(super) fn let_go(&mut self, id: SessionId, now: Instant) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        if session.is_silenced() || !session.head.is_due(now) {
            return;
        }
        let mut part = std::mem::take(&mut self.part);
        session.head.take_part(&mut part);
        if !session.head.is_empty() {
            self.deadlines.push(now + crate::head::TICK, Due::Head(id));
        }
        for (came, packet) in part.drain(..) {
            self.convey(id, &packet, came, now);
        }
        self.part = part;
    }

    /// The talkspurt ends: what still waits passes at once, so that its last word is heard.
    pub(super) fn flush_head(&mut self, id: SessionId, now: Instant) {
        while let Some((came, packet)) = self.sessions.get(id).and_then(|s| s.head.pop()) {
            self.convey(id, &packet, came, now);
        }
    }

    /// A packet of a source with an open gate, which came at `came`.
    pub(super) fn convey(
        &mut self,
        id: SessionId,
        packet: &MediaPacket,
        came: Instant,
        now: Instant,
    ) {
        let active = is_active(packet);
        if active {
            self.sounds(id, now);
        }
        self.refresh(id);
        let delay = self.sessions.get(id).map(|session| session.head.delay());
        let heard = came + delay.unwrap_or_default();
        self.pass(id, packet, active, (now, heard.max(now)));
    }
}
