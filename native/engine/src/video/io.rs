//! What goes in and out of an engine for video.

use std::sync::Arc;

use crate::io::{RoomId, SessionId};

/// What a session shows a picture of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VideoKind {
    /// What its camera sees.
    Camera,
    /// What is on its screen.
    Screen,
}

/// One picture of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Picture {
    /// Who shows it.
    pub session: SessionId,
    /// Of what.
    pub kind: VideoKind,
}

impl Picture {
    const SCREEN: u32 = 1 << 31;

    /// What the session's camera sees.
    pub fn camera(session: SessionId) -> Self {
        let kind = VideoKind::Camera;
        Self { session, kind }
    }

    /// What its packets carry as `CSRC[0]` (RFC 3550 5.1): the source number of its session, the highest bit
    /// set for a screen.
    pub fn number(self) -> u32 {
        let number = self.session.source_number() & !Self::SCREEN;
        match self.kind {
            VideoKind::Camera => number,
            VideoKind::Screen => number | Self::SCREEN,
        }
    }
}

/// A codec that video is forwarded in; nothing is transcoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    /// RFC 7741.
    Vp8,
    /// RFC 6184, constrained baseline, packetization mode 1.
    H264,
}

/// The codecs that a slot has agreed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CodecSet {
    /// VP8.
    pub vp8: bool,
    /// H.264.
    pub h264: bool,
}

impl CodecSet {
    /// Whether the slot can be sent this codec.
    pub fn has(self, codec: VideoCodec) -> bool {
        match codec {
            VideoCodec::Vp8 => self.vp8,
            VideoCodec::H264 => self.h264,
        }
    }
}

/// One RTP packet of video, as its source sent it.
#[derive(Debug, Clone)]
pub struct VideoPacket {
    /// Of what.
    pub kind: VideoKind,
    /// Which simulcast layer, counted from the lowest; 0 without simulcast.
    pub layer: u8,
    /// The layer's SSRC.
    pub stream: u32,
    /// Sequence number, extended past 16 bits.
    pub seq: u64,
    /// RTP timestamp, 90 kHz.
    pub timestamp: u32,
    /// Set on the last packet of a frame.
    pub marker: bool,
    /// What the payload is.
    pub codec: VideoCodec,
    /// The payload with its codec's descriptor.
    pub payload: Arc<[u8]>,
}

/// A packet on its way from the shard of its source to a shard with viewers.
#[derive(Debug, Clone)]
pub struct CopiedVideo {
    /// Who shows it.
    pub source: SessionId,
    /// The rooms in which it is shown.
    pub rooms: Arc<[RoomId]>,
    /// The packet as received.
    pub packet: VideoPacket,
}

/// A packet for one viewer, placed on the timeline of one of its video slots.
#[derive(Debug, Clone)]
pub struct VideoForward {
    /// The viewer.
    pub to: SessionId,
    /// Which of its video slots.
    pub slot: u8,
    /// Extended sequence number on the slot's own timeline.
    pub seq: u64,
    /// RTP timestamp on the slot's own timeline, 90 kHz.
    pub timestamp: u32,
    /// Last packet of a frame.
    pub marker: bool,
    /// What is shown; its number travels as `CSRC[0]`.
    pub picture: Picture,
    /// What the payload is.
    pub codec: VideoCodec,
    /// The payload, its descriptor on the slot's own count of pictures.
    pub payload: Arc<[u8]>,
}

/// What a viewer wants of one of its video slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// Keep this picture in it; `None`: whoever is to be seen.
    pub picture: Option<Picture>,
    /// Lines of the tile that shows it; 0: nothing is shown, so nothing is sent.
    pub height: u16,
}
