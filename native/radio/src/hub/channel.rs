//! One channel: the over that is asked for or on air, the ones whose end was sent, what is received.

use std::collections::VecDeque;

use crate::Micros;
use crate::hub::output::{ChannelId, Delivery, Event, Output, Publish};
use crate::hub::over::{Ask, Ending, Over, Phase, Tail};
use crate::hub::receiver::Receiver;
use crate::hub::stamper::Packet;
use crate::limits::HOLD;
use crate::message::{FloorDown, FloorUp, Why};

/// Packets kept for an over that was not asked for yet.
const HEAD: usize = 32;
/// Overs that wait for idle.
const TAILS: usize = 4;

/// What the channel counts from its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub keys: u64,
    pub stale_retries: u64,
    pub unkeyed: u64,
    pub stale_source: u64,
    pub stray_answers: u64,
}

#[derive(Debug)]
pub(crate) struct Channel {
    id: ChannelId,
    pub bridge: Box<str>,
    pub name: Box<str>,
    codec: Box<str>,
    epoch: u64,
    over: Option<Over>,
    tails: VecDeque<Tail>,
    /// Speech before its key.
    head: VecDeque<Packet>,
    pub receiver: Receiver,
    pub counts: Counts,
}

impl Channel {
    pub fn new(id: ChannelId, (bridge, name): (&str, &str), codec: &str, epoch: u64) -> Self {
        Self {
            id,
            bridge: bridge.into(),
            name: name.into(),
            codec: codec.into(),
            epoch,
            over: None,
            tails: VecDeque::new(),
            head: VecDeque::new(),
            receiver: Receiver::new(id, codec),
            counts: Counts::default(),
        }
    }

    // -- orders ------------------------------------------------------------------------------

    pub fn key(&mut self, ask: Ask, now: Micros, out: &mut VecDeque<Output>) {
        self.counts.keys += 1;
        match &self.over {
            Some(over) if matches!(over.phase, Phase::Ending(_)) => self.send_end(now, out),
            Some(over) if ask.priority > over.ask.priority => self.lose(Why::Priority, out),
            Some(_) => return self.deny(ask.token, Why::Busy, out),
            None => {}
        }
        self.expire_head(now);
        let head = std::mem::take(&mut self.head);
        let began = head.front().map_or(now, |first| first.arrived);
        let over = Over::new(ask, &self.codec, began, now);
        self.floor(&over.key(self.epoch, &self.codec, now), out);
        self.over = Some(over);
        for packet in head {
            self.send_packet(packet, now, out);
        }
    }

    pub fn release(&mut self, now: Micros, out: &mut VecDeque<Output>) {
        if let Some(over) = &mut self.over {
            over.release(now);
        }
        self.advance(now, out);
    }

    pub fn abort(&mut self, now: Micros, out: &mut VecDeque<Output>) {
        let asked = |over: &Over| matches!(over.phase, Phase::Asking(_));
        let told = self.over.as_ref().is_some_and(asked);
        let ending = if told { Ending::Told } else { Ending::Asked };
        self.abort_over(ending, now, out);
    }

    /// The bridge is asked again and again until it says that it unkeyed.
    fn abort_over(&mut self, ending: Ending, now: Micros, out: &mut VecDeque<Output>) {
        let Some(over) = self.over.take() else { return };
        self.floor(&FloorDown::Abort { token: over.token }, out);
        self.wait_for_idle(Tail::aborted(&over, ending, now));
    }

    /// Unkey, whatever is under way, and say why.
    pub fn cut(&mut self, why: &Why, out: &mut VecDeque<Output>) {
        if let Some(over) = &self.over {
            let token = over.token;
            self.floor(&FloorDown::Abort { token }, out);
            self.lose(why.clone(), out);
        }
        for tail in std::mem::take(&mut self.tails) {
            self.floor(&FloorDown::Abort { token: tail.token }, out);
            if tail.ending != Ending::Told {
                self.tell_revoked(tail.name, why.clone(), 0, out);
            }
        }
        self.head.clear();
    }

