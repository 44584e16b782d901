//! A picture over a link of known width, and what is seen of it.

use super::*;

const MS: Duration = Duration::from_millis(1);
const PACKET: usize = 1_000;
/// How often the receiver tells.
const TELLS: u64 = 100;

/// A sender of frames, a queue, a link and a receiver, in steps of a millisecond.
struct Path {
    choke: Choke,
    start: Instant,
    elapsed: u64,
    frames_per_s: u64,
    sent_bits_per_s: u64,
    link_bits_per_s: u64,
    queue_ms: u64,
    /// Of so many packets one is lost; 0: none is.
    loses: u64,
    /// Until when the receiver reads nothing.
    stands_until: u64,
    number: u16,
    /// The first that was not told of.
    untold: u16,
    /// When the link has sent all that is queued, microseconds.
    free_us: u64,
    /// On the way, or not told of: number and time of arrival.
    coming: VecDeque<(u16, u64)>,
}

impl Path {
    #[allow(
        clippy::disallowed_methods,
        reason = "an Instant can only be had from the clock"
    )]
    fn new() -> Self {
        Self {
            choke: Choke::default(),
            start: Instant::now(),
            elapsed: 0,
            frames_per_s: 10,
            sent_bits_per_s: 600_000,
            link_bits_per_s: 10_000_000,
            queue_ms: 1_000,
            loses: 0,
            stands_until: 0,
            number: 65_000,
            untold: 65_001,
            free_us: 0,
            coming: VecDeque::new(),
        }
    }

    fn now(&self) -> Instant {
        self.start + MS * self.elapsed as u32
    }

    /// The bounds that were known on the way.
    fn run(&mut self, ms: u64) -> Vec<Option<u64>> {
        let step = |_| {
            self.elapsed += 1;
            if self.elapsed.is_multiple_of(1_000 / self.frames_per_s) {
                self.frame();
            }
            if self.elapsed.is_multiple_of(TELLS) && self.elapsed >= self.stands_until {
                self.tell();
            }
            self.choke.bound(self.now())
        };
        (0..ms).map(step).collect()
    }

    fn frame(&mut self) {
        let bits = self.sent_bits_per_s / self.frames_per_s;
        for _ in 0..bits / (8 * PACKET as u64) {
            self.number = self.number.wrapping_add(1);
            let now = self.now();
            self.choke.sent(self.number, PACKET, now);
            let begins = self.free_us.max(self.elapsed * 1_000);
            let lost = self.loses > 0 && u64::from(self.number).is_multiple_of(self.loses);
            if begins - self.elapsed * 1_000 <= self.queue_ms * 1_000 {
                self.free_us = begins + 8_000_000 * PACKET as u64 / self.link_bits_per_s;
                if !lost {
                    self.coming.push_back((self.number, self.free_us));
                }
            }
        }
    }

    /// One message about all that has arrived: two bits and two bytes each.
    fn tell(&mut self) {
        let mut arrived = Vec::new();
        while self
            .coming
            .front()
            .is_some_and(|(_, at)| *at <= self.elapsed * 1_000)
        {
            let (number, at) = self.coming.pop_front().unwrap();
            arrived.push((number, at.max(self.stands_until * 1_000)));
        }
        let Some(&(last, _)) = arrived.last() else {
            return;
        };
        let first = std::mem::replace(&mut self.untold, last.wrapping_add(1));
        let count = last.wrapping_sub(first) + 1;
        let (mut symbols, mut deltas) = (vec![0_u16; usize::from(count)], Vec::new());
        let mut before = arrived[0].1 / 64_000 * 64_000;
        let reference = (before / 64_000) as u32;
        for (number, at) in arrived {
            let delta = (at - before) / 250;
            before += delta * 250;
            symbols[usize::from(number.wrapping_sub(first))] = 2;
            deltas.extend((delta as i16).to_be_bytes());
        }
        let mut packet = vec![0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2];
        packet.extend(first.to_be_bytes());
        packet.extend(count.to_be_bytes());
        packet.extend(&reference.to_be_bytes()[1..]);
        packet.push(0);
        for chunk in symbols.chunks(7) {
            let bits = chunk.iter().chain(std::iter::repeat(&0)).take(7);
            let bits = bits.fold(0b11, |all, symbol| all << 2 | symbol);
            packet.extend(bits.to_be_bytes());
        }
        packet.extend(deltas);
        packet.resize(packet.len().next_multiple_of(4), 0);
        let words = packet.len() as u16 / 4 - 1;
        packet[2..4].copy_from_slice(&words.to_be_bytes());
        let now = self.now();
        self.choke.hear(&packet, now);
    }
}

#[test]
fn a_link_that_narrows_is_known_before_a_second_is_over_whatever_its_queue() {
    for (queue_ms, frames_per_s) in [(50, 10), (200, 10), (1_000, 10), (200, 25), (3_000, 25)] {
        let mut path = Path::new();
        (path.queue_ms, path.frames_per_s) = (queue_ms, frames_per_s);
        assert!(path.run(5_000).iter().all(Option::is_none));
        path.link_bits_per_s = 300_000;
        let known = path.run(1_000);
        let bound = known
            .last()
            .unwrap()
            .unwrap_or_else(|| panic!("{queue_ms} ms, {frames_per_s} frames: unknown"));
        assert!(
            (150_000..=300_000).contains(&bound),
            "{queue_ms} ms: {bound}"
        );
        let after = known.iter().position(Option::is_some).unwrap();
        assert!(
            after < 800,
            "{queue_ms} ms, {frames_per_s} frames: {after} ms"
        );
    }
}

#[test]
fn loss_alone_chokes_nothing() {
    for loses in [4, 10, 33] {
        let mut path = Path::new();
        path.loses = loses;
        assert!(
            path.run(20_000).iter().all(Option::is_none),
            "one of {loses}"
        );
    }
}

#[test]
fn a_link_that_is_nearly_full_is_left_to_the_estimator() {
    let mut path = Path::new();
    path.run(2_000);
    path.link_bits_per_s = 500_000;
    assert!(path.run(10_000).iter().all(Option::is_none));
}

#[test]
fn a_receiver_that_stood_still_is_not_choked() {
    for stood in [150, 300, 600, 1_500] {
        let mut path = Path::new();
        path.run(3_000);
        for _ in 0..5 {
            path.stands_until = path.elapsed + stood;
            assert!(
                path.run(stood + 1_000).iter().all(Option::is_none),
                "{stood} ms"
            );
        }
    }
}

/// How long the bound held that comes of a second at twice what the link carries, ms.
fn held(path: &mut Path) -> u64 {
    (path.sent_bits_per_s, path.link_bits_per_s) = (600_000, 300_000);
    path.run(1_000);
    path.sent_bits_per_s = 120_000;
    let known = path.elapsed;
    while path.run(10).last().is_some_and(Option::is_some) {}
    path.elapsed - known
}

#[test]
fn a_bound_holds_for_seconds_and_twice_as_long_when_the_link_is_choked_again_soon() {
    let mut path = Path::new();
    path.run(2_000);
    let first = held(&mut path);
    assert!((2_500..=4_000).contains(&first), "{first}");
    let second = held(&mut path);
    assert!((5_500..=7_000).contains(&second), "{second}");
    path.run(20_000);
    assert_eq!(held(&mut path), first);
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut path = Path::new();
    path.sent_bits_per_s = 40_000_000;
    path.run(4_000);
    assert_eq!(path.choke.sent.len(), PACKETS_MAX);
    path.sent_bits_per_s = 80_000;
    path.run(4_000);
    assert!(path.choke.sent.len() < 40);
}
