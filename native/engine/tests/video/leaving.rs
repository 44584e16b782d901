//! What is left behind by those who go: nothing.

use engine::{Input, SessionId};

use crate::world::{COMMAND, OPS, World, camera, screen};

const SMALL: [(u16, u64); 1] = [(120, 80_000)];

/// Two viewers, who show something too.
fn pair(shards: usize) -> (World, [SessionId; 2]) {
    let mut world = World::new(shards);
    let both = [world.member(2), world.member(2)];
    for session in both {
        world.shows(camera(session), &SMALL);
        world.shows(screen(session), &SMALL);
    }
    world.run(500);
    (world, both)
}

fn is_empty(world: &mut World) -> bool {
    // Deadlines end too.
    world.cameras.clear();
    world.wait(1_000);
    world
        .engines
        .iter()
        .all(|engine| engine.shown() == (0, 0) && engine.population() == (0, 0))
}

#[test]
fn a_picture_of_one_who_leaves_or_ends_is_gone_at_once() {
    for shards in [1, 2] {
        for removed in [false, true] {
            let (mut world, [viewer, shower]) = pair(shards);
            let end = if removed {
                Input::Remove(shower)
            } else {
                Input::Leave {
                    room: OPS,
                    session: shower,
                }
            };
            world.tell(shower, end);
            assert_eq!(world.slots(viewer), [0, 0], "{shards} shards");
            world.taken(viewer);
            world.run(500);
            assert!(world.taken(viewer).is_empty());
        }
    }
}

#[test]
fn one_of_two_rooms_stops_seeing_while_the_other_sees_on() {
    for shards in [1, 2] {
        let mut world = World::new(shards);
        let shower = world.shower(&SMALL);
        let (stays, _, stops) = (world.member(1), world.member(0), world.member(1));
        for session in [shower, stays] {
            world.join(COMMAND, session);
        }
        world.show(COMMAND, camera(shower), true);
        world.run(500);
        world.show(OPS, camera(shower), false);
        world.run(100);
        assert_eq!(world.slots(stops), [0], "{shards} shards");
        assert_eq!(world.slots(stays), [shower.0]);
    }
}

#[test]
fn a_viewer_who_leaves_is_sent_nothing_more() {
    for shards in [1, 2] {
        let (mut world, [viewer, _]) = pair(shards);
        let leave = Input::Leave {
            room: OPS,
            session: viewer,
        };
        world.tell(viewer, leave);
        assert_eq!(world.slots(viewer), [0, 0], "told that nothing is there");
        world.taken(viewer);
        world.run(500);
        assert!(world.taken(viewer).is_empty());
    }
}

#[test]
fn all_that_remains_of_those_who_left_or_ended_is_nothing() {
    for shards in [1, 2, 3] {
        let (mut world, both) = pair(shards);
        for session in both {
            world.tell(session, Input::Remove(session));
        }
        assert!(is_empty(&mut world), "{shards} shards");
    }
}

#[test]
fn no_copy_goes_to_a_shard_where_nobody_sees() {
    let mut world = World::new(2);
    let (shower, blind) = (world.shower(&SMALL), world.member(0));
    world.run(500);
    assert_eq!(world.stats(shower).video_copied, 0);
    assert!(world.slots(blind).is_empty());
}

#[test]
fn no_copy_goes_where_the_last_viewer_left() {
    let mut world = World::new(2);
    let (shower, viewer) = (world.shower(&SMALL), world.member(1));
    world.run(500);
    assert_eq!(world.stats(shower).video_copied, 5);
    world.tell(viewer, Input::Remove(viewer));
    world.run(500);
    assert_eq!(world.stats(shower).video_copied, 5);
}

#[test]
fn a_slot_that_became_free_goes_to_one_that_waits() {
    let mut world = World::new(1);
    let viewer = world.member(1);
    let (first, second) = (world.shower(&SMALL), world.shower(&SMALL));
    world.run(500);
    world.tell(first, Input::Remove(first));
    world.cameras.remove(&camera(first));
    world.run(300);
    assert_eq!(world.slots(viewer), [second.0]);
}
