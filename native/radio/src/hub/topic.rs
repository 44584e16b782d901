//! Addresses of the timed messages, as the hub uses them.

/// A message that came up from a bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic<'a> {
    /// up/hb
    Heartbeat {
        /// Whose.
        bridge: &'a str,
    },
    /// up/ch/C/rx
    Received {
        /// Whose.
        bridge: &'a str,
        /// Its channel.
        channel: &'a str,
    },
    /// up/ch/C/floor
    Floor {
        /// Whose.
        bridge: &'a str,
        /// Its channel.
        channel: &'a str,
    },
}

impl<'a> Topic<'a> {
    /// What comes after the root and its slash; `None`: not a timed message of this version.
    pub fn parse(root: &str, topic: &'a str) -> Option<Self> {
        let rest = topic.strip_prefix(root)?.strip_prefix("/1/")?;
        let (bridge, rest) = rest.split_once("/up/")?;
        if !is_name(bridge) {
            return None;
        }
        if rest == "hb" {
            return Some(Self::Heartbeat { bridge });
        }
        let (channel, kind) = rest.strip_prefix("ch/")?.split_once('/')?;
        if !is_name(channel) {
            return None;
        }
        match kind {
            "rx" => Some(Self::Received { bridge, channel }),
            "floor" => Some(Self::Floor { bridge, channel }),
            _ => None,
        }
    }

    /// The bridge it came from.
    pub fn bridge(&self) -> &'a str {
        match self {
            Self::Heartbeat { bridge }
            | Self::Received { bridge, .. }
            | Self::Floor { bridge, .. } => bridge,
        }
    }
}

/// Names of bridges and channels: 1 to 32 of a-z, 0-9 and hyphen.
pub fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(allowed)
}

/// Subscriptions of the hub.
pub fn subscriptions(root: &str) -> [String; 3] {
    ["hb", "ch/+/rx", "ch/+/floor"].map(|kind| format!("{root}/1/+/up/{kind}"))
}

/// The hub's own state, retained.
pub fn hub_state(root: &str) -> String {
    format!("{root}/1/hub/state")
}
