//! Audio whose key has not passed: at most 0.5 s of one stream, never played unless its key comes.

use std::collections::VecDeque;

use crate::Micros;
use crate::limits::{HELD_MESSAGES, HOLD};

/// Messages of one stream with the time each came.
#[derive(Debug, Default)]
pub(crate) struct Held {
    stream: Option<u32>,
    messages: VecDeque<(Micros, Vec<u8>)>,
}

impl Held {
    /// False: dropped, because another stream is held or there is no more room.
    pub fn add(&mut self, stream: u32, payload: &[u8], now: Micros) -> bool {
        let is_ours = self.stream.is_none_or(|held| held == stream);
        if !is_ours || self.messages.len() >= HELD_MESSAGES {
            return false;
        }
        self.stream = Some(stream);
        self.messages.push_back((now, payload.to_vec()));
        true
    }

    /// Drops what has waited too long; returns how many.
    pub fn expire(&mut self, now: Micros) -> u64 {
        let mut dropped = 0;
        while let Some((came, _)) = self.messages.front()
            && now - came > HOLD
        {
            self.messages.pop_front();
            dropped += 1;
        }
        if self.messages.is_empty() {
            self.stream = None;
        }
        dropped
    }

    /// The key of `stream` has passed: its messages. Those of another stream are kept.
    pub fn take(&mut self, stream: u32) -> VecDeque<(Micros, Vec<u8>)> {
        if self.stream != Some(stream) {
            return VecDeque::new();
        }
        self.stream = None;
        std::mem::take(&mut self.messages)
    }

    /// Drops everything; returns how many.
    pub fn clear(&mut self) -> u64 {
        self.stream = None;
        let dropped = self.messages.len() as u64;
        self.messages.clear();
        dropped
    }

    /// When the oldest has waited long enough.
    pub fn deadline(&self) -> Option<Micros> {
        self.messages.front().map(|(came, _)| came + HOLD + 1)
    }
}
