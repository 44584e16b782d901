//! Stories of rooms, gates, slots and shards, in virtual time and without packets on any wire.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use engine::{
    Engine, EngineConfig, Forward, HANG_TIME, Input, Level, MediaPacket, Output, RoomId, SessionId,
    ShardId, TalkspurtId,
};

const OPS: RoomId = RoomId(1);
const COMMAND: RoomId = RoomId(2);

/// Engines that exchange what they have for each other at once.
struct World {
    engines: Vec<Engine>,
    homes: Vec<usize>,
    now: Instant,
    start: Instant,
    forwarded: Vec<Forward>,
    reports: Vec<Output>,
    turns: Vec<(SessionId, u8, SessionId)>,
    /// Swallow copies between shards.
    lossy: bool,
}

impl World {
    #[allow(
        clippy::disallowed_methods,
        reason = "an Instant can only be had from the clock"
    )]
    fn new(shards: usize, forwarding: bool) -> Self {
        let engines = (0..shards)
            .map(|_| Engine::new(EngineConfig { forwarding }))
            .collect();
        let now = Instant::now();
        let (forwarded, reports) = (Vec::new(), Vec::new());
        Self {
            engines,
            homes: Vec::new(),
            now,
            start: now,
            forwarded,
            reports,
            turns: Vec::new(),
            lossy: false,
        }
    }

    /// A session that is up, on the next shard in turn.
    fn session(&mut self, audio_slots: u8) -> SessionId {
        let id = SessionId(self.homes.len() as u64);
        self.homes.push(self.homes.len() % self.engines.len());
        self.tell(
            id,
            Input::Add {
                session: id,
                audio_slots,
                video_slots: Vec::new(),
                publishes: true,
                seed: 5,
            },
        );
        self.tell(id, Input::Up(id));
        id
    }

    fn member(&mut self, room: RoomId, audio_slots: u8) -> SessionId {
        let id = self.session(audio_slots);
        self.join(room, id);
        id
    }

    fn join(&mut self, room: RoomId, session: SessionId) {
        self.tell(
            session,
            Input::Join {
                room,
                session,
                hear: true,
            },
        );
    }

    fn open(&mut self, room: RoomId, session: SessionId, limit_ms: Option<u64>) {
        let limit = limit_ms.map(Duration::from_millis);
        self.tell(
            session,
            Input::OpenGate {
                room,
                session,
                talkspurt: TalkspurtId(7),
                limit,
            },
        );
    }

    fn shut(&mut self, room: RoomId, session: SessionId) {
        self.tell(session, Input::ShutGate { room, session });
    }

    fn speak(&mut self, session: SessionId, seq: u64) -> Vec<Forward> {
        self.say(session, seq, -20)
    }

    fn say(&mut self, session: SessionId, seq: u64, dbov: i8) -> Vec<Forward> {
        let packet = MediaPacket {
            stream: 1,
            seq,
            timestamp: (seq * 960) as u32,
            marker: false,
            level: Some(Level {
                dbov,
                voice: dbov > -50,
            }),
            payload: vec![seq as u8; 3].into(),
        };
        self.tell(session, Input::Packet { session, packet });
        std::mem::take(&mut self.forwarded)
    }

    fn tell(&mut self, session: SessionId, input: Input) {
        let home = self.homes[session.0 as usize];
        self.handle(home, input);
    }

    fn handle(&mut self, shard: usize, input: Input) {
        self.engines[shard].handle(input, self.now);
        loop {
            match self.engines[shard].poll_output() {
                Output::Timeout(_) => return,
                // Only with phones, of which tests/phones.rs tells.
                Output::Tick(_) | Output::Sound { .. } => {}
                Output::Forward(forward) => self.forwarded.push(forward),
                Output::Copy { .. } if self.lossy => {}
                Output::Copy { shard, copy } => {
                    self.handle(usize::from(shard.0), Input::Copy(copy));
                }
                Output::Release { shard, source } => {
                    self.handle(usize::from(shard.0), Input::Release(source));
                }
                Output::Hearing { room, hearing } => {
                    let me = ShardId(shard as u8);
                    for other in (0..self.engines.len()).filter(|other| *other != shard) {
                        self.handle(
                            other,
                            Input::RemoteHearing {
                                shard: me,
                                room,
                                hearing,
                            },
                        );
                    }
                }
                report @ (Output::Limit { .. } | Output::Talking { .. }) => {
                    self.reports.push(report);
                }
                Output::Slot {
                    session,
                    slot,
                    source,
                } => self.turns.push((session, slot, source)),
                // Nobody here has a picture.
                other => panic!("{other:?}"),
            }
        }
    }

    /// Let time pass, stopping at every deadline.
    fn wait(&mut self, ms: u64) {
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

    /// What was reported since the last call, as text.
    fn reports(&mut self) -> Vec<String> {
        let name = |report: &Output| match report {
            Output::Limit {
                session, talkspurt, ..
            } => format!("limit {} {}", session.0, talkspurt.0),
            Output::Talking { session, on, .. } => format!("talking {} {on}", session.0),
            other => panic!("{other:?}"),
        };
        let reports = self.reports.iter().map(name).collect();
        self.reports.clear();
        reports
    }

    fn elapsed_ms(&self) -> u128 {
        (self.now - self.start).as_millis()
    }
}

