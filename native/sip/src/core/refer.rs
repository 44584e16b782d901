//! REFER: refused, or put to the hub and reported on (RFC 3515).

use super::Core;
use super::wire::{LegWait, Owner, Wait};
use crate::event::{Event, LegId, Rejection, RequestId};
use crate::flow::Flow;
use crate::leg::State;
use crate::msg::{Address, Head, Method, Request, Response, reason};
use std::time::Duration;

impl Core {
    pub(super) fn on_refer(
        &mut self,
        id: LegId,
        request: &Request,
        head: &Head,
        flow: Flow,
        now: Duration,
    ) {
        // Exactly one Refer-To (RFC 3515 2.4.1).
        let mut targets = request.headers.all("Refer-To");
        let target = targets
            .next()
            .filter(|_| targets.next().is_none())
            .and_then(Address::parse);
        let Some(target) = target else {
            return self.respond_now(request, head, flow, 400, now);
        };
        if !self.wire.config.ask_refer {
            return self.respond_now(request, head, flow, 603, now);
        }
        if self.legs.get(&id).is_some_and(|leg| leg.refer.is_some()) {
            return self.respond_now(request, head, flow, 491, now);
        }
        let tx = self.wire.serve(request, head, flow, Owner::None, now);
        let headers = self
            .wire
            .answer(request, &head.via, flow, 202, None)
            .headers;
        let number = self.next_request();
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.refer = Some(Box::new((number, tx, headers)));
        }
        self.wire.waits.set(
            Wait::Leg(id, LegWait::Refer),
            now + self.wire.config.hub_limit,
        );
        self.emit(Event::Refer {
            leg: id,
            request: number,
            target: target.uri.text,
        });
    }

    /// Command `AnswerRefer`.
    pub(super) fn answer_refer(
        &mut self,
        id: LegId,
        request: Option<RequestId>,
        accept: bool,
        now: Duration,
    ) -> Result<(), Rejection> {
        let leg = self.legs.get_mut(&id).ok_or(Rejection::UnknownLeg)?;
        let is_it = |refer: &(RequestId, _, _)| request.is_none_or(|number| refer.0 == number);
        let refer = leg
            .refer
            .take_if(|refer| is_it(refer))
            .ok_or(Rejection::UnknownRequest)?;
        self.wire.waits.cancel(Wait::Leg(id, LegWait::Refer));
        let (_, tx, mut headers) = *refer;
        if !accept {
            self.finish(tx, 603, headers, now);
            return Ok(());
        }
        headers.push("Contact", self.wire.contact(leg.flow, ""));
        let accepted = Response {
            status: 202,
            reason: reason(202).into(),
            headers,
            body: Vec::new(),
        };
        self.wire
            .transactions
            .respond(tx, &accepted, now, &mut self.wire.out);
        // The first NOTIFY goes at once (RFC 3515 2.4.4).
        self.refer_progress(id, 100, now)
    }

    /// Reports a status of the call the REFER asked for; from 200 on the subscription ends.
    pub(super) fn refer_progress(
        &mut self,
        id: LegId,
        status: u16,
        now: Duration,
    ) -> Result<(), Rejection> {
        let leg = self.legs.get_mut(&id).ok_or(Rejection::UnknownLeg)?;
        if leg.state != State::Connected {
            return Err(Rejection::WrongState);
        }
        let mut notify = leg.dialog.request(Method::Notify);
        let state = if status < 200 {
            "active;expires=180"
        } else {
            "terminated;reason=noresource"
        };
        notify
            .headers
            .push("Contact", self.wire.contact(leg.flow, ""));
        notify.headers.push("Event", "refer");
        notify.headers.push("Subscription-State", state);
        notify
            .headers
            .push("Content-Type", "message/sipfrag;version=2.0");
        notify.body = format!("SIP/2.0 {status} {}\r\n", reason(status)).into_bytes();
        self.wire
            .in_dialog(leg, notify, Owner::Simple(id), now)
            .ok_or(Rejection::NoLink)?;
        Ok(())
    }
}
