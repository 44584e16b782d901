//! Calls we place: INVITE, its answers, forks, challenges (RFC 3261 13.2).

use super::Core;
use super::invite_in::{is_sdp, next_hop};
use super::wire::{LegWait, Owner, Wait, put_sdp};
use crate::command::Call;
use crate::digest::Login;
use crate::event::{End, Event, LegId, Rejection};
use crate::leg::dialog::Dialog;
use crate::leg::session_timer::SessionTimer;
use crate::leg::{Invite, Leg, OurOffer, Stage, State};
use crate::msg::lex::{number, quote};
use crate::msg::{ALLOW, Address, Head, Method, Response, Uri};
use crate::transaction::table::T1;
use std::time::Duration;

impl Core {
    /// Command `Call`.
    pub(super) fn call(&mut self, call: Call, now: Duration) -> Result<(), Rejection> {
        let id = call.leg;
        if id.0.is_multiple_of(2) || id.0 <= self.last_placed {
            return Err(Rejection::BadLegId);
        }
        let route_is_bad = call
            .route
            .iter()
            .any(|route| Address::parse(route).is_none());
        if Uri::parse(&call.target).is_none() || Uri::parse(&call.from).is_none() || route_is_bad {
            return Err(Rejection::BadUri);
        }
        if !self.wire.links.contains_key(&call.flow.link) {
            return Err(Rejection::NoLink);
        }
        if self.legs.len() >= self.wire.config.limits.legs {
            return Err(Rejection::Full);
        }
        self.last_placed = id.0;
        let name = if call.name.is_empty() {
            String::new()
        } else {
            quote(&call.name) + " "
        };
        let (call_id, tag) = (
            self.wire.random.token() + &self.wire.random.token(),
            self.wire.random.token(),
        );
        let (local, remote) = (
            format!("{name}<{}>", call.from),
            format!("<{}>", call.target),
        );
        let dialog = Dialog::of_caller(&call_id, &tag, &local, &remote, &call.target, &call.route);
        let pinned = self.wire.is_reliable(call.flow.link) || self.registrar.has_flow(call.flow);
        let mut leg = Leg::new(State::Calling, dialog, call.flow, pinned);
        leg.sdp = call.sdp.map(Into::into);
        leg.login = call.account.map(|account| Box::new(Login::new(account)));
        self.add_leg(id, leg);
        let limit = match call.ring_limit_ms {
            0 => self.wire.config.ring_limit,
            ms => Duration::from_millis(ms.into()),
        };
        self.wire
            .waits
            .set(Wait::Leg(id, LegWait::Ring), now + limit);
        self.send_invite(id, self.wire.config.min_session_s, now);
        Ok(())
    }

    /// Sends the INVITE of a leg, the first time or again after a challenge or a 422.
    fn send_invite(&mut self, id: LegId, min_se_s: u32, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let mut request = leg.dialog.request(Method::Invite);
        let seq = leg.dialog.seq;
        let user = Address::parse(request.headers.get("From").unwrap_or(""))
            .and_then(|from| from.uri.user);
        request.headers.push(
            "Contact",
            self.wire.contact(leg.flow, user.as_deref().unwrap_or("")),
        );
        request.headers.push("Allow", ALLOW);
        request.headers.push("Supported", "timer");
        request.headers.push(
            "Session-Expires",
            self.wire.config.session_s.max(min_se_s).to_string(),
        );
        request.headers.push("Min-SE", min_se_s.to_string());
        if let Some(sdp) = &leg.sdp {
            put_sdp(&mut request.headers, &mut request.body, sdp);
        }
        if let Some(login) = &mut leg.login {
            login.sign(&mut request, &self.wire.random.token());
        }
        let has_offer = leg.sdp.is_some();
        let Some((tx, branch)) = self
            .wire
            .request(&mut request, leg.flow, Owner::Invite(id), now)
        else {
            self.end(id, End::ConnectionLost, 503);
            self.drop_leg(id);
            return;
        };
        leg.invite = Some(Box::new(Invite {
            tx,
            headers: <_>::default(),
            asked: None,
            seq,
            answered: false,
            branch,
            min_se_s,
            has_offer,
        }));
    }

    pub(super) fn on_invite_response(
        &mut self,
        id: LegId,
        response: &Response,
        head: &Head,
        now: Duration,
    ) {
        match response.status {
            ..200 => self.on_progress(id, response, head, now),
            200..300 => self.on_answered(id, response, head, now),
            _ => self.on_refused(id, response, now),
        }
    }

    fn on_progress(&mut self, id: LegId, response: &Response, head: &Head, now: Duration) {
        let max = self.wire.config.limits.forks;
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let Some(invite) = leg.invite.as_deref_mut() else {
            return;
        };
        let first = !std::mem::replace(&mut invite.answered, true);
        if leg.state == State::Closing {
            if first {
                self.send_cancel(id, now);
            }
            return;
        }
        let tag = head.to_tag();
        if !tag.is_empty() && !leg.knows_tag(tag) && leg.forks.len() < max {
            leg.forks.push(tag.into());
        }
        if response.status > 100 {
            let sdp = (!response.body.is_empty() && is_sdp(&response.headers))
                .then(|| response.body.clone());
            self.emit(Event::Progress {
                leg: id,
                status: response.status,
                sdp,
            });
        }
    }

