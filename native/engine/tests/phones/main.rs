//! Stories of phones in rooms, in virtual time: each carries tones of its own, read from what arrives.
#![allow(clippy::unwrap_used, reason = "tests")]

mod heads;
mod mixing;
mod talking;
mod world;
