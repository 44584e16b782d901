//! The listeners that hear the same rooms: one contest of loudness, one mix, few encoders.

use codec_api::{CodecKind, FRAME_MS};
use dsp::{Loudest, MixBus, TonePlayer};

use super::source::Source;
use super::{DeskStats, RoomSet};
use crate::MixError;
use crate::codecs::{MIX_RATE_HZ, may_be_handed_on};
use crate::outbound::Outbound;

/// Talkers mixed at once: more are not understood.
const TALKERS_MAX: usize = 3;
/// Samples of one tick.
const FRAME: usize = (MIX_RATE_HZ * FRAME_MS / 1000) as usize;
/// Ticks after which an unused encoder of one listener is given back: 5 s.
const OWN_UNUSED_MAX: u32 = 250;

/// One who hears.
#[derive(Debug)]
pub(crate) struct Listener {
    id: u64,
    pub codec: CodecKind,
    /// False while the phone holds us: nothing is sent, tones neither.
    pub hears: bool,
    pub tone: TonePlayer,
    /// The tone is more urgent than what others say.
    pub urgent: bool,
    /// For what nobody else hears: the mix without itself, tones.
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    outbound: Outbound,
    unused: u32,
}

/// What all get who hear the whole mix in one codec.
#[derive(Debug)]
struct Shared {
    codec: CodecKind,
    outbound: Outbound,
    last: Last,
    /// The listeners have heard what was encoded here last, and not somebody's own packets since.
    followed: bool,
}

/// What was sent in the last tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nobody talked.
    Nothing,
    Encoded,
    /// Packets of this source.
    HandedOn(u64),
}

impl Shared {
    /// The only talker's packet, if it can be sent in the place of an encode. In the middle of a talkspurt only
    /// once they have come evenly for a while.
    fn packet<'a>(&self, only: Option<&'a Source>) -> Option<&'a [u8]> {
        let talker = only.filter(|talker| talker.codec == self.codec)?;
        let at_once = matches!(self.last, Last::Nothing) || self.last == Last::HandedOn(talker.id);
        (at_once || talker.is_steady())
            .then(|| talker.inbound.whole())
            .flatten()
            .filter(|_| may_be_handed_on(self.codec))
    }
}

#[derive(Debug)]
pub(crate) struct Group {
    pub rooms: RoomSet,
    pub listeners: Vec<Listener>,
    pub loudest: Loudest,
    shared: Vec<Shared>,
    bus: MixBus,
    mix: Box<[i16; FRAME]>,
    tone: Box<[i16; FRAME]>,
    /// Who gets the payload at hand; kept for its capacity.
    addressees: Vec<u64>,
}

impl Listener {
    pub fn new(id: u64, codec: CodecKind, hears: bool) -> Self {
        Self {
            id,
            codec,
            hears,
            tone: TonePlayer::new(MIX_RATE_HZ),
            urgent: false,
            own: None,
        }
    }

    fn hears_the_whole_mix(&self, talks: bool) -> bool {
        !talks && !self.tone.is_playing()
    }

    /// Its own encoder; a new one goes on where the shared one is, which the phone has heard so far.
    fn own(&mut self, shared: &[Shared]) -> Result<&mut Outbound, MixError> {
        if self.own.is_none() {
            let mut outbound = Outbound::new(self.codec)?;
            let of_all = shared.iter().find(|shared| shared.codec == self.codec);
            if let Some(of_all) = of_all.filter(|of_all| of_all.followed) {
                outbound.take_over(&of_all.outbound);
            }
            self.own = Some(Own {
                outbound,
                unused: 0,
            });
        }
        match &mut self.own {
            Some(own) => {
                own.unused = 0;
                Ok(&mut own.outbound)
            }
            None => Err(MixError::Codec(codec_api::CodecError::Internal)),
        }
    }

    /// Its own encoder was not needed in this tick.
    fn rest(&mut self) {
        if let Some(own) = &mut self.own {
            own.unused += 1;
        }
        if self
            .own
            .as_ref()
            .is_some_and(|own| own.unused > OWN_UNUSED_MAX)
        {
            self.own = None;
        }
    }
}

impl Group {
    pub fn new(rooms: RoomSet) -> Self {
        Self {
            rooms,
            listeners: Vec::new(),
            loudest: Loudest::new(TALKERS_MAX),
            shared: Vec::new(),
            bus: MixBus::default(),
            mix: Box::new([0; FRAME]),
            tone: Box::new([0; FRAME]),
            addressees: Vec::new(),
        }
    }

    pub fn listener(&mut self, id: u64) -> Option<&mut Listener> {
        self.listeners.iter_mut().find(|listener| listener.id == id)
    }

    pub fn add(&mut self, listener: Listener) -> Result<(), MixError> {
        let codec = listener.codec;
        if self.shared.iter().all(|shared| shared.codec != codec) {
            let outbound = Outbound::new(codec)?;
            self.shared.push(Shared {
                codec,
                outbound,
                last: Last::Nothing,
                followed: true,
            });
        }
        self.listeners.push(listener);
        Ok(())
    }

    pub fn take(&mut self, id: u64) -> Option<Listener> {
        let at = self
            .listeners
            .iter()
            .position(|listener| listener.id == id)?;
        let taken = self.listeners.swap_remove(at);
        let is_spoken = |codec| {
            self.listeners
                .iter()
                .any(|listener| listener.codec == codec)
        };
        if !is_spoken(taken.codec) {
            self.shared.retain(|shared| shared.codec != taken.codec);
        }
        Some(taken)
    }