    fn on_answered(&mut self, id: LegId, response: &Response, head: &Head, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let Some(invite) = leg.invite.take() else {
            return self.on_answered_again(id, response, head, now);
        };
        self.wire.waits.cancel(Wait::Leg(id, LegWait::Ring));
        self.wire.waits.cancel(Wait::Leg(id, LegWait::Close));
        leg.dialog = leg.dialog.answered(response, head.to_tag());
        leg.forks.clear();
        leg.updates = response.headers.lists("Allow", "UPDATE");
        if !leg.pinned {
            leg.flow = next_hop(leg.flow, &leg.dialog);
        }
        if leg.state == State::Closing {
            // The answer crossed our CANCEL (RFC 3261 15.1.1): confirm and hang up.
            self.ack_leg(id, invite.seq, None, now);
            return self.send_bye(id, now);
        }
        leg.state = State::Connected;
        leg.timer = SessionTimer::of_answer(&response.headers);
        if let Some(timer) = leg.timer {
            self.wire
                .waits
                .set(Wait::Leg(id, LegWait::Session), timer.due(now));
        }
        if invite.has_offer {
            self.ack_leg(id, invite.seq, None, now);
        } else {
            // The 2xx holds the offer: the ACK waits for the hub's answer.
            leg.ours = Some(Box::new(OurOffer {
                seq: invite.seq,
                sdp: None,
                refresh: false,
                update: false,
                stage: Stage::Late,
            }));
            self.wire.waits.set(
                Wait::Leg(id, LegWait::Hub),
                now + self.wire.config.hub_limit,
            );
        }
        let sdp =
            (!response.body.is_empty() && is_sdp(&response.headers)).then(|| response.body.clone());
        self.emit(Event::Answered { leg: id, sdp });
    }

    /// A further 2xx: a copy of ours gets the ACK again, one of another fork ACK and BYE
    /// (RFC 3261 13.2.2.4).
    fn on_answered_again(&mut self, id: LegId, response: &Response, head: &Head, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if *leg.dialog.remote_tag == *head.to_tag() {
            if let Some((_, ack)) = leg.ack.as_ref().filter(|(seq, _)| *seq == head.seq) {
                self.wire.out.send(leg.flow, ack.to_vec());
            }
            return;
        }
        let mut fork = leg.dialog.answered(response, head.to_tag());
        self.wire.ack(leg, &fork, head.seq, None);
        let bye = fork.request(Method::Bye);
        self.wire.in_dialog(leg, bye, Owner::None, now);
    }

    fn on_refused(&mut self, id: LegId, response: &Response, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let Some(invite) = leg.invite.take() else {
            return;
        };
        if leg.state == State::Closing {
            self.drop_leg(id);
            return;
        }
        // The next INVITE of this leg is for the same callee: its To has no tag again.
        leg.forks.clear();
        match response.status {
            401 | 407
                if leg
                    .login
                    .as_mut()
                    .is_some_and(|login| login.learn(response)) =>
            {
                return self.send_invite(id, invite.min_se_s, now);
            }
            422 => {
                // Somebody on the way wants a longer interval (RFC 4028 7.3); once.
                let min = response
                    .headers
                    .get("Min-SE")
                    .and_then(number::<u32>)
                    .unwrap_or(0);
                if min > invite.min_se_s && min <= 86_400 {
                    return self.send_invite(id, min, now);
                }
            }
            _ => {}
        }
        self.end(id, End::Refused, response.status);
        self.drop_leg(id);
    }

    /// Nobody answered (408), or the transport failed (503).
    pub(super) fn invite_failed(&mut self, id: LegId, status: u16) {
        let why = if status == 408 {
            End::NoResponse
        } else {
            End::ConnectionLost
        };
        self.end(id, why, status);
        self.drop_leg(id);
    }

    /// Sends the ACK of a 2xx and keeps it for copies of that 2xx.
    pub(super) fn ack_leg(&mut self, id: LegId, seq: u32, sdp: Option<&[u8]>, now: Duration) {
        let Some(mut leg) = self.legs.remove(&id) else {
            return;
        };
        let dialog = std::mem::replace(&mut leg.dialog, Dialog::of_caller("", "", "", "", "", &[]));
        leg.ack = self
            .wire
            .ack(&mut leg, &dialog, seq, sdp)
            .map(|bytes| (seq, bytes));
        leg.dialog = dialog;
        self.legs.insert(id, leg);
        self.wire
            .waits
            .set(Wait::Leg(id, LegWait::Ack), now + 64 * T1);
    }
}
