//! The clock of the machine, the same one that Python's `time.monotonic_ns` reads.

use nix::time::{ClockId, clock_gettime};
use radio::Micros;

/// Microseconds of the monotonic clock.
pub fn now() -> Micros {
    // The clock is there on every Linux; without one nothing here could work.
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map_or(0, |time| time.tv_sec() * 1_000_000 + time.tv_nsec() / 1_000)
}
