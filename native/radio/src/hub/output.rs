//! What the hub's side hands out.

use crate::Micros;
use crate::message::{Load, Why};

/// A channel, as the embedder numbers it.
pub type ChannelId = u64;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Publish a message.
    Publish(Publish),
    /// A packet of received audio for the channel's leg.
    Sound(Sound),
    /// Tell the hub.
    Event(Event),
}

/// How a message is treated on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// `QoS` 0; worthless when it cannot leave at once.
    Perishable,
    /// `QoS` 1, expires after 2 s.
    Floor,
}

/// A message to a bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// Without root and version: `B/dn/...`.
    pub topic: Box<str>,
    /// Its bytes.
    pub payload: Vec<u8>,
    /// How it travels.
    pub delivery: Delivery,
}

/// One RTP packet's worth of received audio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// Where.
    pub channel: ChannelId,
    /// The stream; its RTP synchronisation source.
    pub stream: u32,
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// First packet of the stream.
    pub marker: bool,
    /// One codec frame, untouched.
    pub payload: Vec<u8>,
}

/// What happened. `gateway/_native.pyi` says more of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A radio receives.
    RxStart {
        /// Where.
        channel: ChannelId,
        /// Its stream.
        stream: u32,
        /// Flag 8.
        emergency: bool,
        /// Flag 16: opaque.
        encrypted: bool,
        /// Signal strength, dBm.
        rssi: Option<i16>,
    },
    /// It stopped; the last held frame was let out or dropped before.
    RxEnd {
        /// Where.
        channel: ChannelId,
        /// Its stream.
        stream: u32,
        /// Frames that came.
        frames: u64,
        /// Messages that did not.
        missing: u64,
        /// Frames dropped as older than 1 s.
        late: u64,
    },
    /// On air.
    Granted {
        /// Where.
        channel: ChannelId,
        /// The first token of the over.
        token: u32,
        /// Until it carries speech.
        ready_ms: u32,
        /// Longest transmission.
        limit_ms: u32,
    },
    /// Not on air.
    Denied {
        /// Where.
        channel: ChannelId,
        /// The first token of the over.
        token: u32,
        /// Reason.
        why: Why,
        /// Try again after; 0: unknown.
        retry_ms: u32,
    },
    /// No more on air.
    Revoked {
        /// Where.
        channel: ChannelId,
        /// The first token of the over.
        token: u32,
        /// Reason.
        why: Why,
        /// No key for so long.
        penalty_ms: u32,
    },
    /// Done, as asked.
    Idle {
        /// Where.
        channel: ChannelId,
        /// The first token of the over.
        token: u32,
        /// Time keyed.
        air_ms: u64,
        /// Frames played.
        frames: u64,
        /// Frames dropped as late.
        late: u64,
        /// Gaps in what was played.
        gaps: u64,
    },
    /// Should be done, but nothing says so.
    Stuck {
        /// Where.
        channel: ChannelId,
        /// The first token of the over.
        token: u32,
    },
    /// A heartbeat of an expected session.
    Heartbeat {
        /// Whose.
        bridge: Box<str>,
        /// Least round trip of 30 s, and the bridge's clock minus ours then.
        way: Option<(Micros, Micros)>,
        /// What it counts.
        load: Load,
    },
    /// No heartbeat for 3 s.
    Silent {
        /// Whose.
        bridge: Box<str>,
    },
    /// More than 10 bad messages in a second.
    Bad {
        /// Whose.
        bridge: Box<str>,
        /// What was wrong with the first.
        kind: &'static str,
        /// How many.
        count: u32,
    },
}
