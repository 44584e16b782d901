//! What the engine does by itself when nobody tells it to.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crate::io::{RoomId, SessionId, TalkspurtId};

/// Something that may be due; whether it still holds is checked when its time comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// The talk-time limit of this grant.
    Limit(SessionId, RoomId, TalkspurtId),
    /// The end of the hang time after sound.
    Hang(SessionId, RoomId),
    /// The next part of a head.
    Head(SessionId),
}

#[derive(Debug, Default)]
pub(crate) struct Deadlines(BinaryHeap<Reverse<(Instant, Due)>>);

impl Deadlines {
    pub fn push(&mut self, at: Instant, due: Due) {
        self.0.push(Reverse((at, due)));
    }

    pub fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    pub fn pop(&mut self, now: Instant) -> Option<(Instant, Due)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse(entry)| entry)
    }
}