fn listeners(forwarded: &[Forward]) -> Vec<u64> {
    let mut listeners: Vec<u64> = forwarded.iter().map(|forward| forward.to.0).collect();
    listeners.sort_unstable();
    listeners
}

#[test]
fn every_other_member_hears_the_talker_on_any_number_of_shards() {
    for shards in [1, 2, 3] {
        let mut world = World::new(shards, true);
        let members: Vec<SessionId> = (0..6).map(|_| world.member(OPS, 1)).collect();
        world.open(OPS, members[0], None);
        assert_eq!(
            listeners(&world.speak(members[0], 1)),
            [1, 2, 3, 4, 5],
            "{shards} shards"
        );
    }
}

#[test]
fn nobody_hears_a_member_whose_gate_is_shut() {
    let mut world = World::new(2, true);
    let (talker, _) = (world.member(OPS, 1), world.member(OPS, 1));
    assert!(world.speak(talker, 1).is_empty());
    world.open(OPS, talker, None);
    assert_eq!(world.speak(talker, 2).len(), 1);
    world.shut(OPS, talker);
    assert!(world.speak(talker, 3).is_empty());
}

#[test]
fn a_listener_in_two_rooms_of_the_talker_hears_each_packet_once() {
    for shards in [1, 2] {
        let mut world = World::new(shards, true);
        let (talker, listener) = (world.member(OPS, 1), world.member(OPS, 1));
        for session in [talker, listener] {
            world.join(COMMAND, session);
        }
        world.open(OPS, talker, None);
        world.open(COMMAND, talker, None);
        assert_eq!(listeners(&world.speak(talker, 1)), [1]);
    }
}

#[test]
fn a_member_that_does_not_hear_gets_nothing() {
    let mut world = World::new(1, true);
    let (talker, deaf) = (world.member(OPS, 1), world.session(1));
    world.tell(
        deaf,
        Input::Join {
            room: OPS,
            session: deaf,
            hear: false,
        },
    );
    world.open(OPS, talker, None);
    assert!(world.speak(talker, 1).is_empty());
}

#[test]
fn who_leaves_hears_no_more() {
    for shards in [1, 2] {
        let mut world = World::new(shards, true);
        let (talker, listener) = (world.member(OPS, 1), world.member(OPS, 1));
        world.open(OPS, talker, None);
        assert_eq!(world.speak(talker, 1).len(), 1);
        world.tell(
            listener,
            Input::Leave {
                room: OPS,
                session: listener,
            },
        );
        assert!(world.speak(talker, 2).is_empty());
    }
}

#[test]
fn no_copy_goes_to_a_shard_where_nobody_hears() {
    let mut world = World::new(2, true);
    let (talker, listener) = (world.member(OPS, 1), world.member(OPS, 1));
    world.open(OPS, talker, None);
    world.tell(listener, Input::Remove(listener));
    world.speak(talker, 1);
    assert_eq!(world.engines[0].stats().copied, 0);
}

#[test]
fn the_engine_shuts_a_gate_at_its_limit_by_itself() {
    for shards in [1, 2] {
        let mut world = World::new(shards, true);
        let (talker, _) = (world.member(OPS, 1), world.member(OPS, 1));
        world.open(OPS, talker, Some(1_000));
        world.wait(999);
        assert_eq!(world.speak(talker, 1).len(), 1);
        world.wait(1);
        assert!(world.speak(talker, 2).is_empty());
        assert_eq!(
            world.reports(),
            ["talking 0 true", "talking 0 false", "limit 0 7"]
        );
        assert_eq!(world.elapsed_ms(), 1_000);
    }
}

