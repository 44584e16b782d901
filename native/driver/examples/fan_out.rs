//! What one delivered packet costs: made to run under callgrind, by scripts/instructions.sh.
//!
//! Prints how many packets `measured` made. Sessions connect and listeners decrypt outside of it.
#![allow(clippy::print_stdout, reason = "the count goes to standard output")]

#[path = "../tests/fan_out/mod.rs"]
mod fan_out;

use fan_out::FanOut;
use peer::MediaPath;

const LISTENERS: usize = 40;
const PACKETS: usize = 60;
const PAYLOAD: [u8; 100] = [7; 100];

fn main() {
    let mut fan_out = FanOut::new(MediaPath::Veil, LISTENERS);
    for _ in 0..10 {
        let datagram = fan_out.spoken(&PAYLOAD);
        fan_out.take(&datagram);
        fan_out.deliver();
    }
    let mut delivered = 0;
    for _ in 0..PACKETS {
        let datagram = fan_out.spoken(&PAYLOAD);
        measured(&mut fan_out, &datagram);
        delivered += fan_out.deliver();
    }
    println!("{delivered}");
}

/// From the talker's datagram to the sealed copies of all listeners: callgrind counts in here alone.
#[inline(never)]
fn measured(fan_out: &mut FanOut, datagram: &[u8]) {
    fan_out.take(datagram);
}
