//! What waits to be published, not encoded yet: old speech is dropped here and never reaches a socket.
//!
//! TCP delivers everything late rather than nothing: what was given to it cannot be taken back. So little
//! is given to it at a time, and what waits longer than it is worth is discarded.

use std::collections::VecDeque;

use radio::hub::{Delivery, Publish};
use radio::{MS, Micros};

/// Audio and heartbeats are worth nothing after this.
const PERISHED: Micros = 100 * MS;
/// Floor messages expire.
const EXPIRED: Micros = 2_000 * MS;

/// See the module.
#[derive(Debug)]
pub(crate) struct Gate {
    waiting: VecDeque<(Micros, Publish)>,
    room: usize,
    /// Messages discarded.
    pub dropped: u64,
}

impl Gate {
    pub fn new(room: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            room,
            dropped: 0,
        }
    }

    /// Takes a message; when there is no room the oldest that perishes makes some.
    pub fn push(&mut self, publish: Publish, now: Micros) {
        if self.waiting.len() >= self.room {
            let perishable =
                |(_, waits): &(Micros, Publish)| waits.delivery == Delivery::Perishable;
            let at = self.waiting.iter().position(perishable).unwrap_or(0);
            self.waiting.remove(at);
            self.dropped += 1;
        }
        self.waiting.push_back((now, publish));
    }

    /// The next message that is still worth sending. Floor messages wait while `acknowledged` is false.
    pub fn pop(&mut self, now: Micros, acknowledged: bool) -> Option<Publish> {
        while let Some((made, first)) = self.waiting.front() {
            let (worth, may_go) = match first.delivery {
                Delivery::Perishable => (PERISHED, true),
                Delivery::Floor => (EXPIRED, acknowledged),
            };
            if now - made > worth {
                self.waiting.pop_front();
                self.dropped += 1;
            } else if may_go {
                return self.waiting.pop_front().map(|(_, publish)| publish);
            } else {
                return None;
            }
        }
        None
    }

    pub fn clear(&mut self) {
        self.dropped += self.waiting.len() as u64;
        self.waiting.clear();
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(delivery: Delivery, name: u8) -> Publish {
        Publish {
            topic: "hill/dn/hb".into(),
            payload: vec![name],
            delivery,
        }
    }

    fn all(gate: &mut Gate, now: Micros, acknowledged: bool) -> Vec<u8> {
        std::iter::from_fn(|| gate.pop(now, acknowledged))
            .map(|publish| publish.payload[0])
            .collect()
    }

    #[test]
    fn what_waited_longer_than_it_is_worth_is_dropped() {
        let mut gate = Gate::new(8);
        gate.push(publish(Delivery::Perishable, 1), 0);
        gate.push(publish(Delivery::Floor, 2), 0);
        gate.push(publish(Delivery::Perishable, 3), 50 * MS);
        assert_eq!(all(&mut gate, 101 * MS, true), [2, 3]);
        assert_eq!(gate.dropped, 1);
        gate.push(publish(Delivery::Floor, 4), 0);
        assert!(all(&mut gate, 2_001 * MS, true).is_empty());
    }

    #[test]
    fn the_oldest_audio_makes_room() {
        let mut gate = Gate::new(2);
        gate.push(publish(Delivery::Floor, 1), 0);
        gate.push(publish(Delivery::Perishable, 2), 0);
        gate.push(publish(Delivery::Perishable, 3), 0);
        assert_eq!(all(&mut gate, 0, true), [1, 3]);
    }

    #[test]
    fn floor_messages_wait_for_acknowledgements_and_order_is_kept() {
        let mut gate = Gate::new(8);
        gate.push(publish(Delivery::Floor, 1), 0);
        gate.push(publish(Delivery::Perishable, 2), 0);
        assert!(all(&mut gate, 0, false).is_empty());
        assert_eq!(all(&mut gate, 0, true), [1, 2]);
    }
}
