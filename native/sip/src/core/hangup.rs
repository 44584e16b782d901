//! How legs end: BYE, CANCEL, refusals (RFC 3261 9, 15).

use super::Core;
use super::wire::{LegWait, Owner, Wait};
use crate::event::{End, Event, LegId, Rejection};
use crate::flow::Flow;
use crate::leg::State;
use crate::msg::{Head, Headers, Method, Request, Response, reason};
use crate::transaction::server_key;
use crate::transaction::table::T1;
use std::time::Duration;

impl Core {
    /// Tells the hub the end of a leg, once; what is still to be sent follows in silence.
    pub(super) fn end(&mut self, id: LegId, why: End, status: u16) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if leg.state != State::Closing {
            leg.state = State::Closing;
            self.emit(Event::Ended {
                leg: id,
                why,
                status,
            });
        }
    }

    /// Ends a leg from our side, as its state asks.
    pub(super) fn hangup(&mut self, id: LegId, why: End, now: Duration) -> Result<(), Rejection> {
        let leg = self.legs.get(&id).ok_or(Rejection::UnknownLeg)?;
        match leg.state {
            State::Offered if why == End::RingLimit => self.refuse(id, 480, why, now),
            State::Offered => self.refuse(id, 603, why, now),
            State::Closing => Err(Rejection::UnknownLeg),
            State::Calling => {
                self.end(id, why, if why == End::RingLimit { 408 } else { 487 });
                self.wire.waits.cancel(Wait::Leg(id, LegWait::Ring));
                self.send_cancel(id, now);
                Ok(())
            }
            State::Accepted => {
                // The callee may not say BYE before the ACK (RFC 3261 15).
                self.end(id, why, 200);
                Ok(())
            }
            State::Connected => {
                self.end(id, why, 200);
                // A re-INVITE of ours that was not acknowledged still waits: BYE goes anyway.
                self.send_bye(id, now);
                Ok(())
            }
        }
    }

    /// Sends BYE; the leg stays, silent, until it is answered.
    pub(super) fn send_bye(&mut self, id: LegId, now: Duration) {
        self.end_pending(id, now);
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        leg.state = State::Closing;
        let bye = leg.dialog.request(Method::Bye);
        if self.wire.in_dialog(leg, bye, Owner::Bye(id), now).is_none() {
            self.drop_leg(id);
        }
    }

    /// Answers what the peer still waits for: a re-INVITE ends with 487 when the dialog ends
    /// (RFC 3261 15.1.2).
    fn end_pending(&mut self, id: LegId, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let theirs = leg.theirs.take().map(|t| (t.tx, t.headers));
        let refer = leg.refer.take().map(|r| (r.1, r.2));
        let invite = leg
            .invite
            .take_if(|_| !leg.caller)
            .map(|i| (i.tx, i.headers));
        for (tx, headers) in [theirs, refer, invite].into_iter().flatten() {
            let response = Response {
                status: 487,
                reason: reason(487).into(),
                headers,
                body: Vec::new(),
            };
            self.wire
                .transactions
                .respond(tx, &response, now, &mut self.wire.out);
        }
    }

    /// Sends CANCEL, once a provisional answer has come (RFC 3261 9.1); Timer E repeats it.
    pub(super) fn send_cancel(&mut self, id: LegId, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let Some(invite) = leg.invite.as_deref().filter(|invite| invite.answered) else {
            return;
        };
        let mut cancel = leg.dialog.request_with(Method::Cancel, invite.seq);
        let branch = invite.branch.clone();
        let flow = leg.flow;
        // The CANCEL has the branch of its INVITE, so it cannot go through `Wire::request`.
        if self.wire.put_via(&mut cancel, flow, &branch).is_none() {
            return;
        }
        self.wire.cancel(&cancel.to_bytes(), flow, &branch, now);
        // A peer that never ends the INVITE is given up after 64*T1 (RFC 3261 9.1).
        self.wire
            .waits
            .set(Wait::Leg(id, LegWait::Close), now + 64 * T1);
    }

    /// Their CANCEL: 200, and 487 for the INVITE if it has no final answer (RFC 3261 9.2).
    pub(super) fn on_cancel(&mut self, request: &Request, head: &Head, flow: Flow, now: Duration) {
        let Some(tx) = self
            .wire
            .transactions
            .server(&server_key(head, &Method::Invite))
        else {
            return self.wire.reply(request, &head.via, flow, 481, &[]);
        };
        let ok = self.wire.answer(request, &head.via, flow, 200, None);
        self.wire.serve_with(request, head, flow, &ok, now);
        if !self.wire.transactions.is_open(tx) {
            return;
        }
        let Some(Owner::Theirs(id)) = self.wire.transactions.owner(tx) else {
            return;
        };
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if leg.theirs.as_deref().is_some_and(|theirs| theirs.tx == tx) {
            let Some(theirs) = leg.theirs.take() else {
                return;
            };
            self.wire.waits.cancel(Wait::Leg(id, LegWait::Hub));
            self.finish(tx, 487, theirs.headers, now);
            self.emit(Event::OfferWithdrawn {
                leg: id,
                request: theirs.request,
            });
        } else {
            let _ = self.refuse(id, 487, End::Cancelled, now);
        }
    }

    /// Their BYE: 200, and 487 for everything that still waits, in every state of the leg.
    pub(super) fn on_bye(
        &mut self,
        id: LegId,
        request: &Request,
        head: &Head,
        flow: Flow,
        now: Duration,
    ) {
        let ok = self.wire.answer(request, &head.via, flow, 200, None);
        self.wire.serve_with(request, head, flow, &ok, now);
        self.end_pending(id, now);
        self.end(id, End::RemoteHangup, 200);
        let calling = self
            .legs
            .get(&id)
            .is_some_and(|leg| leg.caller && leg.invite.is_some());
        if calling {
            // A callee that says BYE before it answered: the INVITE is still open there.
            self.send_cancel(id, now);
        } else {
            self.drop_leg(id);
        }
    }

    /// Sends a final answer without a body through its transaction.
    pub(super) fn finish(
        &mut self,
        tx: crate::transaction::TxId,
        status: u16,
        headers: Headers,
        now: Duration,
    ) {
        let response = Response {
            status,
            reason: reason(status).into(),
            headers,
            body: Vec::new(),
        };
        self.wire
            .transactions
            .respond(tx, &response, now, &mut self.wire.out);
    }
}