#[test]
fn a_gate_opened_anew_has_its_whole_limit() {
    let mut world = World::new(1, true);
    let (talker, _) = (world.member(OPS, 1), world.member(OPS, 1));
    world.open(OPS, talker, Some(1_000));
    world.wait(600);
    world.shut(OPS, talker);
    world.open(OPS, talker, Some(1_000));
    world.wait(999);
    assert_eq!(world.speak(talker, 1).len(), 1);
    world.wait(1);
    assert_eq!(world.engines[0].stats().limits, 1);
}

#[test]
fn sound_is_reported_once_and_ends_after_the_hang_time() {
    let mut world = World::new(1, true);
    let talker = world.member(OPS, 1);
    world.open(OPS, talker, None);
    for seq in 0..10 {
        world.speak(talker, seq);
        world.wait(20);
    }
    assert_eq!(world.reports(), ["talking 0 true"]);
    for seq in 10..100 {
        world.say(talker, seq, -90);
        world.wait(20);
    }
    assert_eq!(world.reports(), ["talking 0 false"]);
    assert!(HANG_TIME < Duration::from_millis(90 * 20));
}

#[test]
fn the_next_talker_gets_the_only_slot_as_soon_as_the_last_one_released() {
    for shards in [1, 3] {
        let mut world = World::new(shards, true);
        let (anna, bert, _) = (
            world.member(OPS, 1),
            world.member(OPS, 1),
            world.member(OPS, 1),
        );
        world.open(OPS, anna, None);
        assert_eq!(listeners(&world.speak(anna, 1)), [1, 2]);
        world.shut(OPS, anna);
        world.open(OPS, bert, None);
        assert_eq!(listeners(&world.speak(bert, 1)), [0, 2], "{shards} shards");
    }
}

#[test]
fn packets_withheld_while_the_gate_was_shut_are_no_loss_to_the_listener() {
    for shards in [1, 2] {
        let mut world = World::new(shards, true);
        let (talker, _) = (world.member(OPS, 1), world.member(OPS, 1));
        world.open(OPS, talker, None);
        let before = world.speak(talker, 100);
        world.shut(OPS, talker);
        for seq in 101..600 {
            world.speak(talker, seq);
            world.wait(20);
        }
        world.open(OPS, talker, None);
        let after = world.speak(talker, 600);
        assert_eq!(after[0].seq, before[0].seq + 1, "{shards} shards");
        assert!(after[0].marker);
        assert_eq!(
            after[0].timestamp,
            before[0].timestamp.wrapping_add(499 * 960)
        );
    }
}

#[test]
fn a_loss_before_the_gateway_is_a_gap_to_the_listener() {
    for shards in [1, 2] {
        let mut world = World::new(shards, true);
        let (talker, _) = (world.member(OPS, 1), world.member(OPS, 1));
        world.open(OPS, talker, None);
        let before = world.speak(talker, 100);
        let after = world.speak(talker, 105);
        assert_eq!(after[0].seq, before[0].seq + 5);
        assert!(!after[0].marker);
    }
}

#[test]
fn a_copy_lost_between_shards_is_a_gap_to_the_listener() {
    let mut world = World::new(2, true);
    let (talker, _) = (world.member(OPS, 1), world.member(OPS, 1));
    world.open(OPS, talker, None);
    let before = world.speak(talker, 1);
    world.lossy = true;
    world.speak(talker, 2);
    world.lossy = false;
    assert_eq!(world.speak(talker, 3)[0].seq, before[0].seq + 2);
}

#[test]
fn two_talkers_take_turns_on_one_slot_without_a_break_in_its_timeline() {
    let mut world = World::new(1, true);
    let (anna, bert, carl) = (
        world.member(OPS, 1),
        world.member(OPS, 1),
        world.member(OPS, 1),
    );
    let mut heard = Vec::new();
    for (talker, first) in [(anna, 5_000), (bert, 70), (anna, 9_000)] {
        world.open(OPS, talker, None);
        for seq in first..first + 5 {
            heard.extend(
                world
                    .speak(talker, seq)
                    .into_iter()
                    .filter(|forward| forward.to == carl),
            );
            world.wait(20);
        }
        world.shut(OPS, talker);
        world.wait(100);
    }
    for pair in heard.windows(2) {
        assert_eq!(pair[1].seq, pair[0].seq + 1);
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!((960..48_000).contains(&step), "{step}");
    }
    let markers: Vec<usize> = (0..15).filter(|k| heard[*k].marker).collect();
    assert_eq!(markers, [0, 5, 10]);
}

