//! Session timers (RFC 4028): a silent leg is alive as long as its signalling is refreshed.

use crate::msg::Headers;
use crate::msg::lex::number;
use std::time::Duration;

/// The agreed timer of one leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionTimer {
    pub interval: Duration,
    /// We send the refreshes.
    pub ours: bool,
    /// Our refresh went out and was not answered well yet.
    pub sent: bool,
}

/// What a request says about session timers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    supports: bool,
    /// Session-Expires in seconds, and who is to refresh, if said: true for the sender.
    expires: Option<(u32, Option<bool>)>,
}

impl Asked {
    pub fn read(headers: &Headers) -> Self {
        Self {
            supports: headers.lists("Supported", "timer"),
            expires: expires(headers),
        }
    }

    /// True when the interval is shorter than we take: 422 with Min-SE (RFC 4028 6, 9).
    pub fn is_too_small(&self, min_s: u32) -> bool {
        self.expires.is_some_and(|(seconds, _)| seconds < min_s)
    }

    /// The timer we agree to as the server of this request (RFC 4028 9). None without support:
    /// such a leg is watched by probes.
    pub fn agree(&self, ours_s: u32) -> Option<SessionTimer> {
        if !self.supports {
            return None;
        }
        let (seconds, refresher) = self.expires.unwrap_or((ours_s, None));
        let seconds = seconds.min(ours_s);
        Some(SessionTimer {
            interval: Duration::from_secs(seconds.into()),
            ours: refresher == Some(false),
            sent: false,
        })
    }
}

impl SessionTimer {
    /// The timer that a 2xx to our request set (RFC 4028 7.2).
    pub fn of_answer(headers: &Headers) -> Option<Self> {
        let (seconds, sender) = expires(headers)?;
        let interval = Duration::from_secs(seconds.max(MIN_S).into());
        // In a response `uac` is us, who sent the request.
        Some(Self {
            interval,
            ours: sender != Some(false),
            sent: false,
        })
    }

    /// Headers of our 2xx: the peer, as the sender of the request, is `uac`.
    pub fn write_answer(self, headers: &mut Headers) {
        let who = if self.ours { "uas" } else { "uac" };
        headers.push(
            "Session-Expires",
            format!("{};refresher={who}", self.interval.as_secs()),
        );
        if !self.ours {
            headers.push("Require", "timer");
        }
    }

    /// When to act: the refresher at half time, the other shortly before the end (RFC 4028 10).
    /// A refresher whose refresh went out has the second half, less the same margin.
    pub fn due(self, now: Duration) -> Duration {
        let margin = (self.interval / 3).min(Duration::from_secs(32));
        now + match (self.ours, self.sent) {
            (true, false) => self.interval / 2,
            (true, true) => (self.interval / 2).saturating_sub(margin),
            (false, _) => self.interval.saturating_sub(margin),
        }
    }
}

/// The shortest interval of RFC 4028 5.
pub(crate) const MIN_S: u32 = 90;

/// Session-Expires: seconds, and whether `uac` (true) or `uas` (false) refreshes.
fn expires(headers: &Headers) -> Option<(u32, Option<bool>)> {
    let value = headers.get("Session-Expires")?;
    let (seconds, params) = value.split_once(';').unwrap_or((value, ""));
    let who = params
        .split(';')
        .find_map(|p| p.trim().strip_prefix("refresher="));
    let sender = match who {
        Some("uac") => Some(true),
        Some("uas") => Some(false),
        _ => None,
    };
    Some((number::<u32>(seconds)?.min(1 << 22), sender))
}
