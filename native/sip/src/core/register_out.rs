//! Registrations of ours at trunks and PBXs (RFC 3261 10.2).

use super::Core;
use super::wire::{Owner, Wait};
use crate::command::Register;
use crate::digest::Login;
use crate::event::{Event, Registered, RegistrationId, Rejection};
use crate::flow::Flow;
use crate::msg::lex::number;
use crate::msg::{Address, Headers, Method, Request, Response, Uri};
use std::time::Duration;

/// One registration that is kept alive.
#[derive(Debug)]
pub(super) struct Registration {
    wish: Register,
    call_id: String,
    tag: String,
    seq: u32,
    login: Option<Login>,
    /// Seconds to ask for; raised by a 423.
    expires_s: u32,
    /// Failures in a row, for the pause before the next try.
    failures: u32,
    /// The hub wants it removed.
    leaving: bool,
}

impl Registration {
    pub(super) fn flow(&self) -> Flow {
        self.wish.flow
    }
}

/// Longest pause between two tries.
const PAUSE_MAX_S: u64 = 1_800;

impl Core {
    /// Command `Register`. The same id again goes on with its Call-ID over the new flow.
    pub(super) fn register(&mut self, wish: Register, now: Duration) -> Result<(), Rejection> {
        Uri::parse(&wish.registrar)
            .and(Uri::parse(&wish.address))
            .ok_or(Rejection::BadUri)?;
        if !self.wire.links.contains_key(&wish.flow.link) {
            return Err(Rejection::NoLink);
        }
        let (id, expires_s) = (wish.id, wish.expires_s.max(60));
        let login = wish.account.clone().map(Login::new);
        let old = self.registrations.remove(&id);
        let (call_id, tag, seq) = old.map_or_else(
            || (self.wire.random.token(), self.wire.random.token(), 0),
            |old| (old.call_id, old.tag, old.seq),
        );
        let registration = Registration {
            wish,
            call_id,
            tag,
            seq,
            login,
            expires_s,
            failures: 0,
            leaving: false,
        };
        self.registrations.insert(id, registration);
        self.send_register(id, now);
        Ok(())
    }

    /// Command `Unregister`.
    pub(super) fn unregister(
        &mut self,
        id: RegistrationId,
        now: Duration,
    ) -> Result<(), Rejection> {
        let registration = self
            .registrations
            .get_mut(&id)
            .ok_or(Rejection::UnknownRequest)?;
        registration.leaving = true;
        self.registration_due(id, now);
        Ok(())
    }

    /// Time for a refresh, or for the next try.
    pub(super) fn registration_due(&mut self, id: RegistrationId, now: Duration) {
        if let Some(login) = self
            .registrations
            .get_mut(&id)
            .and_then(|r| r.login.as_mut())
        {
            login.begin();
        }
        self.send_register(id, now);
    }

    pub(super) fn forget_registration(&mut self, id: RegistrationId) {
        self.registrations.remove(&id);
        self.wire.waits.cancel(Wait::Registration(id));
    }

    fn send_register(&mut self, id: RegistrationId, now: Duration) {
        let Some(registration) = self.registrations.get_mut(&id) else {
            return;
        };
        registration.seq += 1;
        let wish = &registration.wish;
        let expires = if registration.leaving {
            0
        } else {
            registration.expires_s
        };
        let mut headers = Headers::default();
        headers.push("Max-Forwards", "70");
        headers.push(
            "From",
            format!("<{}>;tag={}", wish.address, registration.tag),
        );
        headers.push("To", format!("<{}>", wish.address));
        headers.push("Call-ID", &*registration.call_id);
        headers.push("CSeq", format!("{} REGISTER", registration.seq));
        headers.push("Contact", self.wire.contact(wish.flow, &wish.user));
        headers.push("Expires", expires.to_string());
        headers.push("Supported", "path, outbound");
        let uri = wish.registrar.clone();
        let mut request = Request {
            method: Method::Register,
            uri,
            headers,
            body: Vec::new(),
        };
        if let Some(login) = &mut registration.login {
            login.sign(&mut request, &self.wire.random.token());
        }
        let flow = registration.wish.flow;
        if self
            .wire
            .request(&mut request, flow, Owner::Register(id), now)
            .is_none()
        {
            self.forget_registration(id);
            self.emit(Event::Registration {
                id,
                state: Registered::ConnectionLost,
            });
        }
    }

    pub(super) fn on_register_response(
        &mut self,
        id: RegistrationId,
        response: &Response,
        now: Duration,
    ) {
        let Some(registration) = self.registrations.get_mut(&id) else {
            return;
        };
        match response.status {
            ..200 => {}
            200..300 if registration.leaving => {
                self.forget_registration(id);
                self.emit(Event::Registration {
                    id,
                    state: Registered::Removed,
                });
            }
            200..300 => {
                registration.failures = 0;
                let expires_s = granted(response, &registration.wish.user)
                    .unwrap_or(registration.expires_s)
                    .max(1);
                // Refreshed in time for a lost round trip, but not needlessly often.
                let refresh = (u64::from(expires_s) * 4 / 5).max(1);
                self.wire
                    .waits
                    .set(Wait::Registration(id), now + Duration::from_secs(refresh));
                self.emit(Event::Registration {
                    id,
                    state: Registered::Active { expires_s },
                });
            }
            401 | 407
                if registration
                    .login
                    .as_mut()
                    .is_some_and(|login| login.learn(response)) =>
            {
                self.send_register(id, now);
            }
            423 => {
                let min = response
                    .headers
                    .get("Min-Expires")
                    .and_then(number::<u32>)
                    .unwrap_or(0);
                if min <= registration.expires_s || min > 86_400 {
                    return self.register_failed(id, 423, now);
                }
                registration.expires_s = min;
                self.send_register(id, now);
            }
            status => self.register_failed(id, status, now),
        }
    }

    /// Tried again after 30 s, doubling, with a random part so that many do not come at once
    /// (RFC 5626 4.5).
    pub(super) fn register_failed(&mut self, id: RegistrationId, status: u16, now: Duration) {
        let Some(registration) = self.registrations.get_mut(&id) else {
            return;
        };
        if registration.leaving {
            self.forget_registration(id);
            self.emit(Event::Registration {
                id,
                state: Registered::Removed,
            });
            return;
        }
        let longest = (30u64 << registration.failures.min(6)).min(PAUSE_MAX_S);
        registration.failures += 1;
        let pause = longest / 2 + self.wire.random.below(longest / 2 + 1);
        self.wire
            .waits
            .set(Wait::Registration(id), now + Duration::from_secs(pause));
        self.emit(Event::Registration {
            id,
            state: Registered::Failed {
                status,
                retry_s: pause as u32,
            },
        });
    }
}

/// The time our contact got: its own parameter, or Expires (RFC 3261 10.2.4).
fn granted(response: &Response, user: &str) -> Option<u32> {
    let ours = |a: &Address| a.uri.user.as_deref().unwrap_or("") == user;
    let contact = response
        .headers
        .elements("Contact")
        .filter_map(Address::parse)
        .find(ours);
    let stated = contact.and_then(|c| c.params.get("expires").and_then(number::<u32>));
    stated.or_else(|| response.headers.get("Expires").and_then(number::<u32>))
}
