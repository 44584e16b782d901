//! What comes due: limits of talk time, ends of sound.

use std::time::Instant;

use crate::deadlines::Due;
use crate::engine::Engine;
use crate::io::{Output, RoomId, SessionId, TalkspurtId};
use crate::sessions::Gate;

impl Engine {
    pub(super) fn timeout(&mut self, now: Instant) {
        while let Some((at, due)) = self.deadlines.pop(now) {
            match due {
                Due::Limit(session, room, talkspurt) => {
                    self.limit(session, room, talkspurt, at, now);
                }
                Due::Hang(session, room) => self.hang(session, room, now),
                Due::Head(session) => self.let_go(session, now),
            }
        }
        self.ticks(now);
        self.look(now);
    }

    pub(super) fn limit(
        &mut self,
        id: SessionId,
        room: RoomId,
        talkspurt: TalkspurtId,
        at: Instant,
        now: Instant,
    ) {
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
            self.shut_gate(room, id, now);
            self.outputs.push_back(Output::Limit {
                room,
                session: id,
                talkspurt,
            });
        }
    }

    pub(super) fn hang(&mut self, id: SessionId, room: RoomId, now: Instant) {
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