    /// Choose, mix, encode.
    pub fn tick(
        &mut self,
        sources: &[Option<Source>],
        stats: &mut DeskStats,
        send: &mut impl FnMut(&[u64], &[u8]),
    ) {
        let talkers = self.choose(sources);
        let talkers = || {
            talkers
                .iter()
                .filter_map(|place| sources[(*place)?].as_ref())
        };
        self.bus.begin(FRAME);
        for talker in talkers() {
            self.bus.add(talker.inbound.frame());
        }
        // Own mixes first: a new talker's encoder goes on from the shared one as it was after the last tick.
        for at in 0..self.listeners.len() {
            let id = self.listeners[at].id;
            let own = talkers().find(|talker| talker.id == id);
            self.send_own(at, own, stats, send);
        }
        if self.bus.talkers() == 0 {
            for shared in &mut self.shared {
                shared.last = Last::Nothing;
            }
            return;
        }
        let only = talkers().next().filter(|_| self.bus.talkers() == 1);
        for at in 0..self.shared.len() {
            let is_talker = |id| talkers().any(|talker| talker.id == id);
            self.send_shared(at, is_talker, only, stats, send);
        }
    }

    /// Places of the loudest that are heard in the group's rooms.
    fn choose(&mut self, sources: &[Option<Source>]) -> [Option<usize>; TALKERS_MAX] {
        let is_heard = |source: &Source| source.is_awake() && source.is_heard_in(&self.rooms);
        for (place, source) in sources.iter().enumerate() {
            if let Some(source) = source.as_ref().filter(|source| is_heard(source)) {
                self.loudest
                    .observe(place as u32, source.inbound.level_dbov());
            }
        }
        let mut talkers = [None; TALKERS_MAX];
        for (slot, place) in talkers.iter_mut().zip(self.loudest.tick()) {
            let place = place as usize;
            let source = sources.get(place).and_then(Option::as_ref);
            *slot = source.filter(|source| is_heard(source)).map(|_| place);
        }
        talkers
    }

    /// The mix of a listener that talks or hears a tone: everything but itself, and the tone.
    fn send_own(
        &mut self,
        at: usize,
        own: Option<&Source>,
        stats: &mut DeskStats,
        send: &mut impl FnMut(&[u64], &[u8]),
    ) {
        let listener = &mut self.listeners[at];
        if listener.hears_the_whole_mix(own.is_some()) {
            listener.rest();
            return;
        }
        // A tone goes on in time also while nobody can hear it.
        let tone = listener.tone.is_playing();
        listener.tone.render(&mut self.tone[..]);
        let others = self.bus.talkers() - usize::from(own.is_some());
        if !listener.hears || (others == 0 && !tone) {
            listener.rest();
            return;
        }
        // Nobody's speech is drowned by a tone: it steps back by 12 dB.
        let ducked = if others > 0 && !listener.urgent { 2 } else { 0 };
        let id = listener.id;
        let Ok(outbound) = listener.own(&self.shared) else {
            stats.failed += 1;
            return;
        };
        let own = own.map_or(&[] as &[i16], |own| own.inbound.frame());
        self.bus
            .minus(own, &mut outbound.limiter, &mut self.mix[..]);
        if tone {
            for (sample, tone) in self.mix.iter_mut().zip(self.tone.iter()) {
                *sample = sample.saturating_add(*tone >> ducked);
            }
        }
        stats.encodes += 1;
        match outbound.encode(&self.mix[..]) {
            Ok(payload) => {
                stats.frames += 1;
                send(&[id], payload);
            }
            Err(_) => stats.failed += 1,
        }
    }

    /// One encode for all of a codec that hear the whole mix, or the packet of the `only` talker.
    fn send_shared(
        &mut self,
        at: usize,
        is_talker: impl Fn(u64) -> bool,
        only: Option<&Source>,
        stats: &mut DeskStats,
        send: &mut impl FnMut(&[u64], &[u8]),
    ) {
        let shared = &mut self.shared[at];
        self.addressees.clear();
        let listeners = self.listeners.iter().filter(|listener| {
            listener.codec == shared.codec
                && listener.hears
                && listener.hears_the_whole_mix(is_talker(listener.id))
        });
        self.addressees
            .extend(listeners.map(|listener| listener.id));
        if self.addressees.is_empty() {
            return;
        }
        if let (Some(talker), Some(packet)) = (only, shared.packet(only)) {
            shared.last = Last::HandedOn(talker.id);
            shared.followed = false;
            stats.handed_on += 1;
            stats.frames += self.addressees.len() as u64;
            send(&self.addressees, packet);
            return;
        }
        shared.last = Last::Encoded;
        if !shared.followed {
            shared.outbound.restart();
            shared.followed = true;
        }
        let outbound = &mut shared.outbound;
        self.bus.total(&mut outbound.limiter, &mut self.mix[..]);
        stats.encodes += 1;
        match outbound.encode(&self.mix[..]) {
            Ok(payload) => {
                stats.frames += self.addressees.len() as u64;
                send(&self.addressees, payload);
            }
            Err(_) => stats.failed += 1,
        }
    }
}
