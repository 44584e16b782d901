//! The hub's side: asks bridges for air, stamps what is sent, follows what is received.
//!
//! [`Hub`] takes orders, messages, packets and times, and hands out [`Output`]s. Nothing of a bridge is
//! taken but of the session that the embedder expects.

mod bridge;
mod channel;
mod output;
mod over;
mod receiver;
mod stamper;
mod topic;

pub use output::{ChannelId, Delivery, Event, Output, Publish, Sound};
pub use over::Ask;
pub use stamper::Packet;
pub use topic::{Topic, hub_state, is_name, subscriptions};

use std::collections::{BTreeMap, VecDeque};

use crate::Micros;
use crate::hub::bridge::Bridge;
use crate::hub::channel::Channel;
use crate::limits::SILENCE;
use crate::message::{Audio, FloorUp, HeartbeatDown, HeartbeatUp, Why};

/// Bounds of the tables.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Channels open at once.
    pub channels: usize,
    /// Bridges known at once.
    pub bridges: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            channels: 256,
            bridges: 64,
        }
    }
}

/// What the hub's side counts from its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages taken.
    pub received: u64,
    /// Messages that could not be read, or too many streams.
    pub bad: u64,
    /// Messages of a bridge or session that is not expected, or of no channel of ours.
    pub unexpected: u64,
    /// Messages with the retain flag where none may have it.
    pub retained: u64,
    /// Audio messages that were there before.
    pub repeated: u64,
    /// Frames received and not let out.
    pub unheard: u64,
    /// Keys asked for.
    pub keys: u64,
    /// Keys asked for again because the first was stale.
    pub stale_retries: u64,
    /// Packets from the media plane for which no key came.
    pub unkeyed: u64,
    /// Packets from the media plane that had waited too long.
    pub stale_source: u64,
    /// Answers to what was not asked.
    pub stray_answers: u64,
}

/// See the module.
#[derive(Debug)]
pub struct Hub {
    epoch: u64,
    bounds: Bounds,
    linked: bool,
    pulsed: Micros,
    /// Pulses are missing: everything was cut.
    stopped: bool,
    bridges: BTreeMap<Box<str>, Bridge>,
    channels: BTreeMap<ChannelId, Channel>,
    counts: Counts,
    out: VecDeque<Output>,
}

