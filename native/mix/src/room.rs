//! The room: who is mixed, who hears what, and one tick of it all.

use codec_api::{CodecError, Decoder, Encoder, FRAME_MS};
use dsp::{Loudest, MAX_FRAME, MixBus, Tone, TonePlayer};
use jitter::Inserted;

use crate::class::Class;
use crate::{ClassKey, Inbound, MixError, RtpTimeline};

/// Talkers mixed at once: more are not understood.
const TALKERS_MAX: usize = 3;
/// Encoders a class beyond its shared one: the talkers, and two legs that hear a tone of their own.
const SOLOS: usize = TALKERS_MAX + 2;

/// What a leg brings along.
pub struct LegSetup<'a> {
    /// Decoder of what it sends.
    pub decoder: Box<dyn Decoder>,
    /// Which legs share its encoder.
    pub class: ClassKey,
    /// Makes an encoder of the class; called only for the first leg of a class.
    pub make_encoder: &'a mut dyn FnMut() -> Result<Box<dyn Encoder>, CodecError>,
    /// Its outgoing timeline.
    pub timeline: RtpTimeline,
    /// Outranks loudness when more talk than are mixed.
    pub priority: u8,
}

/// A packet to send.
#[derive(Debug, Clone, Copy)]
pub struct OutPacket<'a> {
    /// The leg that it goes to.
    pub leg: u32,
    /// Sequence number.
    pub sequence: u16,
    /// Media time in the codec's RTP clock.
    pub timestamp: u32,
    /// First packet of a talkspurt.
    pub marker: bool,
    /// The coded sound.
    pub payload: &'a [u8],
}

/// What a room has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MixStats {
    /// Encodes made; packets sent divided by this is what sharing saves.
    pub encodes: u64,
    /// Packets handed out.
    pub packets: u64,
    /// Ticks in which a leg got no mix of its own because all spare encoders were lent.
    pub no_encoder: u64,
    /// Encodes that failed; the leg got no packet.
    pub failed: u64,
}

#[derive(Debug)]
struct Leg {
    id: u32,
    class: usize,
    inbound: Inbound,
    timeline: RtpTimeline,
    tone: TonePlayer,
    priority: u8,
    gate: bool,
    talks: bool,
}

/// Mixes the single-stream legs of one room.
#[derive(Debug)]
pub struct MixRoom {
    rate_hz: u32,
    /// Sorted by id.
    legs: Vec<Leg>,
    classes: Vec<Class>,
    loudest: Loudest,
    bus: MixBus,
    scratch: Box<[i16; MAX_FRAME]>,
    tone: Box<[i16; MAX_FRAME]>,
    stats: MixStats,
}

impl MixRoom {
    /// An empty room that mixes at 8000, 16000 or 48000 Hz.
    pub fn new(rate_hz: u32) -> Self {
        Self {
            rate_hz,
            legs: Vec::new(),
            classes: Vec::new(),
            loudest: Loudest::new(TALKERS_MAX),
            bus: MixBus::default(),
            scratch: Box::new([0; MAX_FRAME]),
            tone: Box::new([0; MAX_FRAME]),
            stats: MixStats::default(),
        }
    }

    /// What was done so far.
    pub fn stats(&self) -> &MixStats {
        &self.stats
    }

    /// Take a leg in, with its gate shut. All memory it will need is allocated here.
    pub fn add(&mut self, id: u32, setup: LegSetup<'_>) -> Result<(), MixError> {
        let Err(place) = self.place(id) else {
            return Err(MixError::AlreadyIn);
        };
        let inbound = Inbound::new(setup.decoder, self.rate_hz)?;
        let known = self
            .classes
            .iter()
            .position(|class| class.key == setup.class);
        let class = if let Some(at) = known {
            at
        } else {
            self.classes.push(Class::new(
                setup.class,
                SOLOS,
                self.rate_hz,
                setup.make_encoder,
            )?);
            self.classes.len() - 1
        };
        self.classes[class].legs += 1;
        let leg = Leg {
            id,
            class,
            inbound,
            timeline: setup.timeline,
            tone: TonePlayer::new(self.rate_hz),
            priority: setup.priority,
            gate: false,
            talks: false,
        };
        self.legs.insert(place, leg);
        Ok(())
    }

    /// Let a leg go; the encoders of a class go with its last leg.
    pub fn remove(&mut self, id: u32) {
        let Ok(place) = self.place(id) else { return };
        let gone = self.legs.remove(place);
        self.loudest.remove(id);
        self.classes[gone.class].legs -= 1;
        if self.classes[gone.class].legs == 0 {
            self.classes.remove(gone.class);
            for leg in self.legs.iter_mut().filter(|leg| leg.class > gone.class) {
                leg.class -= 1;
            }
        }
    }

    /// Open or shut the gate of a leg: whether it may be heard.
    pub fn set_gate(&mut self, id: u32, open: bool) {
        if let Ok(place) = self.place(id) {
            self.legs[place].gate = open;
        }
    }

    /// Make a leg louder or softer for all who hear it; at most +18 dB.
    pub fn set_gain_db(&mut self, id: u32, db: f32) {
        if let Ok(place) = self.place(id) {
            self.legs[place].inbound.set_gain_db(db);
        }
    }

