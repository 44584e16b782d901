//! Bytes that nobody should send: the core takes them, and still serves the next call.

use crate::rig::{Peer, Rig, SDP, peer, stream};
use proptest::prelude::*;
use sip::msg::{Address, Message, Uri, Via, parse};
use sip::sdp::Session;
use sip::{Command, Event, Input, Random};

/// Cuts, doubles, swaps and overwrites bytes of `text`.
fn mutate(text: &[u8], random: &mut Random) -> Vec<u8> {
    const SPICE: &[&[u8]] = &[
        b"\r\n",
        b"\r\n\r\n",
        b"\"",
        b"<",
        b">",
        b";",
        b",",
        b"=",
        b"\0",
        b"\xff",
        b"%",
        b":",
        b"@",
        b"99999999999",
        b"-1",
        b"[::",
        b"Content-Length: 5\r\n",
        b" ",
    ];
    let mut out = text.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(out.len() as u64 + 1) as usize;
        match random.below(5) {
            0 => out.truncate(at),
            1 => drop(
                out.splice(
                    at..at,
                    SPICE[random.below(SPICE.len() as u64) as usize]
                        .iter()
                        .copied(),
                ),
            ),
            2 => drop(out.drain(at..(at + random.below(20) as usize).min(out.len()))),
            3 => out
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|b| *b ^= 1 << random.below(8)),
            _ => {
                let copy = out[at..(at + random.below(60) as usize).min(out.len())].to_vec();
                drop(out.splice(at..at, copy));
            }
        }
    }
    out
}

/// A core in the middle of everything: an offered leg, a connected one, and one of ours.
fn busy() -> (Rig, Vec<String>) {
    let mut rig = Rig::new();
    let mut caller = Peer::new("connected");
    rig.establish(&mut caller);
    let mut other = Peer::new("offered");
    let invite = other.invite();
    rig.udp(&invite);
    let ours = rig.place(Some(SDP));
    let mut seeds = vec![invite, other.cancel(), caller.ack()];
    for method in [
        "INVITE", "UPDATE", "INFO", "REFER", "BYE", "OPTIONS", "REGISTER", "X",
    ] {
        seeds.push(caller.send(
            method,
            "Refer-To: <sip:x@y>\r\nSession-Expires: 90;refresher=uac\r\nSupported: timer\r\n",
            SDP,
        ));
    }
    for status in [100, 180, 200, 302, 401, 407, 422, 491, 503] {
        let extra = "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\", qop=\"auth\"\r\nMin-SE: 90\r\nSession-Expires: 90\r\n";
        seeds.push(crate::rig::reply(&ours, status, "t", extra, SDP));
    }
    rig.clear();
    (rig, seeds)
}

#[test]
fn twelve_thousand_mutated_messages_do_no_harm() {
    let mut random = Random::from_number(4475);
    for round in 0..120 {
        let (mut rig, seeds) = busy();
        for _ in 0..100 {
            let seed = &seeds[random.below(seeds.len() as u64) as usize];
            let bytes = mutate(seed.as_bytes(), &mut random);
            let flow = if random.below(8) == 0 {
                stream()
            } else {
                peer()
            };
            rig.input(Input::Bytes {
                flow,
                bytes: &bytes,
            });
            rig.wait(random.below(2_000));
        }
        rig.clear();
        rig.udp(&Peer::new("after").invite());
        let leg = rig.incoming();
        rig.command(Command::Refuse { leg, status: 486 });
        assert_eq!(rig.statuses(), [100, 486], "round {round}");
    }
}

#[test]
fn what_is_left_after_mutations_ends_by_itself() {
    let mut random = Random::from_number(1);
    for _ in 0..20 {
        let (mut rig, seeds) = busy();
        for _ in 0..60 {
            let seed = &seeds[random.below(seeds.len() as u64) as usize];
            rig.input(Input::Bytes {
                flow: peer(),
                bytes: &mutate(seed.as_bytes(), &mut random),
            });
        }
        let legs: Vec<_> = rig
            .events
            .iter()
            .filter_map(|e| match e {
                Event::Incoming(call) => Some(call.leg),
                _ => None,
            })
            .collect();
        for leg in legs
            .into_iter()
            .chain([sip::LegId(1), sip::LegId(2), sip::LegId(4)])
        {
            rig.command(Command::Hangup { leg });
        }
        rig.wait(600_000);
        let counts = rig.core.counts();
        assert_eq!((counts.legs, counts.transactions, counts.waits), (0, 0, 0));
    }
}

proptest! {
    #[test]
    fn parsers_take_any_text(text in "\\PC{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
        let _ = parse(format!("INVITE {text} SIP/2.0\r\nVia: {text}\r\n\r\n").as_bytes());
        let _ = (Uri::parse(&text), Address::parse(&text), Via::parse(&text));
        let _ = Session::parse(&bytes);
        let _ = Session::parse(format!("v=0\no={text}\nm=audio 1 RTP/AVP 0\na={text}\n").as_bytes());
    }

    #[test]
    fn what_is_written_is_read_back(user in "[a-z0-9%;?/]{0,12}", name in "\\PC{0,20}", body in proptest::collection::vec(any::<u8>(), 0..99)) {
        let mut headers = sip::msg::Headers::default();
        headers.push("Via", "SIP/2.0/UDP a;branch=z9hG4bKx");
        headers.push("Subject", name.trim());
        let request = sip::msg::Request { method: sip::msg::Method::Info, uri: format!("sip:{user}@h").into(), headers, body };
        let read = parse(&request.to_bytes()).unwrap();
        prop_assert_eq!(read, Message::Request(request));
    }

    #[test]
    fn a_parsed_address_is_written_and_read_the_same(text in "(\"[a-z\\\\]{0,5}\" )?<sip:[a-z]{1,5}@[a-z]{1,5}>(;[a-z]{1,3}(=[a-z]{1,3})?){0,3}") {
        if let Some(address) = Address::parse(&text) {
            prop_assert_eq!(Address::parse(&address.to_string()), Some(address));
        }
    }
}
