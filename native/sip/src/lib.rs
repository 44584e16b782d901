//! SIP without I/O, threads or a clock: bytes, commands and times in; bytes and events out.
//!
//! A packet walks `core::links` (framing) -> `msg` (parser) -> `core::requests` (guard order) ->
//! `transaction` (retransmission) -> `leg` and `core::*` (dialogs and calls) -> [`Output`].
//! The embedder owns sockets, names and time; the hub decides every call by [`Command`]s that
//! answer [`Event`]s. [`sdp`] is separate: the core carries session descriptions as bytes.
//!
//! ```
//! use sip::{Config, Core, Input, LinkId, Output, Random, Transport};
//! use std::time::Duration;
//!
//! let mut core = Core::new(Config::default(), Random::from_number(1));
//! let local = "192.0.2.1:5060".parse().unwrap();
//! core.handle(Input::LinkOpened { link: LinkId(1), transport: Transport::Udp, local }, Duration::ZERO);
//! assert_eq!(core.poll_output(), Output::Timeout(None));
//! ```
#![forbid(unsafe_code)]

mod command;
mod core;
mod deadlines;
pub mod digest;
mod event;
mod flow;
mod guard;
mod leg;
mod limits;
pub mod msg;
mod output;
mod random;
mod registrar;
pub mod sdp;
pub mod transaction;

pub use command::{Call, Command, Register};
pub use core::{Config, Core, Counts, Input};
pub use event::{
    Bound, End, Event, Incoming, LegId, Registered, RegistrationId, Rejection, RequestId, Unbind,
};
pub use flow::{Flow, LinkId, Transport};
pub use limits::Limits;
pub use output::Output;
pub use random::Random;
