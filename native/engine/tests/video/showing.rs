//! Who sees what.

use engine::Input;
use engine::video::{CodecSet, VideoCodec};

use crate::world::{COMMAND, OPS, World, camera, screen};

const SMALL: [(u16, u64); 1] = [(120, 80_000)];

#[test]
fn every_other_member_sees_the_camera_on_any_number_of_shards() {
    for shards in [1, 2, 3] {
        let mut world = World::new(shards);
        let viewers = [0; 5].map(|_| world.member(1));
        world.shows(camera(viewers[0]), &SMALL);
        world.run(1_000);
        assert!(world.slots(viewers[0]).is_empty(), "sees itself");
        for viewer in &viewers[1..] {
            assert!(world.slot(*viewer, 0).packets >= 8, "{shards} shards");
        }
    }
}

#[test]
fn a_viewer_who_comes_later_begins_with_a_keyframe_within_two_frames() {
    for shards in [1, 3] {
        let mut world = World::new(shards);
        let _shower = world.shower(&SMALL);
        world.run(2_000);
        let late = world.member(1);
        world.run(200);
        // That it is a keyframe is checked with every packet.
        assert!(world.slot(late, 0).packets >= 1);
    }
}

#[test]
fn a_camera_and_a_screen_of_one_session_are_two_pictures() {
    let mut world = World::new(1);
    let viewer = world.member(2);
    let shower = world.shower(&SMALL);
    world.shows(screen(shower), &SMALL);
    world.run(500);
    let numbers = [0, 1].map(|slot| world.slot(viewer, slot).picture.unwrap().number());
    assert_eq!(numbers, [2, 2 | 1 << 31]);
}

#[test]
fn nothing_is_seen_of_a_camera_that_may_not_be_shown() {
    for shards in [1, 2] {
        let mut world = World::new(shards);
        let viewer = world.member(1);
        let shower = world.shower(&SMALL);
        world.run(500);
        world.show(OPS, camera(shower), false);
        assert_eq!(world.slots(viewer), [0]);
        world.taken(viewer);
        world.run(500);
        assert!(world.taken(viewer).is_empty());
        assert_eq!(world.stats(shower).video_gated, 5);
    }
}

#[test]
fn who_sees_a_room_of_two_loses_nothing_when_the_other_ends() {
    for shards in [1, 2] {
        let mut world = World::new(shards);
        let (viewer, shower) = (world.member(1), world.shower(&SMALL));
        for session in [viewer, shower] {
            world.join(COMMAND, session);
        }
        world.show(COMMAND, camera(shower), true);
        world.run(500);
        let before = world.slot(viewer, 0).packets;
        world.show(OPS, camera(shower), false);
        world.run(500);
        assert_eq!(world.slot(viewer, 0).packets, before + 5);
    }
}

#[test]
fn a_member_that_does_not_hear_sees_nothing() {
    let mut world = World::new(1);
    let viewer = world.member(1);
    let deaf = Input::Join {
        room: OPS,
        session: viewer,
        hear: false,
    };
    world.tell(viewer, deaf);
    world.shower(&SMALL);
    world.run(500);
    assert!(world.slots(viewer).is_empty());
}

#[test]
fn h264_goes_as_it_came_to_slots_that_agreed_on_it() {
    let mut world = World::new(1);
    let vp8 = CodecSet {
        vp8: true,
        h264: false,
    };
    let (able, unable) = (world.member(1), world.member_with(vec![vp8]));
    let shower = world.shower(&SMALL);
    world.cameras.get_mut(&camera(shower)).unwrap().codec = VideoCodec::H264;
    world.run(500);
    assert!(world.slots(unable).is_empty());
    let taken = world.taken(able);
    assert!(taken.len() >= 4 && taken[0].payload.starts_with(&[0x18, 0, 2, 0x67]));
}

#[test]
fn a_viewer_that_lost_its_keyframe_gets_another() {
    for shards in [1, 2] {
        let mut world = World::new(shards);
        let (viewer, shower) = (world.member(1), world.shower(&SMALL));
        world.run(2_000);
        world.asked.clear();
        let (session, slot) = (viewer, 0);
        world.tell(viewer, Input::SlotKeyframe { session, slot });
        assert_eq!(world.asked, [(2_000, camera(shower), 0)]);
    }
}

#[test]
fn a_storm_of_requests_costs_the_publisher_two_keyframes_a_second() {
    for shards in [1, 2] {
        let mut world = World::new(shards);
        let (viewer, _) = (world.member(1), world.shower(&SMALL));
        world.run(1_000);
        world.asked.clear();
        for k in 0..10_000 {
            if k % 100 == 0 {
                world.frame();
            }
            let (session, slot) = (viewer, 0);
            world.tell(viewer, Input::SlotKeyframe { session, slot });
            world.wait(1);
        }
        assert!(
            (19..=21).contains(&world.asked.len()),
            "{}",
            world.asked.len()
        );
    }
}

#[test]
fn a_keyframe_that_does_not_come_is_asked_for_again() {
    let mut world = World::new(1);
    let (_, shower) = (world.member(1), world.shower(&SMALL));
    for _ in 0..20 {
        let mut packet = world.withheld(camera(shower), 0);
        packet.payload = vec![0x10, 1, 0, 0].into();
        world.video(shower, packet);
        world.wait(100);
    }
    let at: Vec<u64> = world.asked.iter().map(|(at, ..)| *at).collect();
    assert_eq!(at, [0, 500, 1_000, 1_500, 2_000]);
}

#[test]
fn a_camera_that_begins_another_stream_is_seen_again_from_its_keyframe_on() {
    for shards in [1, 2] {
        let mut world = World::new(shards);
        let (viewer, shower) = (world.member(1), world.shower(&SMALL));
        world.run(1_000);
        world.cameras.get_mut(&camera(shower)).unwrap().restarts += 1;
        world.taken(viewer);
        world.run(100);
        assert!(world.taken(viewer).is_empty());
        // That time and ids of pictures go on is checked with every packet.
        world.run(200);
        assert_eq!(world.taken(viewer).len(), 2);
    }
}

#[test]
fn copies_that_are_lost_leave_a_gap_and_nothing_else() {
    let mut world = World::new(2);
    let (viewer, _) = (world.member(1), world.shower(&SMALL));
    world.run(500);
    world.lossy = true;
    world.run(300);
    world.lossy = false;
    world.taken(viewer);
    let before = world.slot(viewer, 0).packets;
    world.run(100);
    assert_eq!(world.slot(viewer, 0).packets, before + 1);
}
