//! Calls that come in: from the INVITE to its final answer and the ACK (RFC 3261 13.3).

use super::Core;
use super::requests::Sender;
use super::wire::{LegWait, Owner, Wait, put_sdp};
use crate::event::{End, Event, Incoming, LegId, Rejection};
use crate::flow::Flow;
use crate::leg::dialog::{Dialog, contact};
use crate::leg::session_timer::Asked;
use crate::leg::{Invite, Leg, State, Unacked};
use crate::msg::{ALLOW, Head, Headers, Request, Response, reason};
use crate::transaction::table::{T1, T2};
use std::net::IpAddr;
use std::time::Duration;

impl Core {
    pub(super) fn on_invite(&mut self, request: &Request, head: &Head, flow: Flow, now: Duration) {
        if self.refused_requires(request, &head.via, flow) {
            return;
        }
        let Some(target) = contact(&request.headers) else {
            // A dialog needs a Contact (RFC 3261 8.1.1.8).
            return self.wire.reply(request, &head.via, flow, 400, &[]);
        };
        let Some(sender) = self.authenticate(request, head, flow, true, now) else {
            return;
        };
        if self.refused_content(request, head, flow) || self.refused_session(request, head, flow) {
            return;
        }
        let limits = &self.wire.config.limits;
        if self.legs.len() >= limits.legs
            || self.wire.transactions.unanswered() >= limits.unanswered
        {
            return self
                .wire
                .reply(request, &head.via, flow, 503, &[("Retry-After", "5")]);
        }
        self.open_leg(request, head, flow, &target, sender, now);
    }

    /// 415 or 406 for bodies we cannot read or may not send (RFC 3261 8.2.3, 21.4.7).
    pub(super) fn refused_content(&mut self, request: &Request, head: &Head, flow: Flow) -> bool {
        let sdp_only = [("Accept", "application/sdp")];
        if !request.body.is_empty() && !is_sdp(&request.headers) {
            self.wire.reply(request, &head.via, flow, 415, &sdp_only);
            return true;
        }
        let accepts = |v: &str| {
            let kind = v
                .split(';')
                .next()
                .unwrap_or("")
                .trim()
                .to_ascii_lowercase();
            matches!(kind.as_str(), "application/sdp" | "application/*" | "*/*")
        };
        let mut accept = request.headers.elements("Accept").peekable();
        if accept.peek().is_some() && !accept.any(accepts) {
            self.wire.reply(request, &head.via, flow, 406, &sdp_only);
            return true;
        }
        false
    }

    /// 422 for a session interval below ours (RFC 4028 9).
    pub(super) fn refused_session(&mut self, request: &Request, head: &Head, flow: Flow) -> bool {
        let min = self.wire.config.min_session_s;
        if !Asked::read(&request.headers).is_too_small(min) {
            return false;
        }
        self.wire.reply(
            request,
            &head.via,
            flow,
            422,
            &[("Min-SE", &min.to_string())],
        );
        true
    }

    fn open_leg(
        &mut self,
        request: &Request,
        head: &Head,
        flow: Flow,
        target: &str,
        sender: Sender,
        now: Duration,
    ) {
        let id = LegId(self.next_leg);
        self.next_leg += 2;
        let tag = self.wire.random.token();
        let tx = self.wire.serve(request, head, flow, Owner::Theirs(id), now);
        self.wire.trying(request, head, flow, tx, now);

        let mut headers = self
            .wire
            .answer(request, &head.via, flow, 200, Some(&tag))
            .headers;
        for route in request.headers.all("Record-Route") {
            headers.push("Record-Route", route);
        }
        let dialog = Dialog::of_callee(request, head, target, &tag);
        let (way, pinned) = self.way_back(flow, head, &dialog);
        let mut leg = Leg::new(State::Offered, dialog, way, pinned);
        leg.updates = request.headers.lists("Allow", "UPDATE");
        leg.invite = Some(Box::new(Invite {
            tx,
            headers,
            asked: Some(Asked::read(&request.headers)),
            seq: head.seq,
            answered: true,
            branch: "".into(),
            min_se_s: 0,
            has_offer: !request.body.is_empty(),
        }));
        self.add_leg(id, leg);
        self.wire.waits.set(
            Wait::Leg(id, LegWait::Ring),
            now + self.wire.config.ring_limit,
        );
        let trusted = sender == Sender::Trusted;
        let asserted = request
            .headers
            .get("P-Asserted-Identity")
            .filter(|_| trusted);
        self.emit(Event::Incoming(Box::new(Incoming {
            leg: id,
            flow,
            user: if let Sender::User(user) = sender {
                Some(user)
            } else {
                None
            },
            trusted,
            target: request.uri.clone(),
            from: head.from.uri.text.clone(),
            name: head.from.name.clone(),
            asserted: asserted.map(Into::into),
            replaces: request.headers.get("Replaces").map(Into::into),
            sdp: (!request.body.is_empty()).then(|| request.body.clone()),
        })));
    }

