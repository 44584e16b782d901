//! What every part of the core sends through: links, transactions, timers, random numbers.

use super::config::Config;
use crate::deadlines::Deadlines;
use crate::digest::{Gate, Nonces, hex, hmac};
use crate::event::{Event, LegId, RegistrationId};
use crate::flow::{Flow, Link, LinkId};
use crate::leg::Leg;
use crate::leg::dialog::Dialog;
use crate::msg::{ALLOW, Head, Headers, MAGIC_COOKIE, Method, Request, Response, Via};
use crate::output::Outbox;
use crate::random::Random;
use crate::transaction::table::Kind;
use crate::transaction::{Layer, New, TxId, server_key};
use std::collections::BTreeMap;
use std::time::Duration;

/// A re-INVITE without a final answer ends its dialog after this; the peer may be asking a person.
const OFFER_LIMIT: Duration = Duration::from_secs(60);

/// Who is told how a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Nobody.
    None,
    /// The INVITE that makes a leg, ours.
    Invite(LegId),
    /// A re-INVITE or UPDATE of ours.
    Offer(LegId),
    /// BYE of ours.
    Bye(LegId),
    /// INFO or NOTIFY of ours.
    Simple(LegId),
    /// OPTIONS of ours in a dialog.
    Probe(LegId),
    /// REGISTER of ours.
    Register(RegistrationId),
    /// OPTIONS of ours outside of any dialog.
    Ping(u64),
    /// The INVITE that makes a leg, or changes it: theirs.
    Theirs(LegId),
}

