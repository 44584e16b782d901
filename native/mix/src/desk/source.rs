//! One voice on the desk.

use std::sync::Arc;

use codec_api::CodecKind;

use super::{DeskStats, RoomSet};
use crate::MixError;
use crate::inbound::Inbound;

/// Ticks without a packet after which a source costs nothing: the highest delay of the jitter buffer and
/// its concealment are over by then.
const SLEEPS_AFTER: u32 = 50;
/// Ticks without a packet after which its decoder is given back: 10 s.
const FORGOTTEN_AFTER: u32 = 500;
/// Ticks of whole packets after which they are handed on in the middle of a talkspurt: each change between
/// handing on and encoding is a small flaw, as a lost packet is.
const STEADY_AFTER: u32 = 10;

/// One packet of sound.
#[derive(Debug, Clone, Copy)]
pub struct Sound<'a> {
    /// The sender's SSRC; another one starts over.
    pub stream: u32,
    /// Sequence number.
    pub sequence: u16,
    /// Media time in the codec's RTP clock.
    pub timestamp: u32,
    /// The coded sound.
    pub payload: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct Source {
    pub id: u64,
    pub codec: CodecKind,
    /// Where it is heard.
    pub rooms: RoomSet,
    pub inbound: Inbound,
    /// Ticks for which it is silenced, and ticks until that begins.
    muted: u32,
    muted_in: u32,
    /// Ticks since its last packet.
    idle: u32,
    /// Its gate was shut: it sleeps as soon as what came before was played.
    ended: bool,
    /// Ticks in a row whose frames were whole packets.
    whole_for: u32,
    /// Changes after each sleep: what comes then is a new stream to the jitter buffer, however far its
    /// sequence numbers have gone on.
    run: u32,
}

impl Source {
    pub fn new(id: u64, codec: CodecKind) -> Result<Self, MixError> {
        Ok(Self {
            id,
            codec,
            rooms: Arc::default(),
            inbound: Inbound::new(codec)?,
            muted: 0,
            muted_in: 0,
            idle: 0,
            ended: false,
            whole_for: 0,
            run: 0,
        })
    }

    /// Take a packet in. False: not of the codec.
    pub fn take(&mut self, sound: &Sound<'_>, now_us: u64) -> bool {
        if !self.is_awake() {
            self.run = self.run.wrapping_add(1);
            // The key that ended what it said before is no concern of what it says now.
            (self.muted, self.muted_in) = (0, 0);
        }
        self.idle = 0;
        self.ended = false;
        let stream = sound.stream.wrapping_add(self.run);
        self.inbound.packet(stream, sound, now_us)
    }

    /// See `Desk::mute`.
    pub fn mute(&mut self, after: u32, ticks: u32) {
        if self.muted == 0 {
            self.muted_in = after;
        }
        self.muted = (after + ticks).saturating_sub(self.muted_in);
    }

    /// No packet follows until it talks again.
    pub fn end(&mut self) {
        self.ended = true;
        self.inbound.end();
    }

    /// Make this tick's frame, unless it sleeps.
    pub fn tick(&mut self, now_us: u64, stats: &mut DeskStats) {
        self.idle = self.idle.saturating_add(1);
        if self.ended && self.inbound.is_drained() {
            self.idle = self.idle.max(SLEEPS_AFTER + 1);
        }
        if !self.is_awake() {
            self.whole_for = 0;
            return;
        }
        let before = self.inbound.undecodable();
        self.inbound.tick(now_us);
        stats.decodes += 1;
        stats.undecodable += self.inbound.undecodable() - before;
        if self.muted_in > 0 {
            self.muted_in -= 1;
        } else if self.muted > 0 {
            self.muted -= 1;
            self.inbound.silence();
        }
        self.whole_for = match self.inbound.whole() {
            Some(_) => self.whole_for.saturating_add(1),
            None => 0,
        };
    }

    /// Its packets have come one a tick for long enough that it is worth changing over to them.
    pub fn is_steady(&self) -> bool {
        self.whole_for >= STEADY_AFTER
    }

    pub fn is_awake(&self) -> bool {
        self.idle <= SLEEPS_AFTER
    }

    pub fn is_forgotten(&self) -> bool {
        self.idle > FORGOTTEN_AFTER
    }

    pub fn is_heard_in(&self, rooms: &RoomSet) -> bool {
        self.rooms.iter().any(|room| rooms.contains(room))
    }
}
