//! What comes in: configuration, the hub's messages, the radio, the broker, time.

use crate::fence::over::Verdict;
use crate::fence::settings::{OutOfBounds, Terms};
use crate::fence::{Action, Fence};
use crate::limits::HOPS;
use crate::message::{Audio, Flags, FloorDown, FloorUp, HeartbeatDown, HubState, Key, Why};
use crate::{MS, Micros};

/// From this priority on a key passes a busy channel.
const EMERGENCY: u8 = 192;

impl Fence {
    /// What the hub's cfg says of the channel.
    pub fn configure(&mut self, terms: Terms, now: Micros) -> Result<Vec<Action>, OutOfBounds> {
        terms.check()?;
        self.advance(now);
        self.terms = terms;
        if !terms.transmit {
            self.revoke(Why::NotAuthorised);
        }
        Ok(self.done(now))
    }

    /// The hub's state topic; its messages may be retained.
    pub fn hub_state(&mut self, payload: &[u8], now: Micros) -> Vec<Action> {
        self.advance(now);
        match HubState::decode(payload) {
            Err(_) => self.counts.bad += 1,
            Ok(state) if self.is_old(state.epoch) => self.counts.foreign += 1,
            Ok(state) => {
                self.hub_on = state.on;
                if !state.on {
                    self.revoke(Why::Link);
                }
            }
        }
        self.done(now)
    }

    /// dn/hb.
    pub fn heartbeat(&mut self, payload: &[u8], retained: bool, now: Micros) -> Vec<Action> {
        self.advance(now);
        if !self.refuse_retained(retained) {
            match HeartbeatDown::decode(payload) {
                Err(_) => self.counts.bad += 1,
                Ok(heartbeat) if self.is_old(heartbeat.epoch) => self.counts.foreign += 1,
                Ok(heartbeat) => drop(self.clock.heartbeat(heartbeat.sent, self.now)),
            }
        }
        self.done(now)
    }

    /// dn/ch/C/floor.
    pub fn floor(&mut self, payload: &[u8], retained: bool, now: Micros) -> Vec<Action> {
        self.advance(now);
        if !self.refuse_retained(retained) {
            match FloorDown::decode(payload) {
                Err(_) => self.counts.bad += 1,
                Ok(FloorDown::Key(key)) => self.key(&key),
                Ok(FloorDown::Release { token, last }) => self.release(token, last),
                Ok(FloorDown::Abort { token }) => self.abort(token),
            }
        }
        self.done(now)
    }

    /// dn/ch/C/tx.
    pub fn tx(&mut self, payload: &[u8], retained: bool, now: Micros) -> Vec<Action> {
        self.advance(now);
        if !self.refuse_retained(retained) {
            self.take_audio(payload, self.now, self.now);
        }
        self.done(now)
    }

    /// The radio's carrier detection.
    pub fn carrier(&mut self, on: bool, now: Micros) -> Vec<Action> {
        self.advance(now);
        self.carrier = on;
        self.done(now)
    }

    /// The connection to the broker came (after subscribing) or went.
    pub fn broker(&mut self, up: bool, now: Micros) -> Vec<Action> {
        self.advance(now);
        self.broker_up = up;
        if !up {
            self.revoke(Why::Link);
            self.counts.held_dropped += self.held.clear();
            // Said anew, retained, when we are back.
            self.hub_on = false;
        }
        self.done(now)
    }

    /// The transmitter failed.
    pub fn fault(&mut self, now: Micros) -> Vec<Action> {
        self.advance(now);
        self.revoke(Why::Hardware);
        self.done(now)
    }

    /// The bridge ends.
    pub fn shutdown(&mut self, now: Micros) -> Vec<Action> {
        self.advance(now);
        self.shut = true;
        self.revoke(Why::Shutdown);
        self.done(now)
    }

    /// Only time has passed.
    pub fn tick(&mut self, now: Micros) -> Vec<Action> {
        self.done(now)
    }

    fn done(&mut self, now: Micros) -> Vec<Action> {
        self.advance(now);
        std::mem::take(&mut self.actions)
    }

    fn refuse_retained(&mut self, retained: bool) -> bool {
        self.counts.retained += u64::from(retained);
        retained
    }

    /// A greater epoch is another hub: nothing of the one before it holds.
    fn is_old(&mut self, epoch: u64) -> bool {
        match self.epoch {
            Some(known) if epoch < known => return true,
            Some(known) if epoch > known => {
                self.revoke(Why::Epoch);
                self.clock.reset();
                self.counts.held_dropped += self.held.clear();
                self.hub_on = false;
            }
            _ => {}
        }
        self.epoch = Some(epoch);
        false
    }

    // -- floor -------------------------------------------------------------------------------

