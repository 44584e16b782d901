//! What the hub orders.

use std::time::Instant;

use engine::{Input, SessionId};
use peer::{Accept, Channel};

use super::{Shard, sessions};
use crate::command::{AcceptCommand, Command};
use crate::event::Event;

impl Shard {
    /// Do what the hub orders.
    pub fn command(&mut self, command: Command, now: Instant) {
        self.received = now;
        match command {
            Command::Accept(accept) => self.accept(&accept, now),
            Command::Restart {
                request,
                session,
                offer,
            } => self.restart(request, session, &offer, now),
            // The owner of the shard binds the ports, and then calls open_phone or refuse_phone.
            Command::OpenPhone { .. } => self.stats.ignored += 1,
            Command::SetPhone(phone) => self.set_phone(&phone, now),
            Command::Tone(session, tone) => self.engine(Input::Tone { session, tone }, now),
            Command::Digits(session, keys) => self.send_digits(session, &keys, now),
            Command::Close(session) => self.close(session, now),
            Command::Join {
                room,
                session,
                hear,
            } => self.engine(
                Input::Join {
                    room,
                    session,
                    hear,
                },
                now,
            ),
            Command::Leave { room, session } => self.engine(Input::Leave { room, session }, now),
            Command::OpenGate {
                room,
                session,
                talkspurt,
                limit,
            } => {
                self.engine(
                    Input::OpenGate {
                        room,
                        session,
                        talkspurt,
                        limit,
                    },
                    now,
                );
            }
            Command::ShutGate { room, session } => {
                self.engine(Input::ShutGate { room, session }, now);
            }
            Command::Show {
                room,
                session,
                kind,
                on,
            } => {
                let show = Input::Show {
                    room,
                    session,
                    kind,
                    on,
                };
                self.engine(show, now);
            }
            Command::Watch {
                session,
                slot,
                watch,
            } => {
                let watch = Input::Watch {
                    session,
                    slot,
                    watch,
                };
                self.engine(watch, now);
            }
            Command::Send {
                session,
                channel,
                data,
            } => self.send(session, channel, &data, now),
            Command::Stop => {
                let all: Vec<_> = self
                    .sessions
                    .ids()
                    .into_iter()
                    .chain(self.phones.ids())
                    .collect();
                for session in all {
                    self.close(session, now);
                }
            }
            #[cfg(test)]
            Command::Break(session) if self.phones.contains(session) => {
                self.phone(session, now, |_| panics());
            }
            #[cfg(test)]
            Command::Break(session) => self.step(session, now, |_| panics()),
        }
    }

    fn accept(&mut self, command: &AcceptCommand, now: Instant) {
        let accept = Accept {
            offer: &command.offer,
            audio_slots: command.audio_slots,
            publishes: command.publishes,
            video_slots: command.video_slots,
            cameras: command.cameras,
            candidates: &self.config.candidates,
            tcp_candidates: &self.config.tcp_candidates,
            data_message_bytes_max: self.config.data_message_bytes_max,
        };
        let AcceptCommand {
            request,
            session,
            publishes,
            ..
        } = *command;
        let accepted =
            sessions::guard(|| peer::Session::accept(&accept, &self.config.identity, now));
        let reason = match accepted {
            Ok(Ok((accepted, answer))) => {
                let audio_slots = accepted.audio_slots();
                let video_slots = accepted.video_slots();
                let seed = sessions::seed(accepted.ufrag());
                self.sessions.add(session, accepted);
                self.stats.accepted += 1;
                self.engine(
                    Input::Add {
                        session,
                        audio_slots,
                        video_slots,
                        publishes,
                        seed,
                    },
                    now,
                );
                self.outbox.events.push(Event::Answered {
                    request,
                    session,
                    answer,
                });
                self.step(session, now, |_| {});
                return;
            }
            Ok(Err(refusal)) => refusal.0,
            Err(sessions::Panicked) => {
                self.stats.panics += 1;
                "the offer met a fault of the gateway".to_owned()
            }
        };
        self.stats.refused += 1;
        self.outbox.events.push(Event::Refused {
            request,
            session,
            reason,
        });
    }

    fn restart(&mut self, request: u64, session: SessionId, offer: &str, now: Instant) {
        let mut answered = None;
        self.step(session, now, |session| {
            answered = Some(session.restart(offer));
        });
        self.sessions.rename(session);
        let event = match answered {
            Some(Ok(answer)) => Event::Answered {
                request,
                session,
                answer,
            },
            refused => Event::NotRestarted {
                request,
                session,
                reason: match refused {
                    Some(Err(refusal)) => refusal.0,
                    _ => "there is no such session".to_owned(),
                },
            },
        };
        self.outbox.events.push(event);
    }

    fn close(&mut self, session: SessionId, now: Instant) {
        if self.phones.contains(session) {
            self.close_phone(session, now);
        } else if self.sessions.contains(session) {
            self.step(session, now, peer::Session::close);
        } else {
            self.stats.ignored += 1;
        }
    }

    fn send(&mut self, session: SessionId, channel: Channel, data: &[u8], now: Instant) {
        let mut sent = false;
        self.step(session, now, |session| sent = session.send(channel, data));
        if sent {
            // SCTP packs what waits when time moves.
            self.step(session, now, |session| session.timeout(now));
            self.stats.data_sent += 1;
        }
    }
}

#[cfg(test)]
fn panics() {
    panic!("broken by a test");
}
