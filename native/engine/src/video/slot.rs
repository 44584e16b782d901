//! One video slot of a viewer: what it should carry, what it carries, and on which timeline.
//!
//! It begins and changes only at a keyframe. Until the one of another layer comes the old layer goes on, unless the
//! link is far from carrying it; until the one of another picture comes nothing is sent.

use std::sync::Arc;
use std::time::Instant;

use crate::video::numbers::Numbers;
use crate::video::timeline::{Place, Stamp, Timeline};
use crate::video::{CodecSet, Picture, VideoCodec, VideoPacket, Watch};

/// What the viewer was told that the slot carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub picture: Picture,
    pub layer: u8,
    pub paused: bool,
}

/// What became of a packet of the picture that the slot is for.
#[derive(Debug)]
pub(crate) enum Offered {
    Sent {
        stamp: Stamp,
        payload: Arc<[u8]>,
        /// The viewer is to be told first.
        tells: Option<Told>,
    },
    /// It cannot be used before a keyframe comes.
    Waits,
    /// Not of the slot's layer, or too late.
    Left,
}

#[derive(Debug)]
pub(crate) struct Slot {
    pub codecs: CodecSet,
    pub watch: Watch,
    /// What it is for, and since when.
    pub target: Option<Picture>,
    pub since: Option<Instant>,
    /// What it was for before.
    pub last: Option<Picture>,
    /// Which layer the viewer should get; `None` while the link is too narrow for any.
    pub layer: Option<u8>,
    /// When that last changed; `None`: not decided since the target came.
    pub changed: Option<Instant>,
    /// The stream that it carries: layer and SSRC.
    current: Option<(u8, u32)>,
    told: Option<Told>,
    timeline: Timeline,
    numbers: Numbers,
}

impl Slot {
    pub fn new(codecs: CodecSet, seed: u64) -> Self {
        Self {
            codecs,
            watch: Watch {
                picture: None,
                height: u16::MAX,
            },
            target: None,
            since: None,
            last: None,
            layer: None,
            changed: None,
            current: None,
            told: None,
            timeline: Timeline::new(seed),
            numbers: Numbers::default(),
        }
    }

    /// Whether it can show something of this codec.
    pub fn fits(&self, codec: VideoCodec) -> bool {
        self.watch.height > 0 && self.codecs.has(codec)
    }

    /// From now on it is for this picture, or for none.
    pub fn turn(&mut self, target: Option<Picture>, now: Instant) {
        self.last = self.target.or(self.last);
        self.target = target;
        self.since = Some(now);
        (self.layer, self.changed, self.current) = (None, None, None);
    }

    /// What the viewer is to be told now that the target is another; with the timestamp from which it holds.
    pub fn ends(&mut self, now: Instant) -> Option<u32> {
        self.told.take().map(|_| self.timeline.next_timestamp(now))
    }

    /// The layer was decided. What the viewer is to be told when it gets nothing.
    pub fn decide(&mut self, layer: Option<u8>, now: Instant) -> Option<(Told, u32)> {
        if self.layer != layer || self.changed.is_none() {
            self.changed = Some(now);
        }
        self.layer = layer;
        if layer.is_some() {
            return None;
        }
        self.current = None;
        let told = Told {
            picture: self.target?,
            layer: 0,
            paused: true,
        };
        let news = self.told.replace(told) != Some(told);
        news.then(|| (told, self.timeline.next_timestamp(now)))
    }

    /// The layer of which packets go on now.
    pub fn carries(&self) -> Option<u8> {
        self.current.map(|(layer, _)| layer)
    }

    /// A layer above the decided one does not go on until that begins.
    pub fn cut(&mut self) {
        if self.layer.is_some_and(|layer| self.carries() > Some(layer)) {
            self.current = None;
        }
    }

    /// The layer of which it needs a keyframe, so that it can go on.
    pub fn awaits(&self) -> Option<u8> {
        self.layer
            .filter(|&layer| self.current.is_none_or(|(current, _)| current != layer))
    }