    fn key(&mut self, key: &Key) {
        self.counts.keys += 1;
        let now = self.now;
        if self
            .over
            .as_ref()
            .is_some_and(|over| over.token == key.token)
        {
            // The broker delivered it twice: QoS 1.
            self.tell_grant(now);
            return;
        }
        if self
            .waiting
            .as_ref()
            .is_some_and(|first| first.token == key.token)
        {
            return;
        }
        if self.is_old(key.epoch) {
            self.counts.foreign += 1;
            self.deny(key.token, Why::Epoch, 0);
            return;
        }
        if self.ended.has(key.token) {
            self.deny(key.token, Why::Stale, 0);
            return;
        }
        self.judge(key, now);
    }

    /// Why a key of the present epoch is refused, and when to ask again (ms).
    pub(super) fn refusal(&self, key: &Key, now: Micros) -> Option<(Why, u32)> {
        let age = self.clock.age(key.sent, now);
        let fresh = age.is_some_and(|age| age <= self.terms.late);
        if !self.clock.synced(now) || !fresh {
            return Some((Why::Stale, 0));
        }
        if self.shut {
            return Some((Why::Shutdown, 0));
        }
        if !self.terms.transmit {
            return Some((Why::NotAuthorised, 0));
        }
        if !self.broker_up || !self.hub_on {
            return Some((Why::Link, 0));
        }
        if key.codec != self.settings.codec {
            return Some((Why::Codec, 0));
        }
        if key.hop > HOPS {
            return Some((Why::Limit, 0));
        }
        if let Some(penalty) = &self.penalty {
            let left = penalty.until - now;
            let silent = penalty.released || now - penalty.heard >= self.terms.watchdog;
            if left > 0 || !silent {
                return Some((Why::TimeOut, (left.max(100 * MS) / MS) as u32));
            }
        }
        if self.carrier && self.settings.busy_lockout && key.priority < EMERGENCY {
            return Some((Why::Carrier, 0));
        }
        None
    }

    fn release(&mut self, token: u32, last: Option<u32>) {
        if let Some(penalty) = &mut self.penalty
            && penalty.token == token
        {
            penalty.released = true;
        }
        self.cancel_waiting(token);
        let Some(over) = &mut self.over else { return };
        if over.token != token {
            return;
        }
        over.ends_after = Some(last.unwrap_or(0));
        if last.is_none() || over.complete() {
            self.drain();
        }
    }

    /// Answered whatever was here: the hub waits for it, and shows the transmitter as on until then.
    fn abort(&mut self, token: u32) {
        if self.keyed() == Some(token) {
            self.actions.push(Action::Ptt(false));
            self.actions.push(Action::Flush);
            self.finish();
            self.judge_waiting(self.now);
        } else if !self.cancel_waiting(token) {
            // A key that was overtaken by its abort must not key.
            self.ended.add(token);
            self.tell_never_on_air(token);
        }
    }

    fn cancel_waiting(&mut self, token: u32) -> bool {
        let is_waiting = self.waiting.as_ref().is_some_and(|key| key.token == token);
        if is_waiting {
            self.waiting = None;
            self.ended.add(token);
            self.tell_never_on_air(token);
        }
        is_waiting
    }

    fn tell_never_on_air(&mut self, token: u32) {
        self.publish(&FloorUp::Idle {
            token,
            air_ms: 0,
            frames: 0,
            late: 0,
            gaps: 0,
        });
    }

    // -- audio -------------------------------------------------------------------------------

    /// An audio message that came at `arrived`.
    pub(super) fn take_audio(&mut self, payload: &[u8], arrived: Micros, now: Micros) {
        let Ok(audio) = Audio::decode(payload) else {
            self.counts.bad += 1;
            return;
        };
        let Some(over) = self.over.as_mut().filter(|over| over.token == audio.stream) else {
            self.without_key(&audio, payload, arrived);
            return;
        };
        let knowledge = (&self.settings, &self.terms, &self.clock);
        let verdict = over.take(&audio, arrived, now, knowledge);
        match verdict {
            Verdict::Taken => {}
            Verdict::Late => {
                over.late += 1;
                self.counts.late += 1;
            }
            Verdict::Repeated => self.counts.repeated += 1,
            Verdict::Ahead => self.counts.ahead += 1,
            Verdict::Bad => self.counts.bad += 1,
        }
        let ends = audio.flags.has(Flags::END) || over.complete();
        if verdict == Verdict::Taken && ends {
            self.drain();
        }
    }

    /// Held until its key comes, unless its over is done.
    fn without_key(&mut self, audio: &Audio<'_>, payload: &[u8], arrived: Micros) {
        if let Some(penalty) = &mut self.penalty
            && penalty.token == audio.stream
        {
            penalty.heard = arrived;
            penalty.released |= audio.flags.has(Flags::END);
        }
        if self.ended.has(audio.stream) {
            self.counts.foreign += 1;
        } else if self.shut || !self.held.add(audio.stream, payload, arrived) {
            self.counts.held_dropped += 1;
        }
    }
}
