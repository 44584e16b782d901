//! A bridge as the hub sees it: its session, its clock, how far away it is, how often it errs.

use std::collections::{BTreeMap, VecDeque};

use crate::clock::LatenessClock;
use crate::hub::output::ChannelId;
use crate::limits::{BAD_PER_SECOND, ROUND_TRIP, SILENCE};
use crate::message::HeartbeatUp;
use crate::{MS, Micros, SECOND};

/// Round trips are remembered this long.
const WINDOW: Micros = 30 * SECOND;
/// And at most so many: one a heartbeat.
const WINDOW_LEN: usize = 64;
/// Heartbeats are told at most this often.
const TELL: Micros = 500 * MS;

#[derive(Debug, Default)]
pub(crate) struct Bridge {
    pub session: Option<Box<str>>,
    pub channels: BTreeMap<Box<str>, ChannelId>,
    pub clock: LatenessClock,
    /// When a heartbeat of the session last came.
    pub heard: Option<Micros>,
    /// When one was last told to the embedder.
    told: Option<Micros>,
    /// When the next probe leaves.
    pub next_probe: Micros,
    probe: u64,
    /// Since when we listen to the session; probes from before are another hub's.
    began: Micros,
    /// When, round trip, offset.
    ways: VecDeque<(Micros, Micros, Micros)>,
    bad: Bad,
}

#[derive(Debug, Default)]
struct Bad {
    since: Micros,
    first: &'static str,
    count: u32,
}

impl Bridge {
    /// Another session: another clock.
    pub fn begin(&mut self, session: Option<&str>, now: Micros) {
        self.session = session.map(Into::into);
        self.clock.reset();
        self.ways.clear();
        self.fall_silent();
        self.began = now;
        self.next_probe = now;
    }

    /// The connection is back: probed at once, and the answer is news.
    pub fn linked(&mut self, now: Micros) {
        self.next_probe = now;
        self.told = None;
    }

    /// The next heartbeat is news.
    pub fn fall_silent(&mut self) {
        self.heard = None;
        self.told = None;
    }

    /// Whether a heartbeat is told: a bridge that sends thousands must not fill the queue of events.
    pub fn tells(&mut self, now: Micros) -> bool {
        let tells = self.told.is_none_or(|told| now - told >= TELL);
        if tells {
            self.told = Some(now);
        }
        tells
    }

    pub fn alive(&self, now: Micros) -> bool {
        self.heard.is_some_and(|heard| now - heard < SILENCE)
    }

    /// The number of the next probe.
    pub fn probe(&mut self, now: Micros) -> u64 {
        self.next_probe = now + SECOND;
        self.probe += 1;
        self.probe
    }

    /// False: an echo of what was never sent.
    pub fn heartbeat(&mut self, beat: &HeartbeatUp<'_>, now: Micros) -> bool {
        self.heard = Some(now);
        self.clock.heartbeat(beat.sent, now);
        let ours = beat.echo.filter(|echo| echo.sent >= self.began);
        let Some(echo) = ours else { return true };
        let held = beat.sent - echo.received;
        let round_trip = now - echo.sent - held;
        if echo.sequence > self.probe || held < 0 || round_trip < 0 {
            return false;
        }
        let offset = i64::midpoint(echo.received - echo.sent, beat.sent - now);
        while let Some((at, _, _)) = self.ways.front()
            && (now - at > WINDOW || self.ways.len() >= WINDOW_LEN)
        {
            self.ways.pop_front();
        }
        self.ways.push_back((now, round_trip, offset));
        true
    }

    /// The least round trip of 30 s, and the offset at it.
    pub fn way(&self, now: Micros) -> Option<(Micros, Micros)> {
        let recent = self.ways.iter().filter(|(at, _, _)| now - at <= WINDOW);
        recent
            .map(|(_, round_trip, offset)| (*round_trip, *offset))
            .min_by_key(|(round_trip, _)| *round_trip)
    }

    /// Whether keys may be sent: it is there, and near enough that they are not stale on arrival.
    pub fn reachable(&self, now: Micros) -> bool {
        let near = self
            .way(now)
            .is_some_and(|(round_trip, _)| round_trip <= ROUND_TRIP);
        self.alive(now) && near
    }

    /// A message was malformed.
    pub fn bad(&mut self, kind: &'static str, now: Micros) {
        if self.bad.count == 0 {
            self.bad.since = now;
            self.bad.first = kind;
        }
        self.bad.count = self.bad.count.saturating_add(1);
    }

    /// Once a second with malformed messages: what is to be told, if they were too many.
    pub fn judge_bad(&mut self, now: Micros) -> Option<(&'static str, u32)> {
        if self.bad.count == 0 || now - self.bad.since < SECOND {
            return None;
        }
        let bad = std::mem::take(&mut self.bad);
        (bad.count > BAD_PER_SECOND).then_some((bad.first, bad.count))
    }

    pub fn deadline(&self) -> Option<Micros> {
        let silent = self.heard.map(|heard| heard + SILENCE);
        let probe = self.session.as_ref().map(|_| self.next_probe);
        let bad = (self.bad.count > 0).then_some(self.bad.since + SECOND);
        [silent, probe, bad].into_iter().flatten().min()
    }
}
