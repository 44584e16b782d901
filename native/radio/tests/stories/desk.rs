//! The hub's side with one bridge and one channel, and a clock for stories.

use radio::hub::{Ask, Bounds, Event, Hub, Output, Packet, Sound, Topic};
use radio::message::{Audio, Echo, FloorDown, FloorUp, HeartbeatDown, HeartbeatUp, Load, Source};
use radio::{MS, Micros, SECOND};

use crate::rig::CODEC;

pub const CHANNEL: u64 = 1;
pub const SESSION: &str = "7K3F9QXA";
/// The bridge's clock minus the hub's.
pub const OFFSET: Micros = 333 * SECOND;

pub struct Desk {
    pub hub: Hub,
    pub now: Micros,
    pub pulses: bool,
    /// Answers each probe, with this round trip.
    pub answers: Option<Micros>,
    pub log: Vec<(Micros, Output)>,
    beats: u64,
    rtp: (u16, u32),
}

impl Desk {
    pub fn unlinked() -> Self {
        let now = 50 * SECOND;
        let mut hub = Hub::new(12, Bounds::default(), now);
        assert!(hub.open(CHANNEL, "hill", "vhf1", CODEC));
        Self {
            hub,
            now,
            pulses: true,
            answers: Some(40 * MS),
            log: Vec::new(),
            beats: 0,
            rtp: (100, 7_777),
        }
    }

    /// A bridge that is there and near.
    pub fn new() -> Self {
        let mut desk = Self::unlinked();
        desk.hub.link(true, desk.now);
        assert!(desk.hub.expect("hill", SESSION, desk.now));
        desk.run(1_500);
        desk.log.clear();
        desk
    }

    pub fn collect(&mut self) {
        let now = self.now;
        let mut probes = Vec::new();
        while let Some(output) = self.hub.poll() {
            if let Output::Publish(publish) = &output
                && &*publish.topic == "hill/dn/hb"
            {
                probes.push(HeartbeatDown::decode(&publish.payload).unwrap());
            }
            self.log.push((now, output));
        }
        if let Some(round_trip) = self.answers {
            for probe in probes {
                self.beat(Some(probe), round_trip);
            }
        }
    }

    /// The answer to a probe, as it would have come by now.
    fn beat(&mut self, probe: Option<HeartbeatDown>, round_trip: Micros) {
        let sent = self.now + OFFSET - round_trip / 2;
        let echo = probe.map(|probe| Echo {
            sequence: probe.sequence,
            sent: probe.sent - round_trip,
            received: sent,
        });
        let beat = HeartbeatUp {
            session: SESSION,
            sequence: self.beats,
            sent,
            wall_ms: 0,
            echo,
            load: Load::default(),
        };
        self.beats += 1;
        let topic = Topic::Heartbeat { bridge: "hill" };
        self.hub.message(&topic, &beat.encode(), false, self.now);
        self.collect();
    }

    pub fn run(&mut self, ms: Micros) {
        let end = self.now + ms * MS;
        while self.now < end {
            if self.pulses {
                self.hub.pulse(self.now);
            }
            self.hub.tick(self.now);
            self.collect();
            let due = self.hub.deadline().max(self.now + 1);
            let pulse = self.now + 500 * MS;
            self.now = due.min(pulse).min(end);
        }
        self.hub.tick(self.now);
        self.collect();
    }

    pub fn ask(token: u32) -> Ask {
        Ask {
            token,
            retry_token: token + 1_000,
            priority: 64,
            limit_ms: 0,
            source: Source::default(),
            origin: "web:5".into(),
            hop: 0,
        }
    }

    pub fn key(&mut self, token: u32) {
        self.give(Self::ask(token));
    }

    pub fn give(&mut self, ask: Ask) {
        self.hub.key(CHANNEL, ask, self.now);
        self.collect();
    }

    pub fn answer(&mut self, answer: &FloorUp) {
        let topic = Topic::Floor {
            bridge: "hill",
            channel: "vhf1",
        };
        self.hub.message(&topic, &answer.encode(), false, self.now);
        self.collect();
    }

    pub fn grant(&mut self, token: u32) {
        self.answer(&FloorUp::Grant {
            token,
            ready_ms: 0,
            limit_ms: 60_000,
            sent: self.now + OFFSET,
        });
    }

    pub fn idle(&mut self, token: u32) {
        self.answer(&FloorUp::Idle {
            token,
            air_ms: 100,
            frames: 5,
            late: 0,
            gaps: 0,
        });
    }

    /// The media plane sends a packet.
    pub fn packet(&mut self) {
        self.rtp = (self.rtp.0.wrapping_add(1), self.rtp.1.wrapping_add(960));
        let packet = Packet {
            sequence: self.rtp.0,
            timestamp: self.rtp.1,
            payload: vec![self.rtp.0 as u8; 3],
            arrived: self.now,
        };
        self.hub.packet(CHANNEL, packet, self.now);
        self.collect();
    }

    pub fn speak(&mut self, packets: usize) {
        for _ in 0..packets {
            self.packet();
            self.run(20);
        }
    }

    pub fn receive(&mut self, audio: &Audio<'_>) {
        let topic = Topic::Received {
            bridge: "hill",
            channel: "vhf1",
        };
        self.hub.message(&topic, &audio.encode(), false, self.now);
        self.collect();
    }

    // -- what came out -----------------------------------------------------------------------

    pub fn events(&self) -> Vec<Event> {
        let event = |(_, output): &(Micros, Output)| match output {
            Output::Event(Event::Heartbeat { .. }) => None,
            Output::Event(event) => Some(event.clone()),
            _ => None,
        };
        self.log.iter().filter_map(event).collect()
    }

    pub fn payloads(&self, topic: &str) -> Vec<(Micros, Vec<u8>)> {
        let payload = |(at, output): &(Micros, Output)| match output {
            Output::Publish(publish) if &*publish.topic == topic => {
                Some((*at, publish.payload.clone()))
            }
            _ => None,
        };
        self.log.iter().filter_map(payload).collect()
    }

    pub fn floor(&self) -> Vec<FloorDown> {
        let sent = self.payloads("hill/dn/ch/vhf1/floor");
        let decode = |(_, payload): (Micros, Vec<u8>)| FloorDown::decode(&payload).unwrap();
        sent.into_iter().map(decode).collect()
    }

    pub fn tx(&self) -> Vec<(Micros, Vec<u8>)> {
        self.payloads("hill/dn/ch/vhf1/tx")
    }

    pub fn sounds(&self) -> Vec<(Micros, Sound)> {
        let sound = |(at, output): &(Micros, Output)| match output {
            Output::Sound(sound) => Some((*at, sound.clone())),
            _ => None,
        };
        self.log.iter().filter_map(sound).collect()
    }
}
