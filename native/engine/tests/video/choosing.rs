//! Which picture is in which slot.

use engine::SessionId;

use crate::world::{World, camera, screen};

const SMALL: [(u16, u64); 1] = [(120, 80_000)];

/// A viewer of seven slots and eight cameras.
fn eight(world: &mut World) -> (SessionId, Vec<SessionId>) {
    let viewer = world.member(7);
    let showers = (0..8).map(|_| world.shower(&SMALL)).collect();
    world.run(500);
    (viewer, showers)
}

fn numbers(sessions: &[SessionId]) -> Vec<u64> {
    sessions.iter().map(|session| session.0).collect()
}

#[test]
fn the_eighth_waits_until_it_talks_and_takes_the_place_of_the_longest_silent() {
    for shards in [1, 3] {
        let mut world = World::new(shards);
        let (viewer, all) = eight(&mut world);
        assert_eq!(world.slots(viewer), numbers(&all[..7]), "{shards} shards");
        for &shower in all[..7].iter().filter(|shower| **shower != all[3]) {
            world.talk(shower);
            world.run(100);
        }
        world.run(2_000);
        world.talk(all[7]);
        world.run(200);
        let mut expected = all[..7].to_vec();
        expected[3] = all[7];
        assert_eq!(world.slots(viewer), numbers(&expected), "{shards} shards");
    }
}

#[test]
fn nobody_is_moved_in_the_first_two_seconds() {
    let mut world = World::new(1);
    let (viewer, all) = eight(&mut world);
    let mut talked = 500;
    while !world.slots(viewer).contains(&all[7].0) {
        world.talk(all[7]);
        world.run(100);
        talked += 100;
    }
    assert!((2_000..=2_300).contains(&talked), "{talked} ms");
}

#[test]
fn a_pin_stays_whoever_talks() {
    for shards in [1, 3] {
        let mut world = World::new(shards);
        let (viewer, all) = eight(&mut world);
        world.watch(viewer, 0, Some(camera(all[7])), 120);
        world.run(2_500);
        for &shower in &all[..7] {
            world.talk(shower);
            world.run(2_500);
            assert_eq!(world.slots(viewer)[0], all[7].0);
        }
    }
}

#[test]
fn one_who_is_pinned_in_another_slot_moves_there() {
    let mut world = World::new(1);
    let (viewer, all) = eight(&mut world);
    world.watch(viewer, 4, Some(camera(all[0])), 120);
    world.run(300);
    let seen = world.slots(viewer);
    assert_eq!(seen[4], all[0].0);
    assert_eq!(
        seen.iter().filter(|&&session| session == all[0].0).count(),
        1
    );
    assert_eq!(seen[0], all[4].0, "the other takes what is free");
}

#[test]
fn a_pin_that_cannot_be_seen_leaves_its_slot_to_others() {
    let mut world = World::new(1);
    let viewer = world.member(1);
    world.watch(viewer, 0, Some(camera(SessionId(99))), 120);
    let shower = world.shower(&SMALL);
    world.run(300);
    assert_eq!(world.slots(viewer), [shower.0]);
}

#[test]
fn a_slot_that_shows_nothing_gets_nothing() {
    let mut world = World::new(1);
    let viewer = world.member(1);
    world.shower(&SMALL);
    world.run(500);
    world.watch(viewer, 0, None, 0);
    assert_eq!(world.slots(viewer), [0]);
    world.taken(viewer);
    world.run(500);
    assert!(world.taken(viewer).is_empty());
}

#[test]
fn a_screen_is_seen_two_seconds_later_though_all_slots_are_taken() {
    let mut world = World::new(1);
    let (viewer, all) = eight(&mut world);
    world.shows(screen(all[7]), &SMALL);
    world.run(2_000);
    let shown = (0..7).filter(|&slot| world.slot(viewer, slot).picture == Some(screen(all[7])));
    assert_eq!(shown.count(), 1);
}

#[test]
fn one_from_which_nothing_comes_leaves_its_slot_to_one_that_waits() {
    for shards in [1, 3] {
        let mut world = World::new(shards);
        let (viewer, all) = eight(&mut world);
        world.cameras.get_mut(&camera(all[2])).unwrap().layers[0].sends = false;
        world.run(5_500);
        assert_eq!(world.slots(viewer)[2], all[7].0);
    }
}

#[test]
fn one_who_talks_unheard_in_the_room_moves_nobody() {
    let mut world = World::new(1);
    let (viewer, all) = eight(&mut world);
    world.run(3_000);
    for _ in 0..10 {
        // Its gate is shut.
        world.mumble(all[7]);
        world.run(100);
    }
    assert_eq!(world.slots(viewer), numbers(&all[..7]));
}
