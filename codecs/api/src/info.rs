//! The table of audio codecs: names, rates, RTP clocks and payload types (RFC 3551, RFC 7587).

/// The packet time that every leg sends, in milliseconds; also the mixer's period.
pub const FRAME_MS: u32 = 20;

/// The audio codecs that a single-stream leg can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodecKind {
    /// G.711 mu-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722 at 64 kbit/s.
    G722,
    /// Opus, mono.
    Opus,
}

/// What SDP, RTP and the mixer have to know about a codec.
#[derive(Debug, PartialEq, Eq)]
pub struct CodecInfo {
    /// Which codec this row describes.
    pub kind: CodecKind,
    /// Encoding name of `a=rtpmap`, compared without case (RFC 4566 section 6).
    pub sdp_name: &'static str,
    /// Sampling rate of the coded sound in Hz.
    pub rate_hz: u32,
    /// RTP timestamp units per second. 8000 for G.722, an error of RFC 1890 kept for
    /// compatibility (RFC 3551 section 4.5.2).
    pub clock_hz: u32,
    /// Channel count of `a=rtpmap`: Opus always says 2, also when it carries mono (RFC 7587 section 7).
    pub sdp_channels: u8,
    /// Payload type assigned by RFC 3551 section 6; `None` for a dynamic one.
    pub static_payload_type: Option<u8>,
    /// Most payload bytes that one packet of 20 ms can need.
    pub max_frame_bytes: usize,
}

/// One row a codec, in the order in which an offer of ours lists them.
static TABLE: [CodecInfo; 4] = [
    CodecInfo {
        kind: CodecKind::Opus,
        sdp_name: "opus",
        rate_hz: 48_000,
        clock_hz: 48_000,
        sdp_channels: 2,
        static_payload_type: None,
        max_frame_bytes: 1275,
    },
    CodecInfo {
        kind: CodecKind::G722,
        sdp_name: "G722",
        rate_hz: 16_000,
        clock_hz: 8_000,
        sdp_channels: 1,
        static_payload_type: Some(9),
        max_frame_bytes: 160,
    },
    CodecInfo {
        kind: CodecKind::Pcma,
        sdp_name: "PCMA",
        rate_hz: 8_000,
        clock_hz: 8_000,
        sdp_channels: 1,
        static_payload_type: Some(8),
        max_frame_bytes: 160,
    },
    CodecInfo {
        kind: CodecKind::Pcmu,
        sdp_name: "PCMU",
        rate_hz: 8_000,
        clock_hz: 8_000,
        sdp_channels: 1,
        static_payload_type: Some(0),
        max_frame_bytes: 160,
    },
];

impl CodecInfo {
    /// All rows, best codec first.
    pub fn all() -> &'static [CodecInfo] {
        &TABLE
    }

    /// The row of one codec.
    pub fn of(kind: CodecKind) -> &'static CodecInfo {
        match kind {
            CodecKind::Opus => &TABLE[0],
            CodecKind::G722 => &TABLE[1],
            CodecKind::Pcma => &TABLE[2],
            CodecKind::Pcmu => &TABLE[3],
        }
    }

    /// The row for an `a=rtpmap` of a peer. A peer that leaves the channel count out means 1.
    pub fn by_rtpmap(name: &str, clock_hz: u32, channels: u8) -> Option<&'static CodecInfo> {
        TABLE.iter().find(|row| {
            row.sdp_name.eq_ignore_ascii_case(name)
                && row.clock_hz == clock_hz
                && row.sdp_channels == channels
        })
    }

    /// The row for a payload type that a peer lists without an `a=rtpmap` (RFC 3551 section 6).
    pub fn by_static_payload_type(payload_type: u8) -> Option<&'static CodecInfo> {
        TABLE
            .iter()
            .find(|row| row.static_payload_type == Some(payload_type))
    }

    /// RTP timestamp units of one 20 ms frame.
    pub fn frame_ticks(&self) -> u32 {
        self.clock_hz * FRAME_MS / 1000
    }

    /// PCM samples of one 20 ms frame at the codec's own rate.
    pub fn frame_samples(&self) -> usize {
        (self.rate_hz * FRAME_MS / 1000) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_finds_its_own_row() {
        for kind in [
            CodecKind::Pcmu,
            CodecKind::Pcma,
            CodecKind::G722,
            CodecKind::Opus,
        ] {
            assert_eq!(CodecInfo::of(kind).kind, kind);
        }
    }

    #[test]
    fn g722_counts_160_ticks_for_320_samples() {
        let info = CodecInfo::of(CodecKind::G722);
        assert_eq!((info.frame_ticks(), info.frame_samples()), (160, 320));
    }

    #[test]
    fn an_rtpmap_matches_without_case_but_with_clock_and_channels() {
        let kind =
            |name, clock, channels| CodecInfo::by_rtpmap(name, clock, channels).map(|i| i.kind);
        assert_eq!(kind("OPUS", 48_000, 2), Some(CodecKind::Opus));
        assert_eq!(kind("g722", 8_000, 1), Some(CodecKind::G722));
        assert_eq!(kind("G722", 16_000, 1), None);
        assert_eq!(kind("opus", 48_000, 1), None);
    }

    #[test]
    fn a_bare_payload_type_means_the_static_assignment() {
        let kind = |pt| CodecInfo::by_static_payload_type(pt).map(|i| i.kind);
        assert_eq!(
            [kind(0), kind(8), kind(9), kind(18)],
            [
                Some(CodecKind::Pcmu),
                Some(CodecKind::Pcma),
                Some(CodecKind::G722),
                None
            ]
        );
    }
}
