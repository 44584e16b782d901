//! No descriptor left: a process of its own, because the limit is the process's.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests with sockets and a clock"
)]

#[path = "loopback/rig.rs"]
#[allow(dead_code, reason = "the other stories use the rest of it")]
mod rig;

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpStream;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::time::Instant;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket};
use rig::{PATIENCE, counter, door, edge, read_answer, request, trust};
use sip::Transport;
use sip_io::IoLimits;

const DESCRIPTORS: u64 = 128;
const PEERS: usize = 20;
/// Peers that are taken in all the same.
const LEFT: usize = 5;

/// How the SIP thread fares: opened while there are descriptors, read when there are none.
fn status() -> File {
    let is_ours = |task: &fs::DirEntry| {
        fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == "sip")
    };
    let end = Instant::now() + PATIENCE;
    loop {
        let mut tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
        if let Some(task) = tasks.find(is_ours) {
            return File::open(task.path().join("stat")).unwrap();
        }
        assert!(Instant::now() < end, "the thread has not named itself");
    }
}

/// Its processor time: utime and stime of proc(5), in hundredths of a second.
fn busy_ms(status: &File) -> u64 {
    let mut buffer = [0; 1_024];
    let length = status.read_at(&mut buffer, 0).unwrap();
    let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
    let fields = text.rsplit(')').next().unwrap().split_whitespace();
    let times = fields.skip(11).take(2);
    times.map(|n| 10 * n.parse::<u64>().unwrap()).sum()
}

#[test]
fn without_descriptors_the_thread_rests_and_afterwards_all_who_waited_are_served() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS, hard).unwrap();
    let edge = edge(IoLimits::default());
    trust(&edge);
    let (to, status) = (door(&edge, Transport::Tcp), status());
    let sockets: Vec<OwnedFd> = (0..PEERS)
        .map(|_| {
            socket(
                AddressFamily::Inet,
                SockType::Stream,
                SockFlag::empty(),
                None,
            )
            .unwrap()
        })
        .collect();
    let mut taken: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    taken.truncate(taken.len() - LEFT);
    for one in &sockets {
        connect(one.as_raw_fd(), &SockaddrStorage::from(to)).unwrap();
    }
    let mut peers: Vec<TcpStream> = sockets.into_iter().map(Into::into).collect();
    counter(&edge, "accept_pauses_total", |pauses| pauses > 0);
    let (before, pauses) = (busy_ms(&status), edge.counters()["accept_pauses_total"]);
    counter(&edge, "accept_pauses_total", |now| now == pauses + 2);
    assert!(busy_ms(&status) < before + 50);
    drop(taken);
    for (number, peer) in peers.iter_mut().enumerate() {
        let options = request("OPTIONS", "TCP", number, "");
        peer.write_all(options.as_bytes()).unwrap();
        assert!(read_answer(peer).starts_with("SIP/2.0 200"));
    }
    drop(peers);
    counter(&edge, "connections", |open| open == 0);
}