#[test]
fn a_third_talker_is_heard_when_one_of_two_falls_silent() {
    for shards in [1, 3] {
        let mut world = World::new(shards, true);
        let talkers = [
            world.member(OPS, 2),
            world.member(OPS, 2),
            world.member(OPS, 2),
        ];
        let listener = world.member(OPS, 2);
        for talker in talkers {
            world.open(OPS, talker, None);
        }
        let hears = |world: &mut World, talker, seq, dbov| {
            world
                .say(talker, seq, dbov)
                .iter()
                .any(|forward| forward.to == listener)
        };
        for seq in 0..100 {
            // Sound of the first ends at 380 ms.
            let dbov = if seq < 20 { -20 } else { -90 };
            let gone = seq * 20 > 380 + 120;
            assert_eq!(hears(&mut world, talkers[0], seq, dbov), !gone, "{seq}");
            assert!(hears(&mut world, talkers[1], seq, -20));
            assert_eq!(
                hears(&mut world, talkers[2], seq, -20),
                seq * 20 >= 380 + 120,
                "{seq}"
            );
            world.wait(20);
        }
    }
}

#[test]
fn a_listener_is_told_who_is_in_a_slot_before_the_first_packet_and_not_again() {
    for shards in [1, 3] {
        let mut world = World::new(shards, true);
        let (anna, bert) = (world.member(OPS, 1), world.member(OPS, 1));
        let listener = world.member(OPS, 1);
        let turns = |world: &mut World| {
            let mut turns = std::mem::take(&mut world.turns);
            turns.retain(|(session, ..)| *session == listener);
            turns
        };
        for (talker, told) in [
            (anna, vec![(listener, 0, anna)]),
            (anna, vec![]),
            (bert, vec![(listener, 0, bert)]),
        ] {
            world.open(OPS, talker, None);
            for seq in 0..5 {
                world.speak(talker, seq);
                world.wait(20);
            }
            world.shut(OPS, talker);
            assert_eq!(turns(&mut world), told, "{shards} shards");
        }
    }
}

#[test]
fn a_source_that_changes_its_ssrc_goes_on_without_a_gap() {
    let mut world = World::new(1, true);
    let (talker, _) = (world.member(OPS, 1), world.member(OPS, 1));
    world.open(OPS, talker, None);
    let before = world.speak(talker, 500);
    let packet = MediaPacket {
        stream: 2,
        seq: 510,
        timestamp: 77,
        marker: false,
        level: None,
        payload: vec![1; 9].into(),
    };
    world.tell(
        talker,
        Input::Packet {
            session: talker,
            packet,
        },
    );
    assert_eq!(world.forwarded[0].seq, before[0].seq + 1);
}

#[test]
fn with_forwarding_off_sound_is_seen_and_nothing_is_heard() {
    let mut world = World::new(2, false);
    let (talker, _) = (world.member(OPS, 1), world.member(OPS, 1));
    world.open(OPS, talker, None);
    assert!(world.speak(talker, 1).is_empty());
    assert_eq!(world.reports(), ["talking 0 true"]);
}

#[test]
fn a_talker_that_floods_is_cut_and_does_not_silence_the_others() {
    let mut world = World::new(1, true);
    let (flooder, talker, _) = (
        world.member(OPS, 2),
        world.member(OPS, 2),
        world.member(OPS, 2),
    );
    world.open(OPS, flooder, None);
    world.open(OPS, talker, None);
    let mut passed = 0;
    for seq in 0..10_000 {
        passed += usize::from(!world.speak(flooder, seq).is_empty());
    }
    assert!(passed <= 500, "{passed}");
    assert_eq!(world.engines[0].stats().flooded, 10_000 - passed as u64);
    assert_eq!(world.speak(talker, 1).len(), 2);
}

#[test]
fn orders_for_strangers_are_ignored_and_counted() {
    let mut world = World::new(1, true);
    let stranger = SessionId(99);
    world.homes.resize(100, 0);
    world.open(OPS, stranger, None);
    world.join(OPS, stranger);
    world.shut(OPS, stranger);
    world.speak(stranger, 1);
    assert_eq!(world.engines[0].stats().ignored, 3);
}

#[test]
fn after_everybody_left_nothing_remains() {
    let mut world = World::new(3, true);
    let members: Vec<SessionId> = (0..9).map(|_| world.member(OPS, 2)).collect();
    for &member in &members {
        world.open(OPS, member, Some(60_000));
        world.speak(member, 1);
    }
    for &member in &members {
        world.tell(member, Input::Remove(member));
    }
    world.wait(120_000);
    for shard in 0..3 {
        assert_eq!(world.engines[shard].population(), (0, 0));
        assert_eq!(world.deadline(shard), None);
    }
}
