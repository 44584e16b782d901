//! Engines that exchange what they have for each other at once, cameras that send to them, and viewers that look at
//! every packet: is it of what they were told, and does it go on what came before?

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use engine::video::{CodecSet, Picture, VideoCodec, VideoForward, VideoKind, VideoPacket, Watch};
use engine::{
    Engine, EngineConfig, Input, Level, MediaPacket, Output, RoomId, SessionId, ShardId, Stats,
    TalkspurtId,
};

pub const OPS: RoomId = RoomId(1);
pub const COMMAND: RoomId = RoomId(2);
pub const BOTH: CodecSet = CodecSet {
    vp8: true,
    h264: true,
};
/// Between two frames of a camera, ms.
pub const FRAME_MS: u64 = 100;

/// One simulcast layer as it is sent.
#[derive(Debug, Clone)]
pub struct SentLayer {
    pub height: u16,
    pub bytes: usize,
    pub sends: bool,
    seq: u64,
    frames: u16,
    keyframe_due: bool,
}

#[derive(Debug, Clone)]
pub struct Camera {
    pub layers: Vec<SentLayer>,
    pub codec: VideoCodec,
    /// How often it began anew: every time with other streams.
    pub restarts: u32,
}

/// What a slot was told, and the newest that came on it.
#[derive(Debug, Default)]
pub struct Seen {
    pub picture: Option<Picture>,
    pub layer: u8,
    pub paused: bool,
    pub packets: u64,
    fresh: bool,
    newest: Option<(u64, u32, Option<u16>)>,
    told_at: Option<u32>,
}

pub struct World {
    pub engines: Vec<Engine>,
    homes: BTreeMap<SessionId, usize>,
    pub now: Instant,
    start: Instant,
    pub cameras: BTreeMap<Picture, Camera>,
    pub seen: BTreeMap<(SessionId, u8), Seen>,
    pub sent: Vec<VideoForward>,
    /// When and for which layer each publisher was asked for a keyframe.
    pub asked: Vec<(u64, Picture, u8)>,
    pub wanted: BTreeMap<SessionId, u64>,
    /// Swallow copies between shards.
    pub lossy: bool,
    talked: u64,
    /// Of so many packets one comes behind the next frame; 0: none does.
    pub late: u64,
    packets: u64,
    waiting: Vec<(SessionId, VideoPacket)>,
}

pub fn camera(session: SessionId) -> Picture {
    Picture::camera(session)
}

pub fn screen(session: SessionId) -> Picture {
    let kind = VideoKind::Screen;
    Picture { session, kind }
}

impl Camera {
    /// Of these heights and bits a second, lowest first.
    pub fn new(layers: &[(u16, u64)]) -> Self {
        let layer = |&(height, bits_per_s): &(u16, u64)| SentLayer {
            height,
            bytes: (bits_per_s * FRAME_MS / 8_000) as usize,
            sends: true,
            seq: 100 * u64::from(height),
            frames: height,
            keyframe_due: true,
        };
        Self {
            layers: layers.iter().map(layer).collect(),
            codec: VideoCodec::Vp8,
            restarts: 0,
        }
    }

    /// The lowest layer becomes the highest.
    pub fn swap_heights(&mut self) {
        let heights: Vec<u16> = self.layers.iter().map(|layer| layer.height).collect();
        for (layer, height) in self.layers.iter_mut().zip(heights.into_iter().rev()) {
            layer.height = height;
            layer.keyframe_due = true;
        }
    }

    fn packet(&mut self, picture: Picture, rank: usize, elapsed_ms: u64) -> VideoPacket {
        let layer = &mut self.layers[rank];
        layer.seq += 1;
        layer.frames = layer.frames.wrapping_add(1);
        let keyframe = std::mem::take(&mut layer.keyframe_due);
        let mut payload = match self.codec {
            VideoCodec::Vp8 => vp8(layer.frames, layer.height, keyframe),
            VideoCodec::H264 if keyframe => vec![0x18, 0, 2, 0x67, 0x42, 0, 2, 0x65, 1],
            VideoCodec::H264 => vec![0x41, 1, 2],
        };
        payload.resize(layer.bytes.max(payload.len()), 0);
        VideoPacket {
            kind: picture.kind,
            layer: rank as u8,
            stream: picture.number() * 10 + rank as u32 + 1_000 * self.restarts,
            seq: layer.seq,
            timestamp: (elapsed_ms * 90) as u32 + 7_777 * rank as u32,
            marker: true,
            codec: self.codec,
            payload: payload.into(),
        }
    }
}

