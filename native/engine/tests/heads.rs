//! Stories of what a browser says between its press and its grant, and of who joins late; in virtual time.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use engine::{
    Engine, EngineConfig, Forward, HEAD, Input, Level, MediaPacket, Output, RoomId, SessionId,
    TalkspurtId,
};

const ROOM: RoomId = RoomId(1);
const TALKER: SessionId = SessionId(1);
const LISTENER: SessionId = SessionId(2);
const OTHER: SessionId = SessionId(3);

/// Two talkers and a listener with one slot, and when each packet came to whom.
struct World {
    engine: Engine,
    now: Instant,
    heard: Vec<(Instant, Forward)>,
}

impl World {
    #[allow(clippy::disallowed_methods, reason = "an Instant needs the clock")]
    fn new() -> Self {
        let engine = Engine::new(EngineConfig { forwarding: true });
        let (now, heard) = (Instant::now(), Vec::new());
        let mut world = Self { engine, now, heard };
        for session in [TALKER, LISTENER, OTHER] {
            world.come(session);
        }
        world
    }

    fn come(&mut self, session: SessionId) {
        self.tell(Input::Add {
            session,
            audio_slots: 1,
            video_slots: Vec::new(),
            publishes: true,
            seed: 9,
        });
        self.tell(Input::Join {
            room: ROOM,
            session,
            hear: true,
        });
        self.tell(Input::Up(session));
    }

    fn tell(&mut self, input: Input) {
        self.engine.handle(input, self.now);
        self.drain();
    }

    /// Until when nothing is due.
    fn drain(&mut self) -> Option<Instant> {
        loop {
            match self.engine.poll_output() {
                Output::Timeout(at) => return at,
                Output::Forward(forward) => self.heard.push((self.now, forward)),
                _ => {}
            }
        }
    }

    fn grant(&mut self, session: SessionId, limit: Option<Duration>) {
        self.tell(Input::OpenGate {
            room: ROOM,
            session,
            talkspurt: TalkspurtId(1),
            limit,
        });
    }

    fn shut(&mut self, session: SessionId) {
        let room = ROOM;
        self.tell(Input::ShutGate { room, session });
    }

    /// One packet every 20 ms, the first one now; ends 20 ms after the last.
    fn speak(&mut self, session: SessionId, seqs: std::ops::Range<u64>) {
        for seq in seqs {
            self.tell(Input::Packet {
                session,
                packet: packet(seq),
            });
            self.wait(20);
        }
    }

    fn wait(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while let Some(at) = self.drain().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.tell(Input::Timeout);
        }
        self.now = until;
    }

    /// What the listener heard of a talker since the last question.
    fn heard(&mut self, talker: SessionId) -> Vec<u64> {
        let heard = std::mem::take(&mut self.heard);
        let to_listener = heard
            .iter()
            .filter(|(_, forward)| forward.to == LISTENER && forward.source == talker);
        to_listener.map(|(_, forward)| spoken(forward)).collect()
    }
}

fn packet(seq: u64) -> MediaPacket {
    MediaPacket {
        stream: 1,
        seq,
        timestamp: (seq * 960) as u32,
        marker: false,
        level: Some(Level {
            dbov: -20,
            voice: true,
        }),
        payload: seq.to_be_bytes().as_slice().into(),
    }
}

/// The sequence number that the talker gave it.
fn spoken(forward: &Forward) -> u64 {
    u64::from_be_bytes(forward.payload[..8].try_into().unwrap())
}

const GRANT: Option<Duration> = Some(Duration::from_secs(30));

