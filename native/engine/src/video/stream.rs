//! What is known of one layer of a picture: which stream it is, whether it still comes, how much it takes.

use std::time::{Duration, Instant};

use crate::video::VideoPacket;
use crate::video::keyframe::Beginning;

/// Least time between two requests for a keyframe of one layer.
pub(crate) const REQUEST_INTERVAL: Duration = Duration::from_millis(500);
/// A layer from which nothing came for this long, while others came, is not there.
pub(crate) const ABSENT_AFTER: Duration = Duration::from_secs(1);
/// Over which its rate is measured.
const RATE_WINDOW: Duration = Duration::from_secs(1);
/// Taken until the first window is over, bits/s; and the height of a layer that does not say it. By rank.
const NOMINAL: [(u64, u16); 3] = [(150_000, 180), (500_000, 360), (1_500_000, 720)];

#[derive(Debug)]
pub(crate) struct Layer {
    nominal: (u64, u16),
    newest: Option<Instant>,
    height: Option<u16>,
    rate: Option<u64>,
    /// What the last whole window measured, bits/s.
    measured: Option<u64>,
    window: Option<(Instant, u64)>,
    asked: Option<Instant>,
    /// Somebody still needs a keyframe.
    needed: bool,
}

/// What a viewer gets by a layer, and what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rung {
    pub bits_per_s: u64,
    /// Lines.
    pub height: u16,
}

impl Layer {
    pub fn new(rank: usize) -> Self {
        Self {
            nominal: NOMINAL[rank.min(NOMINAL.len() - 1)],
            newest: None,
            height: None,
            rate: None,
            measured: None,
            window: None,
            asked: None,
            needed: false,
        }
    }

    pub fn note(&mut self, packet: &VideoPacket, beginning: Option<Beginning>, now: Instant) {
        self.newest = Some(now);
        if let Some(beginning) = beginning {
            self.needed = false;
            self.height = beginning.height.or(self.height);
        }
        let (since, bits) = self.window.unwrap_or((now, 0));
        let passed = now.saturating_duration_since(since);
        let bits = bits + packet.payload.len() as u64 * 8;
        if passed < RATE_WINDOW {
            self.window = Some((since, bits));
            return;
        }
        let measured = u128::from(bits) * 1_000_000 / passed.as_micros().max(1);
        let measured = u64::try_from(measured).unwrap_or(u64::MAX);
        // The lower of two: a keyframe is in one of them, and is no reason to leave the layer that it begins.
        let usual = self
            .measured
            .replace(measured)
            .map_or(measured, |last| last.min(measured));
        self.rate = Some(self.rate.map_or(usual, |rate| rate.midpoint(usual)));
        self.window = Some((now, 0));
    }

    /// `None`: it is not there. `newest`: when the newest packet of any layer of the picture came.
    pub fn rung(&self, newest: Instant) -> Option<Rung> {
        let own = self.newest?;
        let there = newest.saturating_duration_since(own) <= ABSENT_AFTER;
        there.then(|| Rung {
            bits_per_s: self.rate.unwrap_or(self.nominal.0),
            height: self.height.unwrap_or(self.nominal.1),
        })
    }

    /// A keyframe is needed.
    pub fn need(&mut self) {
        self.needed = true;
    }

    /// Whether to ask the publisher now; then it counts as asked.
    pub fn asks(&mut self, now: Instant) -> bool {
        let rested = self
            .asked
            .is_none_or(|asked| now.saturating_duration_since(asked) >= REQUEST_INTERVAL);
        let asks = self.needed && rested;
        if asks {
            self.asked = Some(now);
            self.needed = false;
        }
        asks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ms, start};
    use crate::video::fixtures::packet;

    #[test]
    fn its_rate_is_measured() {
        let mut layer = Layer::new(2);
        for k in 0..50 {
            let packet = VideoPacket {
                payload: vec![0; 1_250].into(),
                ..packet(k, 0)
            };
            layer.note(&packet, None, start() + ms(100 * k));
        }
        let rate = layer.rung(start() + ms(4_900)).unwrap().bits_per_s;
        assert!((100_000..=110_000).contains(&rate), "{rate}");
    }

    #[test]
    fn a_large_keyframe_is_not_taken_for_its_rate() {
        let mut layer = Layer::new(2);
        for k in 0..60 {
            let bytes = if k == 25 { 20_000 } else { 1_250 };
            let packet = VideoPacket {
                payload: vec![0; bytes].into(),
                ..packet(k, 0)
            };
            let now = start() + ms(100 * k);
            layer.note(&packet, None, now);
            let rate = layer.rung(now).unwrap().bits_per_s;
            assert!(k < 10 || rate <= 110_000, "{k}: {rate}");
        }
    }

    #[test]
    fn it_is_not_there_once_others_came_for_a_second_without_it() {
        let mut layer = Layer::new(0);
        layer.note(&packet(1, 0), None, start());
        assert!(layer.rung(start() + ms(1_000)).is_some());
        assert!(layer.rung(start() + ms(1_001)).is_none());
    }

    #[test]
    fn however_often_it_is_needed_a_keyframe_is_asked_for_twice_a_second() {
        let mut layer = Layer::new(0);
        let asked = (0..10_000).filter(|&k| {
            layer.need();
            layer.asks(start() + ms(k))
        });
        assert_eq!(asked.count(), 20);
    }

    #[test]
    fn one_that_came_answers_all_who_needed_it() {
        let mut layer = Layer::new(0);
        layer.need();
        assert!(layer.asks(start()));
        layer.need();
        let keyframe = Beginning { height: None };
        layer.note(&packet(1, 0), Some(keyframe), start() + ms(100));
        assert!(!layer.asks(start() + ms(600)));
    }
}
