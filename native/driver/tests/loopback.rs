//! The whole plane over real sockets on loopback, with one shard and with three.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "real sockets and time"
)]

mod caller;

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use caller::{LISTENER, PATIENCE, TALKER, World, config};
use driver::command::AcceptCommand;
use driver::{Busy, Event, Plane, PlaneConfig};
use engine::{RoomId, SessionId, TalkspurtId};
use peer::{Channel, Down};

const OPS: RoomId = RoomId(1);

/// First byte of the packets by which [`room`] sees that everybody is connected; tests count below it.
const WARM_UP: u8 = 200;

/// A world of one room in which every talker is heard by everybody else.
fn room(shards: usize, talkers: usize, listeners: usize) -> World {
    let mut world = World::new(&config(shards));
    let offerings = [TALKER]
        .repeat(talkers)
        .into_iter()
        .chain([LISTENER].repeat(listeners));
    for (k, offering) in offerings.enumerate() {
        let index = world.call(offering);
        let session = world.callers[index].session;
        world.plane.join(OPS, session, true).unwrap();
        if k < talkers {
            world
                .plane
                .open_gate(OPS, session, TalkspurtId(k as u64), None)
                .unwrap();
        }
    }
    for talker in 0..talkers {
        let mark = WARM_UP + talker as u8;
        let deadline = Instant::now() + PATIENCE;
        while (0..world.callers.len())
            .any(|k| k != talker && !world.callers[k].heard_bytes().contains(&mark))
        {
            assert!(Instant::now() < deadline, "not everybody hears {talker}");
            world.callers[talker].speak(&[mark, 0, 0]);
            world.turn();
        }
    }
    world
}

/// What the caller heard after the warm-up.
fn numbers(world: &World, caller: usize) -> Vec<u8> {
    world.callers[caller]
        .heard_bytes()
        .into_iter()
        .filter(|number| *number < WARM_UP)
        .collect()
}

fn hear(world: &mut World, who: std::ops::Range<usize>, count: u8) {
    let all = who.clone();
    world.until("all packets", |world| {
        all.clone()
            .all(|caller| numbers(world, caller).len() >= usize::from(count))
    });
    for caller in who {
        assert_eq!(numbers(world, caller), (0..count).collect::<Vec<u8>>());
    }
}

fn everybody_hears_every_packet(shards: usize) {
    let mut world = room(shards, 1, 8);
    for number in 0..100 {
        world.callers[0].speak(&[number, 1, 2, 3]);
        world.turn();
    }
    hear(&mut world, 1..9, 100);
    assert_eq!(
        world.counter("copies_dropped_total") + world.counter("datagrams_dropped_total"),
        0
    );
}

#[test]
fn everybody_hears_every_packet_on_one_shard() {
    everybody_hears_every_packet(1);
}

#[test]
fn everybody_hears_every_packet_on_three_shards() {
    everybody_hears_every_packet(3);
}

fn two_talkers_hear_each_other(shards: usize) {
    let mut world = room(shards, 2, 0);
    for number in 0..50 {
        for talker in 0..2 {
            world.callers[talker].speak(&[number, 1, 2, 3]);
        }
        world.turn();
    }
    hear(&mut world, 0..2, 50);
}

#[test]
fn two_talkers_hear_each_other_on_one_shard() {
    two_talkers_hear_each_other(1);
}

#[test]
fn two_talkers_hear_each_other_on_three_shards() {
    two_talkers_hear_each_other(3);
}

#[test]
fn a_hub_that_stops_for_a_second_loses_no_packet() {
    let mut world = room(3, 1, 3);
    let stopped = Instant::now();
    let mut sent = 0_u8;
    while stopped.elapsed() < Duration::from_secs(1) {
        if stopped.elapsed() >= Duration::from_millis(10) * u32::from(sent) {
            world.callers[0].speak(&[sent, 1, 2, 3]);
            sent += 1;
        }
        // Only the callers move; nobody drains events or sends orders.
        world.callers.iter_mut().for_each(caller::Caller::turn);
    }
    hear(&mut world, 1..4, sent);
}

#[test]
fn with_forwarding_off_everything_works_and_nothing_is_heard() {
    let mut world = World::new(&PlaneConfig {
        forwarding: false,
        ..config(1)
    });
    let (talker, listener) = (world.call(TALKER), world.call(LISTENER));
    for index in [talker, listener] {
        let session = world.callers[index].session;
        world.plane.join(OPS, session, true).unwrap();
        world
            .plane
            .open_gate(OPS, session, TalkspurtId(1), None)
            .unwrap();
    }
    let deadline = Instant::now() + PATIENCE;
    while world.counter("media_received_total") < 50 {
        assert!(Instant::now() < deadline);
        world.callers[talker].speak(&[1, 2, 3]);
        world.turn();
    }
    let session = world.callers[talker].session;
    world.until("talking", |world| {
        world.events.contains(&Event::Talking {
            room: OPS,
            session,
            on: true,
        })
    });
    assert_eq!(world.callers[listener].heard.len(), 0);
}

