//! Why air was denied or taken back.

/// A reason of the contract, or a newer peer's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Somebody else is on air.
    Busy,
    /// Somebody of greater priority.
    Priority,
    /// The longest transmission was reached, or its penalty lasts.
    TimeOut,
    /// No answer, or no such channel.
    NoChannel,
    /// The channel does not speak that codec.
    Codec,
    /// The channel may not transmit.
    NotAuthorised,
    /// A bound of the contract.
    Limit,
    /// Asked by a hub that was replaced.
    Epoch,
    /// Too old when it came, or the hub's clock is not known yet.
    Stale,
    /// A connection is missing or too slow.
    Link,
    /// The transmitter failed.
    Hardware,
    /// Frames stopped.
    Watchdog,
    /// The radio is receiving.
    Carrier,
    /// One side ends.
    Shutdown,
    /// Any other word.
    Other(Box<str>),
}

impl Why {
    /// As the wire has it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Busy => "busy",
            Self::Priority => "pri",
            Self::TimeOut => "tot",
            Self::NoChannel => "nochan",
            Self::Codec => "codec",
            Self::NotAuthorised => "auth",
            Self::Limit => "limit",
            Self::Epoch => "epoch",
            Self::Stale => "stale",
            Self::Link => "link",
            Self::Hardware => "hw",
            Self::Watchdog => "wd",
            Self::Carrier => "cor",
            Self::Shutdown => "shutdown",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for Why {
    fn from(word: &str) -> Self {
        match word {
            "busy" => Self::Busy,
            "pri" => Self::Priority,
            "tot" => Self::TimeOut,
            "nochan" => Self::NoChannel,
            "codec" => Self::Codec,
            "auth" => Self::NotAuthorised,
            "limit" => Self::Limit,
            "epoch" => Self::Epoch,
            "stale" => Self::Stale,
            "link" => Self::Link,
            "hw" => Self::Hardware,
            "wd" => Self::Watchdog,
            "cor" => Self::Carrier,
            "shutdown" => Self::Shutdown,
            word => Self::Other(word.into()),
        }
    }
}