    /// Where our requests in a dialog that the peer began go. A stream, a registered phone and a
    /// peer behind NAT are reached the way they came; else the next hop of the dialog counts
    /// (RFC 3261 12.2.1.1), when it is an address: names are resolved outside (`Reroute`).
    fn way_back(&self, flow: Flow, head: &Head, dialog: &Dialog) -> (Flow, bool) {
        let natted = head
            .via
            .host
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip != flow.remote.ip());
        if self.wire.is_reliable(flow.link) || self.registrar.has_flow(flow) || natted {
            return (flow, true);
        }
        (next_hop(flow, dialog), false)
    }

    /// Sends 101 to 199 (command Ring).
    pub(super) fn ring(
        &mut self,
        id: LegId,
        status: u16,
        sdp: Option<&[u8]>,
        now: Duration,
    ) -> Result<(), Rejection> {
        let leg = self.legs.get_mut(&id).ok_or(Rejection::UnknownLeg)?;
        let invite = leg
            .invite
            .as_deref()
            .filter(|_| leg.state == State::Offered)
            .ok_or(Rejection::WrongState)?;
        let status = status.clamp(101, 199);
        let mut response = Response {
            status,
            reason: reason(status).into(),
            headers: invite.headers.clone(),
            body: Vec::new(),
        };
        response
            .headers
            .push("Contact", self.wire.contact(leg.flow, ""));
        if let Some(sdp) = sdp {
            put_sdp(&mut response.headers, &mut response.body, sdp);
        }
        self.wire
            .transactions
            .respond(invite.tx, &response, now, &mut self.wire.out);
        Ok(())
    }

    /// Sends 200 (command Answer) and repeats it until the ACK comes.
    pub(super) fn answer(&mut self, id: LegId, sdp: &[u8], now: Duration) -> Result<(), Rejection> {
        let leg = self.legs.get_mut(&id).ok_or(Rejection::UnknownLeg)?;
        if leg.state != State::Offered {
            return Err(Rejection::WrongState);
        }
        let invite = leg.invite.take().ok_or(Rejection::WrongState)?;
        let timer = invite
            .asked
            .and_then(|asked| asked.agree(self.wire.config.session_s));
        leg.state = State::Accepted;
        leg.timer = timer;
        leg.sdp = Some(sdp.into());
        let mut response = Response {
            status: 200,
            reason: "OK".into(),
            headers: invite.headers,
            body: Vec::new(),
        };
        describe_session(&mut response.headers, &self.wire.contact(leg.flow, ""));
        if let Some(timer) = timer {
            timer.write_answer(&mut response.headers);
            self.wire
                .waits
                .set(Wait::Leg(id, LegWait::Session), timer.due(now));
        }
        put_sdp(&mut response.headers, &mut response.body, sdp);
        let flow = self.wire.transactions.flow(invite.tx).unwrap_or(leg.flow);
        leg.accepted = Some(Box::new(Unacked {
            bytes: response.to_bytes().into(),
            flow,
            seq: invite.seq,
            pause: T1,
            give_up: now + 64 * T1,
            late: !invite.has_offer,
            first: true,
        }));
        self.wire
            .transactions
            .respond(invite.tx, &response, now, &mut self.wire.out);
        self.wire.waits.cancel(Wait::Leg(id, LegWait::Ring));
        self.wire
            .waits
            .set(Wait::Leg(id, LegWait::Resend), now + T1);
        Ok(())
    }

    /// Refuses a call that came in and ends its leg.
    pub(super) fn refuse(
        &mut self,
        id: LegId,
        status: u16,
        why: End,
        now: Duration,
    ) -> Result<(), Rejection> {
        let leg = self.legs.get_mut(&id).ok_or(Rejection::UnknownLeg)?;
        if leg.state != State::Offered {
            return Err(Rejection::WrongState);
        }
        let status = status.clamp(300, 699);
        if let Some(invite) = leg.invite.take() {
            let response = Response {
                status,
                reason: reason(status).into(),
                headers: invite.headers,
                body: Vec::new(),
            };
            self.wire
                .transactions
                .respond(invite.tx, &response, now, &mut self.wire.out);
        }
        self.end(id, why, status);
        self.drop_leg(id);
        Ok(())
    }

    /// The ACK of a 2xx of ours came.
    pub(super) fn on_ack(&mut self, id: LegId, request: &Request, head: &Head, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if leg
            .accepted
            .as_deref()
            .is_none_or(|accepted| accepted.seq != head.seq)
        {
            return;
        }
        let Some(accepted) = leg.accepted.take() else {
            return;
        };
        self.wire.waits.cancel(Wait::Leg(id, LegWait::Resend));
        if leg.state == State::Closing {
            // The hub hung up before the ACK: the BYE may go now (RFC 3261 15).
            return self.send_bye(id, now);
        }
        let sdp =
            (!request.body.is_empty() && is_sdp(&request.headers)).then(|| request.body.clone());
        if accepted.first {
            leg.state = State::Connected;
            self.emit(Event::Established {
                leg: id,
                sdp: sdp.filter(|_| accepted.late),
            });
        } else if accepted.late {
            self.emit(Event::OfferAnswered { leg: id, sdp });
        }
    }

    /// Our 2xx goes again, from T1 on doubling up to T2, for 64*T1 (RFC 3261 13.3.1.4).
    pub(super) fn resend_answer(&mut self, id: LegId, now: Duration) {
        let Some(accepted) = self
            .legs
            .get_mut(&id)
            .and_then(|leg| leg.accepted.as_deref_mut())
        else {
            return;
        };
        if now >= accepted.give_up {
            self.end(id, End::NoAck, 408);
            if let Some(leg) = self.legs.get_mut(&id) {
                leg.accepted = None;
            }
            return self.send_bye(id, now);
        }
        self.wire.out.send(accepted.flow, accepted.bytes.to_vec());
        accepted.pause = (accepted.pause * 2).min(T2);
        let next = (now + accepted.pause).min(accepted.give_up);
        self.wire.waits.set(Wait::Leg(id, LegWait::Resend), next);
    }
}

/// The flow of a dialog's next hop on the same link, when that is an address.
pub(super) fn next_hop(flow: Flow, dialog: &Dialog) -> Flow {
    let remote = dialog.next_hop().and_then(|uri| uri.address());
    let remote = remote
        .filter(|a| a.is_ipv4() == flow.remote.is_ipv4())
        .unwrap_or(flow.remote);
    Flow {
        link: flow.link,
        remote,
    }
}

/// True for a body of type application/sdp.
pub(super) fn is_sdp(headers: &Headers) -> bool {
    let kind = headers
        .get("Content-Type")
        .and_then(|v| v.split(';').next())
        .unwrap_or("");
    kind.trim().eq_ignore_ascii_case("application/sdp") && headers.get("Content-Encoding").is_none()
}

/// The headers of a 2xx that makes or changes a session.
pub(super) fn describe_session(headers: &mut Headers, contact: &str) {
    headers.push("Contact", contact);
    headers.push("Allow", ALLOW);
    headers.push("Supported", "timer");
}
