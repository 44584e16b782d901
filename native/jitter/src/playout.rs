//! What to play now.
//!
//! A cursor runs in media time. Normally the packet at the cursor is played and the cursor moves on.
//! - Nothing there at all: conceal and *hold* the cursor. If the packet comes after all, the delay has
//!   grown by what it was late; if a later one comes, the loss is already covered.
//! - A later one is there: conceal and move on; its payload may carry the lost sound (FEC).
//! - Silence longer than 60 ms ends the talkspurt; the next packet starts one at the target delay.
//! - A talkspurt that is known to be over ends with its last packet: nothing is made up behind it.
//! - Too much or too little delay is corrected where it is not heard: in silence, a frame at a time. What a
//!   head has left behind (`head.rs`) stays until then.

use crate::ring::Entry;
use crate::{JitterBuffer, JitterConfig};

/// Frames concealed in a row before silence: 60 ms of 20 ms frames.
const CONCEAL_MAX: i64 = 3;
/// Slack before a frame is taken out, ms: no flapping at the edge.
const HYSTERESIS_MS: i64 = 5;
/// More delay than this over the target is cut even in speech, ms.
const OVERRUN_MS: i64 = 120;

/// What the leg has to do in this tick.
#[derive(Debug, PartialEq, Eq)]
pub enum Pull<'a> {
    /// Decode this.
    Packet {
        /// The coded sound.
        payload: &'a [u8],
        /// The decoder's history is of another stream: reset it first.
        restarted: bool,
    },
    /// Conceal one frame; with the packet after it, if that is here.
    Lost {
        /// Payload of the packet that directly follows the lost frame.
        next: Option<&'a [u8]>,
    },
    /// Conceal one frame: the packet has not come yet.
    Late,
    /// Nobody talks: silence, and the decoder rests.
    Silence,
}

#[derive(Debug)]
pub(crate) struct Playout {
    frame: i64,
    /// Lowest sequence number that may still be played.
    head: u64,
    /// Media time of the next sample.
    cursor: i64,
    playing: bool,
    /// Nothing has been played since the stream began.
    fresh: bool,
    /// No packet will follow those that are here.
    ending: bool,
    /// Frames concealed in a row, and how many of them did not move the cursor.
    concealed: i64,
    held: i64,
}

impl Playout {
    pub(crate) fn new(config: &JitterConfig) -> Self {
        let frame = i64::from(config.clock_hz) / 1000 * i64::from(config.frame_ms);
        Self {
            frame,
            head: 0,
            cursor: 0,
            playing: false,
            fresh: true,
            ending: false,
            concealed: 0,
            held: 0,
        }
    }

    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    pub(crate) fn restart(&mut self, head: u64) {
        *self = Self {
            head,
            playing: false,
            fresh: true,
            ending: false,
            concealed: 0,
            held: 0,
            ..*self
        };
    }

    /// Move the head back to a packet that belongs before everything stored; false when it is too late.
    pub(crate) fn rewind(&mut self, sequence: u64) -> bool {
        if self.fresh {
            self.head = sequence;
        }
        self.fresh
    }

    /// True for a packet whose time was concealed already.
    pub(crate) fn is_over(&self, end: i64) -> bool {
        self.playing && end <= self.cursor
    }

    /// The sender's talkspurt is over, and no packet has come since.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending
    }

    /// A packet came: the talkspurt goes on.
    pub(crate) fn go_on(&mut self) {
        self.ending = false;
    }

    /// Give up everything before `sequence`.
    pub(crate) fn skip_to(&mut self, sequence: u64) {
        self.head = self.head.max(sequence);
    }
}