#[test]
fn what_was_said_since_the_press_is_heard_first_in_order_and_at_most_three_packets_a_tick() {
    let mut world = World::new();
    world.speak(TALKER, 0..20);
    let granted = world.now;
    world.grant(TALKER, GRANT);
    world.speak(TALKER, 20..60);
    let heard = std::mem::take(&mut world.heard);
    let to_listener: Vec<_> = heard.iter().filter(|(_, f)| f.to == LISTENER).collect();
    let seqs: Vec<u64> = to_listener.iter().map(|(_, f)| spoken(f)).collect();
    assert_eq!(seqs, (0..60).collect::<Vec<_>>());
    for pair in to_listener.windows(2) {
        let (before, after) = (&pair[0].1, &pair[1].1);
        assert_eq!(after.seq, before.seq + 1);
        assert_eq!(after.timestamp, before.timestamp.wrapping_add(960));
    }
    for tick in 0..60 {
        let begins = granted + Duration::from_millis(20 * tick);
        let ends = begins + Duration::from_millis(20);
        let in_tick = to_listener
            .iter()
            .filter(|(at, _)| (begins..ends).contains(at));
        assert!(in_tick.count() <= 3, "tick {tick}");
    }
    // It has caught up: the last packet came when it was said.
    let last = to_listener.last().unwrap().0;
    assert!(world.now - last <= Duration::from_millis(20));
}

#[test]
fn a_denied_press_leaves_nothing_for_the_next_grant() {
    let mut world = World::new();
    world.speak(TALKER, 0..10);
    world.shut(TALKER);
    world.speak(TALKER, 10..12);
    world.grant(TALKER, GRANT);
    world.speak(TALKER, 12..15);
    assert_eq!(world.heard(TALKER), [10, 11, 12, 13, 14]);
}

#[test]
fn no_more_than_half_a_second_is_held() {
    let mut world = World::new();
    world.speak(TALKER, 0..200);
    world.grant(TALKER, GRANT);
    world.wait(1_000);
    let held = world.heard(TALKER);
    let most = (HEAD.as_millis() / 20) as u64;
    assert_eq!(held, (200 - most..200).collect::<Vec<_>>());
}

#[test]
fn a_room_that_opens_to_all_hears_nobody_from_before() {
    let mut world = World::new();
    world.speak(TALKER, 0..10);
    world.grant(TALKER, None);
    world.speak(TALKER, 10..12);
    assert_eq!(world.heard(TALKER), [10, 11]);
}

#[test]
fn who_lets_go_while_the_head_is_still_on_its_way_is_heard_to_the_last_word() {
    let mut world = World::new();
    world.speak(TALKER, 0..20);
    world.grant(TALKER, GRANT);
    world.speak(TALKER, 20..22);
    world.shut(TALKER);
    assert_eq!(world.heard(TALKER), (0..22).collect::<Vec<_>>());
    world.wait(1_000);
    assert_eq!(world.heard(TALKER), []);
}

#[test]
fn a_head_lies_behind_what_its_slot_played_last() {
    let mut world = World::new();
    world.grant(OTHER, GRANT);
    for seq in 0..20 {
        world.tell(Input::Packet {
            session: TALKER,
            packet: packet(1_000 + seq),
        });
        world.speak(OTHER, seq..seq + 1);
    }
    world.shut(OTHER);
    world.grant(TALKER, GRANT);
    world.speak(TALKER, 1_020..1_040);
    let heard = std::mem::take(&mut world.heard);
    let forwards: Vec<_> = heard
        .iter()
        .map(|(_, forward)| forward)
        .filter(|forward| forward.to == LISTENER)
        .collect();
    assert_eq!(forwards.len(), 60);
    for pair in forwards.windows(2) {
        assert_eq!(pair[1].seq, pair[0].seq + 1);
        let ahead = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!((960..48_000).contains(&ahead), "{ahead}");
    }
}

#[test]
fn a_new_stream_does_not_continue_the_head_of_the_old_one() {
    let mut world = World::new();
    world.speak(TALKER, 0..5);
    let other_stream = MediaPacket {
        stream: 2,
        ..packet(50)
    };
    world.tell(Input::Packet {
        session: TALKER,
        packet: other_stream,
    });
    world.grant(TALKER, GRANT);
    assert_eq!(world.heard(TALKER), [50]);
}

#[test]
fn who_joins_while_somebody_talks_hears_the_next_packet() {
    let mut world = World::new();
    world.grant(TALKER, GRANT);
    world.speak(TALKER, 0..50);
    let late = SessionId(9);
    world.come(late);
    world.speak(TALKER, 50..55);
    let first = world.heard.iter().find(|(_, f)| f.to == late).unwrap();
    assert_eq!(spoken(&first.1), 50);
    assert!(first.1.marker, "a talkspurt begins on its slot");
}
