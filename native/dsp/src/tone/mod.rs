//! The tones that phones and radios hear, synthesised (no files), with 5 ms raised-cosine edges.
//!
//! Each differs from the others in rhythm, not only in pitch. The table is in `pattern.rs`, the sound is
//! made in [`TonePlayer`].

mod pattern;
mod player;

pub use pattern::Tone;
pub use player::TonePlayer;
