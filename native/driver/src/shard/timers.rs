//! When each session wants to be woken.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use engine::SessionId;

/// A heap with few entries a session: one is added only when a deadline moves forward, and one that
/// fires early is put back. Deadlines mostly move backwards, so that is rare.
#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Instant, SessionId)>>);

/// The timer of one session.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Timer {
    /// What it wants.
    deadline: Option<Instant>,
    /// The earliest entry in the heap.
    queued: Option<Instant>,
}

impl Timers {
    pub fn set(&mut self, id: SessionId, timer: &mut Timer, deadline: Instant) {
        timer.deadline = Some(deadline);
        if timer.queued.is_none_or(|queued| deadline < queued) {
            timer.queued = Some(deadline);
            self.0.push(Reverse((deadline, id)));
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// An entry that fired by `now`, if any.
    pub fn pop(&mut self, now: Instant) -> Option<(Instant, SessionId)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse(entry)| entry)
    }

    /// Whether the session of an entry that fired is really due; else its entry is put back.
    pub fn fired(&mut self, id: SessionId, timer: &mut Timer, at: Instant, now: Instant) -> bool {
        if timer.queued != Some(at) {
            // A later entry that an earlier one made superfluous.
            return false;
        }
        timer.queued = None;
        match timer.deadline {
            Some(deadline) if deadline <= now => true,
            Some(deadline) => {
                self.set(id, timer, deadline);
                false
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_deadline_that_moved_back_fires_once_and_late() {
        let start = Instant::now();
        let ms = |count| start + Duration::from_millis(count);
        let (mut timers, mut timer) = (Timers::default(), Timer::default());
        timers.set(SessionId(1), &mut timer, ms(10));
        timers.set(SessionId(1), &mut timer, ms(30));
        let (at, id) = timers.pop(ms(20)).unwrap();
        assert!(!timers.fired(id, &mut timer, at, ms(20)));
        assert_eq!(timers.pop(ms(20)), None);
        let (at, id) = timers.pop(ms(30)).unwrap();
        assert!(timers.fired(id, &mut timer, at, ms(30)));
    }

    #[test]
    fn a_deadline_that_moved_forward_fires_once() {
        let start = Instant::now();
        let ms = |count| start + Duration::from_millis(count);
        let (mut timers, mut timer) = (Timers::default(), Timer::default());
        timers.set(SessionId(1), &mut timer, ms(30));
        timers.set(SessionId(1), &mut timer, ms(10));
        let fired: Vec<bool> = std::iter::from_fn(|| timers.pop(ms(40)))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|(at, id)| timers.fired(id, &mut timer, at, ms(40)))
            .collect();
        assert_eq!(fired, [true, false]);
    }
}
