//! Who hears whom.

use codec_api::CodecKind::{Opus, Pcma, Pcmu};

use crate::world::{CODECS, World};

fn a_phone_hears_a_browser(shards: usize) {
    for codec in CODECS {
        let mut world = World::new(shards);
        let (phone, browser) = (world.phone(codec), world.browser());
        world.open(browser, None);
        world.run(&[browser], 1_000);
        assert_eq!(world.heard(phone), [browser], "{codec:?}");
    }
}

#[test]
fn a_phone_of_any_codec_hears_a_browser_of_its_shard() {
    a_phone_hears_a_browser(1);
}

#[test]
fn a_phone_of_any_codec_hears_a_browser_of_another_shard() {
    a_phone_hears_a_browser(2);
}

fn a_browser_hears_a_phone(shards: usize) {
    for codec in CODECS {
        let mut world = World::new(shards);
        let (phone, browser) = (world.phone(codec), world.browser());
        world.open(phone, None);
        world.run(&[phone], 1_000);
        assert_eq!(world.heard(browser), [phone], "{codec:?}");
        assert_eq!(world.heard(phone), []);
    }
}

#[test]
fn a_browser_of_its_shard_hears_a_phone_of_any_codec() {
    a_browser_hears_a_phone(1);
}

#[test]
fn a_browser_of_another_shard_hears_a_phone_of_any_codec() {
    a_browser_hears_a_phone(2);
}

fn three_phones_confer(shards: usize) {
    let mut world = World::new(shards);
    let phones = [Pcmu, Opus, Pcma].map(|codec| world.phone(codec));
    for phone in phones {
        world.open(phone, None);
    }
    world.run(&phones, 2_000);
    assert_eq!(world.heard(0), [1, 2]);
    assert_eq!(world.heard(1), [0, 2]);
    assert_eq!(world.heard(2), [0, 1]);
}

#[test]
fn three_phones_each_hear_all_others_and_not_themselves() {
    three_phones_confer(1);
}

#[test]
fn three_phones_on_three_shards_each_hear_all_others_and_not_themselves() {
    three_phones_confer(3);
}

#[test]
fn a_phone_and_a_browser_that_talk_at_once_are_both_heard_by_a_third() {
    let mut world = World::new(1);
    let (phone, browser, third) = (world.phone(Pcmu), world.browser(), world.phone(Pcma));
    world.open(phone, None);
    world.open(browser, None);
    world.run(&[phone, browser], 1_000);
    assert_eq!(world.heard(third), [phone, browser]);
    assert_eq!(world.heard(phone), [browser]);
    assert_eq!(world.heard(browser), [phone]);
}

#[test]
fn phones_of_a_codec_that_hear_the_same_share_one_encode() {
    let mut world = World::new(1);
    let browser = world.browser();
    for _ in 0..20 {
        world.phone(Pcmu);
    }
    world.open(browser, None);
    world.run(&[browser], 1_000);
    let (stats, _) = world.engines[0].desk();
    assert_eq!(stats.frames, 20 * stats.encodes);
    assert!(stats.encodes <= 50, "{stats:?}");
}

#[test]
fn a_phone_that_only_phones_hear_is_not_encoded_for_browsers() {
    let mut world = World::new(1);
    let (talker, _listener) = (world.phone(Pcmu), world.phone(Pcmu));
    world.open(talker, None);
    world.run(&[talker], 1_000);
    assert!(world.people[1].ticks.len() > 40);
    assert_eq!(world.engines[0].stats().forwarded, 0);
}

#[test]
fn nothing_is_sent_to_a_phone_while_nobody_talks() {
    let mut world = World::new(1);
    let (phone, browser) = (world.phone(Pcmu), world.browser());
    world.open(browser, None);
    world.run(&[], 500);
    assert_eq!(world.people[phone].ticks, []);
    world.run(&[browser], 500);
    assert!(!world.people[phone].ticks.is_empty());
    world.run(&[], 2_000);
    let sent = world.people[phone].ticks.len();
    world.run(&[], 5_000);
    assert_eq!(world.people[phone].ticks.len(), sent);
}

#[test]
fn a_held_phone_is_sent_nothing_and_is_not_heard() {
    let mut world = World::new(1);
    let (phone, browser) = (world.phone(Pcmu), world.browser());
    world.open(browser, None);
    world.open(phone, None);
    world.set(phone, Pcmu, false, false);
    world.run(&[phone, browser], 1_000);
    assert_eq!(world.people[phone].ticks, []);
    assert_eq!(world.heard(browser), []);
    world.set(phone, Pcmu, true, true);
    world.run(&[phone, browser], 1_000);
    assert_eq!(world.heard(phone), [browser]);
    assert_eq!(world.heard(browser), [phone]);
}

#[test]
fn a_phone_that_changes_its_codec_hears_and_is_heard_on() {
    let mut world = World::new(1);
    let (phone, browser) = (world.phone(Pcmu), world.browser());
    world.open(browser, None);
    world.open(phone, None);
    for codec in [Pcmu, Opus, Pcma] {
        world.set(phone, codec, true, true);
        world.run(&[phone, browser], 1_000);
        assert_eq!(world.heard(phone), [browser], "{codec:?}");
        assert_eq!(world.heard(browser), [phone], "{codec:?}");
    }
}

#[test]
fn the_tick_runs_only_while_there_are_phones() {
    let mut world = World::new(1);
    world.browser();
    assert_eq!(deadline(&mut world), None);
    let phone = world.phone(Pcmu);
    assert!(deadline(&mut world).is_some());
    let session = world.people[phone].id;
    world.tell(phone, engine::Input::Remove(session));
    assert_eq!(deadline(&mut world), None);
    assert_eq!(world.engines[0].desk().1, (0, 0));
}

fn deadline(world: &mut World) -> Option<std::time::Instant> {
    match world.engines[0].poll_output() {
        engine::Output::Timeout(at) => at,
        other => panic!("left over: {other:?}"),
    }
}
