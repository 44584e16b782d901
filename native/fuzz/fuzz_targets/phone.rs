//! Any datagrams to a phone's ports, in any order and at any pace, while it talks, presses keys, changes
//! its codec and moves: sound and keys come out, or nothing.
//!
//! The input is a series of records: kind, choice, length, bytes.
#![no_main]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use codec_api::{CodecInfo, CodecKind};
use libfuzzer_sys::fuzz_target;
use phone::{Datagram, PhoneLeg, PhoneMedia, Socket};

const DTMF: u8 = 101;
const CODECS: [CodecKind; 4] = [
    CodecKind::Pcmu,
    CodecKind::Pcma,
    CodecKind::G722,
    CodecKind::Opus,
];

fuzz_target!(|input: &[u8]| {
    let mut now = Instant::now();
    let mut leg = PhoneLeg::new(7, now);
    let (mut tick, mut sequence, mut timestamp) = (0_u64, 0_u16, 0_u32);
    let mut rest = input;
    while let [kind, choice, length, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        let from = peer(choice % 4);
        match kind % 8 {
            0 => receive(&mut leg, Socket::Rtp, from, bytes, now),
            1 => {
                let report = [&[0x81, 200 + choice / 4 % 5][..], bytes].concat();
                receive(&mut leg, Socket::Rtcp, from, &report, now);
            }
            2 | 3 => {
                let payload_type = if kind % 8 == 2 {
                    DTMF
                } else {
                    payload_type(choice / 4)
                };
                sequence = sequence.wrapping_add(1 + u16::from(choice / 64));
                timestamp = timestamp.wrapping_add(160 * u32::from(choice / 32));
                let packet = rtp(payload_type, sequence, timestamp, bytes);
                receive(&mut leg, Socket::Rtp, from, &packet, now);
            }
            4 => leg.set(media(choice / 4, from), tick),
            5 => leg.queue_digits(&String::from_utf8_lossy(bytes)),
            _ => {
                let ticks = u64::from(*choice).pow(2);
                now += Duration::from_millis(20 * ticks);
                tick += ticks.max(1);
                let key = leg.send_digit(tick);
                let sound = leg.send(tick, &[0; 160]);
                assert!(key.is_none() || sound.is_none(), "two packets in a tick");
                let report = leg.send_report(tick, now);
                for datagram in [key, sound, report].into_iter().flatten() {
                    well_formed(&datagram);
                }
            }
        }
    }
    if let Some(goodbye) = leg.send_goodbye(tick, now) {
        well_formed(&goodbye);
    }
});

fn receive(leg: &mut PhoneLeg, socket: Socket, from: SocketAddr, bytes: &[u8], now: Instant) {
    let received = leg.receive(socket, from, bytes, now);
    if let Some(sound) = received.sound {
        assert!(!sound.payload.is_empty() && sound.payload.len() < bytes.len());
    }
    if let Some(digit) = received.digit {
        assert!("0123456789*#ABCD".contains(digit) && received.event);
    }
}

/// RTP and RTCP begin alike (RFC 3550 sections 5.1 and 6.4).
fn well_formed(datagram: &Datagram) {
    assert!(datagram.bytes.len() >= 8 && datagram.bytes[0] >> 6 == 2);
}

fn peer(choice: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 7 + choice / 2], 4_000 + 2 * u16::from(choice)))
}

fn media(choice: u8, remote: SocketAddr) -> PhoneMedia {
    PhoneMedia {
        remote,
        codec: CodecInfo::of(CODECS[usize::from(choice % 4)]),
        payload_type: payload_type(choice),
        dtmf_payload_type: (choice / 4 % 4 > 0).then_some(DTMF),
    }
}

fn payload_type(choice: u8) -> u8 {
    CodecInfo::of(CODECS[usize::from(choice % 4)])
        .static_payload_type
        .unwrap_or(111)
}

fn rtp(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80, payload_type];
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(timestamp.to_be_bytes());
    bytes.extend(99_u32.to_be_bytes());
    bytes.extend(payload);
    bytes
}
