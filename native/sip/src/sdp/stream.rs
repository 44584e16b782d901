//! What one m-line means once the session's defaults are applied.

use super::codec::{codecs, telephone_event};
use super::{Codec, Media, Session};
use std::net::{IpAddr, SocketAddr};

/// Which way media flows, as seen by whoever wrote the description (RFC 8866 6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// The writer sends only: it holds the other.
    SendOnly,
    /// The writer listens only.
    RecvOnly,
    /// Nothing flows.
    Inactive,
}

/// One `a=crypto` line (RFC 4568).
#[derive(Clone, PartialEq, Eq)]
pub struct Crypto {
    /// Repeated in the answer.
    pub tag: u32,
    /// For example `AES_CM_128_HMAC_SHA1_80`.
    pub suite: Box<str>,
    /// Base64 of key and salt, without `inline:`, lifetime and MKI.
    pub key: Box<str>,
}

/// What DTLS-SRTP needs (RFC 5763).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dtls {
    /// `sha-256 AB:CD:...`
    pub fingerprint: Box<str>,
    /// `actpass`, `active` or `passive`.
    pub setup: Box<str>,
}

/// One m-line, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Where the writer wants media; `None` for port 0, a host name, and the 0.0.0.0 of old holds
    /// (RFC 3264 8.4).
    pub remote: Option<SocketAddr>,
    /// Seen from the writer.
    pub direction: Direction,
    /// Codecs we know, in the writer's order.
    pub codecs: Vec<Codec>,
    /// SDES keys offered.
    pub crypto: Vec<Crypto>,
    /// DTLS parameters.
    pub dtls: Option<Dtls>,
    /// ICE user name fragment and password.
    pub ice: Option<(Box<str>, Box<str>)>,
    /// RTP and RTCP on one port (RFC 5761).
    pub rtcp_mux: bool,
    /// Packet time asked for, milliseconds.
    pub ptime_ms: Option<u32>,
}

impl Stream {
    /// Reads the m-line at `index`; `None` beyond the last.
    pub fn read(session: &Session, index: usize) -> Option<Self> {
        let media = session.media.get(index)?;
        let attribute = |name| media.attribute(name).or_else(|| session.attribute(name));
        let host = media
            .connection
            .as_deref()
            .or(session.connection.as_deref());
        let ip = host
            .and_then(|host| host.parse::<IpAddr>().ok())
            .filter(|ip| !ip.is_unspecified());
        let port = Some(media.port).filter(|port| *port != 0);
        let dtls = attribute("fingerprint").zip(attribute("setup").or(Some("actpass")));
        let ice = attribute("ice-ufrag").zip(attribute("ice-pwd"));
        Some(Self {
            remote: ip.zip(port).map(|(ip, port)| SocketAddr::new(ip, port)),
            direction: direction(session, media),
            codecs: codecs(media),
            crypto: media
                .attributes("crypto")
                .take(8)
                .filter_map(Crypto::parse)
                .collect(),
            dtls: dtls.map(|(print, setup)| Dtls {
                fingerprint: print.into(),
                setup: setup.into(),
            }),
            ice: ice.map(|(user, password)| (user.into(), password.into())),
            rtcp_mux: media.attribute("rtcp-mux").is_some(),
            ptime_ms: media
                .attribute("ptime")
                .and_then(|value| value.parse().ok()),
        })
    }

    /// The telephone-event payload type and clock that suits `clock_hz`.
    pub fn telephone_event(media: &Media, clock_hz: u32) -> Option<(u8, u32)> {
        telephone_event(media, clock_hz)
    }
}

/// The media's own direction, else the session's, else both ways (RFC 8866 6.7).
fn direction(session: &Session, media: &Media) -> Direction {
    let stated = media.attributes.iter().chain(&session.attributes);
    stated
        .into_iter()
        .find_map(|a| Direction::of(&a.name))
        .unwrap_or(Direction::SendRecv)
}

impl Direction {
    /// The direction an attribute names.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "sendrecv" => Some(Self::SendRecv),
            "sendonly" => Some(Self::SendOnly),
            "recvonly" => Some(Self::RecvOnly),
            "inactive" => Some(Self::Inactive),
            _ => None,
        }
    }

    /// The attribute's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The writer sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// The writer listens.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// What an answer may say to an offer of `self` by somebody who wants `wanted`: it sends only
    /// to who listens, and listens only to who sends (RFC 3264 6.1).
    #[must_use]
    pub fn answered_by(self, wanted: Self) -> Self {
        match (
            wanted.sends() && self.receives(),
            wanted.receives() && self.sends(),
        ) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }
}

impl Crypto {
    /// Reads `1 SUITE inline:KEY|...`.
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_whitespace();
        let (tag, suite, key) = (words.next()?, words.next()?, words.next()?);
        let key = key.strip_prefix("inline:")?.split('|').next()?;
        Some(Self {
            tag: tag.parse().ok()?,
            suite: suite.into(),
            key: key.into(),
        })
    }
}

impl std::fmt::Display for Crypto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} inline:{}", self.tag, self.suite, self.key)
    }
}

impl std::fmt::Debug for Crypto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Crypto({} {}, key hidden)", self.tag, self.suite)
    }
}
