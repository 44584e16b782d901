//! The SIP thread over real sockets on loopback.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests with sockets and a clock"
)]

mod doors;
mod rig;
mod tls;
