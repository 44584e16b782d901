//! Memory of an idle established call, counted by the allocator; the prototype needed 7 KB.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use sip::{Command, Config, Core, Event, Flow, Input, LegId, LinkId, Output, Random, Transport};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system allocator unchanged; only sizes are counted.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\n\
    m=audio 5000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n";
const CALLS: usize = 1_000;

fn request(method: &str, number: usize, seq: u32, tag: &str) -> String {
    let tag = if tag.is_empty() {
        String::new()
    } else {
        format!(";tag={tag}")
    };
    let sdp = if method == "INVITE" { SDP } else { "" };
    format!(
        "{method} sip:ops@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bK{method}{number}\r\n\
         From: <sip:bob@192.0.2.20>;tag=a{number}\r\nTo: <sip:ops@192.0.2.10>{tag}\r\nCall-ID: call-{number}@192.0.2.20\r\n\
         CSeq: {seq} {method}\r\nContact: <sip:bob@192.0.2.20:5060>\r\nSupported: timer\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

/// Gives one input and returns what the core sent and told.
fn step(core: &mut Core, input: Input<'_>, now: Duration) -> (Vec<String>, Vec<Event>) {
    core.handle(input, now);
    let (mut sent, mut events) = (vec![], vec![]);
    loop {
        match core.poll_output() {
            Output::Send { bytes, .. } => sent.push(String::from_utf8(bytes).unwrap()),
            Output::Event(event) => events.push(event),
            Output::CloseFlow(_) => {}
            Output::Timeout(_) => return (sent, events),
        }
    }
}

fn peer() -> Flow {
    Flow {
        link: LinkId(1),
        remote: "192.0.2.20:5060".parse().unwrap(),
    }
}

/// A core that trusts the peer.
fn core() -> Core {
    let mut core = Core::new(Config::default(), Random::from_number(1));
    let local = "192.0.2.10:5060".parse().unwrap();
    let opened = Input::LinkOpened {
        link: LinkId(1),
        transport: Transport::Udp,
        local,
    };
    step(&mut core, opened, Duration::ZERO);
    let trust = Command::SetTrusted {
        source: peer().remote.ip(),
        trusted: true,
    };
    step(&mut core, Input::Command(trust), Duration::ZERO);
    core
}

fn establish(core: &mut Core, number: usize) -> LegId {
    let (flow, start) = (peer(), Duration::ZERO);
    let leg = LegId(2 + 2 * number as u64);
    let invite = request("INVITE", number, 1, "");
    step(
        core,
        Input::Bytes {
            flow,
            bytes: invite.as_bytes(),
        },
        start,
    );
    let answer = Command::Answer {
        leg,
        sdp: SDP.into(),
    };
    let (sent, _) = step(core, Input::Command(answer), start);
    let tag = sent[0]
        .split("To: ")
        .nth(1)
        .unwrap()
        .split("tag=")
        .nth(1)
        .unwrap();
    let ack = request("ACK", number, 1, &tag[..16]);
    let (_, told) = step(
        core,
        Input::Bytes {
            flow,
            bytes: ack.as_bytes(),
        },
        start,
    );
    assert_eq!(told, [Event::Established { leg, sdp: None }]);
    leg
}

#[test]
fn an_established_call_takes_less_than_the_prototypes_7_kb() {
    let mut core = core();
    let before = LIVE.load(Ordering::Relaxed);
    let legs: Vec<LegId> = (0..CALLS)
        .map(|number| establish(&mut core, number))
        .collect();
    let fresh = (LIVE.load(Ordering::Relaxed) - before) / CALLS;
    let later = Duration::from_secs(40);
    step(&mut core, Input::Timeout, later);
    let idle = (LIVE.load(Ordering::Relaxed) - before) / CALLS;
    assert_eq!(core.counts().legs, CALLS);
    println!("fresh {fresh}, idle {idle} bytes a call");
    assert!(
        fresh < 7_000 && idle < 3_000,
        "fresh {fresh}, idle {idle} bytes a call"
    );

    for leg in legs {
        step(&mut core, Input::Command(Command::Hangup { leg }), later);
    }
    step(&mut core, Input::Timeout, later + Duration::from_secs(100));
    let left = LIVE.load(Ordering::Relaxed).saturating_sub(before);
    assert!(
        left < 20_000,
        "{left} bytes left over after all calls ended"
    );
}
