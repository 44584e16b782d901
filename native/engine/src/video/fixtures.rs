//! Packets for the unit tests of this module.

use crate::video::{VideoCodec, VideoKind, VideoPacket};

pub fn packet(seq: u64, timestamp: u32) -> VideoPacket {
    VideoPacket {
        kind: VideoKind::Camera,
        layer: 0,
        stream: 1,
        seq,
        timestamp,
        marker: true,
        codec: VideoCodec::Vp8,
        payload: vec![0x10, 0x11, 0, 0].into(),
    }
}
