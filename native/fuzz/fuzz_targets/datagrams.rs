//! Any datagrams from a known address, in any order and at any pace, end at most their own session.
//!
//! The input is a series of records: kind, length, bytes. Half of the kinds begin with the first bytes of
//! a protocol and the session's own ufrag, so that its parser is reached.
#![no_main]

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use peer::client::{Client, Offering, Pictures};
use peer::{Accept, Event, Identity, Output, Session};

const OFFERING: Offering = Offering {
    publishes: true,
    audio_slots: 1,
    data: true,
    video: Pictures::NONE,
};

fuzz_target!(|input: &[u8]| {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    let identity = IDENTITY.get_or_init(|| Identity::generate().expect("a certificate"));
    let mut now = Instant::now();
    let from = SocketAddr::from(([127, 0, 0, 1], 6_000));
    let to = SocketAddr::from(([127, 0, 0, 1], 5_000));
    let (_, offer) = Client::offer(OFFERING, from, identity, now).expect("an offer");
    let accept = Accept {
        offer: &offer,
        audio_slots: 1,
        publishes: true,
        video_slots: 0,
        cameras: false,
        candidates: &[to],
        tcp_candidates: &[],
        data_message_bytes_max: 1_000,
    };
    let (mut session, _) = Session::accept(&accept, identity, now).expect("an answer");
    let ufrag = session.ufrag().to_owned();
    let mut rest = input;
    while let [kind, length, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        let datagram = match kind % 6 {
            0 => stun(&ufrag, bytes),
            1 => [&[22, 254, 253, 0, 0][..], bytes].concat(),
            2 => [&[0x90, 111][..], bytes].concat(),
            3 => [&[0x80, 200][..], bytes].concat(),
            _ => bytes.to_vec(),
        };
        now += Duration::from_millis(u64::from(kind / 6));
        session.receive(from, to, &datagram, now);
        session.timeout(now);
        for _ in 0..10_000 {
            match session.poll() {
                Output::Transmit(_) => {}
                Output::Event(Event::Down(_)) => return,
                Output::Event(event) => assert!(!matches!(event, Event::Up | Event::Packet(_))),
                Output::Timeout(_) => break,
            }
        }
    }
});

fn stun(ufrag: &str, attributes: &[u8]) -> Vec<u8> {
    let username = format!("{ufrag}:peer");
    let mut body = vec![0, 6, 0, username.len() as u8];
    body.extend(username.bytes());
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend(attributes);
    let length = (body.len() as u16).to_be_bytes();
    let mut message = vec![0, 1, length[0], length[1], 0x21, 0x12, 0xa4, 0x42];
    message.extend([5; 12]);
    message.extend(body);
    message
}
