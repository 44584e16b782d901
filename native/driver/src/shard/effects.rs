//! What the engine wants done.

use std::time::Instant;

use engine::video::VideoForward;
use engine::{Forward, Input, Output, SessionId};

use peer::Written;

use super::{Shard, sessions};
use crate::event::{Event, PictureTurned};
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
                video => self.video_effect(video, now),
            }
        }
    }

    fn video_effect(&mut self, output: Output, now: Instant) {
        match output {
            Output::Video(forward) => self.forward_video(&forward, now),
            Output::Picture {
                session,
                slot,
                picture,
                timestamp,
                layer,
                paused,
            } => self.outbox.events.push(Event::Picture(PictureTurned {
                session,
                slot,
                picture,
                timestamp,
                layer,
                paused,
            })),
            Output::Keyframe {
                session,
                kind,
                layer,
            } => {
                let asked = self.queue(session, |session| session.request_keyframe(kind, layer));
                self.stats.keyframes_asked += u64::from(asked == Some(true));
            }
            Output::Wanted {
                session,
                bits_per_s,
            } => {
                self.queue(session, |session| session.set_desired(bits_per_s));
            }
            Output::VideoCopy { shard, copy } => {
                let relay = Relay::VideoCopy(copy, self.received);
                self.outbox.relays.push((shard, relay));
            }
            Output::VideoRelease { shard, picture } => {
                let relay = Relay::VideoRelease(picture);
                self.outbox.relays.push((shard, relay));
            }
            Output::Seeing { room, seeing } => self.outbox.seeing.push((room, seeing)),
            Output::RemoteKeyframe { picture, layer } => {
                self.outbox.keyframes.push((picture, layer));
            }
            _ => {}
        }
    }

    fn forward_video(&mut self, forward: &VideoForward, now: Instant) {
        let written = self.queue(forward.to, |session| session.write_video(forward, now));
        if matches!(written, Some(Written::Out | Written::Waits)) {
            self.stats.video_forwarded += 1;
        }
    }

    /// Let a session take something that leaves with the next flush. `None`: it is not here, or this was its end.
    fn queue<T>(&mut self, id: SessionId, act: impl FnOnce(&mut peer::Session) -> T) -> Option<T> {
        self.sessions
            .queue(id, act)
            .unwrap_or_else(|sessions::Panicked| {
                self.stats.panics += 1;
                // Not now: the engine is still handing out what it wants done.
                self.broken.push(id);
                None
            })
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