#[test]
fn data_passes_both_ways_and_unknown_numbers_are_ignored() {
    let mut world = World::new(&config(1));
    let talker = world.call(TALKER);
    let session = world.callers[talker].session;
    world.until("channels", |world| world.callers[talker].open.len() == 2);
    assert!(world.callers[talker].client.send(Channel::Fast, b"press"));
    world.until("press", |world| {
        world
            .events
            .contains(&Event::Data(session, Channel::Fast, b"press".to_vec()))
    });
    world
        .plane
        .send(session, Channel::Reliable, b"granted".to_vec())
        .unwrap();
    world
        .plane
        .send(SessionId(99), Channel::Reliable, b"lost".to_vec())
        .unwrap();
    world.until("granted", |world| {
        world.callers[talker].data == [(Channel::Reliable, b"granted".to_vec())]
    });
}

#[test]
fn a_flood_of_junk_on_the_sockets_disturbs_nobody() {
    let mut world = room(3, 1, 3);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut dice = 88_172_645_463_325_252_u64;
    for number in 0..100 {
        for &port in world.plane.ports() {
            let junk: Vec<u8> = (0..(dice % 1_500))
                .map(|_| {
                    dice ^= dice << 13;
                    dice ^= dice >> 7;
                    dice ^= dice << 17;
                    dice as u8
                })
                .collect();
            socket.send_to(&junk, ("127.0.0.1", port)).unwrap();
            socket.send_to(&[22; 3_000], ("127.0.0.1", port)).unwrap();
        }
        world.callers[0].speak(&[number, 1, 2, 3]);
        world.turn();
    }
    hear(&mut world, 1..4, 100);
    world.until("counts", |world| {
        world.counter("datagrams_garbage_total") >= 300
    });
    assert_eq!(world.counter("sessions"), 4);
}

#[test]
fn the_session_limit_and_a_taken_number_are_refused() {
    let mut world = World::new(&PlaneConfig {
        sessions_max: 2,
        ..config(1)
    });
    world.call(LISTENER);
    world.call(LISTENER);
    let accept = |session| AcceptCommand {
        request: 7,
        session: SessionId(session),
        offer: String::new(),
        audio_slots: 1,
        publishes: false,
        video_slots: 0,
        cameras: false,
    };
    assert_eq!(world.plane.accept(accept(3)), Err(Busy::Sessions));
    world.plane.close(SessionId(2)).unwrap();
    world.until("down", |world| {
        world
            .events
            .contains(&Event::Down(SessionId(2), Down::Closed))
    });
    world.plane.accept(accept(1)).unwrap();
    world.until("refused", |world| {
        matches!(world.events.last(), Some(Event::Refused { request: 7, .. }))
    });
    assert_eq!(world.counter("sessions"), 1);
}

#[test]
fn after_all_sessions_closed_nothing_remains() {
    let mut world = room(3, 1, 5);
    let sessions: Vec<SessionId> = world.callers.iter().map(|caller| caller.session).collect();
    for &session in &sessions {
        world.plane.close(session).unwrap();
    }
    world.until("down", |world| {
        sessions
            .iter()
            .all(|session| world.events.contains(&Event::Down(*session, Down::Closed)))
    });
    world.until("gauges", |world| {
        world.counter("sessions") + world.counter("rooms") == 0
    });
    world.until("farewells", |world| {
        world.callers.iter().all(|caller| caller.down)
    });
}

#[test]
fn stopping_ends_the_threads_in_time() {
    let world = room(3, 1, 2);
    let before = Instant::now();
    world.plane.stop();
    assert!(before.elapsed() < Duration::from_secs(2));
    world.plane.stop();
    assert_eq!(
        world.plane.accept(AcceptCommand {
            request: 1,
            session: SessionId(50),
            offer: String::new(),
            audio_slots: 0,
            publishes: true,
            video_slots: 0,
            cameras: false,
        }),
        Ok(()),
        "taken, and never answered"
    );
}

#[test]
fn a_configuration_that_cannot_work_says_what_to_change() {
    let refused = |config: PlaneConfig| Plane::start(&config).unwrap_err().to_string();
    assert!(
        refused(PlaneConfig {
            shards: 0,
            ..config(1)
        })
        .contains("shards")
    );
    assert!(
        refused(PlaneConfig {
            listen: Vec::new(),
            ..config(1)
        })
        .contains("listen")
    );
    assert!(
        refused(PlaneConfig {
            port: 65_535,
            ..config(3)
        })
        .contains("port")
    );
    let everywhere = vec!["0.0.0.0".parse().unwrap()];
    assert!(
        refused(PlaneConfig {
            listen: everywhere.clone(),
            ..config(1)
        })
        .contains("announce")
    );
    assert!(
        refused(PlaneConfig {
            announce: everywhere,
            ..config(1)
        })
        .contains("announce")
    );
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    assert!(refused(PlaneConfig { port, ..config(1) }).contains(&port.to_string()));
}

#[test]
fn sessions_connect_on_the_announced_address() {
    let listen = vec!["0.0.0.0".parse().unwrap()];
    let announce = vec!["127.0.0.1".parse().unwrap()];
    let mut world = World::new(&PlaneConfig {
        listen,
        announce,
        ..config(1)
    });
    world.call(LISTENER);
}

#[test]
fn sessions_connect_over_either_of_two_addresses() {
    let listen = vec!["127.0.0.2".parse().unwrap(), "127.0.0.1".parse().unwrap()];
    let mut world = World::new(&PlaneConfig {
        listen,
        ..config(2)
    });
    world.call(LISTENER);
    world.call(TALKER);
}
