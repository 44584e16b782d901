//! What a fence counts from its start.

/// Totals; no field is ever reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames handed out to be put on air.
    pub played: u64,
    /// Audio messages too old on arrival, or of unknown age.
    pub late: u64,
    /// Messages that could not be read, or that contradict themselves.
    pub bad: u64,
    /// Messages of another epoch, or of a token that is over.
    pub foreign: u64,
    /// Audio messages that were there before.
    pub repeated: u64,
    /// Audio messages ahead of the pace of arrival.
    pub ahead: u64,
    /// Audio messages without a key that were dropped.
    pub held_dropped: u64,
    /// Breaks in what was played.
    pub gaps: u64,
    /// Messages with the retain flag where none may have it.
    pub retained: u64,
    /// Keys that came.
    pub keys: u64,
    /// Keys denied.
    pub denied: u64,
    /// Transmissions ended because frames stopped.
    pub unkeyed_watchdog: u64,
    /// Transmissions ended by the limit.
    pub unkeyed_limit: u64,
    /// Transmissions ended because the hub or the broker was lost.
    pub unkeyed_link: u64,
}

impl Counts {
    /// By name.
    pub fn by_name(&self) -> [(&'static str, u64); 14] {
        [
            ("played", self.played),
            ("late", self.late),
            ("bad", self.bad),
            ("foreign", self.foreign),
            ("repeated", self.repeated),
            ("ahead", self.ahead),
            ("held_dropped", self.held_dropped),
            ("gaps", self.gaps),
            ("retained", self.retained),
            ("keys", self.keys),
            ("denied", self.denied),
            ("unkeyed_watchdog", self.unkeyed_watchdog),
            ("unkeyed_limit", self.unkeyed_limit),
            ("unkeyed_link", self.unkeyed_link),
        ]
    }
}
