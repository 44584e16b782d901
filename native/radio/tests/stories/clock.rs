//! How late something is by the other side's clock.

use radio::clock::LatenessClock;
use radio::{MS, Micros, SECOND};

/// The other side's clock is ahead of ours by this.
const OFFSET: Micros = -500 * SECOND;

fn hear(clock: &mut LatenessClock, sent: Micros, delay: Micros) -> bool {
    clock.heartbeat(sent - OFFSET, sent + delay)
}

#[test]
fn two_heartbeats_half_a_second_apart_make_trust() {
    let mut clock = LatenessClock::default();
    assert!(hear(&mut clock, 0, 30 * MS));
    assert!(!clock.synced(30 * MS));
    assert!(hear(&mut clock, SECOND, 32 * MS));
    assert!(clock.synced(SECOND + 32 * MS));
    let age = clock.age(2 * SECOND - OFFSET, 2 * SECOND + 130 * MS);
    assert_eq!(age, Some(100 * MS));
}

#[test]
fn a_burst_after_a_stall_makes_no_trust() {
    let mut clock = LatenessClock::default();
    let burst = 5 * SECOND;
    for sent in 0..5 {
        hear(&mut clock, sent * SECOND, burst - sent * SECOND);
    }
    assert!(!clock.synced(burst));
}

#[test]
fn a_late_heartbeat_is_no_sign_of_life() {
    let mut clock = LatenessClock::default();
    hear(&mut clock, 0, 30 * MS);
    hear(&mut clock, SECOND, 30 * MS);
    assert!(!hear(&mut clock, 2 * SECOND, 2 * SECOND));
    assert!(!clock.alive(4 * SECOND + 30 * MS));
}

#[test]
fn trust_ends_three_seconds_after_the_last_heartbeat() {
    let mut clock = LatenessClock::default();
    hear(&mut clock, 0, 0);
    hear(&mut clock, SECOND, 0);
    assert!(clock.synced(4 * SECOND - 1));
    assert!(!clock.synced(4 * SECOND));
}

#[test]
fn a_longer_way_is_learnt_within_thirty_seconds() {
    let mut clock = LatenessClock::default();
    hear(&mut clock, 0, 20 * MS);
    let mut believed = Vec::new();
    for second in 1..40 {
        believed.push(hear(&mut clock, second * SECOND, 320 * MS));
    }
    assert!(!believed[10]);
    assert!(believed[35]);
}

#[test]
fn a_flood_of_heartbeats_does_not_grow_the_window() {
    let mut clock = LatenessClock::default();
    for ms in 0..60_000 {
        hear(&mut clock, ms * MS, 10 * MS);
    }
    assert!(format!("{clock:?}").matches("Sample").count() < 100);
}