/// Everything that waits outside of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wait {
    Leg(LegId, LegWait),
    Registration(RegistrationId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LegWait {
    /// No final answer to the INVITE within the ring limit.
    Ring,
    /// Our 2xx goes out again.
    Resend,
    /// The hub did not answer an offer in time.
    Hub,
    /// The hub did not answer a REFER in time.
    Refer,
    /// Our offer goes again after a 491.
    Glare,
    /// The session timer.
    Session,
    /// Copies of their 2xx are over, the ACK need not be kept.
    Ack,
    /// A leg that nobody answers any more is dropped.
    Close,
}

pub(crate) struct Wire {
    pub config: Config,
    pub random: Random,
    pub links: BTreeMap<LinkId, Link>,
    pub transactions: Layer<Owner>,
    pub waits: Deadlines<Wait>,
    pub gate: Gate,
    pub out: Outbox,
    /// Key of the To tags of stateless answers.
    secret: [u8; 32],
}

impl Wire {
    pub fn new(config: Config, mut random: Random) -> Self {
        let mut secret = [0; 32];
        secret
            .chunks_mut(8)
            .for_each(|c| c.copy_from_slice(&random.number().to_le_bytes()));
        let gate = Gate::new(
            &config.realm,
            &config.algorithms,
            Nonces::new(&mut random, config.limits.nonces),
        );
        Self {
            config,
            random,
            links: BTreeMap::new(),
            transactions: Layer::new(),
            waits: Deadlines::new(),
            gate,
            out: Outbox::default(),
            secret,
        }
    }

    pub fn event(&mut self, event: Event) {
        self.out.event(event);
    }

    pub fn is_reliable(&self, link: LinkId) -> bool {
        self.links
            .get(&link)
            .is_some_and(|link| link.transport.is_reliable())
    }

    /// Where an answer goes: on a stream, back on its connection; else by the Via.
    pub fn reply_flow(&self, flow: Flow, via: &Via) -> Flow {
        if self.is_reliable(flow.link) {
            return flow;
        }
        Flow {
            link: flow.link,
            remote: via.reply_to(flow.remote),
        }
    }

    /// An answer with the headers RFC 3261 8.2.6.2 asks for. With `tag` `None` the To tag is a
    /// keyed hash, the same for every copy of the request, so that no state is needed.
    pub fn answer(
        &self,
        request: &Request,
        via: &Via,
        flow: Flow,
        status: u16,
        tag: Option<&str>,
    ) -> Response {
        let mut via = via.clone();
        via.note_source(flow.remote);
        let hashed;
        let tag = if let Some(tag) = tag {
            tag
        } else {
            hashed = self.stateless_tag(request, &via);
            &hashed
        };
        let mut response = request.answer(status, &via, tag);
        self.describe(&mut response.headers, status);
        response
    }

    /// Headers that say what we are, on the answers that need them.
    pub fn describe(&self, headers: &mut Headers, status: u16) {
        if matches!(status, 405 | 501) {
            headers.push("Allow", ALLOW);
        }
        headers.push("Server", &*self.config.agent);
    }

    /// Sends an answer without keeping any state (RFC 3261 8.2.7).
    pub fn reply(
        &mut self,
        request: &Request,
        via: &Via,
        flow: Flow,
        status: u16,
        extra: &[(&str, &str)],
    ) {
        // ACK is never answered (RFC 3261 17).
        if request.method == Method::Ack {
            return;
        }
        let mut response = self.answer(request, via, flow, status, None);
        for (name, value) in extra {
            response.headers.push(name, *value);
        }
        let to = self.reply_flow(flow, via);
        self.out.send(to, response.to_bytes());
    }

    /// Starts the server transaction of a request.
    pub fn serve(
        &mut self,
        request: &Request,
        head: &Head,
        flow: Flow,
        owner: Owner,
        now: Duration,
    ) -> TxId {
        let invite = request.method == Method::Invite;
        let new = New {
            kind: if invite {
                Kind::InviteServer
            } else {
                Kind::Server
            },
            flow: self.reply_flow(flow, &head.via),
            reliable: self.is_reliable(flow.link),
            key: server_key(head, &request.method),
            merged: head.to_tag().is_empty().then(|| merged_identity(head)),
            limit: None,
            message: &[],
            owner,
        };
        self.transactions.start(new, now, &mut self.out)
    }

    /// Sends 100 at once: the hub may take longer than the 200 ms of RFC 3261 17.2.1.
    pub fn trying(&mut self, request: &Request, head: &Head, flow: Flow, tx: TxId, now: Duration) {
        let mut via = head.via.clone();
        via.note_source(flow.remote);
        self.transactions
            .respond(tx, &request.answer(100, &via, ""), now, &mut self.out);
    }

    /// Answers a request through a transaction of its own, at once.
    pub fn serve_with(
        &mut self,
        request: &Request,
        head: &Head,
        flow: Flow,
        response: &Response,
        now: Duration,
    ) {
        let tx = self.serve(request, head, flow, Owner::None, now);
        self.transactions.respond(tx, response, now, &mut self.out);
    }

    /// Sends a request of ours through a client transaction; the branch it got is returned.
    /// `None` when the link is not open.
    pub fn request(
        &mut self,
        request: &mut Request,
        flow: Flow,
        owner: Owner,
        now: Duration,
    ) -> Option<(TxId, Box<str>)> {
        let branch: Box<str> = format!("{MAGIC_COOKIE}{}", self.random.token()).into();
        self.put_via(request, flow, &branch)?;
        let kind = if request.method == Method::Invite {
            Kind::InviteClient
        } else {
            Kind::Client
        };
        let bytes = request.to_bytes();
        let reliable = self.is_reliable(flow.link);
        let new = New {
            kind,
            flow,
            reliable,
            key: branch.clone(),
            merged: None,
            // A ring limit is the leg\'s; a change of a session must not hang for ever.
            limit: matches!(owner, Owner::Offer(_)).then_some(OFFER_LIMIT),
            message: &bytes,
            owner,
        };
        let tx = self.transactions.start(new, now, &mut self.out);
        Some((tx, branch))
    }

    /// Sends a CANCEL: a transaction of its own with the branch of its INVITE (RFC 3261 9.1).
    pub fn cancel(&mut self, bytes: &[u8], flow: Flow, branch: &str, now: Duration) {
        let new = New {
            kind: Kind::Client,
            flow,
            reliable: self.is_reliable(flow.link),
            key: cancel_key(branch),
            merged: None,
            limit: None,
            message: bytes,
            owner: Owner::None,
        };
        self.transactions.start(new, now, &mut self.out);
    }

    /// Puts our Via on top; `None` when the link is not open.
    pub fn put_via(&mut self, request: &mut Request, flow: Flow, branch: &str) -> Option<()> {
        let via = self.links.get(&flow.link)?.via(branch);
        let mut headers = Headers::default();
        headers.push("Via", via);
        for header in request.headers.iter() {
            headers.push(header.name(), header.value.clone());
        }
        headers.push("User-Agent", &*self.config.agent);
        request.headers = headers;
        Some(())
    }

    /// Our Contact towards `flow`.
    pub fn contact(&self, flow: Flow, user: &str) -> String {
        self.links
            .get(&flow.link)
            .map(|link| link.contact(user))
            .unwrap_or_default()
    }

    /// Sends a request in a leg's dialog, signed when the leg has a login.
    pub fn in_dialog(
        &mut self,
        leg: &mut Leg,
        mut request: Request,
        owner: Owner,
        now: Duration,
    ) -> Option<TxId> {
        if let Some(login) = &mut leg.login {
            login.sign(&mut request, &self.random.token());
        }
        self.request(&mut request, leg.flow, owner, now)
            .map(|(tx, _)| tx)
    }

    /// Sends an ACK of a 2xx, which has no transaction, and returns its bytes for repetition.
    pub fn ack(
        &mut self,
        leg: &mut Leg,
        dialog: &Dialog,
        seq: u32,
        sdp: Option<&[u8]>,
    ) -> Option<Box<[u8]>> {
        let mut ack = dialog.request_with(Method::Ack, seq);
        // The ACK carries the credentials of its INVITE (RFC 3261 22.1).
        if let Some(login) = &mut leg.login {
            login.sign(&mut ack, &self.random.token());
        }
        if let Some(sdp) = sdp {
            put_sdp(&mut ack.headers, &mut ack.body, sdp);
        }
        let branch = format!("{MAGIC_COOKIE}{}", self.random.token());
        self.put_via(&mut ack, leg.flow, &branch)?;
        let bytes = ack.to_bytes();
        self.out.send(leg.flow, bytes.clone());
        Some(bytes.into())
    }

    fn stateless_tag(&self, request: &Request, via: &Via) -> String {
        let call_id = request.headers.get("Call-ID").unwrap_or("");
        let from = request.headers.get("From").unwrap_or("");
        let branch = via.params.get("branch").unwrap_or("");
        hex(&hmac(
            &self.secret,
            &[branch.as_bytes(), call_id.as_bytes(), from.as_bytes()],
        )[..8])
    }
}

/// The same request over another path has the same identity (RFC 3261 8.2.2.2).
pub(crate) fn merged_identity(head: &Head) -> Box<str> {
    format!(
        "{} {} {} {}",
        head.call_id,
        head.from_tag(),
        head.seq,
        head.method
    )
    .into()
}

/// The key of a CANCEL among the client transactions: its branch is the one of its INVITE.
pub(crate) fn cancel_key(branch: &str) -> Box<str> {
    format!("{branch} CANCEL").into()
}

/// Sets an SDP body.
pub(crate) fn put_sdp(headers: &mut Headers, body: &mut Vec<u8>, sdp: &[u8]) {
    headers.push("Content-Type", "application/sdp");
    *body = sdp.to_vec();
}
