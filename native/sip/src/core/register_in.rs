//! REGISTER of phones (RFC 3261 10.3).

use super::Core;
use super::requests::Sender;
use crate::event::{Bound, Event, Unbind};
use crate::flow::Flow;
use crate::msg::lex::number;
use crate::msg::{Address, Head, Request};
use crate::registrar::Change;
use std::time::Duration;

/// What a REGISTER asks for.
enum Wish {
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    /// Contacts to bind, or to remove where the time is 0; none: only a question.
    Change(Vec<Change>),
}

impl Core {
    pub(super) fn on_register(
        &mut self,
        request: &Request,
        head: &Head,
        flow: Flow,
        now: Duration,
    ) {
        if self.refused_requires(request, &head.via, flow) {
            return;
        }
        let Some(Sender::User(user)) = self.authenticate(request, head, flow, false, now) else {
            return;
        };
        // The address of record is in To; a phone may bind its own only (RFC 3261 10.3 step 4, 5).
        let address = match (head.to.uri.is_sip(), head.to.uri.user.clone()) {
            (false, _) => return self.wire.reply(request, &head.via, flow, 416, &[]),
            (true, Some(address)) if address == user => address,
            (true, None) => return self.wire.reply(request, &head.via, flow, 404, &[]),
            (true, Some(_)) => return self.wire.reply(request, &head.via, flow, 403, &[]),
        };
        let wish = match self.wish(request, &address, flow) {
            Ok(wish) => wish,
            Err(423) => {
                let min = self.wire.config.min_expires_s.to_string();
                return self
                    .wire
                    .reply(request, &head.via, flow, 423, &[("Min-Expires", &min)]);
            }
            Err(status) => return self.wire.reply(request, &head.via, flow, status, &[]),
        };
        let changes = !matches!(&wish, Wish::Change(list) if list.is_empty());
        if changes && self.registrar.is_old(&address, &head.call_id, head.seq) {
            return self.wire.reply(request, &head.via, flow, 500, &[]);
        }
        if self.registrar.is_full_for(&address) && changes {
            return self
                .wire
                .reply(request, &head.via, flow, 503, &[("Retry-After", "60")]);
        }
        let outbound = matches!(&wish, Wish::Change(list) if list.iter().any(|c| c.identity.starts_with("reg ")));
        self.apply(&address, wish, head, now);
        self.confirm(request, head, flow, &address, outbound, now);
    }

    fn apply(&mut self, address: &str, wish: Wish, head: &Head, now: Duration) {
        match wish {
            Wish::RemoveAll => {
                for (address, contact) in self.registrar.clear(address) {
                    self.emit(Event::Unbound {
                        address,
                        contact,
                        why: Unbind::Removed,
                    });
                }
            }
            Wish::Change(list) => {
                for change in list {
                    if change.bound.expires_s == 0 {
                        if let Some((address, contact)) =
                            self.registrar.remove_identity(address, &change.identity)
                        {
                            self.emit(Event::Unbound {
                                address,
                                contact,
                                why: Unbind::Removed,
                            });
                        }
                        continue;
                    }
                    for (address, contact) in
                        self.registrar.bind(&change, &head.call_id, head.seq, now)
                    {
                        self.emit(Event::Unbound {
                            address,
                            contact,
                            why: Unbind::Replaced,
                        });
                    }
                    self.emit(Event::Bound(Box::new(change.bound)));
                }
            }
        }
    }

    /// 200 with every contact that is bound now, and the time each has left (step 8).
    fn confirm(
        &mut self,
        request: &Request,
        head: &Head,
        flow: Flow,
        address: &str,
        outbound: bool,
        now: Duration,
    ) {
        let mut ok = self.wire.answer(request, &head.via, flow, 200, None);
        for (contact, left) in self.registrar.contacts(address, now) {
            ok.headers
                .push("Contact", format!("<{contact}>;expires={left}"));
        }
        for path in request.headers.all("Path") {
            ok.headers.push("Path", path);
        }
        if outbound {
            ok.headers.push("Require", "outbound");
        }
        ok.headers.push("Supported", "path, outbound");
        self.wire.serve_with(request, head, flow, &ok, now);
    }

    /// Reads the whole request before anything is changed: it is done as a whole or not at all.
    fn wish(&self, request: &Request, address: &str, flow: Flow) -> Result<Wish, u16> {
        let elements: Vec<&str> = request.headers.elements("Contact").collect();
        let general = match request.headers.get("Expires") {
            Some(value) => Some(number::<u32>(value).ok_or(400u16)?),
            None => None,
        };
        if elements.contains(&"*") {
            return if elements.len() == 1 && general == Some(0) {
                Ok(Wish::RemoveAll)
            } else {
                Err(400)
            };
        }
        let path: Vec<Box<str>> = request
            .headers
            .elements("Path")
            .take(8)
            .map(Into::into)
            .collect();
        let agent = request.headers.get("User-Agent").unwrap_or("");
        let mut list = Vec::new();
        for element in elements.into_iter().take(self.wire.config.limits.bindings) {
            let contact = Address::parse(element).ok_or(400u16)?;
            let stated = match contact.params.get("expires") {
                Some(value) => Some(number::<u32>(value).ok_or(400u16)?),
                None => general,
            };
            let instance = contact
                .params
                .get("+sip.instance")
                .filter(|i| i.len() <= 256);
            let identity = match (instance, contact.params.get("reg-id")) {
                (Some(instance), Some(reg)) => format!("reg {reg} {instance}"),
                (Some(instance), None) => format!("instance {instance}"),
                (None, _) => contact.uri.identity(),
            };
            list.push(Change {
                identity: identity.into(),
                bound: Bound {
                    address: address.into(),
                    contact: contact.uri.text.clone(),
                    flow,
                    expires_s: self.granted(stated)?,
                    instance: instance.map(Into::into),
                    path: path.clone(),
                    agent: agent.chars().take(128).collect::<String>().into(),
                },
            });
        }
        Ok(Wish::Change(list))
    }

    /// The time a contact gets: 423 when it asks for too little (RFC 3261 10.3 step 7).
    fn granted(&self, stated: Option<u32>) -> Result<u32, u16> {
        let config = &self.wire.config;
        match stated {
            Some(0) => Ok(0),
            Some(seconds) if seconds < config.min_expires_s => Err(423),
            Some(seconds) => Ok(seconds.min(config.max_expires_s)),
            None => Ok(config.max_expires_s),
        }
    }
}
