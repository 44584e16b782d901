//! Pictures through one shard and through three.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod hall;

use std::time::Duration;

use driver::command::Command;
use engine::video::{Picture, Watch};
use hall::{Hall, id};
use peer::MediaPath;

const WORLDS: [(usize, MediaPath); 4] = [
    (1, MediaPath::Str0m),
    (3, MediaPath::Str0m),
    (1, MediaPath::Veil),
    (3, MediaPath::Veil),
];

#[test]
fn who_shows_is_seen_by_all_who_look_in_the_room_from_a_keyframe_on_without_a_gap() {
    for (shards, media) in WORLDS {
        let mut hall = Hall::new(shards, media, true);
        let camera = hall.show(1);
        let viewers: Vec<usize> = (0..3).map(|_| hall.look(2)).collect();
        hall.run(3_000);
        for viewer in viewers {
            let seen = &hall.callers[viewer].seen;
            assert!(seen.len() > 30, "{shards} {media:?}: {}", seen.len());
            for (k, (_, packet)) in seen.iter().enumerate() {
                assert_eq!(
                    (packet.slot, packet.number),
                    (0, Picture::camera(id(camera)).number())
                );
                assert_eq!(packet.seq, seen[0].1.seq + k as u64);
            }
            assert_eq!(seen[0].1.payload[4] & 1, 0, "begins with a keyframe");
            let told = hall.told(viewer, 0).unwrap();
            assert_eq!(told.picture, Some(Picture::camera(id(camera))));
            assert_eq!(told.timestamp, seen[0].1.timestamp);
        }
        assert!(hall.callers[camera].seen.is_empty());
    }
}

#[test]
fn what_may_no_longer_be_seen_ends_at_once_and_is_told() {
    for (shards, media) in WORLDS {
        let mut hall = Hall::new(shards, media, true);
        let (camera, viewer) = (hall.show(1), hall.look(1));
        hall.run(1_000);
        hall.let_see(camera, false);
        hall.run(50);
        let seen = hall.callers[viewer].seen.len();
        assert!(seen > 5);
        hall.run(1_000);
        assert_eq!(hall.callers[viewer].seen.len(), seen);
        assert_eq!(hall.told(viewer, 0).unwrap().picture, None);
    }
}

#[test]
fn with_forwarding_off_nobody_sees_anything() {
    for (shards, media) in WORLDS {
        let mut hall = Hall::new(shards, media, false);
        let _camera = hall.show(1);
        let viewer = hall.look(1);
        hall.run(2_000);
        assert_eq!(hall.callers[viewer].seen.len(), 0);
    }
}

#[test]
fn of_a_lossy_link_every_frame_arrives_and_none_late() {
    for (shards, media) in WORLDS {
        let mut hall = Hall::new(shards, media, true);
        let _camera = hall.show(3);
        let viewer = hall.look(1);
        hall.run(2_000);
        hall.callers[viewer].link.loss = 3;
        hall.run(20_000);
        let frames = hall.callers[viewer].frames(0);
        let gaps = frames
            .windows(2)
            .map(|pair| pair[1].saturating_duration_since(pair[0]));
        let longest = gaps.max().unwrap();
        assert!(
            longest < Duration::from_millis(500),
            "{shards} {media:?}: {longest:?}"
        );
        assert!(frames.len() > 350, "{shards} {media:?}: {}", frames.len());
    }
}

/// With the veil only: without it nothing bounds str0m's estimate, which may fall below the lowest layer and take ten
/// seconds to find back (adr/0024).
#[test]
fn a_link_that_becomes_narrow_gets_the_layer_that_fits_and_nobody_else_does() {
    for shards in [1, 3] {
        let mut hall = Hall::new(shards, MediaPath::Veil, true);
        let _camera = hall.show(3);
        let (narrow, wide) = (hall.look(1), hall.look(1));
        for viewer in [narrow, wide] {
            let watch = Watch {
                picture: None,
                height: 720,
            };
            hall.order(
                viewer,
                Command::Watch {
                    session: id(viewer),
                    slot: 0,
                    watch,
                },
            );
        }
        hall.until(30_000, |hall| {
            [narrow, wide]
                .iter()
                .all(|viewer| hall.told(*viewer, 0).is_some_and(|told| told.layer == 2))
        });
        hall.callers[narrow].link.bits_per_s = Some(300_000);
        hall.until(10_000, |hall| {
            let told = hall.told(narrow, 0);
            told.is_some_and(|told| told.layer == 0 && !told.paused)
        });
        hall.run(3_000);
        hall.callers[narrow].seen.clear();
        hall.run(10_000);
        let frames = hall.callers[narrow].frames(0).len();
        assert!(frames > 150, "{shards} shards: {frames} frames");
        assert_eq!(hall.told(wide, 0).unwrap().layer, 2);
    }
}
