//! Codecs by name, and the payload types that stand for them (RFC 3551, RFC 7587, RFC 4733).

use super::Media;

/// A codec the media core has, in the order of preference unless the caller says another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodecName {
    /// G.711 mu-law, static type 0.
    Pcmu,
    /// G.711 A-law, static type 8.
    Pcma,
    /// G.722, static type 9; its RTP clock is 8 kHz though it samples at 16 (RFC 3551 4.5.2).
    G722,
    /// Opus.
    Opus,
}

/// A codec with the payload type one session gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    /// Which codec.
    pub name: CodecName,
    /// 0 to 127.
    pub payload_type: u8,
    /// The value of its `a=fmtp`.
    pub format: Option<Box<str>>,
}

impl CodecName {
    /// All, in the order of an offer.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];

    /// The value of `a=rtpmap` behind the payload type.
    pub fn rtpmap(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU/8000",
            Self::Pcma => "PCMA/8000",
            Self::G722 => "G722/8000",
            Self::Opus => "opus/48000/2",
        }
    }

    /// The RTP clock in Hz.
    pub fn clock_hz(self) -> u32 {
        if self == Self::Opus { 48_000 } else { 8_000 }
    }

    /// The payload type we offer: the static one where there is one.
    pub fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
            Self::G722 => 9,
            Self::Opus => 111,
        }
    }

    fn of(rtpmap: &str) -> Option<Self> {
        let map = rtpmap.to_ascii_lowercase();
        let map = map.strip_suffix("/1").unwrap_or(&map);
        Self::ALL
            .into_iter()
            .find(|name| name.rtpmap().eq_ignore_ascii_case(map))
    }
}

/// The codecs of an m-line that we know, in its order.
pub(super) fn codecs(media: &Media) -> Vec<Codec> {
    let known = |format: &str| {
        let payload_type: u8 = format.parse().ok().filter(|t| *t < 128)?;
        let name = match mapped(media, "rtpmap", format) {
            Some(map) => CodecName::of(map)?,
            // Static types need no rtpmap (RFC 3551 6).
            None => *CodecName::ALL[..3]
                .iter()
                .find(|name| name.payload_type() == payload_type)?,
        };
        Some(Codec {
            name,
            payload_type,
            format: mapped(media, "fmtp", format).map(Into::into),
        })
    };
    media
        .formats
        .iter()
        .filter_map(|format| known(format))
        .collect()
}

/// Payload type of telephone-event, the one of `clock_hz` if there are several (RFC 4733 2.5.1.2).
pub(super) fn telephone_event(media: &Media, clock_hz: u32) -> Option<(u8, u32)> {
    let events = media.formats.iter().filter_map(|format| {
        let map = mapped(media, "rtpmap", format)?.to_ascii_lowercase();
        let clock = map.strip_prefix("telephone-event/")?.parse().ok()?;
        Some((format.parse::<u8>().ok().filter(|t| *t < 128)?, clock))
    });
    let mut events: Vec<(u8, u32)> = events.collect();
    events.sort_by_key(|(_, clock)| *clock != clock_hz);
    events.first().copied()
}

fn mapped<'a>(media: &'a Media, name: &'a str, format: &str) -> Option<&'a str> {
    media.attributes(name).find_map(|value| {
        let (number, rest) = value.split_once(' ')?;
        (number == format).then_some(rest.trim())
    })
}
