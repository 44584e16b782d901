//! Whether the peer's link has become much narrower than what is sent by it, seen from what arrives.
//!
//! str0m's estimator wants some twenty frames to believe a fall. At ten frames a second these are two seconds in which a
//! queue grows on the way, or sound is lost in it. This looks at the last half second that was told of: how much of it
//! arrived, and in what time. When that is far less than was sent, twice in a row, it is what the link carries. It
//! bounds the estimate from above for some seconds and says nothing else: how much more fits is str0m's to find out.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rtp::rtcp::{self, Arrival};

/// Most packets that are remembered, and how long.
const PACKETS_MAX: usize = 2_048;
const KEPT: Duration = Duration::from_secs(3);
/// What is looked at, by the times of sending.
const WINDOW: Duration = Duration::from_millis(500);
/// Less than this says nothing.
const WINDOW_MIN: Duration = Duration::from_millis(250);
const PACKETS_MIN: usize = 12;
/// The same again for so long: a receiver that only stood still catches up in between.
const CONFIRM: Duration = Duration::from_millis(100);
/// A link is choked when less than this part of what is sent arrives while it is sent, percent.
const CHOKED: u64 = 70;
/// What is taken of what arrived, percent: the queue on the way is to become shorter.
const TAKEN: u64 = 85;
/// How long a bound holds; twice as long when the link is choked again within [`SOON`] of its end, up to the last.
const HOLD: Duration = Duration::from_secs(3);
const HOLD_MAX: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_secs(10);

#[derive(Debug)]
struct Sent {
    number: u16,
    bits: u64,
    at: Instant,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Untold,
    Lost,
    /// On the peer's clock, microseconds.
    Arrived(i64),
}

#[derive(Debug, Clone, Copy)]
struct Bound {
    bits_per_s: u64,
    until: Instant,
    hold: Duration,
}

/// What arrives of one transport's numbered packets.
#[derive(Debug, Default)]
pub(crate) struct Choke {
    sent: VecDeque<Sent>,
    /// Since which time of sending it has looked choked.
    suspected: Option<Instant>,
    bound: Option<Bound>,
}

impl Choke {
    /// A packet with this transport-wide number has left.
    pub fn sent(&mut self, number: u16, bytes: usize, now: Instant) {
        let old = |sent: &Sent| now.saturating_duration_since(sent.at) > KEPT;
        while self.sent.front().is_some_and(old) || self.sent.len() == PACKETS_MAX {
            self.sent.pop_front();
        }
        let follows = |last: &Sent| last.number.wrapping_add(1) == number;
        if !self.sent.back().is_none_or(follows) {
            // A packet's place is its number less the first one's.
            self.sent.clear();
        }
        self.sent.push_back(Sent {
            number,
            bits: 8 * bytes as u64,
            at: now,
            fate: Fate::Untold,
        });
    }

    /// What the peer says arrived; `compound` is authentic.
    pub fn hear(&mut self, compound: &[u8], now: Instant) {
        let mut newest = None;
        rtcp::arrivals(compound, |arrival| newest = self.note(arrival).max(newest));
        let Some(newest) = newest else { return };
        let Some(carried) = self.carried(newest) else {
            self.suspected = None;
            return;
        };
        let at = self.sent[newest].at;
        let since = *self.suspected.get_or_insert(at);
        if at.saturating_duration_since(since) >= CONFIRM {
            self.bind(carried * TAKEN / 100, now);
        }
    }

    /// What the link carries at most, bits/s, as far as it is known.
    pub fn bound(&self, now: Instant) -> Option<u64> {
        let bound = self.bound.filter(|bound| bound.until > now)?;
        Some(bound.bits_per_s)
    }

    /// Its place among the packets that are remembered.
    fn note(&mut self, arrival: Arrival) -> Option<usize> {
        let first = self.sent.front()?.number;
        let place = usize::from(arrival.number.wrapping_sub(first));
        self.sent.get_mut(place)?.fate = arrival.at_us.map_or(Fate::Lost, Fate::Arrived);
        Some(place)
    }

    /// Bits that arrive a second of the newest that was told of; `None`: about what was sent, or too little to tell.
    fn carried(&self, newest: usize) -> Option<u64> {
        let end = self.sent[newest].at;
        let recent = self.sent.range(..=newest).rev();
        let recent: Vec<&Sent> = recent
            .take_while(|sent| end.saturating_duration_since(sent.at) <= WINDOW)
            .filter(|sent| sent.fate != Fate::Untold)
            .collect();
        let sending = end.saturating_duration_since(recent.last()?.at);
        if sending < WINDOW_MIN || recent.len() < PACKETS_MIN {
            return None;
        }
        let came = || {
            recent.iter().filter_map(|sent| match sent.fate {
                Fate::Arrived(at_us) => Some((at_us, sent.bits)),
                Fate::Untold | Fate::Lost => None,
            })
        };
        let first = came().map(|(at_us, _)| at_us).min()?;
        let last = came().map(|(at_us, _)| at_us).max()?;
        let arriving = Duration::from_micros(last.abs_diff(first)).max(sending);
        let arrived: u64 = came().map(|(_, bits)| bits).sum();
        let sent: u64 = recent.iter().map(|sent| sent.bits).sum();
        let carried = rate(arrived, arriving);
        (carried * 100 < rate(sent, sending) * CHOKED).then_some(carried)
    }

    fn bind(&mut self, bits_per_s: u64, now: Instant) {
        let hold = match self.bound {
            Some(bound) if bound.until > now => bound.hold,
            Some(bound) if now.saturating_duration_since(bound.until) < SOON => {
                (2 * bound.hold).min(HOLD_MAX)
            }
            _ => HOLD,
        };
        self.bound = Some(Bound {
            bits_per_s,
            until: now + hold,
            hold,
        });
    }
}

/// Bits a second.
fn rate(bits: u64, time: Duration) -> u64 {
    bits * 1_000 / u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests;
