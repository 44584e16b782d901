//! What the core hands out.

use crate::event::Event;
use crate::flow::{Flow, LinkId};
use std::collections::VecDeque;
use std::time::Duration;

/// One thing to do, taken by [`crate::Core::poll_output`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send bytes. A full send queue of a stream link means: close the link and say so.
    Send {
        /// Where to.
        flow: Flow,
        /// One whole message.
        bytes: Vec<u8>,
    },
    /// Tell the hub.
    Event(Event),
    /// Close a stream link; [`crate::Input::FlowClosed`] is not needed after it.
    CloseFlow(LinkId),
    /// Nothing more to do until bytes or a command come, or this time; `None`: no deadline.
    Timeout(Option<Duration>),
}

/// Outputs waiting to be polled. One input makes a few; the caller polls after each input.
#[derive(Debug, Default)]
pub(crate) struct Outbox(VecDeque<Output>);

impl Outbox {
    pub fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        self.0.push_back(Output::Send { flow, bytes });
    }

    pub fn event(&mut self, event: Event) {
        self.0.push_back(Output::Event(event));
    }

    pub fn close(&mut self, link: LinkId) {
        self.0.push_back(Output::CloseFlow(link));
    }

    pub fn pop(&mut self) -> Option<Output> {
        let output = self.0.pop_front();
        if self.0.is_empty() {
            self.0.shrink_to(64);
        }
        output
    }
}
