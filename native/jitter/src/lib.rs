//! Adaptive jitter buffer of one incoming stream, pulled by the mixer each 20 ms tick.
//!
//! Packets go in as they come; [`JitterBuffer::pull`] answers what to play now: a packet, a concealment or
//! silence. The delay follows the network: a target is read from the distribution of packet delays
//! (`delay.rs`), a talkspurt starts at the target, an underrun makes room at once, and what is too much is
//! taken out in silence. On a clean link the delay is the phase of the tick plus 5 ms.
//!
//! No I/O, no clock (time is an argument), no allocation after construction: a ring of 64 packets.
#![forbid(unsafe_code)]

mod buffer;
mod delay;
mod head;
mod playout;
mod ring;
mod stats;

pub use buffer::{Arrival, Inserted, JitterBuffer, JitterConfig};
pub use playout::Pull;
pub use stats::JitterStats;
