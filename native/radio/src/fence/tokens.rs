//! Tokens that were used: none of them can key again.

use std::collections::VecDeque;

use crate::limits::ENDED_TOKENS;

/// The last tokens that are over.
#[derive(Debug, Default)]
pub(crate) struct Tokens(VecDeque<u32>);

impl Tokens {
    pub fn add(&mut self, token: u32) {
        if self.has(token) {
            return;
        }
        if self.0.len() == ENDED_TOKENS {
            self.0.pop_front();
        }
        self.0.push_back(token);
    }

    pub fn has(&self, token: u32) -> bool {
        self.0.contains(&token)
    }
}
