//! Video through the engine: what is shown to whom, packets, slots, links, what time changes.

mod choosing;
mod link;
mod look;
mod packets;
mod requests;
mod showing;
