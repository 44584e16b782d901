//! The video slots of one session, and its link.

use std::time::{Duration, Instant};

use crate::video::VIDEO_SLOTS_MAX;
use crate::video::io::CodecSet;
use crate::video::slot::Slot;

/// An estimate may be a little too low for so long before layers fall or slots are paused: one mistaken overuse makes it
/// less than what is sent, for about that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Viewer {
    pub slots: Vec<Slot>,
    /// What its link carries beside its sound, bits/s; `None`: any amount.
    pub downlink: Option<u64>,
    /// Since when that is less than what is given away.
    dips: Option<Instant>,
    /// What it was last told to be wanted, bits/s.
    pub wanted: u64,
    /// Some picture waits for a slot of somebody who may not be moved yet.
    pub waits: bool,
}

impl Viewer {
    /// `None`: it has no video slots.
    pub fn new(codecs: &[CodecSet], seed: u64) -> Option<Box<Self>> {
        let slot = |(k, codecs): (usize, &CodecSet)| {
            let k = k as u32 + 1;
            Slot::new(*codecs, seed.rotate_left(11 * k) ^ u64::from(k))
        };
        let slots: Vec<Slot> = codecs
            .iter()
            .take(VIDEO_SLOTS_MAX)
            .enumerate()
            .map(slot)
            .collect();
        (!slots.is_empty()).then(|| {
            Box::new(Self {
                slots,
                downlink: None,
                dips: None,
                wanted: 0,
                waits: false,
            })
        })
    }

    /// What to share among the slots, bits/s. `given`: what their layers take; `lowest`: what the lowest layers of the same
    /// pictures would. The first is kept while the link carries three quarters of it, the second while it carries half, up
    /// to PATIENCE.
    pub fn bridged(&mut self, given: u64, lowest: u64, now: Instant) -> Option<u64> {
        let downlink = self.downlink?;
        if downlink >= given {
            self.dips = None;
            return Some(downlink);
        }
        let since = *self.dips.get_or_insert(now);
        let patient = now.saturating_duration_since(since) < PATIENCE;
        let kept = if downlink >= given / 4 * 3 {
            given
        } else if downlink >= lowest / 2 {
            lowest
        } else {
            0
        };
        Some(if patient {
            downlink.max(kept)
        } else {
            downlink
        })
    }

    /// Whether what goes on now is far more than the link carries: then it would only fill a queue on the way, in which
    /// sound is lost and the new layer's keyframe too.
    pub fn is_flooded(&self, carried: u64) -> bool {
        self.downlink
            .is_some_and(|downlink| carried > downlink.saturating_add(downlink / 2))
    }
}
