//! The transmit fence of one channel: what may key the transmitter, and what may be played.
//!
//! Speech comes over TCP, so after a stall all of it comes, seconds old. A transmitter that is keyed by
//! arriving audio would put that on air. Here only a key arms: fresh by the hub's clock, of the newest epoch,
//! with a token never used before. Only audio of that token, fresh itself, is played; when it stops, the
//! transmitter is unkeyed and only another key arms again.
//!
//! Time comes first: every call begins with what was due before it, so that no frame revives an over whose
//! watchdog should have ended it.

mod counts;
mod held;
mod inputs;
mod over;
mod playout;
mod settings;
mod tokens;

pub use counts::Counts;
pub use settings::{OutOfBounds, Settings, Terms, clock_hz};

use crate::clock::LatenessClock;
use crate::fence::held::Held;
use crate::fence::over::{Over, Phase};
use crate::fence::playout::Playout;
use crate::fence::tokens::Tokens;
use crate::limits::SILENCE;
use crate::message::{FloorUp, Key, Why};
use crate::{MS, Micros};

/// What the bridge must do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Key or unkey the transmitter.
    Ptt(bool),
    /// Put one codec frame on air now.
    Play {
        /// The frame.
        frame: Vec<u8>,
        /// How late it was when it arrived.
        age: Micros,
    },
    /// Discard what was handed out and is not on air yet.
    Flush,
    /// Publish on up/ch/C/floor.
    Publish(Vec<u8>),
}

/// No key before both have passed: the time, and the end of what was being sent.
#[derive(Debug)]
struct Penalty {
    token: u32,
    until: Micros,
    heard: Micros,
    released: bool,
}

/// See the module.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts that come and go by themselves; no two make a state"
)]
pub struct Fence {
    settings: Settings,
    terms: Terms,
    clock: LatenessClock,
    epoch: Option<u64>,
    hub_on: bool,
    broker_up: bool,
    shut: bool,
    carrier: bool,
    over: Option<Over>,
    /// A key that came while the over before it was still being played.
    waiting: Option<Key>,
    held: Held,
    ended: Tokens,
    penalty: Option<Penalty>,
    counts: Counts,
    actions: Vec<Action>,
    now: Micros,
}

impl Fence {
    /// Nothing can be keyed before [`Fence::configure`].
    pub fn new(settings: Settings) -> Result<Self, OutOfBounds> {
        settings.check()?;
        Ok(Self {
            settings,
            terms: Terms::OFF,
            clock: LatenessClock::default(),
            epoch: None,
            hub_on: false,
            broker_up: false,
            shut: false,
            carrier: false,
            over: None,
            waiting: None,
            held: Held::default(),
            ended: Tokens::default(),
            penalty: None,
            counts: Counts::default(),
            // Whatever the transmitter was told before this program started.
            actions: vec![Action::Ptt(false)],
            now: Micros::MIN / 2,
        })
    }

    /// The token on air.
    pub fn keyed(&self) -> Option<u32> {
        self.over.as_ref().map(|over| over.token)
    }

    /// Whether the hub's clock is known.
    pub fn synced(&self) -> bool {
        self.clock.synced(self.now)
    }

    /// Totals from the start.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// When [`Fence::tick`] must be called, if nothing else is before.
    pub fn deadline(&self) -> Option<Micros> {
        let over = self.over.as_ref().map(|over| {
            let phase = match over.phase {
                Phase::Live => over.fed + self.terms.watchdog,
                Phase::Draining => over.playout.over().unwrap_or(Micros::MAX),
                Phase::Tail(until) => until,
            };
            let silence = self.clock.heard().map_or(self.now, |heard| heard + SILENCE);
            let due = over.playout.due().unwrap_or(Micros::MAX);
            phase.min(silence).min(due).min(over.limit_at)
        });
        [over, self.held.deadline()].into_iter().flatten().min()
    }

    // -- time --------------------------------------------------------------------------------

    /// Does what is due by `now`.
    fn advance(&mut self, now: Micros) {
        self.now = self.now.max(now);
        let now = self.now;
        self.counts.held_dropped += self.held.expire(now);
        let Some(over) = &self.over else { return };
        let starved = over.phase == Phase::Live && now >= over.fed + self.terms.watchdog;
        if !self.clock.alive(now) {
            self.revoke(Why::Link);
        } else if now >= over.limit_at {
            self.revoke(Why::TimeOut);
        } else if starved && over.ends_after.is_none() {
            self.revoke(Why::Watchdog);
        } else {
            if starved {
                // The message that rel names was lost.
                self.drain();
            }
            self.play(now);
            self.unkey_when_played(now);
        }
    }

    fn play(&mut self, now: Micros) {
        let Some(over) = &mut self.over else { return };
        while let Some(frame) = over.playout.pop(now) {
            self.counts.played += 1;
            self.actions.push(Action::Play {
                frame: frame.bytes,
                age: frame.age,
            });
        }
    }

    fn drain(&mut self) {
        if let Some(over) = &mut self.over
            && over.phase == Phase::Live
        {
            over.phase = Phase::Draining;
        }
    }

    fn unkey_when_played(&mut self, now: Micros) {
        let Some(over) = &mut self.over else { return };
        if over.phase == Phase::Draining
            && let Some(after) = over.playout.over()
            && now >= after
        {
            let tail = Micros::from(self.settings.tail_ms) * MS;
            // Who waits for the air does not wait for the tail.
            let tail = if self.waiting.is_some() { 0 } else { tail };
            over.phase = Phase::Tail(after.max(over.granted) + tail);
        }
        if let Phase::Tail(until) = over.phase
            && now >= until
        {
            self.finish();
            self.actions.push(Action::Ptt(false));
            self.judge_waiting(now);
        }
    }

