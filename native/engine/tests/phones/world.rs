//! Engines with phones and browsers, and the ear that tells who is heard.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::{Duration, Instant};

use codec_api::{CodecKind, Decoder, Encoder};
use codec_g711::{G711Decoder, G711Encoder, Law};
use codec_g722::{G722Decoder, G722Encoder};
use codec_opus::{OpusConfig, OpusDecoder, OpusEncoder};
use engine::{
    Engine, EngineConfig, Forward, Input, Level, MediaPacket, Output, PhonePacket, RoomId,
    SessionId, TalkspurtId,
};

pub const OPS: RoomId = RoomId(1);
pub const CODECS: [CodecKind; 4] = [
    CodecKind::Pcmu,
    CodecKind::Pcma,
    CodecKind::G722,
    CodecKind::Opus,
];
const TICK: Duration = Duration::from_millis(20);
/// A voice is one of these tones, Hz; in the telephone band, apart enough for the ear.
const VOICES_HZ: [f64; 4] = [600.0, 1_000.0, 1_500.0, 2_300.0];
const AMPLITUDE: f64 = 6_000.0;

pub fn encoder(kind: CodecKind) -> Box<dyn Encoder> {
    match kind {
        CodecKind::Pcmu => Box::new(G711Encoder::new(Law::Mu)),
        CodecKind::Pcma => Box::new(G711Encoder::new(Law::A)),
        CodecKind::G722 => Box::new(G722Encoder::default()),
        CodecKind::Opus => Box::new(OpusEncoder::new(OpusConfig::default()).unwrap()),
    }
}

pub fn decoder(kind: CodecKind) -> Box<dyn Decoder> {
    match kind {
        CodecKind::Pcmu => Box::new(G711Decoder::new(Law::Mu)),
        CodecKind::Pcma => Box::new(G711Decoder::new(Law::A)),
        CodecKind::G722 => Box::new(G722Decoder::default()),
        CodecKind::Opus => Box::new(OpusDecoder::new(48_000).unwrap()),
    }
}

/// Something at the far end: it speaks in its own tone, and what it hears is kept.
pub struct Person {
    pub id: SessionId,
    shard: usize,
    is_phone: bool,
    voice: usize,
    codec: CodecKind,
    encoder: Box<dyn Encoder>,
    decoder: Box<dyn Decoder>,
    sequence: u64,
    timestamp: u32,
    spoken: u64,
    /// Everything heard, at the codec's rate.
    pub pcm: Vec<i16>,
    /// The ticks in which a packet came, phones only.
    pub ticks: Vec<u64>,
}

pub struct World {
    pub engines: Vec<Engine>,
    pub people: Vec<Person>,
    pub now: Instant,
    pub forwarded: Vec<Forward>,
    pub reports: Vec<Output>,
    sounds: Vec<(Vec<SessionId>, u64, Arc<[u8]>)>,
}

impl World {
    #[allow(clippy::disallowed_methods, reason = "an Instant needs the clock")]
    pub fn new(shards: usize) -> Self {
        Self {
            engines: (0..shards)
                .map(|_| Engine::new(EngineConfig { forwarding: true }))
                .collect(),
            people: Vec::new(),
            now: Instant::now(),
            forwarded: Vec::new(),
            reports: Vec::new(),
            sounds: Vec::new(),
        }
    }

    fn person(&mut self, codec: CodecKind, is_phone: bool) -> usize {
        let who = self.people.len();
        self.people.push(Person {
            id: SessionId(who as u64 + 1),
            shard: who % self.engines.len(),
            is_phone,
            voice: who % VOICES_HZ.len(),
            codec,
            encoder: encoder(codec),
            decoder: decoder(codec),
            sequence: 65_400,
            timestamp: u32::MAX - 20_000,
            spoken: 0,
            pcm: Vec::new(),
            ticks: Vec::new(),
        });
        who
    }

    /// A phone in the room.
    pub fn phone(&mut self, codec: CodecKind) -> usize {
        let who = self.person(codec, true);
        let session = self.people[who].id;
        self.tell(who, Input::AddPhone { session, seed: 77 });
        self.set(who, codec, true, true);
        self.join(who);
        who
    }

    /// A browser in the room.
    pub fn browser(&mut self) -> usize {
        self.browser_with(3)
    }

    pub fn browser_with(&mut self, audio_slots: u8) -> usize {
        let who = self.person(CodecKind::Opus, false);
        let session = self.people[who].id;
        let add = Input::Add {
            session,
            audio_slots,
            video_slots: Vec::new(),
            publishes: true,
            seed: 5,
        };
        self.tell(who, add);
        self.tell(who, Input::Up(session));
        self.join(who);
        who
    }

    fn join(&mut self, who: usize) {
        let session = self.people[who].id;
        let (room, hear) = (OPS, true);
        self.tell(
            who,
            Input::Join {
                room,
                session,
                hear,
            },
        );
    }

    pub fn set(&mut self, who: usize, codec: CodecKind, hears: bool, speaks: bool) {
        let person = &mut self.people[who];
        if person.codec != codec {
            (person.codec, person.encoder, person.decoder) =
                (codec, encoder(codec), decoder(codec));
            person.pcm.clear();
        }
        let session = person.id;
        let set = Input::SetPhone {
            session,
            codec,
            hears,
            speaks,
        };
        self.tell(who, set);
    }

    pub fn open(&mut self, who: usize, limit: Option<Duration>) {
        let (room, session, talkspurt) = (OPS, self.people[who].id, TalkspurtId(9));
        self.tell(
            who,
            Input::OpenGate {
                room,
                session,
                talkspurt,
                limit,
            },
        );
    }