impl JitterBuffer {
    /// What to play in the tick at monotonic time `now_us`.
    ///
    /// `silent` says that the last frame was silence, so that a frame more or less is not heard. Packets
    /// longer than a frame are given whole: pull again when they are used up.
    pub fn pull(&mut self, now_us: u64, silent: bool) -> Pull<'_> {
        let now = self.ticks(now_us);
        let mut allowed = self.allowed_excess(silent);
        loop {
            let Some(entry) = self.ring.first_from(self.playout.head) else {
                return self.nothing_there();
            };
            let gap = entry.timestamp - self.playout.cursor;
            let follows = entry.sequence == self.playout.head;
            if !self.playout.playing || (gap > 0 && follows) {
                // Between talkspurts, or at a pause that the sender did not send (DTX).
                return self.between_talkspurts(entry, now);
            }
            if gap > 0 && self.playout.held * self.playout.frame < gap {
                return self.missing(entry, gap, self.excess(self.playout.cursor, now));
            }
            let excess = self.excess(entry.timestamp, now);
            // The last packet is never left out: there would be nothing to play instead.
            if excess > allowed && self.ring.first_from(entry.sequence + 1).is_some() {
                // In silence one frame is taken out, after an overrun all that is too much.
                let most = self.most_excess();
                allowed = if excess > most {
                    self.playout.frame
                } else {
                    most
                };
                self.consume(entry);
                self.stats.shrunk += 1;
                continue;
            }
            if silent && self.playout.concealed == 0 && excess < 0 {
                self.stats.grown += 1;
                return Pull::Silence;
            }
            return self.play(entry);
        }
    }

    /// The sender's talkspurt is over: what is here is played, and no loss is suspected behind it. The next
    /// packet takes this back.
    pub fn end(&mut self) {
        self.playout.ending = true;
    }

    /// Nothing is being played and nothing waits.
    pub fn is_idle(&self) -> bool {
        !self.playout.playing && self.ring.first_from(self.playout.head).is_none()
    }

    /// Delay of the sound played in the tick at `now_us`, over the fastest packets, ms.
    pub fn delay_ms(&self, now_us: u64) -> u32 {
        let delay =
            self.ticks(now_us) - self.delay.base() - self.playout.cursor + self.playout.frame;
        u32::try_from(delay / self.per_ms()).unwrap_or(0)
    }

    fn nothing_there(&mut self) -> Pull<'_> {
        if !self.playout.playing || self.playout.ending {
            self.playout.playing = false;
            return Pull::Silence;
        }
        self.playout.held += 1;
        self.conceal(Pull::Late)
    }

    fn between_talkspurts(&mut self, entry: Entry, now: i64) -> Pull<'_> {
        self.playout.playing = false;
        if now < self.delay.base() + entry.timestamp + self.target() {
            return Pull::Silence;
        }
        self.stats.talkspurts += 1;
        self.playout.playing = true;
        self.play(entry)
    }

    /// The packet at the cursor is not here, but `entry` behind it is.
    fn missing(&mut self, entry: Entry, gap: i64, excess: i64) -> Pull<'_> {
        if excess < 0 {
            // There is less delay than the network needs: wait for it, it may only be late.
            self.playout.held += 1;
            return self.conceal(Pull::Late);
        }
        self.playout.cursor += self.playout.frame;
        let directly_before = gap - self.playout.held * self.playout.frame <= self.playout.frame;
        if directly_before && self.playout.concealed < CONCEAL_MAX {
            self.playout.concealed += 1;
            self.stats.concealed += 1;
            return Pull::Lost {
                next: Some(self.ring.payload(&entry)),
            };
        }
        self.conceal(Pull::Lost { next: None })
    }

    /// Answer with a concealment, or after the third in a row with silence and the end of the talkspurt.
    fn conceal(&mut self, how: Pull<'static>) -> Pull<'_> {
        self.playout.concealed += 1;
        if self.playout.concealed > CONCEAL_MAX {
            self.playout.playing = false;
            return Pull::Silence;
        }
        self.stats.concealed += 1;
        how
    }

    /// How much longer than the target the sound of `media_time` would wait when played now.
    fn excess(&self, media_time: i64, now: i64) -> i64 {
        now - (self.delay.base() + media_time) - self.target()
    }

    fn allowed_excess(&self, silent: bool) -> i64 {
        if silent {
            self.playout.frame + HYSTERESIS_MS * self.per_ms()
        } else {
            self.most_excess()
        }
    }

    /// More than this is cut even in speech.
    fn most_excess(&self) -> i64 {
        self.head.piled_up(self.delay.base()) + OVERRUN_MS * self.per_ms()
    }

    fn play(&mut self, entry: Entry) -> Pull<'_> {
        self.consume(entry);
        (
            self.playout.concealed,
            self.playout.held,
            self.playout.fresh,
        ) = (0, 0, false);
        Pull::Packet {
            payload: self.ring.payload(&entry),
            restarted: entry.restarted,
        }
    }

    fn consume(&mut self, entry: Entry) {
        self.stats.lost += entry.sequence - self.playout.head;
        self.ring.remove(entry.sequence);
        self.playout.head = entry.sequence + 1;
        self.playout.cursor = entry.end();
    }
}