    // -- the end of an over ------------------------------------------------------------------

    /// The over is done and says so; the transmitter is the caller's.
    fn finish(&mut self) {
        let Some(over) = self.over.take() else { return };
        self.counts.gaps += over.playout.gaps;
        self.ended.add(over.token);
        self.publish(&FloorUp::Idle {
            token: over.token,
            air_ms: ((self.now - over.granted) / MS) as u64,
            frames: over.playout.played,
            late: over.late,
            gaps: over.playout.gaps,
        });
    }

    /// Unkeys, discards, tells the hub why.
    fn revoke(&mut self, why: Why) {
        if let Some(key) = self.waiting.take() {
            self.deny(key.token, why.clone(), 0);
        }
        let Some(over) = self.over.take() else { return };
        self.actions.push(Action::Ptt(false));
        self.actions.push(Action::Flush);
        self.counts.gaps += over.playout.gaps;
        self.ended.add(over.token);
        let mut penalty_ms = 0;
        match why {
            Why::TimeOut => {
                self.counts.unkeyed_limit += 1;
                penalty_ms = (self.terms.penalty / MS) as u32;
                self.penalty = Some(Penalty {
                    token: over.token,
                    until: self.now + self.terms.penalty,
                    heard: self.now,
                    released: over.phase != Phase::Live,
                });
            }
            Why::Watchdog => self.counts.unkeyed_watchdog += 1,
            Why::Link | Why::Epoch => self.counts.unkeyed_link += 1,
            _ => {}
        }
        let token = over.token;
        self.publish(&FloorUp::Revoke {
            token,
            why,
            penalty_ms,
        });
    }

    fn deny(&mut self, token: u32, why: Why, retry_ms: u32) {
        self.counts.denied += 1;
        self.publish(&FloorUp::Deny {
            token,
            why,
            retry_ms,
        });
    }

    fn publish(&mut self, message: &FloorUp) {
        if self.broker_up {
            self.actions.push(Action::Publish(message.encode()));
        }
    }

    // -- keys --------------------------------------------------------------------------------

    /// The over that a key waited for is done. It is judged anew, its age too: if it has waited for longer
    /// than a key may be under way, the hub asks once more.
    fn judge_waiting(&mut self, now: Micros) {
        if let Some(key) = self.waiting.take() {
            self.judge(&key, now);
        }
    }

    /// A key with a token that was never used.
    fn judge(&mut self, key: &Key, now: Micros) {
        if let Some((why, retry_ms)) = self.refusal(key, now) {
            self.deny(key.token, why, retry_ms);
            return;
        }
        match self.over.as_ref().map(|over| (over.priority, over.phase)) {
            None => self.arm(key, now),
            Some((priority, _)) if key.priority > priority => self.pre_empt(key, now),
            Some((_, Phase::Live)) => self.deny(key.token, Why::Busy, 0),
            Some((_, Phase::Tail(_))) => {
                self.finish();
                self.actions.push(Action::Ptt(false));
                self.arm(key, now);
            }
            Some((_, Phase::Draining)) => match &self.waiting {
                Some(first) if first.priority >= key.priority => {
                    self.deny(key.token, Why::Busy, 0);
                }
                _ => {
                    if let Some(loser) = self.waiting.replace(key.clone()) {
                        self.deny(loser.token, Why::Priority, 0);
                    }
                }
            },
        }
    }

    fn arm(&mut self, key: &Key, now: Micros) {
        let playout = Playout::new(&self.settings);
        let mut over = Over::new(key.token, key.priority, playout, now);
        over.ready = now + Micros::from(self.settings.ready_ms) * MS;
        over.limit_ms = self.limit_ms(key);
        over.limit_at = now + Micros::from(over.limit_ms) * MS;
        self.actions.push(Action::Ptt(true));
        self.start(over, now);
    }

    /// The transmitter stays keyed, unless its own time-out would cut the new over short.
    fn pre_empt(&mut self, key: &Key, now: Micros) {
        if let Some(loser) = self.waiting.take() {
            self.deny(loser.token, Why::Priority, 0);
        }
        let Some(old) = self.over.take() else { return };
        self.counts.gaps += old.playout.gaps;
        self.ended.add(old.token);
        self.actions.push(Action::Flush);
        self.publish(&FloorUp::Revoke {
            token: old.token,
            why: Why::Priority,
            penalty_ms: 0,
        });
        let limit = Micros::from(self.limit_ms(key)) * MS;
        let left = old.keyed + self.terms.limit - now;
        if left * 2 < limit {
            self.actions.push(Action::Ptt(false));
            self.arm(key, now);
            return;
        }
        let playout = Playout::new(&self.settings);
        let mut over = Over::new(key.token, key.priority, playout, now);
        over.keyed = old.keyed;
        over.ready = old.ready.max(now);
        over.limit_ms = (limit.min(left) / MS) as u32;
        over.limit_at = now + Micros::from(over.limit_ms) * MS;
        self.start(over, now);
    }

    fn start(&mut self, over: Over, now: Micros) {
        let token = over.token;
        self.over = Some(over);
        self.tell_grant(now);
        for (arrived, payload) in self.held.take(token) {
            self.take_audio(&payload, arrived, now);
        }
    }

    fn tell_grant(&mut self, now: Micros) {
        let Some(over) = &self.over else { return };
        let grant = FloorUp::Grant {
            token: over.token,
            ready_ms: ((over.ready - now).max(0) / MS) as u32,
            limit_ms: over.limit_ms,
            sent: now.max(0),
        };
        self.publish(&grant);
    }

    fn limit_ms(&self, key: &Key) -> u32 {
        let most = (self.terms.limit / MS) as u32;
        if key.limit_ms == 0 {
            most
        } else {
            key.limit_ms.min(most)
        }
    }
}
