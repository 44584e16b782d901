//! One over from the key to the end of its sending, and the wait for idle after it.

use std::collections::VecDeque;

use crate::hub::stamper::{Packet, Stamper};
use crate::limits::{HOLD, LIMIT_MS};
use crate::message::{FloorDown, Key, Source, Why};
use crate::{MS, Micros};

/// The bridge answers a key within this.
const ASK: Micros = 600 * MS;
/// The limit plus this is kept by the hub too.
const LIMIT_SLACK: Micros = 500 * MS;
/// After release, what the media plane still had is sent: until a pause, at most so long. Speech whose head waited
/// for the grant is mixed later by that time, half a second at most.
const PAUSE: Micros = 100 * MS;
const LINGER: Micros = 700 * MS;
/// Idle follows within this, else the transmitter is stuck.
const TAIL: Micros = 2_000 * MS;
/// The end flag is repeated so long after it was sent.
const REPEATS: [Micros; 2] = [20 * MS, 60 * MS];

/// What the hub asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Names the over.
    pub token: u32,
    /// Asked with when the first was stale.
    pub retry_token: u32,
    /// Greater ones pre-empt.
    pub priority: u8,
    /// Longest transmission; 0: the channel's.
    pub limit_ms: u32,
    /// Who speaks.
    pub source: Source,
    /// Leg where the speech entered.
    pub origin: Box<str>,
    /// Patches crossed.
    pub hop: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Until then the bridge must answer.
    Asking(Micros),
    /// Granted; our own limit.
    Air(Micros),
    /// Released then.
    Ending(Micros),
}

#[derive(Debug)]
pub(crate) struct Over {
    pub ask: Ask,
    /// The token in use.
    pub token: u32,
    pub phase: Phase,
    pub stamper: Stamper,
    /// What was sent since the key, for a second one.
    sent: VecDeque<Packet>,
    last_packet: Micros,
}

impl Over {
    pub fn new(ask: Ask, codec: &str, began: Micros, now: Micros) -> Self {
        let stamper = Stamper::new(ask.token, codec, ask.priority >= 192, began);
        Self {
            token: ask.token,
            ask,
            phase: Phase::Asking(now + ASK),
            stamper,
            sent: VecDeque::new(),
            last_packet: Micros::MIN / 2,
        }
    }

    pub fn key(&self, epoch: u64, codec: &str, now: Micros) -> FloorDown {
        FloorDown::Key(Key {
            token: self.token,
            priority: self.ask.priority,
            epoch,
            sent: now,
            codec: codec.into(),
            limit_ms: self.ask.limit_ms,
            source: self.ask.source.clone(),
            origin: self.ask.origin.clone(),
            hop: self.ask.hop,
        })
    }

    /// The message of a packet.
    pub fn packet(&mut self, packet: Packet, now: Micros) -> Option<Vec<u8>> {
        let message = self.stamper.stamp(&packet, now);
        self.last_packet = now;
        if matches!(self.phase, Phase::Asking(_)) {
            while let Some(first) = self.sent.front()
                && packet.arrived - first.arrived > HOLD
            {
                self.sent.pop_front();
            }
            self.sent.push_back(packet);
        }
        message
    }

    /// The least of what was asked for and what the bridge says is the limit; 0 says nothing. Returns it.
    pub fn granted(&mut self, limit_ms: u32, now: Micros) -> u32 {
        self.sent.clear();
        let said = [self.ask.limit_ms, limit_ms, LIMIT_MS];
        let limit_ms = said.into_iter().filter(|ms| *ms > 0).min();
        let limit_ms = limit_ms.unwrap_or(LIMIT_MS);
        self.phase = Phase::Air(now + Micros::from(limit_ms) * MS + LIMIT_SLACK);
        limit_ms
    }

    /// The bridge said stale: once more, with the other token and what was said since. False: it was that
    /// already.
    pub fn retry(&mut self, codec: &str, now: Micros) -> Option<VecDeque<Packet>> {
        if self.token != self.ask.token || !matches!(self.phase, Phase::Asking(_)) {
            return None;
        }
        let sent = std::mem::take(&mut self.sent);
        let began = sent.front().map_or(now, |first| first.arrived);
        self.token = self.ask.retry_token;
        self.phase = Phase::Asking(now + ASK);
        self.stamper = Stamper::new(self.token, codec, self.ask.priority >= 192, began);
        Some(sent)
    }

    pub fn release(&mut self, now: Micros) {
        if !matches!(self.phase, Phase::Ending(_)) {
            self.phase = Phase::Ending(now);
        }
    }

    pub fn is_over(&self, now: Micros) -> bool {
        match self.phase {
            Phase::Ending(since) => now >= since + LINGER || now >= self.last_packet + PAUSE,
            _ => false,
        }
    }

    pub fn deadline(&self) -> Micros {
        let phase = match self.phase {
            Phase::Asking(until) | Phase::Air(until) => until,
            Phase::Ending(since) => (since + LINGER).min(self.last_packet + PAUSE).max(since),
        };
        phase.min(self.stamper.next_keepalive())
    }
}

/// Why an over waits for the bridge's last word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was released or aborted: how it ended is the bridge's to say.
    Asked,
    /// We cut it off, and tell so when the transmitter is known to be off.
    Cut(Why),
    /// Its end was told: as far as we know it never was on air.
    Told,
}

/// An over whose end was sent.
#[derive(Debug)]
pub(crate) struct Tail {
    /// The over's first token, and the one in use.
    pub name: u32,
    pub token: u32,
    pub ending: Ending,
    alarmed: bool,
    since: Micros,
    until: Micros,
    end: Vec<u8>,
    repeated: usize,
}

impl Tail {
    pub fn ended(over: &Over, end: Vec<u8>, now: Micros) -> Self {
        Self {
            name: over.ask.token,
            token: over.token,
            ending: Ending::Asked,
            alarmed: false,
            since: now,
            until: now + TAIL,
            end,
            repeated: 0,
        }
    }

    pub fn aborted(over: &Over, ending: Ending, now: Micros) -> Self {
        Self {
            ending,
            repeated: REPEATS.len(),
            ..Self::ended(over, Vec::new(), now)
        }
    }

    /// The end flag once more, when it is time.
    pub fn repeat(&mut self, now: Micros) -> Option<Vec<u8>> {
        let after = REPEATS.get(self.repeated)?;
        (now >= self.since + after).then(|| {
            self.repeated += 1;
            self.end.clone()
        })
    }

    /// Idle did not come in time.
    pub fn is_due(&self, now: Micros) -> bool {
        now >= self.until
    }

    /// Abort is sent once more; true the first time.
    pub fn wait_again(&mut self, now: Micros) -> bool {
        self.until = now + TAIL;
        !std::mem::replace(&mut self.alarmed, true)
    }

    pub fn deadline(&self) -> Micros {
        let repeat = REPEATS.get(self.repeated).map(|after| self.since + after);
        repeat.map_or(self.until, |repeat| repeat.min(self.until))
    }
}