impl Hub {
    /// Not connected yet; the first pulse is due 3 s from `now`.
    pub fn new(epoch: u64, bounds: Bounds, now: Micros) -> Self {
        Self {
            epoch,
            bounds,
            linked: false,
            pulsed: now,
            stopped: false,
            bridges: BTreeMap::new(),
            channels: BTreeMap::new(),
            counts: Counts::default(),
            out: VecDeque::new(),
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Totals from the start.
    pub fn counts(&self) -> Counts {
        let mut counts = self.counts;
        for channel in self.channels.values() {
            counts.repeated += channel.receiver.repeated;
            counts.unheard += channel.receiver.unheard;
            counts.keys += channel.counts.keys;
            counts.stale_retries += channel.counts.stale_retries;
            counts.unkeyed += channel.counts.unkeyed;
            counts.stale_source += channel.counts.stale_source;
            counts.stray_answers += channel.counts.stray_answers;
        }
        counts
    }

    // -- orders ------------------------------------------------------------------------------

    /// The connection to the broker came or went.
    pub fn link(&mut self, up: bool, now: Micros) {
        self.linked = up;
        if up {
            for bridge in self.bridges.values_mut() {
                bridge.linked(now);
            }
        } else {
            self.cut_all(&Why::Link);
            self.end_all_streams(now);
        }
        self.tick(now);
    }

    /// Take this session of a bridge. False: more bridges than allowed.
    pub fn expect(&mut self, name: &str, session: &str, now: Micros) -> bool {
        let Some(bridge) = self.bridge(name) else {
            return false;
        };
        if bridge.session.as_deref() != Some(session) {
            self.leave(name, Some(session), now);
        }
        self.tick(now);
        true
    }

    /// Listen to a bridge no more.
    pub fn forget(&mut self, name: &str, now: Micros) {
        self.leave(name, None, now);
        if let Some(bridge) = self.bridges.get(name)
            && bridge.channels.is_empty()
        {
            self.bridges.remove(name);
        }
    }

    /// Make a channel. False: it is there already, or there are more than allowed.
    pub fn open(&mut self, id: ChannelId, bridge: &str, name: &str, codec: &str) -> bool {
        if self.channels.contains_key(&id) || self.channels.len() >= self.bounds.channels {
            return false;
        }
        let Some(known) = self.bridge(bridge) else {
            return false;
        };
        if known.channels.contains_key(name) {
            return false;
        }
        known.channels.insert(name.into(), id);
        let channel = Channel::new(id, (bridge, name), codec, self.epoch);
        self.channels.insert(id, channel);
        true
    }

    /// Close a channel.
    pub fn shut(&mut self, id: ChannelId, now: Micros) {
        let Some(mut channel) = self.channels.remove(&id) else {
            return;
        };
        channel.cut(&Why::Shutdown, &mut self.out);
        channel.receiver.close(now, &mut self.out);
        let mut nobody = false;
        if let Some(bridge) = self.bridges.get_mut(&channel.bridge) {
            bridge.channels.remove(&channel.name);
            nobody = bridge.channels.is_empty() && bridge.session.is_none();
        }
        if nobody {
            self.bridges.remove(&channel.bridge);
        }
    }

    /// Ask for air.
    pub fn key(&mut self, id: ChannelId, ask: Ask, now: Micros) {
        self.tick(now);
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        let bridge = self.bridges.get(&channel.bridge);
        let reachable = self.linked && bridge.is_some_and(|bridge| bridge.reachable(now));
        if self.stopped {
            channel.deny(ask.token, Why::Shutdown, &mut self.out);
        } else if reachable {
            channel.key(ask, now, &mut self.out);
        } else {
            channel.deny(ask.token, Why::Link, &mut self.out);
        }
    }

    /// The over ends.
    pub fn release(&mut self, id: ChannelId, now: Micros) {
        self.with(id, |channel, out| channel.release(now, out));
    }

    /// Unkey now.
    pub fn abort(&mut self, id: ChannelId, now: Micros) {
        self.with(id, |channel, out| channel.abort(now, out));
    }

    /// Let a received stream out.
    pub fn hear(&mut self, id: ChannelId, stream: u32, now: Micros) {
        self.with(id, |channel, out| channel.receiver.hear(stream, now, out));
    }

    /// Discard a received stream.
    pub fn drop_stream(&mut self, id: ChannelId, stream: u32, now: Micros) {
        self.with(id, |channel, out| {
            channel.receiver.drop_stream(stream, now, out);
        });
    }

    /// The embedder's event loop lives.
    pub fn pulse(&mut self, now: Micros) {
        self.pulsed = now;
        self.stopped = false;
        self.tick(now);
    }

    /// Unkeys everything; for the end.
    pub fn stop(&mut self) {
        self.cut_all(&Why::Shutdown);
    }

    // -- what comes --------------------------------------------------------------------------

    /// A packet from the media plane, to be transmitted.
    pub fn packet(&mut self, id: ChannelId, packet: Packet, now: Micros) {
        self.with(id, |channel, out| channel.packet(packet, now, out));
    }

    /// A message from a bridge.
    pub fn message(&mut self, topic: &Topic<'_>, payload: &[u8], retained: bool, now: Micros) {
        self.counts.received += 1;
        if retained {
            self.counts.retained += 1;
            return;
        }
        match *topic {
            Topic::Heartbeat { bridge } => self.heartbeat(bridge, payload, now),
            Topic::Received { bridge, channel } => match Audio::decode(payload) {
                Ok(audio) => self.received(bridge, channel, &audio, now),
                Err(fault) => self.bad(bridge, fault.as_str(), now),
            },
            Topic::Floor { bridge, channel } => match FloorUp::decode(payload) {
                Ok(answer) => self.answer(bridge, channel, answer, now),
                Err(fault) => self.bad(bridge, fault.as_str(), now),
            },
        }
    }

    /// What time has brought.
    pub fn tick(&mut self, now: Micros) {
        if !self.stopped && now - self.pulsed >= SILENCE {
            self.stopped = true;
            self.cut_all(&Why::Shutdown);
        }
        let names: Vec<Box<str>> = self.bridges.keys().cloned().collect();
        for name in names {
            self.tend(&name, now);
        }
        for channel in self.channels.values_mut() {
            channel.advance(now, &mut self.out);
        }
    }

    /// When [`Hub::tick`] must be called.
    pub fn deadline(&self) -> Micros {
        let pulse = (!self.stopped).then_some(self.pulsed + SILENCE);
        let probing = self.linked && !self.stopped;
        let bridges = self.bridges.values().filter_map(|bridge| {
            // Without a link nothing is sent, so that a probe in the past is nothing to wait for.
            bridge.deadline().filter(|_| probing)
        });
        let channels = self.channels.values().filter_map(Channel::deadline);
        let first = pulse.into_iter().chain(bridges).chain(channels).min();
        first.unwrap_or(Micros::MAX)
    }

    fn heartbeat(&mut self, name: &str, payload: &[u8], now: Micros) {
        let beat = match HeartbeatUp::decode(payload) {
            Ok(beat) => beat,
            Err(fault) => return self.bad(name, fault.as_str(), now),
        };
        let ours = |bridge: &&mut Bridge| bridge.session.as_deref() == Some(beat.session);
        let Some(bridge) = self.bridges.get_mut(name).filter(ours) else {
            self.counts.unexpected += 1;
            return;
        };
        if !bridge.heartbeat(&beat, now) {
            self.bad(name, "echo", now);
            return;
        }
        if !bridge.tells(now) {
            return;
        }
        let event = Event::Heartbeat {
            bridge: name.into(),
            way: bridge.way(now),
            load: beat.load,
        };
        self.out.push_back(Output::Event(event));
    }

    fn received(&mut self, bridge: &str, name: &str, audio: &Audio<'_>, now: Micros) {
        let Some(known) = self.bridges.get(bridge).filter(|known| known.alive(now)) else {
            self.counts.unexpected += 1;
            return;
        };
        let id = known.channels.get(name);
        let Some(channel) = id.and_then(|id| self.channels.get_mut(id)) else {
            self.counts.unexpected += 1;
            return;
        };
        if !channel
            .receiver
            .take(audio, &known.clock, now, &mut self.out)
        {
            self.bad(bridge, "streams", now);
        }
    }

    fn answer(&mut self, bridge: &str, name: &str, answer: FloorUp, now: Micros) {
        let known = self.bridges.get(bridge).filter(|known| known.alive(now));
        let id = known.and_then(|known| known.channels.get(name));
        match id.and_then(|id| self.channels.get_mut(id)) {
            Some(channel) => channel.answer(answer, now, &mut self.out),
            None => self.counts.unexpected += 1,
        }
    }

    fn bad(&mut self, name: &str, kind: &'static str, now: Micros) {
        self.counts.bad += 1;
        if let Some(bridge) = self.bridges.get_mut(name) {
            bridge.bad(kind, now);
        }
    }

    // -- bridges -----------------------------------------------------------------------------

    fn bridge(&mut self, name: &str) -> Option<&mut Bridge> {
        if !self.bridges.contains_key(name) && self.bridges.len() >= self.bounds.bridges {
            return None;
        }
        Some(self.bridges.entry(name.into()).or_default())
    }

    /// Ends what is under way with a bridge; from now on it is that session, or none.
    fn leave(&mut self, name: &str, session: Option<&str>, now: Micros) {
        let Some(bridge) = self.bridges.get_mut(name) else {
            return;
        };
        bridge.begin(session, now);
        for id in bridge.channels.values() {
            if let Some(channel) = self.channels.get_mut(id) {
                channel.cut(&Why::Link, &mut self.out);
                channel.receiver.end_all(now, &mut self.out);
            }
        }
    }

    /// Probe, silence and too many faults of one bridge.
    fn tend(&mut self, name: &str, now: Micros) {
        let (linked, stopped, epoch) = (self.linked, self.stopped, self.epoch);
        let Some(bridge) = self.bridges.get_mut(name) else {
            return;
        };
        let may_probe = linked && !stopped && bridge.session.is_some();
        if may_probe && now >= bridge.next_probe {
            let beat = HeartbeatDown {
                epoch,
                sequence: bridge.probe(now),
                sent: now.max(0),
            };
            self.out.push_back(Output::Publish(Publish {
                topic: format!("{name}/dn/hb").into(),
                payload: beat.encode(),
                delivery: Delivery::Perishable,
            }));
        }
        if let Some((kind, count)) = bridge.judge_bad(now) {
            self.out.push_back(Output::Event(Event::Bad {
                bridge: name.into(),
                kind,
                count,
            }));
        }
        if bridge.heard.is_some_and(|heard| now - heard >= SILENCE) {
            bridge.fall_silent();
            let event = Event::Silent {
                bridge: name.into(),
            };
            self.out.push_back(Output::Event(event));
            for id in bridge.channels.values() {
                if let Some(channel) = self.channels.get_mut(id) {
                    channel.cut(&Why::Link, &mut self.out);
                    channel.receiver.end_all(now, &mut self.out);
                }
            }
        }
    }

    fn cut_all(&mut self, why: &Why) {
        for channel in self.channels.values_mut() {
            channel.cut(why, &mut self.out);
        }
    }

    fn end_all_streams(&mut self, now: Micros) {
        for channel in self.channels.values_mut() {
            channel.receiver.end_all(now, &mut self.out);
        }
    }

    fn with(&mut self, id: ChannelId, act: impl FnOnce(&mut Channel, &mut VecDeque<Output>)) {
        if let Some(channel) = self.channels.get_mut(&id) {
            act(channel, &mut self.out);
        }
    }
}