    /// Play a tone to one leg, over whatever it hears.
    pub fn play(&mut self, id: u32, tone: Tone) {
        if let Ok(place) = self.place(id) {
            self.legs[place].tone.start(tone);
        }
    }

    /// One packet of a leg's sound. `None` for an unknown leg or a payload not of its codec.
    pub fn packet(
        &mut self,
        id: u32,
        ssrc: u32,
        sequence: u16,
        timestamp: u32,
        payload: &[u8],
        now_us: u64,
    ) -> Option<Inserted> {
        let place = self.place(id).ok()?;
        self.legs[place]
            .inbound
            .packet(ssrc, sequence, timestamp, payload, now_us)
    }

    /// The receiving side of one leg, for its statistics.
    pub fn inbound(&self, id: u32) -> Option<&Inbound> {
        self.place(id).ok().map(|place| &self.legs[place].inbound)
    }

    /// One tick of 20 ms: listen, choose, mix, send.
    pub fn tick(&mut self, now_us: u64, mut send: impl FnMut(OutPacket<'_>)) {
        self.listen(now_us);
        self.bus.begin((self.rate_hz * FRAME_MS / 1000) as usize);
        for leg in self.legs.iter().filter(|leg| leg.talks) {
            self.bus.add(leg.inbound.frame());
        }
        // Own mixes first: a new talker's encoder goes on from the shared one as it was after the last tick.
        for place in 0..self.legs.len() {
            self.send_own(place, &mut send);
        }
        for class in 0..self.classes.len() {
            self.send_shared(class, &mut send);
        }
        for class in &mut self.classes {
            class.end_tick();
        }
    }

    fn place(&self, id: u32) -> Result<usize, usize> {
        self.legs.binary_search_by_key(&id, |leg| leg.id)
    }

    /// Make every leg's frame and decide who is mixed.
    fn listen(&mut self, now_us: u64) {
        for leg in &mut self.legs {
            leg.inbound.tick(now_us);
            leg.talks = false;
            if leg.gate {
                self.loudest
                    .observe(leg.id, leg.inbound.level_dbov(), leg.priority);
            }
        }
        for id in self.loudest.tick() {
            if let Ok(place) = self.legs.binary_search_by_key(&id, |leg| leg.id) {
                self.legs[place].talks = self.legs[place].gate;
            }
        }
    }

    /// One encode for all legs of a class that hear the whole mix; silence is not sent.
    fn send_shared(&mut self, at: usize, send: &mut impl FnMut(OutPacket<'_>)) {
        let class = &mut self.classes[at];
        let mut listeners = self
            .legs
            .iter_mut()
            .filter(|leg| leg.class == at && leg.hears_the_whole_mix());
        if self.bus.talkers() == 0 {
            listeners.for_each(|leg| leg.timeline.pause());
            return;
        }
        let Some(first) = listeners.next() else {
            return;
        };
        let mix = &mut self.scratch[..(self.rate_hz * FRAME_MS / 1000) as usize];
        self.bus.total(&mut class.shared.limiter, mix);
        self.stats.encodes += 1;
        let Ok(payload) = class.shared.encode(mix) else {
            self.stats.failed += 1;
            return;
        };
        for leg in core::iter::once(first).chain(listeners) {
            self.stats.packets += 1;
            send(leg.packet(payload));
        }
    }

    /// The mix of a leg that talks or hears a tone: everything but itself, and the tone.
    fn send_own(&mut self, place: usize, send: &mut impl FnMut(OutPacket<'_>)) {
        let leg = &mut self.legs[place];
        if leg.hears_the_whole_mix() {
            return;
        }
        if self.bus.talkers() == usize::from(leg.talks) && !leg.tone.is_playing() {
            leg.timeline.pause();
            return;
        }
        let Some(outbound) = self.classes[leg.class].solo(leg.id) else {
            self.stats.no_encoder += 1;
            leg.timeline.pause();
            return;
        };
        let len = (self.rate_hz * FRAME_MS / 1000) as usize;
        let mix = &mut self.scratch[..len];
        let own = if leg.talks { leg.inbound.frame() } else { &[] };
        self.bus.minus(own, &mut outbound.limiter, mix);
        if leg.tone.is_playing() {
            let tone = &mut self.tone[..len];
            leg.tone.render(tone);
            mix.iter_mut()
                .zip(tone)
                .for_each(|(sample, tone)| *sample = sample.saturating_add(*tone));
        }
        self.stats.encodes += 1;
        match outbound.encode(mix) {
            Ok(payload) => {
                self.stats.packets += 1;
                send(leg.packet(payload));
            }
            Err(_) => self.stats.failed += 1,
        }
    }
}

impl Leg {
    fn hears_the_whole_mix(&self) -> bool {
        !self.talks && !self.tone.is_playing()
    }

    fn packet<'a>(&mut self, payload: &'a [u8]) -> OutPacket<'a> {
        let (sequence, timestamp, marker) = self.timeline.send();
        OutPacket {
            leg: self.id,
            sequence,
            timestamp,
            marker,
            payload,
        }
    }
}
