//! In which layer.

use engine::SessionId;
use engine::video::VideoForward;

use crate::world::{World, camera};

const TWO: [(u16, u64); 2] = [(240, 150_000), (480, 600_000)];
const THREE: [(u16, u64); 3] = [(180, 100_000), (360, 300_000), (720, 900_000)];

fn one_viewer(shards: usize, layers: &[(u16, u64)]) -> (World, SessionId, SessionId) {
    let mut world = World::new(shards);
    let viewer = world.member(1);
    let shower = world.shower(layers);
    (world, viewer, shower)
}

#[test]
fn the_tile_decides_as_long_as_the_link_carries_it() {
    for shards in [1, 2] {
        for (height, layer) in [(100, 0), (300, 1), (500, 2), (1_080, 2)] {
            let (mut world, viewer, _) = one_viewer(shards, &THREE);
            world.watch(viewer, 0, None, height);
            world.run(4_000);
            assert_eq!(world.slot(viewer, 0).layer, layer, "{height} lines");
        }
    }
}

#[test]
fn a_change_of_layer_goes_on_by_one_and_by_the_time_that_passed() {
    for shards in [1, 2] {
        let (mut world, viewer, _) = one_viewer(shards, &TWO);
        world.watch(viewer, 0, None, 240);
        world.run(4_000);
        world.watch(viewer, 0, None, 480);
        world.run(1_000);
        assert_eq!(world.slot(viewer, 0).layer, 1);
        let taken = world.taken(viewer);
        assert!(taken.len() >= 47);
        // That the ids of pictures go on by one is checked with every packet.
        let step = |pair: &[VideoForward]| {
            assert_eq!(pair[1].seq, pair[0].seq + 1);
            pair[1].timestamp.wrapping_sub(pair[0].timestamp)
        };
        let steps: Vec<u32> = taken.windows(2).map(step).collect();
        // The last frame of the old layer and the first of the new one came in the same instant.
        assert_eq!(steps.iter().filter(|&&step| step == 90).count(), 1);
        assert_eq!(steps.iter().filter(|&&step| step != 9_000).count(), 1);
    }
}

#[test]
fn a_narrow_link_gets_a_lower_layer_at_once_and_a_higher_one_only_after_three_seconds() {
    let (mut world, viewer, _) = one_viewer(1, &TWO);
    world.watch(viewer, 0, None, 480);
    world.run(5_000);
    assert_eq!(world.slot(viewer, 0).layer, 1);
    world.downlink(viewer, 300_000);
    world.run(200);
    assert_eq!(world.slot(viewer, 0).layer, 0);
    world.downlink(viewer, 5_000_000);
    world.run(2_700);
    assert_eq!(world.slot(viewer, 0).layer, 0);
    world.run(500);
    assert_eq!(world.slot(viewer, 0).layer, 1);
}

#[test]
fn a_link_with_less_than_a_fifth_to_spare_gets_no_higher_layer() {
    let (mut world, viewer, _) = one_viewer(1, &TWO);
    world.watch(viewer, 0, None, 480);
    world.run(3_000);
    world.downlink(viewer, 300_000);
    world.run(500);
    world.downlink(viewer, 680_000);
    world.run(10_000);
    assert_eq!(world.slot(viewer, 0).layer, 0);
}

/// At the upper of two layers; then the link narrows, and the keyframe of the lower one is lost on its way.
fn narrowed(bits_per_s: u64) -> (World, SessionId) {
    let (mut world, viewer, shower) = one_viewer(1, &TWO);
    world.watch(viewer, 0, None, 480);
    world.run(5_000);
    assert_eq!(world.slot(viewer, 0).layer, 1);
    world.taken(viewer);
    world.downlink(viewer, bits_per_s);
    world.withheld(camera(shower), 0);
    (world, viewer)
}

#[test]
fn an_old_layer_that_the_link_nearly_carries_goes_on_until_the_new_one_begins() {
    let (mut world, viewer) = narrowed(420_000);
    world.run(400);
    assert_eq!(world.slot(viewer, 0).layer, 1);
    assert_eq!(world.taken(viewer).len(), 4);
    world.run(600);
    assert_eq!(world.slot(viewer, 0).layer, 0);
}

#[test]
fn an_old_layer_that_the_link_is_far_from_carrying_ends_at_once() {
    let (mut world, viewer) = narrowed(300_000);
    world.run(400);
    assert!(world.taken(viewer).is_empty());
    world.run(600);
    assert_eq!(world.slot(viewer, 0).layer, 0);
}

