//! Phones: sessions with one stream each way, for which this shard decodes, mixes and encodes.

use std::time::{Duration, Instant};

use codec_api::CodecKind;
use mix::{Desk, Voice};

use crate::head::Head;
use crate::io::{PhonePacket, RoomId};
use crate::sessions::Index;

/// The period of the mix.
pub(crate) const TICK: Duration = Duration::from_millis(codec_api::FRAME_MS as u64);
/// Below this a frame is not worth sending, -dBov (`dsp::Loudest` ends talk at the same).
const QUIET_DBOV: u8 = 60;
/// Quiet ticks after which a phone sends nothing: 500 ms.
const QUIET_TICKS: u32 = 25;

/// Sound this close behind a packet of a key that is down is left out of a head: those packets come every 20 to
/// 50 ms, and the last ones may be lost.
const KEY_TONE: Duration = Duration::from_millis(60);
/// A key this long ago has been answered.
const KEY_FORGOTTEN: Duration = Duration::from_secs(2);

/// What is kept for all phones of a shard.
#[derive(Debug, Default)]
pub(crate) struct Phones {
    pub desk: Desk,
    pub members: Vec<Index>,
    /// Set while there are any.
    pub next_tick: Option<Instant>,
    /// The number of the last tick.
    pub tick: u64,
    /// The engine's epoch when the listeners were last worked out.
    pub epoch: u64,
    start: Option<Instant>,
}

impl Phones {
    /// Time for the desk: microseconds since the first phone.
    pub fn micros(&mut self, now: Instant) -> u64 {
        let start = *self.start.get_or_insert(now);
        now.saturating_duration_since(start).as_micros() as u64
    }
}

/// One phone.
#[derive(Debug)]
pub(crate) struct Phone {
    /// `None` until it is set.
    pub codec: Option<CodecKind>,
    pub hears: bool,
    pub speaks: bool,
    /// Its voice as browsers and other shards get it; made when first needed.
    pub voice: Option<Voice>,
    /// SSRC and first timestamp of that voice.
    pub stream: u32,
    /// Packets of its voice so far.
    pub spoken: u64,
    /// Rooms whose gate was shut while sound of before was still on its way through the jitter buffer:
    /// heard there up to this tick.
    pub tails: Vec<(RoomId, u64)>,
    /// What it said since a key, while no gate of it was open.
    pub head: Head<PhonePacket>,
    /// When the last packet of a key came, and whether the key was up by then.
    pub keyed: Option<(Instant, bool)>,
    quiet_for: u32,
}

impl Phone {
    pub fn new(seed: u64) -> Self {
        Self {
            codec: None,
            hears: false,
            speaks: false,
            voice: None,
            stream: (seed ^ seed >> 32) as u32,
            spoken: 0,
            tails: Vec::new(),
            head: Head::default(),
            keyed: None,
            quiet_for: QUIET_TICKS,
        }
    }

    /// A packet that came while it may be heard nowhere. Kept when a key went before: it may ask for the floor.
    /// What comes with the key is the key's own tone, perhaps.
    pub fn hold(&mut self, packet: &PhonePacket, now: Instant) {
        let Some((at, ended)) = self.keyed else {
            return;
        };
        let since = now.saturating_duration_since(at);
        if since > KEY_FORGOTTEN {
            self.keyed = None;
            self.head.clear();
        } else if ended || since >= KEY_TONE {
            self.head.expire(now);
            self.head.push(packet.clone(), now);
        }
    }

    /// A packet of a key came while it may be heard nowhere: what is said behind it may be the head of a talkspurt.
    pub fn key(&mut self, up: bool, now: Instant) {
        let was_down = self.keyed.is_some_and(|(_, up)| !up);
        if !up && !was_down {
            self.head.clear();
        }
        self.keyed = Some((now, up));
    }

    /// The next packet of a head that is let go, and when it is its turn.
    pub fn next_of_head(&mut self) -> Option<(Instant, PhonePacket)> {
        let delay = self.head.delay();
        let (came, packet) = self.head.pop()?;
        Some((came + delay, packet))
    }

    /// Note the level of this tick; whether it talks now.
    pub fn talks(&mut self, level_dbov: u8) -> bool {
        self.quiet_for = if level_dbov < QUIET_DBOV {
            0
        } else {
            self.quiet_for.saturating_add(1)
        };
        self.quiet_for < QUIET_TICKS
    }

    /// A tick in which it sends nothing.
    pub fn pause(&mut self) {
        if let Some(voice) = &mut self.voice {
            voice.pause();
        }
    }
}
