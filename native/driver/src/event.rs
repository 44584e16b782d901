//! Reports to the hub, through one bounded queue with a bell.
//!
//! Overflow rules, so that a stopped hub neither loses what it must know nor grows without end:
//! - answered, refused, up, down, limit: never lost. Each follows from one order of the hub, and
//!   `accept` is refused while [`VITAL_MAX`] of them wait.
//! - heard: one of each session is kept.
//! - talking: never lost; only the latest state of each member is kept, so it is bounded by memberships.
//! - slot, picture: never lost; only who is in each slot last is kept, so it is bounded by sessions and their slots.
//! - data, digits: dropped and counted beyond [`DATA_PER_SESSION_MAX`] messages of a session or
//!   [`DATA_BYTES_MAX`] in all.

use std::collections::VecDeque;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::video::Picture;
use engine::{RoomId, SessionId, TalkspurtId};
use peer::{Channel, Down};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::sys::Bell;

/// Events that must not be lost, waiting, before `accept` is refused.
pub const VITAL_MAX: usize = 65_536;
/// Data messages of one session, waiting.
pub const DATA_PER_SESSION_MAX: u32 = 256;
/// Data of all sessions, waiting, bytes.
pub const DATA_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What the plane reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The offer was answered.
    Answered {
        /// The number given to accept.
        request: u64,
        /// The new session.
        session: SessionId,
        /// SDP.
        answer: String,
    },
    /// The offer cannot be answered; there is no session.
    Refused {
        /// The number given to accept.
        request: u64,
        /// The session that is not.
        session: SessionId,
        /// English, for the peer's developer.
        reason: String,
    },
    /// The session cannot restart ICE by this offer; it goes on as it was.
    NotRestarted {
        /// The number given to restart.
        request: u64,
        /// Which session.
        session: SessionId,
        /// English, for the peer's developer.
        reason: String,
    },
    /// The ports of a phone are bound.
    Opened {
        /// The number given to `open_phone`.
        request: u64,
        /// The new session.
        session: SessionId,
        /// Of RTP; RTCP is the next.
        port: u16,
    },
    /// A DTMF key of a phone went down: one of `0123456789*#ABCD`.
    Digit(SessionId, char),
    /// RTP came from a phone; at most every [`phone::HEARD_EVERY`].
    Heard(SessionId),
    /// ICE and DTLS are done, or a phone was set for the first time.
    Up(SessionId),
    /// The session ended.
    Down(SessionId, Down),
    /// A data channel message came.
    Data(SessionId, Channel, Vec<u8>),
    /// The talk-time limit shut the gate.
    Limit {
        /// Where.
        room: RoomId,
        /// Whose.
        session: SessionId,
        /// The grant that ended.
        talkspurt: TalkspurtId,
    },
    /// A member with an open gate began or ceased to make sound.
    Talking {
        /// Where.
        room: RoomId,
        /// Who.
        session: SessionId,
        /// Whether there is sound.
        on: bool,
    },
    /// Another source is in an audio slot of a listener.
    Slot {
        /// The listener.
        session: SessionId,
        /// Which slot.
        slot: u8,
        /// Who is heard in it, from the packets on that carry its number as `CSRC[0]`.
        source: SessionId,
    },
    /// Another picture is in a video slot of a viewer, or another of its layers.
    Picture(PictureTurned),
}

/// What is in a video slot from one of its packets on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureTurned {
    /// The viewer.
    pub session: SessionId,
    /// Which video slot.
    pub slot: u8,
    /// What is shown; packets name it by its number as `CSRC[0]`. `None`: nothing any more.
    pub picture: Option<Picture>,
    /// From the packet with this RTP timestamp on, 90 kHz.
    pub timestamp: u32,
    /// Which of the picture's layers, counted from the lowest.
    pub layer: u8,
    /// The viewer's link is too narrow: nothing comes until this is told to be over.
    pub paused: bool,
}

/// Events of all shards, waiting for the hub.
#[derive(Debug)]
pub(crate) struct EventQueue {
    waiting: Mutex<Waiting>,
    bell: Bell,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    queue: VecDeque<Event>,
    vital: usize,
    data_bytes: usize,
    data_messages: FxHashMap<SessionId, u32>,
    talking: FxHashMap<(RoomId, SessionId), bool>,
    heard: FxHashSet<SessionId>,
    slots: FxHashMap<(SessionId, u8), SessionId>,
    pictures: FxHashMap<(SessionId, u8), PictureTurned>,
}

