//! What the engine wants done.

use std::time::Instant;

use engine::{Forward, Input, Output};

use super::{Shard, sessions};
use crate::event::Event;
use crate::exchange::Relay;

impl Shard {
    /// Tell the engine something and do what it wants.
    pub(super) fn engine(&mut self, input: Input, now: Instant) {
        self.try_engine(input, now);
    }

    /// The same. False: it panicked. Its tables hold then, but
    /// the input is lost.
    pub(super) fn try_engine(&mut self, input: Input, now: Instant) -> bool {
        let handled = sessions::guard(|| self.engine.handle(input, now)).is_ok();
        self.stats.panics += u64::from(!handled);
        loop {
            match self.engine.poll_output() {
                Output::Forward(forward) => self.forward(&forward, now),
                Output::Tick(tick) => self.phones_tick(tick, now),
                Output::Sound { to, tick, payload } => self.sound(&to, tick, &payload, now),
                Output::Copy { shard, copy } => {
                    self.outbox
                        .relays
                        .push((shard, Relay::Copy(copy, self.received)));
                }
                Output::Release { shard, source } => {
                    self.outbox.relays.push((shard, Relay::Release(source)));
                }
                Output::Hearing { room, hearing } => self.outbox.hearing.push((room, hearing)),
                Output::Limit {
                    room,
                    session,
                    talkspurt,
                } => {
                    self.outbox.events.push(Event::Limit {
                        room,
                        session,
                        talkspurt,
                    });
                }
                Output::Talking { room, session, on } => {
                    self.outbox
                        .events
                        .push(Event::Talking { room, session, on });
                }
                Output::Slot {
                    session,
                    slot,
                    source,
                } => self.outbox.events.push(Event::Slot {
                    session,
                    slot,
                    source,
                }),
                Output::Timeout(at) => {
                    self.engine_deadline = at;
                    return handled;
                }
            }
        }
    }

    fn forward(&mut self, forward: &Forward, now: Instant) {
        match self.sessions.write(forward, &mut self.outbox.media, now) {
            Ok(true) => {}
            Ok(false) => return,
            Err(sessions::Panicked) => {
                self.stats.panics += 1;
                // Not now: the engine is still handing out copies of this packet.
                self.broken.push(forward.to);
                return;
            }
        }
        self.stats.media_forwarded += 1;
        match self.outbox.forwarded.last_mut() {
            Some((received, count)) if *received == self.received => *count += 1,
            _ => self.outbox.forwarded.push((self.received, 1)),
        }
    }
}
