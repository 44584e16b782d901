//! A bridge's fence, a hub that talks to it, and a clock that both stories and hub turn.

use radio::fence::{Action, Fence, Settings, Terms};
use radio::message::{Audio, Flags, FloorDown, FloorUp, HeartbeatDown, HubState, Key, Source};
use radio::{MS, Micros, SECOND};

pub const CODEC: &str = "opus/48000/1";
/// The bridge booted this much before the hub did.
const SKEW: Micros = 7_000 * SECOND;
const FRAME_TICKS: u64 = 960;

pub fn settings() -> Settings {
    Settings {
        codec: CODEC.into(),
        frame_ms: 20,
        ready_ms: 0,
        tail_ms: 0,
        playout_ms: 60,
        busy_lockout: true,
    }
}

pub fn terms() -> Terms {
    Terms {
        transmit: true,
        ..Terms::OFF
    }
}

pub struct Rig {
    pub fence: Fence,
    pub now: Micros,
    pub epoch: u64,
    /// Heartbeats go out each second of virtual time.
    pub beats: bool,
    pub log: Vec<(Micros, Action)>,
    next_beat: Micros,
    probe: u64,
}

impl Rig {
    /// A fence that nobody has spoken to.
    pub fn silent(settings: Settings) -> Self {
        Self {
            fence: Fence::new(settings).unwrap(),
            now: SKEW + 100 * SECOND,
            epoch: 12,
            beats: false,
            log: Vec::new(),
            next_beat: 0,
            probe: 0,
        }
    }

    /// A fence that may transmit and knows the hub's clock.
    pub fn new() -> Self {
        Self::with(settings(), terms())
    }

    pub fn with(settings: Settings, terms: Terms) -> Self {
        let mut rig = Self::silent(settings);
        let actions = rig.fence.configure(terms, rig.now).unwrap();
        rig.note(actions);
        rig.connect();
        rig.beats = true;
        rig.next_beat = rig.now;
        rig.run(1_500);
        rig
    }

    pub fn connect(&mut self) {
        let actions = self.fence.broker(true, self.now);
        self.note(actions);
        self.hub_state(true);
    }

    /// The hub's clock.
    pub fn hub(&self) -> Micros {
        self.now - SKEW
    }

    pub fn note(&mut self, actions: Vec<Action>) {
        let now = self.now;
        self.log
            .extend(actions.into_iter().map(|action| (now, action)));
    }

    pub fn hub_state(&mut self, on: bool) {
        let state = HubState {
            on,
            epoch: self.epoch,
        };
        let actions = self.fence.hub_state(&state.encode(), self.now);
        self.note(actions);
    }

    pub fn beat(&mut self) {
        self.beat_sent(self.hub());
    }

    pub fn beat_sent(&mut self, sent: Micros) {
        let beat = HeartbeatDown {
            epoch: self.epoch,
            sequence: self.probe,
            sent,
        };
        self.probe += 1;
        let actions = self.fence.heartbeat(&beat.encode(), false, self.now);
        self.note(actions);
    }

    /// Lets `ms` pass; the fence is called when it asked to be.
    pub fn run(&mut self, ms: Micros) {
        let end = self.now + ms * MS;
        loop {
            let beat = self.beats.then_some(self.next_beat);
            let next = [beat, self.fence.deadline()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            if beat.is_some_and(|beat| beat <= self.now) {
                self.next_beat = self.now + SECOND;
                self.beat();
            }
            let actions = self.fence.tick(self.now);
            self.note(actions);
        }
        self.now = end;
        let actions = self.fence.tick(end);
        self.note(actions);
    }

    pub fn a_key(&self, token: u32) -> Key {
        Key {
            token,
            priority: 64,
            epoch: self.epoch,
            sent: self.hub(),
            codec: CODEC.into(),
            limit_ms: 0,
            source: Source::default(),
            origin: "sip:101".into(),
            hop: 1,
        }
    }

    pub fn give_key(&mut self, key: Key) {
        self.floor(&FloorDown::Key(key));
    }

    pub fn key(&mut self, token: u32) {
        self.give_key(self.a_key(token));
    }

    pub fn floor(&mut self, message: &FloorDown) {
        let actions = self.fence.floor(&message.encode(), false, self.now);
        self.note(actions);
    }

    pub fn release(&mut self, token: u32, last: u32) {
        self.floor(&FloorDown::Release {
            token,
            last: Some(last),
        });
    }

    pub fn send(&mut self, payload: &[u8]) {
        let actions = self.fence.tx(payload, false, self.now);
        self.note(actions);
    }

    /// Message `q` of an over whose speech began at hub time `began`, 20 ms a message.
    pub fn frame(token: u32, q: u32, began: Micros) -> Vec<u8> {
        let timestamp = u64::from(q) * FRAME_TICKS;
        let content = [token as u8, q as u8, 0xaa];
        let mut audio = Audio::new(token, q, timestamp, &[&content]);
        audio.flags = Flags::default().with(Flags::START, q == 0);
        if q.is_multiple_of(50) {
            audio.captured = Some(began + Micros::from(q) * 20 * MS);
        }
        audio.encode()
    }

    pub fn end(token: u32, q: u32) -> Vec<u8> {
        let mut audio = Audio::new(token, q, u64::from(q) * FRAME_TICKS, &[]);
        audio.flags = Flags::END;
        audio.encode()
    }

    /// Speech from message `from` on, one each 20 ms, in time.
    pub fn speak(&mut self, token: u32, from: u32, count: u32) {
        let began = self.hub() - Micros::from(from) * 20 * MS;
        for q in from..from + count {
            self.send(&Self::frame(token, q, began));
            self.run(20);
        }
    }

    // -- what the fence did ------------------------------------------------------------------

    pub fn answers(&self) -> Vec<FloorUp> {
        let published = |(_, action): &(Micros, Action)| match action {
            Action::Publish(payload) => Some(FloorUp::decode(payload).unwrap()),
            _ => None,
        };
        self.log.iter().filter_map(published).collect()
    }

    pub fn last_answer(&self) -> FloorUp {
        self.answers().pop().expect("an answer")
    }

    /// Number of each frame that was put on air.
    pub fn played(&self) -> Vec<u8> {
        let played = |(_, action): &(Micros, Action)| match action {
            Action::Play { frame, .. } => Some(frame[1]),
            _ => None,
        };
        self.log.iter().filter_map(played).collect()
    }

    pub fn ptt(&self) -> bool {
        let told = |(_, action): &(Micros, Action)| match action {
            Action::Ptt(on) => Some(*on),
            _ => None,
        };
        self.log.iter().rev().find_map(told).unwrap_or(false)
    }

    /// When the transmitter was last switched.
    pub fn switched(&self) -> Micros {
        let told =
            |(at, action): &(Micros, Action)| matches!(action, Action::Ptt(_)).then_some(*at);
        self.log.iter().rev().find_map(told).expect("a switch")
    }

    pub fn why(&self) -> String {
        match self.last_answer() {
            FloorUp::Deny { why, .. } | FloorUp::Revoke { why, .. } => why.as_str().into(),
            other => panic!("{other:?}"),
        }
    }
}
