//! Stories of pictures: who sees whom, in which layer, on which timeline; in virtual time.
#![allow(clippy::unwrap_used, reason = "tests")]

mod choosing;
mod histories;
mod layers;
mod leaving;
mod liars;
mod showing;
mod world;