    pub fn shut(&mut self, who: usize) {
        let (room, session) = (OPS, self.people[who].id);
        self.tell(who, Input::ShutGate { room, session });
    }

    pub fn tell(&mut self, who: usize, input: Input) {
        self.handle(self.people[who].shard, input);
    }

    fn handle(&mut self, shard: usize, input: Input) {
        self.engines[shard].handle(input, self.now);
        loop {
            match self.engines[shard].poll_output() {
                Output::Timeout(_) => return,
                Output::Tick(_) => {}
                Output::Sound { to, tick, payload } => self.sounds.push((to, tick, payload)),
                Output::Forward(forward) => self.forwarded.push(forward),
                Output::Copy { shard, copy } => {
                    self.handle(usize::from(shard.0), Input::Copy(copy));
                }
                Output::Release { shard, source } => {
                    self.handle(usize::from(shard.0), Input::Release(source));
                }
                Output::Hearing { room, hearing } => {
                    for other in (0..self.engines.len()).filter(|other| *other != shard) {
                        let shard = engine::ShardId(shard as u8);
                        let heard = Input::RemoteHearing {
                            shard,
                            room,
                            hearing,
                        };
                        self.handle(other, heard);
                    }
                }
                report => self.reports.push(report),
            }
        }
    }

    /// 20 ms: `talkers` send a frame, then the ticks run.
    pub fn step(&mut self, talkers: &[usize]) {
        for &who in talkers {
            let input = self.people[who].speak();
            self.tell(who, input);
        }
        for person in &mut self.people {
            person.rest(talkers.contains(&(person.id.0 as usize - 1)));
        }
        self.now += TICK;
        for shard in 0..self.engines.len() {
            self.handle(shard, Input::Timeout);
        }
        for (to, tick, payload) in std::mem::take(&mut self.sounds) {
            for session in to {
                self.people[session.0 as usize - 1].hear(&payload, tick);
            }
        }
        for forward in std::mem::take(&mut self.forwarded) {
            self.people[forward.to.0 as usize - 1].hear(&forward.payload, 0);
        }
    }

    /// 20 ms in which the packet of a talker is lost.
    pub fn lose(&mut self, who: usize) {
        self.people[who].speak();
        self.people[who].sequence += 1;
        self.step(&[]);
    }

    pub fn run(&mut self, talkers: &[usize], ms: u64) {
        for _ in 0..ms / 20 {
            self.step(talkers);
        }
    }

    /// Whom a person heard since the last question.
    pub fn heard(&mut self, who: usize) -> Vec<usize> {
        let person = &mut self.people[who];
        let pcm = std::mem::take(&mut person.pcm);
        // The first 200 ms are the jitter buffer's and the codec's.
        let skip = (person.decoder.rate_hz() / 5) as usize;
        let pcm = pcm.get(skip..).unwrap_or_default();
        let rate = person.decoder.rate_hz();
        (0..VOICES_HZ.len())
            .filter(|voice| tone(pcm, rate, VOICES_HZ[*voice]) > AMPLITUDE / 4.0)
            .collect()
    }

    /// Counts of `talking` reports by person, as (on, off).
    pub fn talking(&self) -> BTreeMap<u64, (usize, usize)> {
        let mut counts = BTreeMap::new();
        for report in &self.reports {
            if let Output::Talking { session, on, .. } = report {
                let entry: &mut (usize, usize) = counts.entry(session.0).or_default();
                entry.0 += usize::from(*on);
                entry.1 += usize::from(!*on);
            }
        }
        counts
    }
}

impl Person {
    fn speak(&mut self) -> Input {
        let rate = self.encoder.rate_hz();
        let len = u64::from(rate / 50);
        let pcm: Vec<i16> = (self.spoken * len..(self.spoken + 1) * len)
            .map(|n| AMPLITUDE * (TAU * VOICES_HZ[self.voice] * n as f64 / f64::from(rate)).sin())
            .map(|sample| sample as i16)
            .collect();
        let mut payload = [0; 1_500];
        let len = self.encoder.encode(&pcm, &mut payload).unwrap();
        let payload: Arc<[u8]> = Arc::from(&payload[..len]);
        self.spoken += 1;
        let (session, stream) = (self.id, 4_711);
        if self.is_phone {
            let packet = PhonePacket {
                stream,
                sequence: self.sequence as u16,
                timestamp: self.timestamp,
                payload,
            };
            return Input::PhonePacket { session, packet };
        }
        let packet = MediaPacket {
            stream,
            seq: self.sequence,
            timestamp: self.timestamp,
            marker: false,
            level: Some(Level {
                dbov: -15,
                voice: true,
            }),
            payload,
        };
        Input::Packet { session, packet }
    }

    /// Media time goes on; the sequence only for who has sent.
    fn rest(&mut self, sent: bool) {
        self.sequence += u64::from(sent);
        let ticks = self.encoder.info().frame_ticks();
        self.timestamp = self.timestamp.wrapping_add(ticks);
    }

    fn hear(&mut self, payload: &[u8], tick: u64) {
        let mut pcm = [0; 5_760];
        let len = self.decoder.decode(payload, &mut pcm).unwrap();
        self.pcm.extend_from_slice(&pcm[..len]);
        self.ticks.push(tick);
    }
}

/// Amplitude of a tone in a recording (Goertzel's filter, as a plain projection).
pub fn tone(pcm: &[i16], rate_hz: u32, hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in pcm.iter().enumerate() {
        let phase = TAU * hz * n as f64 / f64::from(rate_hz);
        re += f64::from(*sample) * phase.cos();
        im += f64::from(*sample) * phase.sin();
    }
    2.0 * (re * re + im * im).sqrt() / pcm.len().max(1) as f64
}
