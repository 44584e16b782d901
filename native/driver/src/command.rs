//! Orders of the hub to one shard, through a bounded queue.
//!
//! Overflow rule: an order that does not fit is refused to the caller; nothing accepted is lost.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dsp::Tone;
use engine::video::{VideoKind, Watch};
use engine::{RoomId, SessionId, TalkspurtId};
use peer::Channel;
use phone::PhoneMedia;

/// Orders waiting in one shard's queue.
pub const QUEUE_LEN_MAX: usize = 8_192;

/// What the hub can ask of a shard.
#[derive(Debug)]
pub enum Command {
    /// Answer an offer for a new session.
    Accept(Box<AcceptCommand>),
    /// Answer a new offer of a session under new ICE credentials.
    Restart {
        /// Named again in the answer.
        request: u64,
        /// Which session.
        session: SessionId,
        /// SDP.
        offer: String,
    },
    /// Bind the ports of a new phone.
    OpenPhone {
        /// Named again in the answer.
        request: u64,
        /// The new session's number.
        session: SessionId,
        /// The local address.
        address: IpAddr,
    },
    /// Say where a phone is and what it speaks.
    SetPhone(Box<PhoneCommand>),
    /// Play a tone to a phone; `None` ends the one that plays.
    Tone(SessionId, Option<Tone>),
    /// Send DTMF keys to a phone.
    Digits(SessionId, String),
    /// End a session.
    Close(SessionId),
    /// Make a session a member of a room.
    Join {
        /// The room.
        room: RoomId,
        /// The member.
        session: SessionId,
        /// Whether it receives what is said there.
        hear: bool,
    },
    /// End a membership.
    Leave {
        /// The room.
        room: RoomId,
        /// The member.
        session: SessionId,
    },
    /// Let a member be heard.
    OpenGate {
        /// The room.
        room: RoomId,
        /// The member.
        session: SessionId,
        /// Named again when the limit is reached.
        talkspurt: TalkspurtId,
        /// Talk-time limit.
        limit: Option<Duration>,
    },
    /// Stop a member from being heard.
    ShutGate {
        /// The room.
        room: RoomId,
        /// The member.
        session: SessionId,
    },
    /// Let a picture of a member be seen, or no longer.
    Show {
        /// The room.
        room: RoomId,
        /// The member.
        session: SessionId,
        /// Which of its pictures.
        kind: VideoKind,
        /// Whether it may be seen.
        on: bool,
    },
    /// Say what a viewer wants of one of its video slots.
    Watch {
        /// The viewer.
        session: SessionId,
        /// Which of its video slots.
        slot: u8,
        /// What it wants.
        watch: Watch,
    },
    /// Send a data channel message.
    Send {
        /// To whom.
        session: SessionId,
        /// On which channel.
        channel: Channel,
        /// The message.
        data: Vec<u8>,
    },
    /// End all sessions and then the thread.
    Stop,
    /// Make the next step of a session panic.
    #[cfg(test)]
    Break(SessionId),
}

/// The parts of [`Command::Accept`].
#[derive(Debug)]
pub struct AcceptCommand {
    /// Named again in the answer.
    pub request: u64,
    /// The new session's number.
    pub session: SessionId,
    /// SDP.
    pub offer: String,
    /// Most audio sources sent to it at once.
    pub audio_slots: u8,
    /// Whether its microphone is taken.
    pub publishes: bool,
    /// Most pictures sent to it at once.
    pub video_slots: u8,
    /// Whether its camera and its screen are taken.
    pub cameras: bool,
}

/// The parts of [`Command::SetPhone`].
#[derive(Debug)]
pub struct PhoneCommand {
    /// Which phone.
    pub session: SessionId,
    /// What was agreed.
    pub media: PhoneMedia,
    /// Whether anything is sent to it.
    pub hears: bool,
    /// Whether what it sends is heard.
    pub speaks: bool,
}

/// A queue of commands. Filled by any thread, emptied by the shard's.
#[derive(Debug, Default)]
pub(crate) struct CommandQueue(Mutex<VecDeque<Command>>);

/// The queue is full.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl CommandQueue {
    /// [`Command::Stop`] always fits.
    pub fn push(&self, command: Command) -> Result<(), Full> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() >= QUEUE_LEN_MAX && !matches!(command, Command::Stop) {
            return Err(Full);
        }
        queue.push_back(command);
        Ok(())
    }

    /// Move everything that waits into `into`, which must be empty.
    pub fn take(&self, into: &mut VecDeque<Command>) {
        std::mem::swap(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            into,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_refuses_all_but_stop() {
        let queue = CommandQueue::default();
        for k in 0..QUEUE_LEN_MAX {
            queue.push(Command::Close(SessionId(k as u64))).unwrap();
        }
        assert_eq!(queue.push(Command::Close(SessionId(0))), Err(Full));
        queue.push(Command::Stop).unwrap();
    }
}
