//! Every bound on what a peer can make us hold or believe, in one place.

use crate::{MS, Micros, SECOND};

/// Longest heartbeat, floor or hub state message, bytes.
pub const CONTROL_BYTES: usize = 4_096;
/// Longest audio message, bytes.
pub const AUDIO_BYTES: usize = 2_048;
/// Most codec frames in an audio message.
pub const AUDIO_FRAMES: usize = 6;
/// Most media time in an audio message, ms.
pub const AUDIO_MS: u32 = 120;
/// Characters of a map key.
pub const KEY_CHARS: usize = 16;
/// Characters of a string.
pub const STRING_CHARS: usize = 64;
/// Maps and arrays inside one another, below the message itself.
pub const DEPTH: usize = 4;
/// A malformed message more than these a second is reported.
pub const BAD_PER_SECOND: u32 = 10;

/// What is held before it may be played or heard.
pub const HOLD: Micros = 500 * MS;
/// A frame that has waited this long inside the fence is never played.
pub const WAIT: Micros = 600 * MS;
/// Messages held, whatever their times say.
pub const HELD_MESSAGES: usize = 50;
/// Media time may run ahead of arrival by this.
pub const AHEAD: Micros = 500 * MS;
/// Without an accepted heartbeat for this long the other side is gone.
pub const SILENCE: Micros = 3 * SECOND;
/// Tokens that were used and can never key again.
pub const ENDED_TOKENS: usize = 64;
/// Longest transmission that either side may name, ms.
pub const LIMIT_MS: u32 = 600_000;
/// Patches that an over may have crossed.
pub const HOPS: u64 = 4;

/// Received streams of a channel at once.
pub const STREAMS: usize = 4;
/// Streams that a channel may start in a second.
pub const STREAMS_PER_SECOND: u32 = 8;
/// Received frames older than this are dropped.
pub const RECEIVED_LATE: Micros = SECOND;
/// A bridge further away than this gets no key.
pub const ROUND_TRIP: Micros = 600 * MS;
