//! Changes the peer wants: re-INVITE and UPDATE (RFC 3261 14.2, RFC 3311 5.2).

use super::Core;
use super::invite_in::{describe_session, is_sdp, next_hop};
use super::wire::{LegWait, Owner, Wait, put_sdp};
use crate::event::{Event, LegId, Rejection, RequestId};
use crate::flow::Flow;
use crate::leg::dialog::contact;
use crate::leg::session_timer::Asked;
use crate::leg::{Leg, Stage, State, TheirOffer, Unacked};
use crate::msg::{Head, Method, Request, Response};
use crate::transaction::table::T1;
use std::time::Duration;

impl Core {
    pub(super) fn on_offer(
        &mut self,
        id: LegId,
        request: &Request,
        head: &Head,
        flow: Flow,
        now: Duration,
    ) {
        let invite = request.method == Method::Invite;
        let has_offer = !request.body.is_empty() && is_sdp(&request.headers);
        let Some(leg) = self.legs.get(&id) else {
            return;
        };
        if let Some(status) = conflict(leg, invite, has_offer) {
            let mut response = self.wire.answer(request, &head.via, flow, status, None);
            if status == 500 {
                // A random pause of 0 to 10 s (RFC 3261 14.2).
                response
                    .headers
                    .push("Retry-After", self.wire.random.below(11).to_string());
            }
            return self.wire.serve_with(request, head, flow, &response, now);
        }
        if self.refused_content(request, head, flow) || self.refused_session(request, head, flow) {
            return;
        }
        let tx = self.wire.serve(request, head, flow, Owner::Theirs(id), now);
        let mut headers = self
            .wire
            .answer(request, &head.via, flow, 200, None)
            .headers;
        for route in request.headers.all("Record-Route") {
            headers.push("Record-Route", route);
        }
        let theirs = TheirOffer {
            request: self.next_request(),
            tx,
            invite,
            headers,
            contact: contact(&request.headers),
            asked: Asked::read(&request.headers),
            seq: head.seq,
            has_offer,
        };
        if !invite && !has_offer {
            // UPDATE without an offer: a session refresh, or a moved Contact.
            return self.accept(id, theirs, None, now);
        }
        if invite {
            self.wire.trying(request, head, flow, tx, now);
        }
        let number = theirs.request;
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.theirs = Some(Box::new(theirs));
        }
        self.wire.waits.set(
            Wait::Leg(id, LegWait::Hub),
            now + self.wire.config.hub_limit,
        );
        let sdp = has_offer.then(|| request.body.clone());
        self.emit(Event::Offered {
            leg: id,
            request: number,
            sdp,
        });
    }

    /// Command `AcceptOffer`.
    pub(super) fn accept_offer(
        &mut self,
        id: LegId,
        request: RequestId,
        sdp: &[u8],
        now: Duration,
    ) -> Result<(), Rejection> {
        let theirs = self.take_offer(id, request)?;
        self.accept(id, theirs, Some(sdp), now);
        Ok(())
    }

    /// Command `RefuseOffer`; the session goes on as it was.
    pub(super) fn refuse_offer(
        &mut self,
        id: LegId,
        request: RequestId,
        status: u16,
        now: Duration,
    ) -> Result<(), Rejection> {
        let theirs = self.take_offer(id, request)?;
        self.finish(theirs.tx, status.clamp(300, 699), theirs.headers, now);
        Ok(())
    }

    /// The hub did not answer in time: 500, so that a slow hub hangs nobody.
    pub(super) fn offer_expired(&mut self, id: LegId, now: Duration) {
        let Some(theirs) = self.legs.get_mut(&id).and_then(|leg| leg.theirs.take()) else {
            return;
        };
        self.finish(theirs.tx, 500, theirs.headers, now);
        self.emit(Event::OfferWithdrawn {
            leg: id,
            request: theirs.request,
        });
    }

    fn take_offer(&mut self, id: LegId, request: RequestId) -> Result<TheirOffer, Rejection> {
        let leg = self.legs.get_mut(&id).ok_or(Rejection::UnknownLeg)?;
        let theirs = leg
            .theirs
            .take_if(|theirs| theirs.request == request)
            .ok_or(Rejection::UnknownRequest)?;
        self.wire.waits.cancel(Wait::Leg(id, LegWait::Hub));
        Ok(*theirs)
    }

    fn accept(&mut self, id: LegId, theirs: TheirOffer, sdp: Option<&[u8]>, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        // Both methods refresh the target (RFC 3261 12.2.2, RFC 3311 5.2).
        if let Some(target) = theirs.contact {
            leg.dialog.target = target;
            if !leg.pinned {
                leg.flow = next_hop(leg.flow, &leg.dialog);
            }
        }
        let mut response = Response {
            status: 200,
            reason: "OK".into(),
            headers: theirs.headers,
            body: Vec::new(),
        };
        describe_session(&mut response.headers, &self.wire.contact(leg.flow, ""));
        if let Some(timer) = theirs.asked.agree(self.wire.config.session_s) {
            timer.write_answer(&mut response.headers);
            leg.timer = Some(timer);
            self.wire
                .waits
                .set(Wait::Leg(id, LegWait::Session), timer.due(now));
        }
        if let Some(sdp) = sdp {
            leg.sdp = Some(sdp.into());
            put_sdp(&mut response.headers, &mut response.body, sdp);
        }
        if theirs.invite {
            leg.accepted = Some(Box::new(Unacked {
                bytes: response.to_bytes().into(),
                flow: self.wire.transactions.flow(theirs.tx).unwrap_or(leg.flow),
                seq: theirs.seq,
                pause: T1,
                give_up: now + 64 * T1,
                late: !theirs.has_offer,
                first: false,
            }));
            self.wire
                .waits
                .set(Wait::Leg(id, LegWait::Resend), now + T1);
        }
        self.wire
            .transactions
            .respond(theirs.tx, &response, now, &mut self.wire.out);
    }
}

/// The status that refuses an overlapping change, if it is one.
fn conflict(leg: &Leg, invite: bool, has_offer: bool) -> Option<u16> {
    let offers = invite || has_offer;
    if leg.theirs.is_some() && offers {
        // A second one before the first has its answer (RFC 3261 14.2, RFC 3311 5.2).
        return Some(500);
    }
    match leg.state {
        State::Offered if offers => Some(500),
        // Ours is under way: glare (RFC 3261 14.2).
        State::Calling if offers => Some(491),
        _ if offers
            && leg
                .ours
                .as_deref()
                .is_some_and(|ours| ours.stage != Stage::Glare) =>
        {
            Some(491)
        }
        // Our 2xx waits for its ACK. Direct-media PBXs send the next re-INVITE right behind the
        // ACK and the network may swap the two, so only an offer of ours that has no answer yet
        // stands in the way (RFC 5407 3.1).
        _ if offers
            && leg
                .accepted
                .as_deref()
                .is_some_and(|accepted| accepted.late) =>
        {
            Some(491)
        }
        _ => None,
    }
}
