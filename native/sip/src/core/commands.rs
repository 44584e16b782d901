//! Commands of the hub, each refused by value when it comes too late.

use super::Core;
use super::wire::Owner;
use crate::command::Command;
use crate::event::{End, Event, LegId, Rejection};
use crate::flow::Flow;
use crate::leg::State;
use crate::msg::{Headers, Method, Request, Uri};
use std::time::Duration;

impl Core {
    pub(super) fn on_command(&mut self, command: Command, now: Duration) {
        let (id, done) = match command {
            Command::Call(call) => (call.leg.0, self.call(*call, now)),
            Command::Ring { leg, status, sdp } => {
                (leg.0, self.ring(leg, status, sdp.as_deref(), now))
            }
            Command::Answer { leg, sdp } => (leg.0, self.answer(leg, &sdp, now)),
            Command::Refuse { leg, status } => (leg.0, self.refuse(leg, status, End::Hangup, now)),
            Command::Hangup { leg } => (leg.0, self.hangup(leg, End::Hangup, now)),
            Command::Offer { leg, sdp } => (leg.0, self.offer(leg, sdp, now)),
            Command::AcceptOffer { leg, request, sdp } => {
                (leg.0, self.accept_offer(leg, request, &sdp, now))
            }
            Command::RefuseOffer {
                leg,
                request,
                status,
            } => (leg.0, self.refuse_offer(leg, request, status, now)),
            Command::Acknowledge { leg, sdp } => (leg.0, self.acknowledge(leg, &sdp, now)),
            Command::Info {
                leg,
                content_type,
                body,
            } => (leg.0, self.info(leg, &content_type, body, now)),
            Command::Probe { leg } => (leg.0, self.probe(leg, now)),
            Command::AnswerRefer {
                leg,
                request,
                accept,
            } => (leg.0, self.answer_refer(leg, Some(request), accept, now)),
            Command::ReferProgress { leg, status } => {
                (leg.0, self.refer_progress(leg, status, now))
            }
            Command::Reroute { leg, flow } => (leg.0, self.reroute(leg, flow)),
            Command::Register(register) => (register.id.0, self.register(*register, now)),
            Command::Unregister { id } => (id.0, self.unregister(id, now)),
            Command::Ping { id, flow, target } => (id, self.ping(id, flow, &target, now)),
            Command::SetUser { user, ha1 } => {
                self.wire.gate.set(&user, ha1);
                return;
            }
            Command::SetPublic { user, public } => {
                if public {
                    self.public.insert(user)
                } else {
                    self.public.remove(&user)
                };
                return;
            }
            Command::SetTrusted { source, trusted } => {
                if trusted {
                    self.trusted.insert(source)
                } else {
                    self.trusted.remove(&source)
                };
                return;
            }
        };
        if let Err(why) = done {
            self.emit(Event::Rejected { id, why });
        }
    }

    fn info(
        &mut self,
        id: LegId,
        content_type: &str,
        body: Vec<u8>,
        now: Duration,
    ) -> Result<(), Rejection> {
        let leg = self.legs.get_mut(&id).ok_or(Rejection::UnknownLeg)?;
        if leg.state != State::Connected {
            return Err(Rejection::WrongState);
        }
        let mut info = leg.dialog.request(Method::Info);
        info.headers.push("Content-Type", content_type);
        info.body = body;
        self.wire
            .in_dialog(leg, info, Owner::Simple(id), now)
            .ok_or(Rejection::NoLink)?;
        Ok(())
    }

    fn probe(&mut self, id: LegId, now: Duration) -> Result<(), Rejection> {
        let leg = self.legs.get_mut(&id).ok_or(Rejection::UnknownLeg)?;
        if leg.state != State::Connected {
            return Err(Rejection::WrongState);
        }
        let options = leg.dialog.request(Method::Options);
        self.wire
            .in_dialog(leg, options, Owner::Probe(id), now)
            .ok_or(Rejection::NoLink)?;
        Ok(())
    }

    fn reroute(&mut self, id: LegId, flow: Flow) -> Result<(), Rejection> {
        if !self.wire.links.contains_key(&flow.link) {
            return Err(Rejection::NoLink);
        }
        let mut leg = self.drop_index(id).ok_or(Rejection::UnknownLeg)?;
        (leg.flow, leg.pinned) = (flow, true);
        self.add_leg(id, leg);
        Ok(())
    }

    fn ping(&mut self, id: u64, flow: Flow, target: &str, now: Duration) -> Result<(), Rejection> {
        Uri::parse(target).ok_or(Rejection::BadUri)?;
        let mut headers = Headers::default();
        let tag = self.wire.random.token();
        let contact = self.wire.contact(flow, "");
        headers.push("Max-Forwards", "70");
        headers.push("From", format!("{contact};tag={tag}"));
        headers.push("To", format!("<{target}>"));
        headers.push("Call-ID", self.wire.random.token());
        headers.push("CSeq", "1 OPTIONS");
        headers.push("Contact", contact);
        headers.push("Accept", "application/sdp");
        let mut request = Request {
            method: Method::Options,
            uri: target.into(),
            headers,
            body: Vec::new(),
        };
        self.wire
            .request(&mut request, flow, Owner::Ping(id), now)
            .ok_or(Rejection::NoLink)?;
        Ok(())
    }
}
