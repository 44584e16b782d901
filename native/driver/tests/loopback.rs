//! The whole plane over real sockets on loopback, with one shard and with three.
#![allow(clippy::unwrap_used, reason = "tests")]

mod caller;

use caller::{LISTENER, TALKER, World, config};
use engine::{RoomId, TalkspurtId};

const OPS: RoomId = RoomId(1);

fn two_talkers_hear_each_other(shards: usize) {
    let mut world = World::new(&config(shards));
    let anna = world.call(TALKER);
    let bert = world.call(TALKER);
    let carl = world.call(LISTENER);
    for k in [anna, bert, carl] {
        let session = world.callers[k].session;
        world.plane.join(OPS, session, true).unwrap();
    }
    for k in [anna, bert] {
        let session = world.callers[k].session;
        world
            .plane
            .open_gate(OPS, session, TalkspurtId(k as u64), None)
            .unwrap();
    }
    world.until("rooms", |world| world.counter("rooms") >= 1);
    // The first packet that crosses shows that the commands have arrived on every shard.
    world.until("first packet", |world| {
        world.counter("rooms") == shards.min(3) as u64
    });
    for round in 0..50_u8 {
        for k in [anna, bert] {
            world.callers[k].speak(&[round, k as u8, 3, 4]);
        }
        world.turn();
    }
    world.until("all heard", |world| {
        world.callers[anna].heard.len() >= 50 && world.callers[bert].heard.len() >= 50
    });
    assert_eq!(
        world.callers[anna].heard_bytes(),
        (0..50).collect::<Vec<u8>>()
    );
    assert_eq!(
        world.callers[bert].heard_bytes(),
        (0..50).collect::<Vec<u8>>()
    );
}

#[test]
fn two_talkers_hear_each_other_on_one_shard() {
    two_talkers_hear_each_other(1);
}

#[test]
fn two_talkers_hear_each_other_on_three_shards() {
    two_talkers_hear_each_other(3);
}
