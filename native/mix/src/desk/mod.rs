//! The mixing desk of one shard: every source decoded once, every group of listeners mixed once.
//!
//! ```text
//! packet -> Inbound of the source ──┬─> group (who hears rooms A) ──> one encode a codec, own ones for
//!           (jitter, decode: once)  └─> group (who hears A and B)     talkers and tones -> frames
//! ```
//! A source says in which rooms it is heard, a listener which rooms it hears; listeners that hear the
//! same rooms are a group. Sources and listeners are numbered alike: a number that is both is one person,
//! who does not hear itself. When nobody talks in a group nothing leaves it.

mod group;
mod source;

use std::sync::Arc;

use codec_api::CodecKind;
use dsp::Tone;
use rustc_hash::FxHashMap;

use crate::MixError;
use group::{Group, Listener};
pub use source::Sound;
use source::Source;

/// Sources decoded at once; packets of further ones are dropped and counted.
pub const SOURCES_MAX: usize = 256;

/// Numbers of rooms, without duplicates.
pub type RoomSet = Arc<[u64]>;

/// What a desk has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeskStats {
    /// Frames decoded or concealed.
    pub decodes: u64,
    /// Encodes made; frames sent divided by this is what sharing saves.
    pub encodes: u64,
    /// Packets of a single talker that were handed on as they came, in the place of an encode.
    pub handed_on: u64,
    /// Frames handed out to listeners.
    pub frames: u64,
    /// Packets of sources beyond [`SOURCES_MAX`], or not of their codec.
    pub refused: u64,
    /// Packets that were taken in and then could not be decoded; concealed.
    pub undecodable: u64,
    /// Encodes that failed; their listeners got nothing.
    pub failed: u64,
}

/// Everything that is decoded and encoded on one shard.
#[derive(Debug, Default)]
pub struct Desk {
    /// By number; the place is the number in the groups' contests.
    sources: Vec<Option<Source>>,
    places: FxHashMap<u64, usize>,
    groups: Vec<Group>,
    stats: DeskStats,
}

impl Desk {
    /// What was done so far.
    pub fn stats(&self) -> DeskStats {
        self.stats
    }

    /// Sources that have a decoder, and listeners, now.
    pub fn population(&self) -> (usize, usize) {
        let listeners = self.groups.iter().map(|group| group.listeners.len());
        (self.places.len(), listeners.sum())
    }

    /// Sound of a source that is heard in `rooms`.
    pub fn sound(
        &mut self,
        id: u64,
        codec: CodecKind,
        rooms: &RoomSet,
        sound: &Sound<'_>,
        now_us: u64,
    ) {
        let Some(source) = self.source(id, codec) else {
            self.stats.refused += 1;
            return;
        };
        if !Arc::ptr_eq(&source.rooms, rooms) {
            source.rooms = Arc::clone(rooms);
        }
        if !source.take(sound, now_us) {
            self.stats.refused += 1;
        }
    }

    /// Silence a source for `ticks`, from `after` so many on: it sends a telephone event, whose tone may also be in
    /// its sound, and what it said before waits `after` for its turn. Silence that was asked for before begins when
    /// it would have and ends with this.
    pub fn mute(&mut self, id: u64, after: u32, ticks: u32) {
        if let Some(source) = self.source_of(id) {
            source.mute(after, ticks);
        }
    }

    /// A source talks no more: what came is played, and then nothing is sent for it. Its next packet takes this back.
    pub fn end_source(&mut self, id: u64) {
        if let Some(source) = self.source_of(id) {
            source.end();
        }
    }

    /// Forget a source.
    pub fn remove_source(&mut self, id: u64) {
        if let Some(place) = self.places.remove(&id) {
            self.sources[place] = None;
            for group in &mut self.groups {
                group.loudest.remove(place as u32);
            }
        }
    }

    /// This tick's sound of a source: its level in -dBov and its frame. `None` while it has none.
    pub fn heard(&self, id: u64) -> Option<(u8, &[i16])> {
        let source = self.sources[*self.places.get(&id)?].as_ref()?;
        source
            .is_awake()
            .then(|| (source.inbound.level_dbov(), source.inbound.frame()))
    }

