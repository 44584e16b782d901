//! What the buffer has seen and done, for metrics and the quality line of a leg.

/// Counters since construction; they never go back, not even at a change of stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JitterStats {
    /// Packets taken in.
    pub stored: u64,
    /// Packets that came after their turn.
    pub late: u64,
    /// Packets that were there already.
    pub duplicate: u64,
    /// Packets that came behind a later one, in time or not.
    pub reordered: u64,
    /// Packets larger than a slot.
    pub oversize: u64,
    /// Packets whose sequence number fits nothing seen before.
    pub stray: u64,
    /// Packets pushed out by newer ones, because nobody pulled or the sender ran far ahead.
    pub overflowed: u64,
    /// Packets that had not come when their turn was over.
    pub lost: u64,
    /// Frames for which concealment was asked.
    pub concealed: u64,
    /// Packets left out to shorten the delay.
    pub shrunk: u64,
    /// Frames of silence put in to lengthen the delay.
    pub grown: u64,
    /// Starts over: another SSRC, sequence or clock.
    pub restarts: u64,
    /// Talkspurts begun.
    pub talkspurts: u64,
}
