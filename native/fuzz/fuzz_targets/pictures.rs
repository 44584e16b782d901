//! Any payload of video in any layer at any pace: nothing panics, what reaches the viewer is of the picture it was
//! told, and no more than the payload with a longer picture id.
//!
//! The first byte picks the codec; then come records: kind and pace, length, bytes.
#![no_main]

use std::time::{Duration, Instant};

use engine::video::{CodecSet, Picture, VideoCodec, VideoKind, VideoPacket, Watch};
use engine::{Engine, EngineConfig, Input, Output, RoomId, SessionId};
use libfuzzer_sys::fuzz_target;

const ROOM: RoomId = RoomId(1);
const SHOWER: SessionId = SessionId(1);
const VIEWER: SessionId = SessionId(2);

fuzz_target!(|input: &[u8]| {
    let [choice, rest @ ..] = input else {
        return;
    };
    let codec = [VideoCodec::Vp8, VideoCodec::H264][usize::from(choice % 2)];
    let mut now = Instant::now();
    let mut engine = begun(now);
    let (mut rest, mut seq, mut told) = (rest, u64::from(*choice), None);
    while let [kind, length, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        now += Duration::from_millis(u64::from(kind / 8));
        seq += 1;
        let first = bytes.first().copied().unwrap_or_default();
        engine.handle(
            match kind % 8 {
                0 => Input::SlotKeyframe {
                    session: VIEWER,
                    slot: first,
                },
                1 => Input::Downlink {
                    session: VIEWER,
                    bits_per_s: u64::from(first) * 10_000,
                },
                2 => Input::Watch {
                    session: VIEWER,
                    slot: 0,
                    watch: Watch {
                        picture: Some(Picture::camera(SHOWER)),
                        height: u16::from(first) * 4,
                    },
                },
                layer => Input::Video {
                    session: SHOWER,
                    packet: packet(layer - 3, seq, u32::from(first), codec, bytes),
                },
            },
            now,
        );
        told = outputs(&mut engine, bytes.len(), told);
        engine.handle(Input::Timeout, now);
        told = outputs(&mut engine, bytes.len(), told);
    }
});

fn begun(now: Instant) -> Engine {
    let mut engine = Engine::new(EngineConfig { forwarding: true });
    for session in [SHOWER, VIEWER] {
        let add = Input::Add {
            session,
            audio_slots: 0,
            video_slots: vec![CodecSet {
                vp8: true,
                h264: true,
            }],
            publishes: true,
            seed: 1,
        };
        let join = Input::Join {
            room: ROOM,
            session,
            hear: true,
        };
        for input in [add, Input::Up(session), join] {
            engine.handle(input, now);
        }
    }
    let show = Input::Show {
        room: ROOM,
        session: SHOWER,
        kind: VideoKind::Camera,
        on: true,
    };
    engine.handle(show, now);
    outputs(&mut engine, 0, None);
    engine
}

fn packet(layer: u8, seq: u64, frame: u32, codec: VideoCodec, bytes: &[u8]) -> VideoPacket {
    VideoPacket {
        kind: VideoKind::Camera,
        layer,
        stream: u32::from(layer),
        seq,
        timestamp: seq as u32 * 3_000 + frame,
        marker: frame.is_multiple_of(2),
        codec,
        payload: bytes.into(),
    }
}

/// What the viewer was told last.
fn outputs(engine: &mut Engine, bytes: usize, mut told: Option<Picture>) -> Option<Picture> {
    loop {
        match engine.poll_output() {
            Output::Timeout(_) => return told,
            Output::Picture {
                picture, paused, ..
            } => told = picture.filter(|_| !paused),
            Output::Video(forward) => {
                assert_eq!(told, Some(forward.picture));
                assert!((bytes..=bytes + 1).contains(&forward.payload.len()));
            }
            _ => {}
        }
    }
}
