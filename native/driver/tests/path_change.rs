//! A peer's NAT gives it another port in mid-call and no check says so yet (adr/0022).
#![allow(clippy::unwrap_used, reason = "tests")]

mod fan_out;

use std::net::SocketAddr;

use fan_out::FanOut;
use peer::MediaPath;

const PAYLOAD: [u8; 100] = [7; 100];
const STRANGER: ([u8; 4], u16) = ([203, 0, 113, 9], 9);
/// Packets of the 20 ms in a second, and those on the way.
const LOST_MAX: usize = 51;

/// Three endpoints of which the first two have spoken; none checks its path from now on.
fn call() -> FanOut {
    let mut call = FanOut::new(MediaPath::Veil, 2);
    for index in 0..=2 {
        call.set_checks(index, false);
    }
    for datagram in call.say(1, &PAYLOAD) {
        call.take_from(call.public(1), &datagram);
    }
    talk(&mut call, 50);
    call
}

/// The talker speaks; what it sent.
fn talk(call: &mut FanOut, packets: usize) -> Vec<Vec<u8>> {
    let speak = |_| {
        let datagram = call.spoken(&PAYLOAD);
        call.take(&datagram);
        call.deliver();
        datagram
    };
    (0..packets).map(speak).collect()
}

fn strayed(call: &FanOut) -> u64 {
    call.shard.stats().0.strayed
}

#[test]
fn a_talker_whose_port_changes_is_heard_without_a_gap() {
    let mut call = call();
    for _ in 0..3 {
        call.rebind(0);
        talk(&mut call, 50);
    }
    for listener in [1, 2] {
        assert_eq!(call.heard(listener).len(), 200);
    }
    assert_eq!(strayed(&call), 3);
}

#[test]
fn without_our_own_opening_it_is_heard_again_after_the_next_check() {
    let mut call = FanOut::new(MediaPath::Str0m, 1);
    call.set_checks(0, false);
    talk(&mut call, 50);
    call.rebind(0);
    talk(&mut call, 50);
    assert_eq!(call.heard(1).len(), 50);
    call.set_checks(0, true);
    call.pass(5_000);
    talk(&mut call, 50);
    assert_eq!(call.heard(1).len(), 100);
}

#[test]
fn nothing_that_a_stranger_can_make_moves_anything() {
    let mut call = call();
    let stranger = SocketAddr::from(STRANGER);
    call.take_sent_to(stranger);
    let old = talk(&mut call, 20);
    let withheld = call.spoken(&PAYLOAD);
    talk(&mut call, 20);
    for datagram in old.iter().chain([&withheld]) {
        call.take_from(stranger, datagram);
    }
    let unknown_source = |datagram: &[u8]| {
        let mut forged = datagram.to_vec();
        forged[8..12].copy_from_slice(&[1, 2, 3, 4]);
        forged
    };
    for number in 0..200_usize {
        let mut forged = withheld.clone();
        forged[2] ^= (number % 128) as u8;
        forged[20 + number % 60] ^= 1;
        call.take_from(stranger, &forged);
        call.take_from(stranger, &unknown_source(&withheld));
    }
    call.pass(3_000);
    talk(&mut call, 10);
    assert_eq!(call.take_sent_to(stranger), 0);
    assert_eq!(strayed(&call), 0);
    assert_eq!(call.heard(1).len(), 100, "the one withheld is lost");
}

#[test]
fn what_a_peer_hears_follows_it_within_a_second() {
    let mut call = call();
    let before = call.heard(1).len();
    let old = call.public(1);
    let new = call.rebind(1);
    call.take_sent_to(new);
    for _ in 0..100 {
        talk(&mut call, 1);
        for datagram in call.say(1, &PAYLOAD) {
            call.take_from(new, &datagram);
        }
    }
    let heard = call.heard(1).len() - before;
    assert!(heard >= 100 - LOST_MAX, "{heard}");
    assert_ne!(old, new);
}

#[test]
fn three_times_what_came_from_there_leaves_until_a_check_has_come() {
    let mut call = call();
    let new = call.rebind(1);
    call.take_sent_to(new);
    let mut received = 0;
    for datagram in call.say(1, &PAYLOAD) {
        received += datagram.len();
        call.take_from(new, &datagram);
    }
    talk(&mut call, 150);
    let sent = call.take_sent_to(new);
    assert!((1..=3 * received).contains(&sent), "{sent} for {received}");
    call.set_checks(1, true);
    call.pass(5_000);
    let before = call.heard(1).len();
    talk(&mut call, 50);
    assert_eq!(call.heard(1).len() - before, 50);
}

#[test]
fn a_copy_that_overtakes_its_packet_takes_nothing_from_the_peer() {
    let mut call = call();
    let stranger = SocketAddr::from(STRANGER);
    call.take_sent_to(stranger);
    let before = call.heard(1).len();
    for _ in 0..100 {
        talk(&mut call, 1);
        for datagram in call.say(1, &PAYLOAD) {
            call.take_from(stranger, &datagram);
            call.take_from(call.public(1), &datagram);
        }
        for datagram in call.say(1, &PAYLOAD) {
            call.take_from(call.public(1), &datagram);
        }
    }
    assert_eq!(call.take_sent_to(stranger), 0);
    assert_eq!(call.heard(1).len() - before, 100);
}
