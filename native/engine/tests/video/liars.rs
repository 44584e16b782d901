//! Publishers that lie: what they can cost others is bounded.

use std::time::Duration;

use engine::video::VideoPacket;

use crate::world::{World, camera};

const SMALL: [(u16, u64); 1] = [(120, 80_000)];
const TWO: [(u16, u64); 2] = [(240, 150_000), (480, 600_000)];

#[test]
fn a_hundred_times_the_budget_is_cut_to_it_and_others_lose_nothing() {
    for shards in [1, 2] {
        let mut world = World::new(shards);
        let viewer = world.member(2);
        let (honest, flood) = (world.shower(&SMALL), world.shower(&SMALL));
        let (mut came, mut kept) = (0, 0);
        for _ in 0..30 {
            world.frame();
            for _ in 0..4_000 {
                let mut packet = world.withheld(camera(flood), 0);
                let mut payload = packet.payload.to_vec();
                payload.resize(1_250, 0);
                packet.payload = payload.into();
                world.video(flood, packet);
            }
            world.wait(100);
            for forward in world.taken(viewer) {
                if forward.picture == camera(honest) {
                    came += 1;
                } else {
                    kept += forward.payload.len() * 8;
                }
            }
        }
        assert_eq!(came, 30, "{shards} shards");
        assert!(kept <= 4 * 4_100_000, "{kept} bits in 3 s and a burst");
        assert!(world.stats(flood).video_flooded > 100_000);
    }
}

#[test]
fn a_layer_above_the_third_is_dropped() {
    let mut world = World::new(1);
    let (viewer, shower) = (world.member(1), world.shower(&SMALL));
    for layer in [3, 200, 255] {
        let packet = world.withheld(camera(shower), 0);
        world.video(shower, VideoPacket { layer, ..packet });
    }
    assert!(world.taken(viewer).is_empty());
    assert_eq!(world.stats(shower).ignored, 3);
}

#[test]
fn layers_whose_heights_swap_change_a_slot_at_most_twice_in_three_seconds() {
    let mut world = World::new(1);
    let (viewer, shower) = (world.member(1), world.shower(&TWO));
    world.watch(viewer, 0, None, 300);
    world.run(1_000);
    let (mut changes, mut before) = (0, 0);
    for _ in 0..300 {
        world
            .cameras
            .get_mut(&camera(shower))
            .unwrap()
            .swap_heights();
        world.run(100);
        let layer = world.slot(viewer, 0).layer;
        changes += usize::from(layer != before);
        before = layer;
    }
    assert!(changes <= 21, "{changes} in 30 s");
    assert!(world.asked.len() <= 2 * 2 * 32, "{}", world.asked.len());
}

#[test]
fn a_layer_that_vanishes_gives_way_to_another_after_a_second() {
    for shards in [1, 2] {
        for (gone, left) in [(0, 1), (1, 0)] {
            let mut world = World::new(shards);
            let (viewer, shower) = (world.member(1), world.shower(&TWO));
            world.watch(viewer, 0, None, if gone == 0 { 100 } else { 480 });
            world.run(4_000);
            assert_eq!(world.slot(viewer, 0).layer, gone);
            let layers = &mut world.cameras.get_mut(&camera(shower)).unwrap().layers;
            layers[usize::from(gone)].sends = false;
            world.run(900);
            assert_eq!(world.slot(viewer, 0).layer, gone);
            // One that goes up because its own is gone waits as any other would.
            world.run(500);
            assert_eq!(world.slot(viewer, 0).layer, left, "{shards} shards");
        }
    }
}

#[test]
fn a_stream_whose_time_jumps_needs_a_keyframe_and_viewers_see_time_go_on() {
    let mut world = World::new(1);
    let (viewer, shower) = (world.member(1), world.shower(&SMALL));
    world.run(500);
    for jump in [0x8000_0000, 90_000 * 3_600, u32::MAX - 90_000] {
        let mut packet = world.withheld(camera(shower), 0);
        packet.timestamp = packet.timestamp.wrapping_add(jump);
        let mut payload = packet.payload.to_vec();
        payload[6] = 0;
        packet.payload = payload.into();
        world.video(shower, packet);
        // That time goes on is checked with every packet.
        world.wait(100);
        world.run(500);
    }
    assert!(world.slot(viewer, 0).packets > 10);
}

#[test]
fn a_codec_that_changes_with_every_packet_is_one_codec() {
    let mut world = World::new(1);
    let (viewer, shower) = (world.member(1), world.shower(&SMALL));
    world.run(500);
    for _ in 0..50 {
        let mut packet = world.withheld(camera(shower), 0);
        packet.codec = engine::video::VideoCodec::H264;
        world.video(shower, packet);
        world.run(100);
    }
    assert_eq!(world.stats(shower).ignored, 50);
    assert!(world.slot(viewer, 0).packets >= 50);
}

#[test]
fn bytes_that_are_no_descriptor_reach_nobody_as_a_beginning() {
    let mut world = World::new(1);
    let (viewer, shower) = (world.member(1), world.shower(&SMALL));
    for payload in [&[][..], &[0x90], &[0x90, 0xff], &[0x90, 0xf0, 0x80, 1]] {
        let mut packet = world.withheld(camera(shower), 0);
        packet.payload = payload.into();
        world.video(shower, packet);
        world.now += Duration::from_millis(1);
    }
    assert!(world.taken(viewer).is_empty());
}
