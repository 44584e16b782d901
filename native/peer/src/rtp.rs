//! Between the engine's packets and str0m's: what str0m agreed for a slot, and packets by its own path.

use std::time::Instant;

use engine::{Forward, Level, MediaPacket};
use str0m::Rtc;
use str0m::format::Codec;
use str0m::media::{Mid, Pt};
use str0m::rtp::{Extension, ExtensionValues, RtpPacket, RtpWrite, Ssrc};

use crate::egress::Agreed;

/// Where the packets of one audio slot leave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Egress {
    ssrc: Ssrc,
    payload_type: Pt,
}

impl Egress {
    /// The stream promised in the answer for this line; `None` when no Opus was agreed on it.
    pub fn of(rtc: &mut Rtc, mid: Mid) -> Option<Self> {
        let payload_type = opus(rtc, mid)?;
        let mut direct = rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None)?;
        Some(Self {
            ssrc: stream.ssrc(),
            payload_type,
        })
    }

    /// The same as our own path needs it. `None`: str0m does not know the line.
    pub fn agreed(self, rtc: &Rtc, mid: Mid) -> Option<Agreed> {
        let extensions = rtc.media(mid)?.remote_extmap();
        Some(Agreed {
            ssrc: *self.ssrc,
            payload_type: *self.payload_type,
            level_id: extensions.id_of(Extension::AudioLevel),
            mid_id: extensions.id_of(Extension::RtpMid),
            mid: mid.to_string(),
        })
    }

    /// Queue a packet; it leaves with the session's next time-out.
    pub fn write(self, rtc: &mut Rtc, forward: &Forward, now: Instant) {
        let extensions = ExtensionValues {
            audio_level: forward.level.map(|level| level.dbov),
            voice_activity: forward.level.map(|level| level.voice),
            ..ExtensionValues::default()
        };
        let payload = std::sync::Arc::clone(&forward.payload);
        let packet = RtpWrite::new(
            self.payload_type,
            forward.seq.into(),
            forward.timestamp,
            now,
            payload,
        )
        .marker(forward.marker)
        .ext_vals(extensions)
        .csrc(&[forward.source.source_number()]);
        if let Some(stream) = rtc.direct_api().stream_tx(&self.ssrc) {
            stream.write_rtp(packet);
        }
    }
}

/// The payload type of Opus on this line.
pub(crate) fn opus(rtc: &Rtc, mid: Mid) -> Option<Pt> {
    agreed(rtc, mid, Codec::Opus)
}

/// The payload type of a codec on this line.
pub(crate) fn agreed(rtc: &Rtc, mid: Mid, codec: Codec) -> Option<Pt> {
    let agreed = rtc.media(mid)?.remote_pts();
    let params = rtc.codec_config().params();
    let is_codec = |pt: &Pt| {
        params
            .iter()
            .any(|p| p.pt() == *pt && p.spec().codec == codec)
    };
    agreed.iter().copied().find(is_codec)
}

/// A received packet in the engine's terms.
pub(crate) fn media_packet(packet: RtpPacket) -> MediaPacket {
    let extensions = &packet.header.ext_vals;
    let level = extensions.audio_level.map(|dbov| Level {
        dbov,
        voice: extensions.voice_activity.unwrap_or(false),
    });
    MediaPacket {
        stream: *packet.header.ssrc,
        seq: *packet.seq_no,
        timestamp: packet.header.timestamp,
        marker: packet.header.marker,
        level,
        payload: packet.payload,
    }
}
