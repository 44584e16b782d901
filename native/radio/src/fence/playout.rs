//! Frames on their way to the air: one by one, at their own pace, never faster.
//!
//! The first frame waits until the transmitter is ready and later frames had a moment to come; that delay
//! then stays. A frame that comes after its time moves the pace on by as much. A head comes faster than it is
//! played: what piles up in the first second belongs to the delay. When the queue later holds 120 ms more, the
//! oldest go: speech is never played faster to catch up.

use std::collections::VecDeque;

use crate::fence::settings::{Settings, media_time};
use crate::limits::WAIT;
use crate::{MS, Micros};

/// More than the delay at the start by this: too much.
const OVERRUN: Micros = 120 * MS;
/// From the first frame on; a head (at most 500 ms, three frames in the time of one) has come long before.
const HEAD: Micros = 1_000 * MS;

/// A codec frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub bytes: Vec<u8>,
    /// Media time in ticks.
    pub timestamp: u64,
    pub arrived: Micros,
    /// Lateness when it arrived.
    pub age: Micros,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Playout {
    clock_hz: u64,
    frame: Micros,
    frame_ticks: u64,
    wait: Micros,
    /// The transmitter carries no speech before.
    earliest: Micros,
    queue: VecDeque<Frame>,
    /// When the frame of that media time is due.
    pace: Option<(Micros, u64)>,
    /// Most that was held in the queue until the head was over.
    delay: Micros,
    /// When the head is over.
    head_until: Option<Micros>,
    /// Media time after the last frame played, and when it is over.
    last: Option<(u64, Micros)>,
    pub played: u64,
    pub gaps: u64,
}

impl Playout {
    pub fn new(settings: &Settings) -> Self {
        Self {
            clock_hz: settings.clock_hz(),
            frame: settings.frame(),
            frame_ticks: settings.frame_ticks(),
            wait: Micros::from(settings.playout_ms) * MS,
            earliest: Micros::MIN,
            queue: VecDeque::new(),
            pace: None,
            delay: Micros::from(settings.playout_ms) * MS,
            head_until: None,
            last: None,
            played: 0,
            gaps: 0,
        }
    }

    /// Frames come in the order of their media time; the transmitter carries speech from `ready` on.
    pub fn push(&mut self, frame: Frame, ready: Micros, now: Micros) {
        if self.pace.is_none() {
            self.earliest = ready;
            // A head that the hub or we held until the key has waited already; later frames are on their heels.
            let waited = frame.age.max(0) + (now - frame.arrived);
            let wait = (self.wait - waited).max(0);
            self.pace = Some(((now + wait).max(ready), frame.timestamp));
        }
        self.queue.push_back(frame);
    }

    /// When the next frame is due.
    pub fn due(&self) -> Option<Micros> {
        let (at, media) = self.pace?;
        let first = self.queue.front()?.timestamp;
        Some(at + media_time(media, first, self.clock_hz))
    }

    /// When the last frame is over; `None` while frames wait.
    pub fn over(&self) -> Option<Micros> {
        let after = self.last.map_or(Micros::MIN, |(_, after)| after);
        self.queue.is_empty().then_some(after)
    }

    /// The frame that is due.
    pub fn pop(&mut self, now: Micros) -> Option<Frame> {
        self.drop_excess(now);
        let due = self.due().filter(|due| *due <= now)?;
        let frame = self.queue.pop_front()?;
        let mut start = due;
        if now - due > self.frame {
            // Nothing came in time: from now on everything is later by as much.
            self.pace = Some((now, frame.timestamp));
            start = now;
        }
        if now < *self.head_until.get_or_insert(now + HEAD) {
            self.delay = self.delay.max(backlog(&self.queue, self.frame));
        }
        let next = frame.timestamp + self.frame_ticks;
        if self.last.is_some_and(|(media, _)| frame.timestamp > media) {
            self.gaps += 1;
        }
        self.last = Some((next, start + self.frame));
        self.played += 1;
        Some(frame)
    }

    fn drop_excess(&mut self, now: Micros) {
        let before = self.queue.len();
        while let Some(first) = self.queue.front()
            && now - first.arrived > WAIT
        {
            self.queue.pop_front();
        }
        let head_is_over = self.head_until.is_some_and(|until| now >= until);
        if head_is_over && backlog(&self.queue, self.frame) > self.delay + OVERRUN {
            while backlog(&self.queue, self.frame) > self.delay {
                self.queue.pop_front();
            }
        }
        if let Some(first) = self.queue.front()
            && self.queue.len() < before
        {
            // Played after what came before it was; the jump in media time is counted there as a gap.
            let free = self.last.map_or(self.earliest, |(_, after)| after).max(now);
            let at = self.due().map_or(free, |due| due.min(free));
            self.pace = Some((at, first.timestamp));
        }
    }
}

fn backlog(queue: &VecDeque<Frame>, frame: Micros) -> Micros {
    // Bounded by the pace of arrival: never near 2**32.
    Micros::from(queue.len() as u32) * frame
}