#[test]
fn a_fall_in_two_steps_ends_the_old_layer_too() {
    let (mut world, viewer) = narrowed(420_000);
    world.downlink(viewer, 300_000);
    world.run(400);
    assert!(world.taken(viewer).is_empty());
}

#[test]
fn a_short_dip_to_three_quarters_of_what_is_sent_changes_no_layer() {
    let (mut world, viewer, _) = one_viewer(1, &TWO);
    world.watch(viewer, 0, None, 480);
    world.run(5_000);
    for _ in 0..3 {
        world.downlink(viewer, 470_000);
        world.run(1_900);
        assert_eq!(world.slot(viewer, 0).layer, 1);
        world.downlink(viewer, 700_000);
        world.run(100);
    }
    world.downlink(viewer, 470_000);
    world.run(2_300);
    assert_eq!(world.slot(viewer, 0).layer, 0);
}

#[test]
fn a_short_dip_below_the_lowest_layer_pauses_nothing() {
    let (mut world, viewer, _) = one_viewer(1, &TWO);
    world.run(2_000);
    world.taken(viewer);
    for _ in 0..3 {
        world.downlink(viewer, 100_000);
        world.run(1_900);
        world.downlink(viewer, 200_000);
        world.run(100);
    }
    assert_eq!(world.taken(viewer).len(), 60);
}

#[test]
fn a_link_that_stays_below_the_lowest_layer_is_told_a_pause_after_two_seconds() {
    let (mut world, viewer, _) = one_viewer(1, &TWO);
    world.run(2_000);
    world.downlink(viewer, 100_000);
    world.run(1_900);
    assert!(!world.slot(viewer, 0).paused);
    world.run(200);
    assert!(world.slot(viewer, 0).paused);
}

fn sends_lowest(world: &mut World, shower: SessionId, sends: bool) {
    world.cameras.get_mut(&camera(shower)).unwrap().layers[0].sends = sends;
}

#[test]
fn an_encoder_that_rests_is_no_pause_and_goes_on_without_a_keyframe() {
    let (mut world, viewer, shower) = one_viewer(1, &TWO);
    world.run(2_000);
    world.downlink(viewer, 300_000);
    world.run(1_000);
    sends_lowest(&mut world, shower, false);
    world.run(1_800);
    assert!(!world.slot(viewer, 0).paused);
    world.taken(viewer);
    sends_lowest(&mut world, shower, true);
    world.run(500);
    assert_eq!(world.taken(viewer).len(), 5);
}

#[test]
fn one_narrow_link_changes_nothing_for_others() {
    let (mut world, narrow, _) = one_viewer(1, &TWO);
    let wide = world.member(1);
    world.run(4_000);
    world.downlink(narrow, 200_000);
    world.taken(wide);
    world.run(3_000);
    assert_eq!(world.taken(wide).len(), 30);
    assert_eq!(world.slot(wide, 0).layer, 1);
}

#[test]
fn a_link_that_carries_nothing_is_told_a_pause_and_begins_again_with_a_keyframe() {
    for shards in [1, 2] {
        let (mut world, viewer, shower) = one_viewer(shards, &TWO);
        world.run(2_000);
        world.downlink(viewer, 50_000);
        assert!(world.slot(viewer, 0).paused);
        world.taken(viewer);
        world.run(2_000);
        assert!(world.taken(viewer).is_empty());
        world.downlink(viewer, 400_000);
        world.run(2_000);
        let seen = world.slot(viewer, 0);
        assert_eq!((seen.picture, seen.paused), (Some(camera(shower)), false));
    }
}

#[test]
fn all_tiles_get_the_lowest_layer_before_any_gets_more() {
    let mut world = World::new(1);
    let viewer = world.member(3);
    world.downlink(viewer, 520_000);
    for _ in 0..3 {
        world.shower(&TWO);
    }
    world.run(10_000);
    let layers = [0, 1, 2].map(|slot| {
        (
            world.slot(viewer, slot).layer,
            world.slot(viewer, slot).paused,
        )
    });
    assert_eq!(layers, [(0, false); 3]);
}

#[test]
fn what_would_fill_all_tiles_is_told() {
    let (mut world, viewer, _) = one_viewer(1, &TWO);
    world.downlink(viewer, 300_000);
    world.watch(viewer, 0, None, 480);
    world.run(5_000);
    let wanted = world.wanted[&viewer];
    assert!((680_000..=830_000).contains(&wanted), "{wanted}");
    world.watch(viewer, 0, None, 0);
    assert_eq!(world.wanted[&viewer], 0);
}
