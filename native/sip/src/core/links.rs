//! Links come, bring bytes and go.

use super::Core;
use super::wire::cancel_key;
use crate::event::{End, Event, LegId, Registered, Unbind};
use crate::flow::{Flow, Link, LinkId, Transport};
use crate::msg::{Fault, Frame, Framer, Head, Message, Method, Request, Response, Via, parse};
use std::net::SocketAddr;
use std::time::Duration;

impl Core {
    pub(super) fn link_opened(&mut self, link: LinkId, transport: Transport, local: SocketAddr) {
        self.wire.links.insert(
            link,
            Link {
                transport,
                local,
                framer: Framer::default(),
            },
        );
    }

    pub(super) fn on_bytes(&mut self, flow: Flow, bytes: &[u8], now: Duration) {
        let Some(link) = self.wire.links.get_mut(&flow.link) else {
            return;
        };
        if !link.transport.is_stream() {
            // Line breaks alone keep a NAT open (RFC 5626 4.4.1 has them on streams, phones send
            // them on UDP too).
            let start = bytes.iter().position(|b| !b"\r\n\0 ".contains(b));
            if let Some(start) = start {
                self.on_message(flow, &bytes[start..], now);
            }
            return;
        }
        link.framer.push(bytes);
        loop {
            // A message may have closed the link.
            let Some(link) = self.wire.links.get_mut(&flow.link) else {
                return;
            };
            match link.framer.pull() {
                None => return,
                Some(Frame::Ping) => self.wire.out.send(flow, b"\r\n".to_vec()),
                Some(Frame::Message(bytes)) => self.on_message(flow, &bytes, now),
                Some(Frame::Broken(_)) => {
                    self.counts.malformed += 1;
                    self.wire.out.close(flow.link);
                    self.link_closed(flow.link, now);
                    return;
                }
            }
        }
    }

    fn on_message(&mut self, flow: Flow, bytes: &[u8], now: Duration) {
        match parse(bytes) {
            Ok(Message::Request(request)) => self.on_request(&request, flow, now),
            Ok(Message::Response(response)) => self.on_response(&response, now),
            Err(fault) => self.on_fault(&fault, flow, now),
        }
    }

    /// A request that cannot be read is told so, if its Via can; everything else is dropped.
    fn on_fault(&mut self, fault: &Fault, flow: Flow, now: Duration) {
        self.counts.malformed += 1;
        if let Some(request) = &fault.request {
            self.refuse_unreadable(request, fault.status, flow, now);
        }
    }

    /// Refuses a request with a broken head. Without a Via that can be read the answer goes back
    /// where the request came from.
    pub(super) fn refuse_unreadable(
        &mut self,
        request: &Request,
        status: u16,
        flow: Flow,
        now: Duration,
    ) {
        if request.method == Method::Ack || !self.allow(flow, now) {
            return;
        }
        match request.headers.elements("Via").next().and_then(Via::parse) {
            Some(via) => self.wire.reply(request, &via, flow, status, &[]),
            None if request.headers.get("Via").is_some() => {
                self.wire
                    .out
                    .send(flow, request.answer_unreadable(status).to_bytes());
            }
            None => {}
        }
    }

    /// True unless the source of a request sends too many. Trusted sources and flows a phone is
    /// registered over have a wider bound of their own: a flood beside them does not silence them,
    /// and one that forges their address still has an end.
    pub(super) fn allow(&mut self, flow: Flow, now: Duration) -> bool {
        let source = flow.remote.ip();
        let known = self.trusted.contains(&source) || self.registrar.has_flow(flow);
        let guard = if known {
            &mut self.known_guard
        } else {
            &mut self.guard
        };
        if guard.allow(source, now) {
            return true;
        }
        self.counts.limited += 1;
        false
    }

    /// True when a call or a registration would end with this connection: it must not be closed for
    /// its silence.
    pub fn is_in_use(&self, link: LinkId) -> bool {
        let legs = (link, LegId(0))..=(link, LegId(u64::MAX));
        self.legs_by_link.range(legs).next().is_some()
            || self.registrar.has_link(link)
            || self.registrations.values().any(|r| r.flow().link == link)
    }

    /// Ends what cannot live without the connection: its transactions, its legs, its bindings.
    pub(super) fn link_closed(&mut self, link: LinkId, now: Duration) {
        if self.wire.links.remove(&link).is_none() {
            return;
        }
        for told in self
            .wire
            .transactions
            .fail_link(link, now, &mut self.wire.out)
        {
            self.on_told(told, None, now);
        }
        let first = (link, LegId(0));
        let legs: Vec<LegId> = self
            .legs_by_link
            .range(first..=(link, LegId(u64::MAX)))
            .map(|(_, id)| *id)
            .collect();
        for leg in legs {
            self.end(leg, End::ConnectionLost, 503);
            self.drop_leg(leg);
        }
        for (address, contact) in self.registrar.close_link(link) {
            self.emit(Event::Unbound {
                address,
                contact,
                why: Unbind::ConnectionLost,
            });
        }
        let lost: Vec<_> = self
            .registrations
            .iter()
            .filter(|(_, r)| r.flow().link == link)
            .map(|(id, _)| *id)
            .collect();
        for id in lost {
            self.forget_registration(id);
            self.emit(Event::Registration {
                id,
                state: Registered::ConnectionLost,
            });
        }
    }

    pub(super) fn unreachable(&mut self, flow: Flow, now: Duration) {
        // Only requests that wait for an answer from there are ended: an ICMP message is easily
        // forged, but not without knowing that we just sent something.
        for told in self
            .wire
            .transactions
            .fail_flow(flow, now, &mut self.wire.out)
        {
            self.on_told(told, None, now);
        }
    }

    pub(super) fn on_response(&mut self, response: &Response, now: Duration) {
        // One Via, and ours: anything else was not meant for us (RFC 3261 18.1.2).
        let head = Head::read(&response.headers)
            .ok()
            .filter(|_| response.headers.elements("Via").nth(1).is_none());
        let Some(head) = head else {
            self.counts.malformed += 1;
            return;
        };
        let branch = head.via.branch().unwrap_or("");
        let key = if head.method == Method::Cancel {
            cancel_key(branch)
        } else {
            branch.into()
        };
        let invite = head.method == Method::Invite;
        match self
            .wire
            .transactions
            .on_response(&key, invite, response, now, &mut self.wire.out)
        {
            Some(told) => self.on_told(told, Some((response, &head)), now),
            None => self.counts.stray += 1,
        }
    }
}