impl EventQueue {
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            waiting: Mutex::default(),
            bell: Bell::new()?,
            dropped: AtomicU64::new(0),
        })
    }

    pub fn fd(&self) -> RawFd {
        self.bell.fd()
    }

    /// Data messages dropped so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Whether the hub reads its events: false while too many wait.
    pub fn is_read(&self) -> bool {
        self.lock().vital < VITAL_MAX
    }

    /// Add everything in `events`, emptying it, and ring once.
    pub fn push(&self, events: &mut Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let mut waiting = self.lock();
        for event in events.drain(..) {
            if !waiting.push(event) {
                self.dropped.fetch_add(1, Relaxed);
            }
        }
        drop(waiting);
        self.bell.ring();
    }

    /// Take at most `most` events; the bell goes on ringing while more wait.
    pub fn drain(&self, most: usize) -> Vec<Event> {
        self.bell.hush();
        let mut waiting = self.lock();
        let events = waiting.take(most);
        let more = !waiting.is_empty();
        drop(waiting);
        if more {
            self.bell.ring();
        }
        events
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.queue.is_empty()
            && self.talking.is_empty()
            && self.heard.is_empty()
            && self.slots.is_empty()
            && self.pictures.is_empty()
    }

    /// False: dropped.
    fn push(&mut self, event: Event) -> bool {
        match &event {
            Event::Talking { room, session, on } => {
                self.talking.insert((*room, *session), *on);
                return true;
            }
            Event::Heard(session) => {
                self.heard.insert(*session);
                return true;
            }
            Event::Slot {
                session,
                slot,
                source,
            } => {
                self.slots.insert((*session, *slot), *source);
                return true;
            }
            Event::Picture(turned) => {
                self.pictures.insert((turned.session, turned.slot), *turned);
                return true;
            }
            Event::Data(session, ..) | Event::Digit(session, _) => {
                let messages = self.data_messages.entry(*session).or_default();
                let bytes = self.data_bytes + data_len(&event);
                if *messages >= DATA_PER_SESSION_MAX || bytes > DATA_BYTES_MAX {
                    return false;
                }
                *messages += 1;
                self.data_bytes = bytes;
            }
            Event::Down(session, _) => {
                // What it last said about sound is out of date now.
                self.talking.retain(|(_, talker), _| talker != session);
                self.heard.remove(session);
                self.slots.retain(|(listener, _), _| listener != session);
                self.pictures.retain(|(viewer, _), _| viewer != session);
                self.vital += 1;
            }
            _ => self.vital += 1,
        }
        self.queue.push_back(event);
        true
    }

    fn take(&mut self, most: usize) -> Vec<Event> {
        let mut events: Vec<Event> = self.queue.drain(..most.min(self.queue.len())).collect();
        for event in &events {
            if let Event::Data(session, ..) | Event::Digit(session, _) = event {
                self.data_bytes -= data_len(event);
                if let Some(messages) = self.data_messages.get_mut(session) {
                    *messages -= 1;
                    if *messages == 0 {
                        self.data_messages.remove(session);
                    }
                }
            } else {
                self.vital -= 1;
            }
        }
        let slots: Vec<(SessionId, u8)> = self
            .slots
            .keys()
            .copied()
            .take(most - events.len())
            .collect();
        for (session, slot) in slots {
            if let Some(source) = self.slots.remove(&(session, slot)) {
                events.push(Event::Slot {
                    session,
                    slot,
                    source,
                });
            }
        }
        let pictures: Vec<(SessionId, u8)> = self
            .pictures
            .keys()
            .copied()
            .take(most - events.len())
            .collect();
        for key in pictures {
            events.extend(self.pictures.remove(&key).map(Event::Picture));
        }
        let heard: Vec<SessionId> = self
            .heard
            .iter()
            .copied()
            .take(most - events.len())
            .collect();
        for session in heard {
            self.heard.remove(&session);
            events.push(Event::Heard(session));
        }
        let room_left = most - events.len();
        let talking: Vec<(RoomId, SessionId)> =
            self.talking.keys().take(room_left).copied().collect();
        for key in talking {
            if let Some(on) = self.talking.remove(&key) {
                events.push(Event::Talking {
                    room: key.0,
                    session: key.1,
                    on,
                });
            }
        }
        events
    }
}