fn vp8(picture_id: u16, height: u16, keyframe: bool) -> Vec<u8> {
    let [high, low] = (picture_id & 0x7fff).to_be_bytes();
    let [lines_low, lines_high] = height.to_le_bytes();
    let tag = u8::from(!keyframe);
    let mut payload = vec![0x90, 0xe0, 0x80 | high, low, low, 0x20, tag, 0, 0];
    payload.extend([0x9d, 1, 0x2a, 0x40, 1, lines_low, lines_high]);
    payload
}

impl World {
    #[allow(
        clippy::disallowed_methods,
        reason = "an Instant can only be had from the clock"
    )]
    pub fn new(shards: usize) -> Self {
        let forwarding = EngineConfig { forwarding: true };
        let now = Instant::now();
        Self {
            engines: (0..shards).map(|_| Engine::new(forwarding)).collect(),
            homes: BTreeMap::new(),
            now,
            start: now,
            cameras: BTreeMap::new(),
            seen: BTreeMap::new(),
            sent: Vec::new(),
            asked: Vec::new(),
            wanted: BTreeMap::new(),
            lossy: false,
            talked: 0,
            late: 0,
            packets: 0,
            waiting: Vec::new(),
        }
    }

    /// A session that is up, on the next shard in turn, and a member of OPS.
    pub fn member(&mut self, video_slots: usize) -> SessionId {
        self.member_with(vec![BOTH; video_slots])
    }

    pub fn member_with(&mut self, video_slots: Vec<CodecSet>) -> SessionId {
        let count = self.homes.len();
        let session = SessionId(count as u64 + 1);
        self.homes.insert(session, count % self.engines.len());
        let add = Input::Add {
            session,
            audio_slots: 3,
            video_slots,
            publishes: true,
            seed: 0x1234_5678_9abc_def0 ^ session.0,
        };
        self.tell(session, add);
        self.tell(session, Input::Up(session));
        self.join(OPS, session);
        session
    }

    pub fn join(&mut self, room: RoomId, session: SessionId) {
        let hear = true;
        self.tell(
            session,
            Input::Join {
                room,
                session,
                hear,
            },
        );
    }

    pub fn show(&mut self, room: RoomId, picture: Picture, on: bool) {
        let Picture { session, kind } = picture;
        self.tell(
            session,
            Input::Show {
                room,
                session,
                kind,
                on,
            },
        );
    }

    /// A member whose camera is seen in OPS.
    pub fn shower(&mut self, layers: &[(u16, u64)]) -> SessionId {
        let session = self.member(0);
        self.shows(camera(session), layers);
        session
    }

    pub fn shows(&mut self, picture: Picture, layers: &[(u16, u64)]) {
        self.cameras.insert(picture, Camera::new(layers));
        self.show(OPS, picture, true);
    }

    pub fn watch(&mut self, session: SessionId, slot: u8, picture: Option<Picture>, height: u16) {
        let watch = Watch { picture, height };
        self.tell(
            session,
            Input::Watch {
                session,
                slot,
                watch,
            },
        );
    }

    pub fn downlink(&mut self, session: SessionId, bits_per_s: u64) {
        self.tell(
            session,
            Input::Downlink {
                session,
                bits_per_s,
            },
        );
    }

    /// Its gate is open and it makes sound once.
    pub fn talk(&mut self, session: SessionId) {
        let talkspurt = TalkspurtId(1);
        let open = Input::OpenGate {
            room: OPS,
            session,
            talkspurt,
            limit: None,
        };
        self.tell(session, open);
        self.mumble(session);
    }

    /// It makes sound once, whether it may be heard or not.
    pub fn mumble(&mut self, session: SessionId) {
        self.talked += 1;
        let packet = MediaPacket {
            stream: 1,
            seq: self.talked,
            timestamp: 0,
            marker: false,
            level: Some(Level {
                dbov: -20,
                voice: true,
            }),
            payload: vec![1; 40].into(),
        };
        self.tell(session, Input::Packet { session, packet });
    }

    /// Every camera sends its frames for this long.
    pub fn run(&mut self, ms: u64) {
        for _ in 0..ms / FRAME_MS {
            self.frame();
            self.wait(FRAME_MS);
        }
    }

    /// Every camera sends one frame of every layer that it sends.
    pub fn frame(&mut self) {
        let late = std::mem::take(&mut self.waiting);
        let pictures: Vec<Picture> = self.cameras.keys().copied().collect();
        for picture in pictures {
            for rank in 0..self.cameras[&picture].layers.len() {
                self.send(picture, rank);
            }
        }
        for (session, packet) in late {
            self.video(session, packet);
        }
    }

    fn send(&mut self, picture: Picture, rank: usize) {
        let elapsed = self.elapsed_ms();
        let camera = self.cameras.get_mut(&picture).unwrap();
        if camera.layers[rank].sends {
            let packet = camera.packet(picture, rank, elapsed);
            self.packets += 1;
            if self.late > 0 && self.packets.is_multiple_of(self.late) {
                self.waiting.push((picture.session, packet));
            } else {
                self.video(picture.session, packet);
            }
        }
    }

    pub fn video(&mut self, session: SessionId, packet: VideoPacket) {
        self.tell(session, Input::Video { session, packet });
    }

    /// A packet as the camera would send it next, kept from the engine.
    pub fn withheld(&mut self, picture: Picture, rank: usize) -> VideoPacket {
        let elapsed = self.elapsed_ms();
        let camera = self.cameras.get_mut(&picture).unwrap();
        camera.packet(picture, rank, elapsed)
    }

    pub fn tell(&mut self, session: SessionId, input: Input) {
        self.handle(self.homes[&session], input);
    }

    fn others(&self, shard: usize) -> impl Iterator<Item = usize> + use<> {
        (0..self.engines.len()).filter(move |other| *other != shard)
    }

    fn handle(&mut self, shard: usize, input: Input) {
        self.engines[shard].handle(input, self.now);
        let me = ShardId(shard as u8);
        loop {
            match self.engines[shard].poll_output() {
                Output::Timeout(_) => return,
                Output::Copy { shard, copy } => {
                    self.handle(usize::from(shard.0), Input::Copy(copy));
                }
                Output::Release { shard, source } => {
                    self.handle(usize::from(shard.0), Input::Release(source));
                }
                Output::Hearing { room, hearing } => {
                    for other in self.others(shard) {
                        let shard = me;
                        let input = Input::RemoteHearing {
                            shard,
                            room,
                            hearing,
                        };
                        self.handle(other, input);
                    }
                }
                Output::VideoCopy { .. } if self.lossy => {}
                Output::VideoCopy { shard, copy } => {
                    self.handle(usize::from(shard.0), Input::VideoCopy(copy));
                }
                Output::VideoRelease { shard, picture } => {
                    self.handle(usize::from(shard.0), Input::VideoRelease(picture));
                }
                Output::Seeing { room, seeing } => {
                    for other in self.others(shard) {
                        let shard = me;
                        let input = Input::RemoteSeeing {
                            shard,
                            room,
                            seeing,
                        };
                        self.handle(other, input);
                    }
                }
                Output::RemoteKeyframe { picture, layer } => {
                    for other in self.others(shard) {
                        self.handle(other, Input::RemoteKeyframe { picture, layer });
                    }
                }
                output => self.note(output),
            }
        }
    }

    fn note(&mut self, output: Output) {
        match output {
            Output::Video(forward) => {
                self.check(&forward);
                self.sent.push(forward);
            }
            Output::Picture {
                session,
                slot,
                picture,
                timestamp,
                layer,
                paused,
            } => {
                let seen = self.seen.entry((session, slot)).or_default();
                (seen.picture, seen.layer, seen.paused) = (picture, layer, paused);
                (seen.fresh, seen.told_at) = (true, Some(timestamp));
            }
            Output::Keyframe {
                session,
                kind,
                layer,
            } => {
                let picture = Picture { session, kind };
                self.asked.push((self.elapsed_ms(), picture, layer));
                if let Some(camera) = self.cameras.get_mut(&picture)
                    && let Some(layer) = camera.layers.get_mut(usize::from(layer))
                {
                    layer.keyframe_due = true;
                }
            }
            Output::Wanted {
                session,
                bits_per_s,
            } => {
                self.wanted.insert(session, bits_per_s);
            }
            _ => {}
        }
    }

    /// What holds of every packet that a viewer gets.
    fn check(&mut self, forward: &VideoForward) {
        let seen = self.seen.get_mut(&(forward.to, forward.slot)).unwrap();
        assert_eq!(Some(forward.picture), seen.picture, "in another's place");
        assert!(!seen.paused, "told to be paused");
        let frame = forward.codec == VideoCodec::Vp8;
        let id = frame.then(|| u16::from_be_bytes([forward.payload[2], forward.payload[3]]));
        let keyframe = match forward.codec {
            VideoCodec::Vp8 => forward.payload[6] & 1 == 0,
            VideoCodec::H264 => forward.payload[0] == 0x18,
        };
        if std::mem::take(&mut seen.fresh) {
            assert!(keyframe, "begins without a keyframe");
            assert_eq!(seen.told_at, Some(forward.timestamp));
        }
        if let Some((seq, timestamp, before)) = seen.newest
            && forward.seq > seq
        {
            let step = forward.timestamp.wrapping_sub(timestamp).cast_signed();
            assert!(step >= 0, "time went back by {step}");
            if let (Some(id), Some(before), 1) = (id, before, forward.seq - seq) {
                assert_eq!(id.wrapping_sub(before) & 0x7fff, 1, "picture ids");
            }
        }
        if seen.newest.is_none_or(|(seq, ..)| forward.seq > seq) {
            seen.newest = Some((forward.seq, forward.timestamp, id));
        }
        seen.packets += 1;
    }

    /// Let time pass, stopping at every deadline.
    pub fn wait(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        loop {
            let next = (0..self.engines.len())
                .filter_map(|k| self.deadline(k).map(|at| (at, k)))
                .min();
            match next {
                Some((at, shard)) if at <= until => {
                    self.now = self.now.max(at);
                    self.handle(shard, Input::Timeout);
                }
                _ => break,
            }
        }
        self.now = until;
    }

    fn deadline(&mut self, shard: usize) -> Option<Instant> {
        match self.engines[shard].poll_output() {
            Output::Timeout(at) => at,
            other => panic!("left over: {other:?}"),
        }
    }

    pub fn elapsed_ms(&self) -> u64 {
        (self.now - self.start).as_millis() as u64
    }

    /// Whose pictures the viewer's slots were told to carry; 0 for none.
    pub fn slots(&self, viewer: SessionId) -> Vec<u64> {
        let own = self.seen.iter().filter(|((to, _), _)| *to == viewer);
        own.map(|(_, seen)| seen.picture.map_or(0, |picture| picture.session.0))
            .collect()
    }

    pub fn slot(&self, viewer: SessionId, slot: u8) -> &Seen {
        &self.seen[&(viewer, slot)]
    }

    /// What came to the viewer since the last call.
    pub fn taken(&mut self, viewer: SessionId) -> Vec<VideoForward> {
        let sent = std::mem::take(&mut self.sent);
        let own = sent.into_iter().filter(|forward| forward.to == viewer);
        own.collect()
    }

    pub fn stats(&self, session: SessionId) -> Stats {
        self.engines[self.homes[&session]].stats()
    }
}
