//! Stories of the SIP core in virtual time: one claim a test, no sockets, no sleeping.
#![allow(clippy::unwrap_used, clippy::panic)]

mod auth;
mod calls_in;
mod calls_out;
mod defects;
mod framing;
mod limits;
mod lossy;
mod mutations;
mod registrar;
mod registration;
mod rig;
mod sdp;
mod session_timers;
mod timers;
mod torture;