    /// Time between the arrival of a source's packet and its turn, in whole ticks.
    pub fn delay_ticks(&self, id: u64, now_us: u64) -> u32 {
        let place = self.places.get(&id).copied();
        let source = place.and_then(|place| self.sources[place].as_ref());
        source
            .filter(|source| source.is_awake() && !source.inbound.is_drained())
            .map_or(0, |source| source.inbound.delay_ms(now_us))
            .div_ceil(codec_api::FRAME_MS)
    }

    /// Make or change a listener. With no rooms it hears only tones.
    pub fn set_listener(
        &mut self,
        id: u64,
        codec: CodecKind,
        rooms: &RoomSet,
        hears: bool,
    ) -> Result<(), MixError> {
        if let Some(listener) = self
            .groups
            .iter_mut()
            .find(|group| group.rooms == *rooms)
            .and_then(|group| group.listener(id))
        {
            listener.hears = hears;
            if listener.codec == codec {
                return Ok(());
            }
        }
        let mut listener = Listener::new(id, codec, hears);
        if let Some(before) = self.take_listener(id) {
            (listener.tone, listener.urgent) = (before.tone, before.urgent);
        }
        let at = self.groups.iter().position(|group| group.rooms == *rooms);
        let at = at.unwrap_or_else(|| {
            self.groups.push(Group::new(Arc::clone(rooms)));
            self.groups.len() - 1
        });
        self.groups[at].add(listener)
    }

    /// Forget a listener.
    pub fn remove_listener(&mut self, id: u64) {
        self.take_listener(id);
    }

    /// Play a tone to one listener over what it hears; `None` ends the one that plays.
    pub fn play(&mut self, id: u64, tone: Option<Tone>) {
        let found = self.groups.iter_mut().find_map(|group| group.listener(id));
        if let Some(listener) = found {
            // Who has lost the floor must hear it, whoever talks.
            listener.urgent = tone == Some(Tone::Revoked);
            match tone {
                Some(tone) => listener.tone.start(tone),
                None => listener.tone.stop(),
            }
        }
    }

    /// One tick of 20 ms: make every source's frame, then each group's mixes. `send` gets a payload and all
    /// listeners that it goes to.
    pub fn tick(&mut self, now_us: u64, mut send: impl FnMut(&[u64], &[u8])) {
        for place in 0..self.sources.len() {
            let Some(source) = &mut self.sources[place] else {
                continue;
            };
            source.tick(now_us, &mut self.stats);
            if source.is_forgotten() {
                let id = source.id;
                self.remove_source(id);
            }
        }
        for group in &mut self.groups {
            group.tick(&self.sources, &mut self.stats, &mut send);
        }
    }

    fn source_of(&mut self, id: u64) -> Option<&mut Source> {
        let place = *self.places.get(&id)?;
        self.sources[place].as_mut()
    }

    /// The source, made if need be. Another codec is another decoder.
    fn source(&mut self, id: u64, codec: CodecKind) -> Option<&mut Source> {
        if let Some(&place) = self.places.get(&id) {
            let source = &mut self.sources[place];
            if source.as_ref().is_none_or(|source| source.codec != codec) {
                *source = Source::new(id, codec).ok();
            }
            return source.as_mut();
        }
        if self.places.len() >= SOURCES_MAX {
            return None;
        }
        let source = Source::new(id, codec).ok()?;
        let place = if let Some(free) = self.sources.iter().position(Option::is_none) {
            free
        } else {
            self.sources.push(None);
            self.sources.len() - 1
        };
        self.places.insert(id, place);
        self.sources[place].insert(source).into()
    }

    /// The encoders of a group go with its last listener.
    fn take_listener(&mut self, id: u64) -> Option<Listener> {
        let mut taken = None;
        self.groups.retain_mut(|group| {
            taken = taken.take().or_else(|| group.take(id));
            !group.listeners.is_empty()
        });
        taken
    }
}