    pub fn deny(&self, token: u32, why: Why, out: &mut VecDeque<Output>) {
        out.push_back(Output::Event(Event::Denied {
            channel: self.id,
            token,
            why,
            retry_ms: 0,
        }));
    }

    // -- media -------------------------------------------------------------------------------

    pub fn packet(&mut self, packet: Packet, now: Micros, out: &mut VecDeque<Output>) {
        if self.over.is_some() {
            self.send_packet(packet, now, out);
            return;
        }
        self.head.push_back(packet);
        self.expire_head(now);
    }

    fn send_packet(&mut self, packet: Packet, now: Micros, out: &mut VecDeque<Output>) {
        let Some(over) = &mut self.over else { return };
        match over.packet(packet, now) {
            Some(message) => self.publish("tx", message, Delivery::Perishable, out),
            None => self.counts.stale_source += 1,
        }
    }

    fn expire_head(&mut self, now: Micros) {
        while let Some(first) = self.head.front()
            && (now - first.arrived > HOLD || self.head.len() > HEAD)
        {
            self.head.pop_front();
            self.counts.unkeyed += 1;
        }
    }

    // -- answers -----------------------------------------------------------------------------

    pub fn answer(&mut self, answer: FloorUp, now: Micros, out: &mut VecDeque<Output>) {
        let token = answer.token();
        if self.over.as_ref().is_some_and(|over| over.token == token) {
            self.answer_over(answer, now, out);
        } else if let Some(at) = self.tails.iter().position(|tail| tail.token == token) {
            self.answer_tail(at, answer, out);
        } else {
            self.counts.stray_answers += 1;
        }
    }

    fn answer_over(&mut self, answer: FloorUp, now: Micros, out: &mut VecDeque<Output>) {
        let Some(over) = &mut self.over else { return };
        let name = over.ask.token;
        match answer {
            FloorUp::Grant {
                ready_ms, limit_ms, ..
            } => {
                if matches!(over.phase, Phase::Asking(_)) {
                    let limit_ms = over.granted(limit_ms, now);
                    out.push_back(Output::Event(Event::Granted {
                        channel: self.id,
                        token: name,
                        ready_ms,
                        limit_ms,
                    }));
                }
            }
            FloorUp::Deny { why, retry_ms, .. } => {
                if why == Why::Stale
                    && let Some(sent) = over.retry(&self.codec, now)
                {
                    self.counts.stale_retries += 1;
                    let key = over.key(self.epoch, &self.codec, now);
                    self.floor(&key, out);
                    for packet in sent {
                        self.send_packet(packet, now, out);
                    }
                    return;
                }
                self.over = None;
                out.push_back(Output::Event(Event::Denied {
                    channel: self.id,
                    token: name,
                    why,
                    retry_ms,
                }));
            }
            FloorUp::Revoke {
                why, penalty_ms, ..
            } => {
                self.over = None;
                self.tell_revoked(name, why, penalty_ms, out);
            }
            idle @ FloorUp::Idle { .. } => {
                self.over = None;
                self.tell_idle(name, &idle, out);
            }
        }
    }

    fn answer_tail(&mut self, at: usize, answer: FloorUp, out: &mut VecDeque<Output>) {
        if matches!(answer, FloorUp::Grant { .. }) {
            return;
        }
        let Some(tail) = self.tails.remove(at) else {
            return;
        };
        match (answer, tail.ending) {
            (_, Ending::Told) => {}
            (
                FloorUp::Revoke {
                    why, penalty_ms, ..
                },
                _,
            ) => self.tell_revoked(tail.name, why, penalty_ms, out),
            (_, Ending::Cut(why)) => self.tell_revoked(tail.name, why, 0, out),
            (FloorUp::Deny { why, retry_ms, .. }, _) => {
                out.push_back(Output::Event(Event::Denied {
                    channel: self.id,
                    token: tail.name,
                    why,
                    retry_ms,
                }));
            }
            (idle, _) => self.tell_idle(tail.name, &idle, out),
        }
    }

    // -- time --------------------------------------------------------------------------------