    /// A packet of its target. `begins`: a decoder can begin at it.
    pub fn offer(&mut self, packet: &VideoPacket, begins: bool, now: Instant) -> Offered {
        let Some(wanted) = self.layer else {
            return Offered::Left;
        };
        let is_wanted = packet.layer == wanted;
        if self.current == Some((packet.layer, packet.stream)) {
            match self.timeline.go_on(packet, now) {
                Place::At(stamp) => return self.sent(stamp, packet),
                Place::Late => return Offered::Left,
                Place::Broken => self.current = None,
            }
        }
        match (is_wanted, begins) {
            (false, _) => Offered::Left,
            (true, false) => Offered::Waits,
            (true, true) => {
                self.current = Some((packet.layer, packet.stream));
                self.numbers.begin();
                let stamp = self.timeline.begin(packet, now);
                self.sent(stamp, packet)
            }
        }
    }

    fn sent(&mut self, stamp: Stamp, packet: &VideoPacket) -> Offered {
        let told = self.target.map(|picture| Told {
            picture,
            layer: packet.layer,
            paused: false,
        });
        let news = std::mem::replace(&mut self.told, told) != told;
        let payload = match packet.codec {
            VideoCodec::Vp8 => self.numbers.rewrite(&packet.payload),
            VideoCodec::H264 => Arc::clone(&packet.payload),
        };
        Offered::Sent {
            stamp,
            payload,
            tells: told.filter(|_| news),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ms, start};
    use crate::io::SessionId;
    use crate::video::VideoKind;
    use crate::video::fixtures::packet;

    fn slot() -> Slot {
        let mut slot = Slot::new(CodecSet::default(), 5);
        let picture = Picture {
            session: SessionId(1),
            kind: VideoKind::Camera,
        };
        slot.turn(Some(picture), start());
        slot.decide(Some(0), start());
        slot
    }

    fn of_layer(layer: u8, seq: u64) -> VideoPacket {
        VideoPacket {
            layer,
            stream: 100 + u32::from(layer),
            ..packet(seq, 3_000 * seq as u32)
        }
    }

    fn is_sent(slot: &mut Slot, packet: &VideoPacket, begins: bool) -> bool {
        matches!(
            slot.offer(packet, begins, start() + ms(100)),
            Offered::Sent { .. }
        )
    }

    #[test]
    fn nothing_is_sent_before_a_keyframe() {
        let mut slot = slot();
        let waits = slot.offer(&of_layer(0, 1), false, start());
        assert!(matches!(waits, Offered::Waits));
        assert!(is_sent(&mut slot, &of_layer(0, 2), true));
        assert!(is_sent(&mut slot, &of_layer(0, 3), false));
    }

    #[test]
    fn the_old_layer_goes_on_until_the_new_one_begins() {
        let mut slot = slot();
        is_sent(&mut slot, &of_layer(0, 1), true);
        slot.decide(Some(1), start());
        assert!(!is_sent(&mut slot, &of_layer(1, 1), false));
        assert!(is_sent(&mut slot, &of_layer(0, 2), false));
        assert!(is_sent(&mut slot, &of_layer(1, 2), true));
        assert!(!is_sent(&mut slot, &of_layer(0, 3), false));
    }

    #[test]
    fn another_stream_of_the_same_layer_needs_a_keyframe() {
        let mut slot = slot();
        is_sent(&mut slot, &of_layer(0, 1), true);
        let other = VideoPacket {
            stream: 9,
            ..of_layer(0, 2)
        };
        assert!(!is_sent(&mut slot, &other, false));
        assert!(is_sent(&mut slot, &other, true));
    }

    #[test]
    fn a_paused_slot_is_told_once_and_begins_anew_at_a_keyframe() {
        let mut slot = slot();
        is_sent(&mut slot, &of_layer(0, 1), true);
        assert!(
            slot.decide(None, start())
                .is_some_and(|(told, _)| told.paused)
        );
        assert!(slot.decide(None, start()).is_none());
        assert!(!is_sent(&mut slot, &of_layer(0, 2), true));
        slot.decide(Some(0), start());
        assert!(!is_sent(&mut slot, &of_layer(0, 3), false));
        assert!(is_sent(&mut slot, &of_layer(0, 4), true));
    }
}