fn data_len(event: &Event) -> usize {
    match event {
        Event::Data(_, _, data) => data.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(session: u64, bytes: usize) -> Event {
        Event::Data(SessionId(session), Channel::Fast, vec![0; bytes])
    }

    #[test]
    fn a_flood_of_data_loses_data_and_nothing_else() {
        let queue = EventQueue::new().unwrap();
        let mut events: Vec<Event> = (0..1_000).map(|_| data(1, 10)).collect();
        events.extend([
            Event::Up(SessionId(2)),
            data(2, 10),
            Event::Down(SessionId(1), Down::Peer),
        ]);
        queue.push(&mut events);
        assert_eq!(queue.dropped(), 1_000 - u64::from(DATA_PER_SESSION_MAX));
        let drained = queue.drain(4_096);
        assert_eq!(
            drained[256..],
            [
                Event::Up(SessionId(2)),
                data(2, 10),
                Event::Down(SessionId(1), Down::Peer)
            ]
        );
    }

    #[test]
    fn only_the_latest_talking_state_is_kept() {
        let queue = EventQueue::new().unwrap();
        let talking = |on| Event::Talking {
            room: RoomId(1),
            session: SessionId(1),
            on,
        };
        queue.push(&mut vec![talking(true), talking(false), talking(true)]);
        assert_eq!(queue.drain(4_096), [talking(true)]);
    }

    #[test]
    fn only_who_is_in_a_slot_last_is_told_and_nothing_of_a_listener_that_ended() {
        let queue = EventQueue::new().unwrap();
        let turn = |session, slot, source| Event::Slot {
            session: SessionId(session),
            slot,
            source: SessionId(source),
        };
        let down = Event::Down(SessionId(2), Down::Consent);
        queue.push(&mut vec![
            turn(1, 0, 7),
            turn(2, 0, 7),
            turn(1, 0, 8),
            down.clone(),
        ]);
        assert_eq!(queue.drain(4_096), [down, turn(1, 0, 8)]);
    }

    #[test]
    fn only_what_is_in_a_video_slot_last_is_told() {
        let queue = EventQueue::new().unwrap();
        let turn = |session, layer| {
            Event::Picture(PictureTurned {
                session: SessionId(session),
                slot: 0,
                picture: None,
                timestamp: 5,
                layer,
                paused: false,
            })
        };
        let down = Event::Down(SessionId(2), Down::Consent);
        queue.push(&mut vec![turn(1, 0), turn(2, 0), turn(1, 1), down.clone()]);
        assert_eq!(queue.drain(1), [down]);
        assert_eq!(queue.drain(4_096), [turn(1, 1)]);
    }

    #[test]
    fn a_session_that_ended_talks_no_more() {
        let queue = EventQueue::new().unwrap();
        let down = Event::Down(SessionId(1), Down::Consent);
        queue.push(&mut vec![
            Event::Talking {
                room: RoomId(1),
                session: SessionId(1),
                on: true,
            },
            down.clone(),
        ]);
        assert_eq!(queue.drain(4_096), [down]);
    }

    #[test]
    fn what_does_not_fit_in_a_drain_comes_with_the_next() {
        let queue = EventQueue::new().unwrap();
        queue.push(&mut (0..5).map(|k| Event::Up(SessionId(k))).collect());
        assert_eq!(queue.drain(3).len(), 3);
        assert_eq!(
            queue.drain(3),
            [Event::Up(SessionId(3)), Event::Up(SessionId(4))]
        );
    }

    #[test]
    fn an_unread_queue_says_so() {
        let queue = EventQueue::new().unwrap();
        queue.push(
            &mut (0..VITAL_MAX as u64)
                .map(|k| Event::Up(SessionId(k)))
                .collect(),
        );
        assert!(!queue.is_read());
        queue.drain(1);
        assert!(queue.is_read());
    }
}
