//! Our own path for media beside str0m's: the same is heard, and nothing is allocated for a listener.
#![allow(clippy::unwrap_used, reason = "tests")]

mod fan_out;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use engine::{Level, SessionId};
use fan_out::FanOut;
use peer::MediaPath;
use peer::client::Heard;

/// Counts what this thread allocates.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[allow(unsafe_code, reason = "an allocator has no safe interface")]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations while the shard takes a packet and makes all copies of it, over `packets` packets.
fn allocations(listeners: usize, packets: u32) -> u64 {
    let mut fan_out = FanOut::new(MediaPath::Veil, listeners);
    let mut counted = 0;
    for number in 0..2 * packets {
        let datagram = fan_out.spoken(&[7; 100]);
        let before = ALLOCATIONS.get();
        fan_out.take(&datagram);
        if number >= packets {
            counted += ALLOCATIONS.get() - before;
        }
        assert_eq!(fan_out.shard.outbox.media.len(), listeners);
        fan_out.deliver();
    }
    assert_eq!(fan_out.heard(1).len(), 2 * packets as usize);
    counted
}

#[test]
fn nothing_is_allocated_for_a_listener() {
    let (few, many) = (allocations(2, 100), allocations(30, 100));
    // What str0m allocates to take the packet in is the same, however many hear it.
    assert!(many <= few, "{few} with 2 listeners, {many} with 30");
}

/// What a listener can tell of a packet; sequence number and timestamp from the first on, which are random.
type Told = (usize, u32, u64, u32, bool, Option<Level>, Vec<u8>);

fn told(heard: &[Heard]) -> Vec<Told> {
    let first = &heard[0].packet;
    let tell = |one: &Heard| {
        let packet = &one.packet;
        (
            one.slot,
            one.source,
            packet.seq - first.seq,
            packet.timestamp.wrapping_sub(first.timestamp),
            packet.marker,
            packet.level,
            packet.payload.to_vec(),
        )
    };
    heard.iter().map(tell).collect()
}

fn conversation(media: MediaPath) -> Vec<Vec<Told>> {
    let mut fan_out = FanOut::new(media, 3);
    let mut late = None;
    for number in 0..300_u32 {
        let payload = [&number.to_be_bytes()[..], &[5; 90][..number as usize % 90]].concat();
        let datagram = fan_out.spoken(&payload);
        match number % 11 {
            // Lost before the gateway.
            3 => {}
            // One overtakes the other, and comes twice.
            7 => late = Some(datagram),
            _ => {
                fan_out.take(&datagram);
                if let Some(late) = late.take() {
                    fan_out.take(&late);
                    fan_out.take(&late);
                }
            }
        }
        fan_out.deliver();
        if number % 100 == 50 {
            fan_out.pass(3_000);
        }
    }
    (1..=3)
        .map(|listener| told(fan_out.heard(listener)))
        .collect()
}

#[test]
fn both_paths_put_the_same_on_the_wire() {
    let (ours, oracle) = (
        conversation(MediaPath::Veil),
        conversation(MediaPath::Str0m),
    );
    assert_eq!(ours, oracle);
    assert!(
        ours.iter().all(|heard| heard.len() == 273),
        "{}",
        ours[0].len()
    );
    assert_eq!(ours[0][0].1, SessionId(0).0 as u32);
}
