//! Random histories, by seed: whatever happens, nobody is shown in another's place and no timeline goes back. Both
//! are checked with every packet that a viewer gets.

use engine::video::{CodecSet, VideoCodec};
use engine::{Input, SessionId};

use crate::world::{BOTH, COMMAND, OPS, World, camera, screen};

const LAYERS: [&[(u16, u64)]; 3] = [
    &[(120, 80_000)],
    &[(240, 150_000), (480, 500_000)],
    &[(180, 100_000), (360, 300_000), (720, 900_000)],
];

/// `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len() as u64) as usize]
    }
}

fn event(world: &mut World, dice: &mut Dice, people: &mut Vec<SessionId>) {
    let who = dice.one(people);
    let other = dice.one(people);
    let room = dice.one(&[OPS, OPS, COMMAND]);
    let picture = dice.one(&[camera(other), camera(other), screen(other)]);
    let slot = dice.roll(4) as u8;
    match dice.roll(14) {
        0 => world.tell(who, Input::Leave { room, session: who }),
        1 | 2 => world.join(room, who),
        3 => world.show(room, picture, false),
        4 | 5 => world.shows(picture, dice.one(&LAYERS)),
        6 => world.watch(who, slot, Some(picture), dice.one(&[0, 100, 300, 700])),
        7 => world.watch(who, slot, None, dice.one(&[100, 300, 700])),
        8 => world.downlink(who, dice.one(&[50_000, 300_000, 900_000, 9_000_000])),
        9 | 10 => world.talk(who),
        11 => world.tell(who, Input::SlotKeyframe { session: who, slot }),
        12 => {
            world.lossy = dice.roll(3) == 0;
            if let Some(camera) = world.cameras.get_mut(&picture) {
                let layers = &mut camera.layers;
                let sends = dice.roll(2) == 0;
                let rank = dice.roll(layers.len() as u64) as usize;
                layers[rank].sends = sends;
            }
        }
        _ => {
            world.tell(who, Input::Remove(who));
            world.cameras.retain(|picture, _| picture.session != who);
            people.retain(|other| *other != who);
            people.push(newcomer(world, dice));
        }
    }
}

fn newcomer(world: &mut World, dice: &mut Dice) -> SessionId {
    let vp8 = CodecSet {
        vp8: true,
        h264: false,
    };
    let slots = dice.roll(5);
    let session = world.member_with((0..slots).map(|_| dice.one(&[BOTH, BOTH, vp8])).collect());
    world.shows(camera(session), dice.one(&LAYERS));
    if dice.roll(4) == 0 {
        world.cameras.get_mut(&camera(session)).unwrap().codec = VideoCodec::H264;
    }
    session
}

#[test]
fn nobody_is_shown_in_anothers_place_and_no_timeline_goes_back() {
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let mut world = World::new(1 + seed as usize % 3);
        world.late = dice.one(&[0, 3, 17]);
        let mut people: Vec<SessionId> = (0..6).map(|_| newcomer(&mut world, &mut dice)).collect();
        for _ in 0..400 {
            for _ in 0..dice.roll(3) {
                event(&mut world, &mut dice, &mut people);
            }
            world.run(100 * dice.roll(4));
        }
        let shown: u64 = world.seen.values().map(|seen| seen.packets).sum();
        assert!(shown > 500, "seed {seed}: {shown} packets were seen");
        for session in people {
            world.tell(session, Input::Remove(session));
        }
        world.cameras.clear();
        world.wait(10_000);
        let left: Vec<_> = world.engines.iter().map(engine::Engine::shown).collect();
        assert!(
            left.iter().all(|left| *left == (0, 0)),
            "seed {seed}: {left:?}"
        );
    }
}