    pub fn advance(&mut self, now: Micros, out: &mut VecDeque<Output>) {
        self.receiver.advance(now, out);
        self.expire_head(now);
        self.advance_over(now, out);
        let mut messages = Vec::new();
        for tail in &mut self.tails {
            messages.extend(tail.repeat(now));
        }
        for message in messages {
            self.publish("tx", message, Delivery::Perishable, out);
        }
        while let Some(at) = self.tails.iter().position(|tail| tail.is_due(now)) {
            self.stuck(at, now, out);
        }
    }

    fn advance_over(&mut self, now: Micros, out: &mut VecDeque<Output>) {
        let Some(over) = &mut self.over else { return };
        match over.phase {
            Phase::Asking(until) if now >= until => {
                let name = over.ask.token;
                self.abort_over(Ending::Told, now, out);
                return self.deny(name, Why::NoChannel, out);
            }
            Phase::Air(until) if now >= until => {
                return self.abort_over(Ending::Cut(Why::TimeOut), now, out);
            }
            Phase::Ending(_) if over.is_over(now) => return self.send_end(now, out),
            _ => {}
        }
        if let Some(message) = over.stamper.keepalive(now) {
            self.publish("tx", message, Delivery::Perishable, out);
        }
    }

    pub fn deadline(&self) -> Option<Micros> {
        let over = self.over.as_ref().map(Over::deadline);
        let tails = self.tails.iter().map(Tail::deadline).min();
        let head = self.head.front().map(|first| first.arrived + HOLD + 1);
        [over, tails, head, self.receiver.deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    fn send_end(&mut self, now: Micros, out: &mut VecDeque<Output>) {
        let Some(mut over) = self.over.take() else {
            return;
        };
        let (end, last) = over.stamper.end(now);
        let token = over.token;
        self.publish("tx", end.clone(), Delivery::Perishable, out);
        let last = Some(last);
        self.floor(&FloorDown::Release { token, last }, out);
        self.wait_for_idle(Tail::ended(&over, end, now));
    }

    fn wait_for_idle(&mut self, tail: Tail) {
        if self.tails.len() == TAILS {
            self.tails.pop_front();
        }
        self.tails.push_back(tail);
    }

    /// No idle: abort, and an alarm the first time.
    fn stuck(&mut self, at: usize, now: Micros, out: &mut VecDeque<Output>) {
        let Some(tail) = self.tails.get_mut(at) else {
            return;
        };
        let (name, token) = (tail.name, tail.token);
        if tail.wait_again(now) {
            out.push_back(Output::Event(Event::Stuck {
                channel: self.id,
                token: name,
            }));
        }
        self.floor(&FloorDown::Abort { token }, out);
    }

    // -- words -------------------------------------------------------------------------------

    /// The over ends without being asked to.
    fn lose(&mut self, why: Why, out: &mut VecDeque<Output>) {
        let Some(over) = self.over.take() else { return };
        match over.phase {
            Phase::Asking(_) => self.deny(over.ask.token, why, out),
            _ => self.tell_revoked(over.ask.token, why, 0, out),
        }
    }

    fn tell_revoked(&self, token: u32, why: Why, penalty_ms: u32, out: &mut VecDeque<Output>) {
        out.push_back(Output::Event(Event::Revoked {
            channel: self.id,
            token,
            why,
            penalty_ms,
        }));
    }

    fn tell_idle(&self, token: u32, idle: &FloorUp, out: &mut VecDeque<Output>) {
        let FloorUp::Idle {
            air_ms,
            frames,
            late,
            gaps,
            ..
        } = idle
        else {
            return;
        };
        out.push_back(Output::Event(Event::Idle {
            channel: self.id,
            token,
            air_ms: *air_ms,
            frames: *frames,
            late: *late,
            gaps: *gaps,
        }));
    }

    fn floor(&self, message: &FloorDown, out: &mut VecDeque<Output>) {
        self.publish("floor", message.encode(), Delivery::Floor, out);
    }

    fn publish(
        &self,
        kind: &str,
        payload: Vec<u8>,
        delivery: Delivery,
        out: &mut VecDeque<Output>,
    ) {
        let topic = format!("{}/dn/ch/{}/{kind}", self.bridge, self.name);
        out.push_back(Output::Publish(Publish {
            topic: topic.into(),
            payload,
            delivery,
        }));
    }
}
