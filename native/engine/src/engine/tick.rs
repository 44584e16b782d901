//! The tick of 20 ms: what phones hear, and what is heard of them. It runs only while there are phones.

use std::sync::Arc;
use std::time::Instant;

use crate::activity::ACTIVE_LEVEL_DBOV;
use crate::engine::Engine;
use crate::io::{Level, MediaPacket, Output, SessionId};
use crate::phone::TICK;
use crate::sessions::Index;

/// Ticks made up for in one go; a shard that is later than this leaves the others out.
const CATCH_UP_MAX: u32 = 5;

impl Engine {
    /// Do the ticks that are due.
    pub(super) fn ticks(&mut self, now: Instant) {
        let mut made = 0;
        while let Some(at) = self.phones.next_tick.filter(|at| *at <= now) {
            self.phones.next_tick = Some(at + TICK);
            // Media time goes on also over what is left out.
            self.phones.tick += 1;
            if made < CATCH_UP_MAX {
                self.tick(now);
                made += 1;
            } else {
                self.stats.ticks_skipped += 1;
            }
        }
    }

    fn tick(&mut self, now: Instant) {
        let tick = self.phones.tick;
        self.outputs.push_back(Output::Tick(tick));
        self.regroup();
        let micros = self.phones.micros(now);
        let (outputs, forwarding) = (&mut self.outputs, self.config.forwarding);
        self.phones.desk.tick(micros, |to, payload| {
            if forwarding {
                outputs.push_back(Output::Sound {
                    to: to.iter().copied().map(SessionId).collect(),
                    tick,
                    payload: payload.into(),
                });
            }
        });
        for at in 0..self.phones.members.len() {
            self.speak(self.phones.members[at], now);
        }
    }

    /// Tell the desk who hears what, after something has changed.
    pub(super) fn regroup(&mut self) {
        if self.phones.epoch == self.epoch {
            return;
        }
        self.phones.epoch = self.epoch;
        for at in 0..self.phones.members.len() {
            let Some(session) = self.sessions.at(self.phones.members[at]) else {
                continue;
            };
            let Some((codec, hears)) = session
                .phone
                .as_ref()
                .and_then(|phone| Some((phone.codec?, phone.hears)))
            else {
                continue;
            };
            let listens = session.memberships.iter().filter(|m| m.hear);
            let mut rooms: Vec<u64> = listens.map(|membership| membership.room.0).collect();
            rooms.sort_unstable();
            let listener = session.id.0;
            let set = self
                .phones
                .desk
                .set_listener(listener, codec, &rooms.into(), hears);
            self.stats.ignored += u64::from(set.is_err());
        }
    }

    /// A phone's voice of this tick: its level for all, its packet for browsers and other shards.
    fn speak(&mut self, index: Index, now: Instant) {
        let tick = self.phones.tick;
        let Some(session) = self.sessions.at(index) else {
            return;
        };
        let id = session.id;
        let Some(phone) = &mut session.phone else {
            return;
        };
        let tails = phone.tails.len();
        phone.tails.retain(|(_, until)| tick <= *until);
        if phone.tails.len() != tails {
            self.epoch += 1;
            // Its voice may have ended with the tail: the slots it held are free for the next talker.
            self.refresh(id);
        }
        let Some(session) = self.sessions.at(index) else {
            return;
        };
        let Some(phone) = &mut session.phone else {
            return;
        };
        let Some((level, frame)) = self.phones.desk.heard(id.0) else {
            phone.pause();
            return;
        };
        let talks = phone.talks(level);
        let level = -(level.min(127).cast_signed());
        let active = level >= ACTIVE_LEVEL_DBOV;
        let wanted = self.config.forwarding && session.route.is_wanted();
        let packet = if talks && wanted {
            phone.packet(frame, level)
        } else {
            phone.pause();
            None
        };
        if active {
            self.sounds(id, now);
        }
        self.refresh(id);
        if let Some(packet) = packet {
            self.pass(id, &packet, active, (now, now));
        }
    }
}

impl crate::phone::Phone {
    /// The frame as browsers get it. `None`: it cannot be encoded.
    fn packet(&mut self, frame: &[i16], level: i8) -> Option<MediaPacket> {
        if self.voice.is_none() {
            self.voice = mix::Voice::new(self.stream).ok();
        }
        let spoken = self.voice.as_mut()?.speak(frame).ok()?;
        self.spoken += 1;
        Some(MediaPacket {
            stream: self.stream,
            seq: self.spoken,
            timestamp: spoken.timestamp,
            marker: spoken.marker,
            level: Some(Level {
                dbov: level,
                voice: level >= ACTIVE_LEVEL_DBOV,
            }),
            payload: Arc::from(spoken.payload),
        })
    }
}
