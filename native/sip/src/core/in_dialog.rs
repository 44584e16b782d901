//! Requests inside of a dialog (RFC 3261 12.2.2).

use super::Core;
use crate::event::{Event, LegId};
use crate::flow::Flow;
use crate::leg::State;
use crate::msg::{Head, Method, Request};
use std::time::Duration;

impl Core {
    pub(super) fn in_dialog(
        &mut self,
        id: LegId,
        request: &Request,
        head: &Head,
        flow: Flow,
        now: Duration,
    ) {
        if request.method == Method::Ack {
            return self.on_ack(id, request, head, now);
        }
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if leg.dialog.remote_seq.is_some_and(|last| head.seq <= last) {
            // Out of order (RFC 3261 12.2.2). A gap upwards is legal and waits for nobody.
            return self.wire.reply(request, &head.via, flow, 500, &[]);
        }
        leg.dialog.remote_seq = Some(head.seq);
        if leg.state == State::Closing && request.method != Method::Bye {
            return self.wire.reply(request, &head.via, flow, 481, &[]);
        }
        if request.method != Method::Bye && self.refused_requires(request, &head.via, flow) {
            return;
        }
        match request.method {
            Method::Bye => self.on_bye(id, request, head, flow, now),
            Method::Invite | Method::Update => self.on_offer(id, request, head, flow, now),
            Method::Info => self.on_info(id, request, head, flow, now),
            Method::Refer => self.on_refer(id, request, head, flow, now),
            Method::Options => self.respond_now(request, head, flow, 200, now),
            // No subscription of ours is alive that it could belong to (RFC 6665 4.1.3).
            Method::Notify => self.respond_now(request, head, flow, 489, now),
            Method::Other(_) => self.respond_now(request, head, flow, 501, now),
            _ => self.respond_now(request, head, flow, 405, now),
        }
    }

    fn on_info(&mut self, id: LegId, request: &Request, head: &Head, flow: Flow, now: Duration) {
        self.respond_now(request, head, flow, 200, now);
        if !request.body.is_empty() {
            let content_type = request.headers.get("Content-Type").unwrap_or("").into();
            self.emit(Event::Info {
                leg: id,
                content_type,
                body: request.body.clone(),
            });
        }
    }

    /// Answers through a transaction, so that copies of the request get the same answer.
    pub(super) fn respond_now(
        &mut self,
        request: &Request,
        head: &Head,
        flow: Flow,
        status: u16,
        now: Duration,
    ) {
        let response = self.wire.answer(request, &head.via, flow, status, None);
        self.wire.serve_with(request, head, flow, &response, now);
    }
}
