//! How late something is, by the clock of the other side.
//!
//! The other side's heartbeats carry its monotonic clock. A transit is arrival minus that time: the way's
//! delay plus an unknown constant. The least transit of the last 30 s is the *base*; what a message's own
//! time says beyond the base is how late it is. A heartbeat far above the base is not believed, so that a
//! burst after a stall can neither create trust nor move the base: its transits are unequal.
//!
//! Limit: one-way times cannot tell a long way from a way that has been stalled ever since the first heartbeat. Two
//! stalls at once after the connection that happen to leave two transits within the slack are believed, until the
//! first heartbeat in time corrects the base.

use std::collections::VecDeque;

use crate::limits::SILENCE;
use crate::{MS, Micros, SECOND};

/// Transits are remembered this long.
const WINDOW: Micros = 30 * SECOND;
/// A heartbeat this far above the base is not believed.
const SLACK: Micros = 100 * MS;
/// Two believed heartbeats at least this far apart make trust.
const APART: Micros = 500 * MS;
/// Heartbeats that come closer together are one sample, so that a flood cannot grow the window.
const SAMPLE: Micros = 400 * MS;

#[derive(Debug, Clone, Copy)]
struct Sample {
    arrived: Micros,
    transit: Micros,
}

/// See the module.
#[derive(Debug, Default)]
pub struct LatenessClock {
    samples: VecDeque<Sample>,
}

impl LatenessClock {
    /// A heartbeat that was sent at `sent` of the other clock; true when it is believed.
    pub fn heartbeat(&mut self, sent: Micros, now: Micros) -> bool {
        self.forget(now);
        let transit = now - sent;
        match self.samples.back_mut() {
            Some(last) if now - last.arrived < SAMPLE => last.transit = last.transit.min(transit),
            _ => self.samples.push_back(Sample {
                arrived: now,
                transit,
            }),
        }
        self.base().is_some_and(|base| transit <= base + SLACK)
    }

    /// Nothing is known any more: the other side may have another clock.
    pub fn reset(&mut self) {
        self.samples.clear();
    }

    /// When the last believed heartbeat came.
    pub fn heard(&self) -> Option<Micros> {
        self.believed().next_back().map(|sample| sample.arrived)
    }

    /// Whether the other side is there.
    pub fn alive(&self, now: Micros) -> bool {
        self.heard().is_some_and(|heard| now - heard < SILENCE)
    }

    /// Whether lateness can be told: two believed heartbeats 0.5 s apart, the last less than 3 s ago.
    pub fn synced(&self, now: Micros) -> bool {
        let first = self.believed().next().map(|sample| sample.arrived);
        let apart = first
            .zip(self.heard())
            .is_some_and(|(first, last)| last - first >= APART);
        apart && self.alive(now)
    }

    /// How late something is that the other clock timed `sent`; `None`: unknown.
    pub fn age(&self, sent: Micros, now: Micros) -> Option<Micros> {
        let newest = self.samples.back()?;
        (now - newest.arrived < WINDOW).then_some(now - sent - self.base()?)
    }

    fn base(&self) -> Option<Micros> {
        self.samples.iter().map(|sample| sample.transit).min()
    }

    fn believed(&self) -> impl DoubleEndedIterator<Item = &Sample> {
        let most = self.base().map_or(Micros::MIN, |base| base + SLACK);
        self.samples
            .iter()
            .filter(move |sample| sample.transit <= most)
    }

    fn forget(&mut self, now: Micros) {
        while let Some(first) = self.samples.front()
            && now - first.arrived > WINDOW
        {
            self.samples.pop_front();
        }
    }
}
