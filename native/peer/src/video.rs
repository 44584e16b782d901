//! The video of a session: pictures that come in layers, slots that pictures leave by. Both by str0m, which sends
//! again what was lost, paces, and estimates what the peer's link takes.

use std::time::Instant;

use engine::video::{CodecSet, VideoCodec, VideoForward, VideoKind, VideoPacket};
use str0m::Rtc;
use str0m::bwe::Bitrate;
use str0m::format::{Codec, PayloadParams};
use str0m::media::{KeyframeRequestKind, Mid, Pt, Rid};
use str0m::rtp::{RtpPacket, RtpWrite, Ssrc};

use crate::offer::{Refusal, Shown, VideoLines};
use crate::rtp;

/// Longest payload that is forwarded, bytes: with our header, RTX and tag it still fits one Ethernet frame.
pub const PAYLOAD_MAX: usize = 1_400;
/// What a link is taken for before its first packets are acknowledged.
pub(crate) const DOWNLINK_AT_FIRST: Bitrate = Bitrate::kbps(1_000);

/// The lines of video of one session.
#[derive(Debug)]
pub(crate) struct Video {
    shown: Vec<Source>,
    slots: Vec<Slot>,
}

/// A line that a picture comes on.
#[derive(Debug)]
struct Source {
    kind: VideoKind,
    mid: Mid,
    /// The lowest layer first; empty without simulcast.
    layers: Vec<Rid>,
}

/// The stream promised in the answer for a line that the peer looks at.
#[derive(Debug, Clone, Copy)]
struct Slot {
    mid: Mid,
    ssrc: Ssrc,
    vp8: Option<Pt>,
    h264: Option<Pt>,
}

impl Video {
    /// What str0m has agreed on for these lines.
    pub fn agreed(lines: &VideoLines, rtc: &mut Rtc) -> Result<Self, Refusal> {
        let slots = lines.slots.iter();
        let slots = slots.map(|mid| Slot::agreed(rtc, mid.as_str().into()));
        let slots = slots.collect::<Option<Vec<_>>>();
        let shown: Vec<Source> = lines.shown.iter().map(Source::from).collect();
        let all_shown = shown.iter().all(|source| {
            let agreed = Codecs::agreed(rtc, source.mid);
            agreed.vp8.is_some() || agreed.h264.is_some()
        });
        match slots {
            Some(slots) if all_shown => Ok(Self { shown, slots }),
            _ => Err(Refusal(
                "the video lines number their codecs differently".to_owned(),
            )),
        }
    }

    /// The codecs of each slot.
    pub fn slots(&self) -> Vec<CodecSet> {
        let codecs = |slot: &Slot| CodecSet {
            vp8: slot.vp8.is_some(),
            h264: slot.h264.is_some(),
        };
        self.slots.iter().map(codecs).collect()
    }

    /// The slot on this line.
    pub fn slot(&self, mid: Mid) -> Option<u8> {
        let slot = self.slots.iter().position(|slot| slot.mid == mid)?;
        u8::try_from(slot).ok()
    }

    /// Whether pictures come on this line.
    pub fn is_shown_on(&self, mid: Mid) -> bool {
        self.shown.iter().any(|source| source.mid == mid)
    }

    /// A packet of a picture. `None`: of no layer that was offered, of no codec that is forwarded, or too long.
    pub fn packet(&self, rtc: &mut Rtc, mid: Mid, packet: RtpPacket) -> Option<VideoPacket> {
        let source = self.shown.iter().find(|source| source.mid == mid)?;
        let codec = codec(rtc, packet.header.payload_type)?;
        if packet.payload.len() > PAYLOAD_MAX {
            return None;
        }
        Some(VideoPacket {
            kind: source.kind,
            layer: source.layer(rtc, &packet)?,
            stream: *packet.header.ssrc,
            seq: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            codec,
            payload: packet.payload,
        })
    }

    /// Queue a packet; it leaves with the session's next time-out, or a little later as the link takes it. False: there
    /// is no such slot, or it has not agreed on the codec.
    pub fn write(&self, rtc: &mut Rtc, forward: &VideoForward, now: Instant) -> bool {
        let Some(slot) = self.slots.get(usize::from(forward.slot)) else {
            return false;
        };
        let payload_type = match forward.codec {
            VideoCodec::Vp8 => slot.vp8,
            VideoCodec::H264 => slot.h264,
        };
        let mut direct = rtc.direct_api();
        let (Some(payload_type), Some(stream)) = (payload_type, direct.stream_tx(&slot.ssrc))
        else {
            return false;
        };
        if forward.payload.len() > PAYLOAD_MAX {
            return false;
        }
        let payload = std::sync::Arc::clone(&forward.payload);
        let packet = RtpWrite::new(
            payload_type,
            forward.seq.into(),
            forward.timestamp,
            now,
            payload,
        );
        let number = forward.picture.number();
        stream.write_rtp(packet.marker(forward.marker).nackable(true).csrc(&[number]));
        true
    }

    /// Ask the peer for a keyframe. False: nothing has come of this layer yet.
    pub fn request_keyframe(&self, rtc: &mut Rtc, kind: VideoKind, layer: u8) -> bool {
        let Some(source) = self.shown.iter().find(|source| source.kind == kind) else {
            return false;
        };
        let rid = source.layers.get(usize::from(layer)).copied();
        let mut direct = rtc.direct_api();
        let Some(stream) = direct.stream_rx_by_mid(source.mid, rid) else {
            return false;
        };
        stream.request_keyframe(KeyframeRequestKind::Pli);
        true
    }
}

impl From<&Shown> for Source {
    fn from(shown: &Shown) -> Self {
        Self {
            kind: shown.kind,
            mid: shown.mid.as_str().into(),
            layers: shown.rids.iter().map(|rid| rid.as_str().into()).collect(),
        }
    }
}

impl Source {
    fn layer(&self, rtc: &mut Rtc, packet: &RtpPacket) -> Option<u8> {
        if self.layers.is_empty() {
            return Some(0);
        }
        // Only the first packets of a layer name it; str0m remembers by SSRC.
        let mut direct = rtc.direct_api();
        let rid = direct.stream_rx(&packet.header.ssrc)?.rid()?;
        let layer = self.layers.iter().position(|layer| *layer == rid)?;
        u8::try_from(layer).ok()
    }
}

impl Slot {
    fn agreed(rtc: &mut Rtc, mid: Mid) -> Option<Self> {
        let Codecs { vp8, h264 } = Codecs::agreed(rtc, mid);
        vp8.or(h264)?;
        let ssrc = rtc.direct_api().stream_tx_by_mid(mid, None)?.ssrc();
        Some(Self {
            mid,
            ssrc,
            vp8,
            h264,
        })
    }
}

/// Payload types of one line.
struct Codecs {
    vp8: Option<Pt>,
    h264: Option<Pt>,
}

impl Codecs {
    fn agreed(rtc: &Rtc, mid: Mid) -> Self {
        Self {
            vp8: rtp::agreed(rtc, mid, Codec::Vp8),
            h264: rtp::agreed(rtc, mid, Codec::H264),
        }
    }
}

fn codec(rtc: &Rtc, payload_type: Pt) -> Option<VideoCodec> {
    let mut params = rtc.codec_config().params().iter();
    let spec = params
        .find(|p| p.pt() == payload_type)
        .map(PayloadParams::spec)?;
    match spec.codec {
        Codec::Vp8 => Some(VideoCodec::Vp8),
        Codec::H264 => Some(VideoCodec::H264),
        _ => None,
    }
}
