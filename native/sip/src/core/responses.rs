//! What the ends of our own requests lead to.

use super::Core;
use super::wire::Owner;
use crate::event::{End, Event, LegId};
use crate::msg::{Head, Method, Response};
use crate::transaction::Told;
use std::time::Duration;

impl Core {
    /// A client transaction reports; `message` is there for a response.
    pub(super) fn on_told(
        &mut self,
        told: Told<Owner>,
        message: Option<(&Response, &Head)>,
        now: Duration,
    ) {
        match told {
            Told::Response(owner) => {
                if let Some((response, head)) = message {
                    self.on_answer(owner, response, head, now);
                }
            }
            Told::TimedOut(owner) => self.on_failure(owner, 408, now),
            Told::Failed(owner) => self.on_failure(owner, 503, now),
        }
    }

    fn on_answer(&mut self, owner: Owner, response: &Response, head: &Head, now: Duration) {
        match owner {
            Owner::Invite(id) => self.on_invite_response(id, response, head, now),
            Owner::Offer(id) => self.on_offer_response(id, response, head, now),
            Owner::Register(id) => self.on_register_response(id, response, now),
            _ if response.status < 200 => {}
            Owner::Bye(id) => self.on_bye_response(id, response, now),
            Owner::Probe(id) => self.on_probe_response(id, response.status, now),
            // INFO, NOTIFY: refused or not, the leg goes on, unless it is unknown over there.
            Owner::Simple(id)
                if matches!(response.status, 408 | 481) && head.method == Method::Info =>
            {
                self.gone(id, now);
            }
            Owner::Ping(id) => self.emit(Event::Pong {
                id,
                status: response.status,
            }),
            Owner::Simple(_) | Owner::None | Owner::Theirs(_) => {}
        }
    }

    fn on_failure(&mut self, owner: Owner, status: u16, now: Duration) {
        match owner {
            Owner::Invite(id) => self.invite_failed(id, status),
            Owner::Offer(id) | Owner::Probe(id) => self.lost(id, status, now),
            Owner::Bye(id) => {
                self.drop_leg(id);
            }
            Owner::Register(id) => self.register_failed(id, status, now),
            Owner::Ping(id) => self.emit(Event::Pong { id, status }),
            Owner::Simple(_) | Owner::None | Owner::Theirs(_) => {}
        }
    }

    /// A request in the dialog found nobody (RFC 3261 12.2.1.2).
    fn lost(&mut self, id: LegId, status: u16, now: Duration) {
        if status == 408 {
            return self.gone(id, now);
        }
        self.end(id, End::ConnectionLost, 503);
        self.send_bye(id, now);
    }

    fn on_probe_response(&mut self, id: LegId, status: u16, now: Duration) {
        if matches!(status, 408 | 481) {
            return self.gone(id, now);
        }
        // Any answer, 405 and 501 included, comes from somebody who lives.
        if self.legs.contains_key(&id) {
            self.emit(Event::ProbeAnswered { leg: id, status });
        }
    }

    fn on_bye_response(&mut self, id: LegId, response: &Response, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let again = matches!(response.status, 401 | 407)
            && leg
                .login
                .as_mut()
                .is_some_and(|login| login.learn(response));
        if again {
            self.send_bye(id, now);
        } else {
            drop(self.drop_leg(id));
        }
    }
}
