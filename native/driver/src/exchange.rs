//! What shards tell each other: packets through a bounded lossy ring, and who hears and sees in which room.
//!
//! Overflow rule: a copy that does not fit is dropped and counted; listeners there notice a gap. Video fills half of
//! the ring at most, so it never takes the place of sound; an ask for a keyframe that is lost is made again. Who hears
//! or sees in a room is never lost: only its latest state is kept, so it is bounded by rooms times shards.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use engine::video::{CopiedVideo, Picture};
use engine::{CopiedPacket, RoomId, SessionId, ShardId};
use rustc_hash::FxHashMap;

/// Copies waiting for one shard: 200 talkers for 400 ms.
const RING_LEN_MAX: usize = 4_096;
/// Video is dropped when this many wait.
const VIDEO_LEN_MAX: usize = RING_LEN_MAX / 2;
/// Room kept for [`Relay::Release`] and its like above the copies; one that still does not fit is dropped, and its
/// slot is free after the silence rule instead of at once.
const RELEASE_HEADROOM: usize = 1_024;

/// One thing for another shard.
#[derive(Debug)]
pub enum Relay {
    /// A packet, and when its source's shard received it.
    Copy(CopiedPacket, Instant),
    /// The source is no longer heard there.
    Release(SessionId),
    /// A packet of video, and when its source's shard received it.
    VideoCopy(CopiedVideo, Instant),
    /// The picture is no longer seen there.
    VideoRelease(Picture),
    /// A keyframe of a layer of the picture is needed here.
    Keyframe(Picture, u8),
}

/// What waits for one shard.
#[derive(Debug, Default)]
pub(crate) struct Inbox(Mutex<Waiting>);

/// The content of an inbox.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub relays: VecDeque<Relay>,
    /// Latest state of each shard's interest in each room.
    pub hearing: FxHashMap<(ShardId, RoomId), bool>,
    /// The same for what is seen there.
    pub seeing: FxHashMap<(ShardId, RoomId), bool>,
}

impl Inbox {
    /// Add everything in `relays`, emptying it; the number of relays dropped.
    pub fn push(&self, relays: &mut Vec<Relay>) -> u64 {
        let mut waiting = self.lock();
        let mut dropped = 0;
        for relay in relays.drain(..) {
            let bound = match relay {
                Relay::Copy(..) => RING_LEN_MAX,
                Relay::VideoCopy(..) => VIDEO_LEN_MAX,
                Relay::Release(_) | Relay::VideoRelease(_) | Relay::Keyframe(..) => {
                    RING_LEN_MAX + RELEASE_HEADROOM
                }
            };
            if waiting.relays.len() < bound {
                waiting.relays.push_back(relay);
            } else {
                dropped += 1;
            }
        }
        dropped
    }

    pub fn set_hearing(&self, shard: ShardId, room: RoomId, hearing: bool) {
        self.lock().hearing.insert((shard, room), hearing);
    }

    pub fn set_seeing(&self, shard: ShardId, room: RoomId, seeing: bool) {
        self.lock().seeing.insert((shard, room), seeing);
    }

    /// Move everything that waits into `into`, which must be empty.
    pub fn take(&self, into: &mut Waiting) {
        std::mem::swap(&mut *self.lock(), into);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use engine::video::{VideoCodec, VideoKind};

    use super::*;

    fn copy() -> Relay {
        let packet = engine::MediaPacket {
            stream: 1,
            seq: 1,
            timestamp: 0,
            marker: false,
            level: None,
            payload: vec![0].into(),
        };
        let copy = CopiedPacket {
            source: SessionId(1),
            burst: 1,
            rooms: [RoomId(1)].into(),
            parting: false,
            delay: std::time::Duration::ZERO,
            packet,
        };
        Relay::Copy(copy, Instant::now())
    }

    #[test]
    fn copies_beyond_the_ring_are_dropped_and_releases_are_not() {
        let inbox = Inbox::default();
        let mut relays: Vec<Relay> = (0..RING_LEN_MAX + 5).map(|_| copy()).collect();
        relays.push(Relay::Release(SessionId(1)));
        assert_eq!(inbox.push(&mut relays), 5);
        let mut waiting = Waiting::default();
        inbox.take(&mut waiting);
        assert!(matches!(waiting.relays.back(), Some(Relay::Release(_))));
    }

    #[test]
    fn video_leaves_room_for_sound() {
        let packet = engine::video::VideoPacket {
            kind: VideoKind::Camera,
            layer: 0,
            stream: 1,
            seq: 1,
            timestamp: 0,
            marker: false,
            codec: VideoCodec::Vp8,
            payload: vec![0].into(),
        };
        let copy = CopiedVideo {
            source: SessionId(1),
            rooms: [RoomId(1)].into(),
            packet,
        };
        let inbox = Inbox::default();
        let now = Instant::now();
        let relays = (0..RING_LEN_MAX).map(|_| Relay::VideoCopy(copy.clone(), now));
        let dropped = inbox.push(&mut relays.collect());
        assert_eq!(dropped, (RING_LEN_MAX - VIDEO_LEN_MAX) as u64);
        let picture = Picture {
            session: SessionId(1),
            kind: VideoKind::Camera,
        };
        let mut sound: Vec<Relay> = (0..VIDEO_LEN_MAX).map(|_| self::copy()).collect();
        sound.push(Relay::Keyframe(picture, 0));
        assert_eq!(inbox.push(&mut sound), 0);
    }

    #[test]
    fn only_the_latest_interest_in_a_room_is_kept() {
        let inbox = Inbox::default();
        for hearing in [true, false, true] {
            inbox.set_hearing(ShardId(1), RoomId(7), hearing);
        }
        let mut waiting = Waiting::default();
        inbox.take(&mut waiting);
        assert_eq!(
            waiting.hearing.into_iter().collect::<Vec<_>>(),
            [((ShardId(1), RoomId(7)), true)]
        );
    }
}
