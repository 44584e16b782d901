//! The way of a request in: the guard order. Nothing is kept for a request before it has passed
//! parsing, sanity, retransmission match, rate, dialog match, authentication and limits.

use super::wire::merged_identity;
use super::{Core, dialog_key};
use crate::digest::Verdict;
use crate::flow::Flow;
use crate::limits::message::LIST;
use crate::msg::{ALLOW, Address, Head, Method, Request, Uri, Via};
use crate::transaction::server_key;
use std::time::Duration;

/// Option tags we understand in Require.
const SUPPORTED: [&str; 3] = ["timer", "path", "outbound"];

/// Who sent a request that passed the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sender {
    /// A digest user, proven.
    User(Box<str>),
    /// A trunk, by its address.
    Trusted,
    /// Anybody, towards a public number.
    Anonymous,
}

impl Core {
    pub(super) fn on_request(&mut self, request: &Request, flow: Flow, now: Duration) {
        let Ok(head) = Head::read(&request.headers) else {
            self.counts.malformed += 1;
            return self.refuse_unreadable(request, 400, flow, now);
        };
        if let Some(status) = insane(request, &head) {
            self.counts.malformed += 1;
            if self.allow(flow, now) {
                self.wire.reply(request, &head.via, flow, status, &[]);
            }
            return;
        }
        // Retransmission match (RFC 3261 17.2.3): before any cost.
        let key = server_key(&head, &request.method);
        if let Some(tx) = self.wire.transactions.server(&key) {
            let ack = request.method == Method::Ack;
            let up = self
                .wire
                .transactions
                .on_request(tx, ack, now, &mut self.wire.out);
            // An ACK of a 2xx belongs to the dialog, whatever branch it has.
            if !up {
                return;
            }
        }
        if !self.allow(flow, now) {
            return;
        }
        if request.method == Method::Cancel {
            return self.on_cancel(request, &head, flow, now);
        }
        if !head.to_tag().is_empty() {
            return self.find_dialog(request, &head, flow, now);
        }
        if request.method == Method::Ack {
            return;
        }
        if self.wire.transactions.is_merged(&merged_identity(&head)) {
            // The same request came by two ways (RFC 3261 8.2.2.2).
            return self.wire.reply(request, &head.via, flow, 482, &[]);
        }
        self.outside_dialog(request, &head, flow, now);
    }

    fn find_dialog(&mut self, request: &Request, head: &Head, flow: Flow, now: Duration) {
        let found = self
            .dialogs
            .get(&dialog_key(&head.call_id, head.to_tag()))
            .copied();
        let known = |id| {
            self.legs
                .get(&id)
                .is_some_and(|leg| leg.knows_tag(head.from_tag()))
        };
        match found.filter(|id| known(*id)) {
            Some(leg) => self.in_dialog(leg, request, head, flow, now),
            // A To tag without its dialog (RFC 3261 12.2.2); stateless, ACK never answered.
            None => self.wire.reply(request, &head.via, flow, 481, &[]),
        }
    }

    fn outside_dialog(&mut self, request: &Request, head: &Head, flow: Flow, now: Duration) {
        match request.method {
            Method::Options => self.on_options(request, head, flow),
            Method::Register => self.on_register(request, head, flow, now),
            Method::Invite => self.on_invite(request, head, flow, now),
            // These live in a dialog only; without one there is nothing they could mean.
            Method::Bye | Method::Update | Method::Info | Method::Prack | Method::Notify => {
                self.wire.reply(request, &head.via, flow, 481, &[]);
            }
            Method::Refer => self.wire.reply(request, &head.via, flow, 603, &[]),
            Method::Other(_) => self.wire.reply(request, &head.via, flow, 501, &[]),
            _ => self.wire.reply(request, &head.via, flow, 405, &[]),
        }
    }

    /// OPTIONS is answered without state and to everybody: peers watch us with it (RFC 3261 11.2).
    fn on_options(&mut self, request: &Request, head: &Head, flow: Flow) {
        if self.refused_requires(request, &head.via, flow) {
            return;
        }
        let contact = self.wire.contact(flow, "");
        let extra = [
            ("Contact", contact.as_str()),
            ("Allow", ALLOW),
            ("Accept", "application/sdp"),
            ("Supported", "timer, path, outbound"),
        ];
        self.wire.reply(request, &head.via, flow, 200, &extra);
    }

    /// 420 for an extension we do not know (RFC 3261 8.2.2.3).
    pub(super) fn refused_requires(&mut self, request: &Request, via: &Via, flow: Flow) -> bool {
        let unknown: Vec<&str> = request
            .headers
            .elements("Require")
            .filter(|tag| {
                !SUPPORTED
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(tag))
            })
            .collect();
        if unknown.is_empty() {
            return false;
        }
        self.wire.reply(
            request,
            via,
            flow,
            420,
            &[("Unsupported", &unknown.join(", "))],
        );
        true
    }

    /// Lets a request in or challenges it, without state (RFC 3261 22).
    pub(super) fn authenticate(
        &mut self,
        request: &Request,
        head: &Head,
        flow: Flow,
        public: bool,
        now: Duration,
    ) -> Option<Sender> {
        // A phone that is registered over this flow proves who it is, whatever stands behind the
        // same address: it is not the trunk.
        let trunk = self.trusted.contains(&flow.remote.ip()) && !self.registrar.has_flow(flow);
        if public && trunk {
            return Some(Sender::Trusted);
        }
        match self.wire.gate.check(request, now) {
            Verdict::User(user) => Some(Sender::User(user)),
            Verdict::Challenge { .. }
                if public
                    && request
                        .user()
                        .is_some_and(|user| self.public.contains(&user)) =>
            {
                Some(Sender::Anonymous)
            }
            Verdict::Challenge { stale } => {
                self.counts.challenged += 1;
                let values = self.wire.gate.challenges(stale, now, &mut self.wire.random);
                let extra: Vec<_> = values
                    .iter()
                    .map(|v| ("WWW-Authenticate", v.as_str()))
                    .collect();
                self.wire.reply(request, &head.via, flow, 401, &extra);
                None
            }
        }
    }
}

/// The checks of RFC 3261 8.2 and 16.3 that need nothing but the request; the status to refuse with.
fn insane(request: &Request, head: &Head) -> Option<u16> {
    if head.method != request.method {
        return Some(400);
    }
    if let Some(hops) = request.headers.get("Max-Forwards")
        && crate::msg::lex::number::<u32>(hops).is_none_or(|hops| hops > 255)
    {
        return Some(400);
    }
    let mut contacts = request.headers.elements("Contact").enumerate();
    if contacts.any(|(n, c)| n >= LIST || (c != "*" && Address::parse(c).is_none())) {
        return Some(400);
    }
    let Some(uri) = Uri::parse(&request.uri) else {
        return Some(400);
    };
    if !matches!(&*uri.scheme, "sip" | "sips" | "tel") {
        // Who cannot read the scheme says so (RFC 3261 8.2.2.1).
        return Some(416);
    }
    // Headers may not stand in a Request-URI (RFC 3261 19.1.1 table 1).
    let host_part = request.uri.rsplit('@').next().unwrap_or(&request.uri);
    (uri.is_sip() && host_part.contains('?')).then_some(400)
}
