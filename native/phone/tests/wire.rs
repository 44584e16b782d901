//! Stories of one phone leg on its wire, in virtual time.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use codec_api::{CodecInfo, CodecKind};
use phone::{Datagram, HEARD_EVERY, PhoneLeg, PhoneMedia, Received, Socket};
use rtp::rtcp::{Packet, Packets};
use rtp::telephone_event::{EventPayload, dtmf_event};
use rtp::{RtpHeader, RtpView};

const PHONE: u16 = 4_000;
const DTMF: u8 = 101;
const STREAM: u32 = 99;

fn at(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 7], port))
}

#[allow(clippy::disallowed_methods, reason = "an Instant needs the clock")]
fn start() -> Instant {
    Instant::now()
}

fn media(kind: CodecKind, port: u16) -> PhoneMedia {
    PhoneMedia {
        remote: at(port),
        codec: CodecInfo::of(kind),
        payload_type: CodecInfo::of(kind).static_payload_type.unwrap_or(111),
        dtmf_payload_type: Some(DTMF),
    }
}

fn leg(now: Instant) -> PhoneLeg {
    let mut leg = PhoneLeg::new(0x1234_5678_9abc_def0, now);
    leg.set(media(CodecKind::Pcmu, PHONE), 0);
    leg
}

fn rtp(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let header = RtpHeader {
        marker: false,
        payload_type,
        sequence,
        timestamp,
        ssrc: STREAM,
        csrcs: &[],
        extensions: &[],
    };
    let mut bytes = vec![0; 12 + payload.len()];
    header.write(&mut bytes).unwrap();
    bytes[12..].copy_from_slice(payload);
    bytes
}

fn sound(sequence: u16) -> Vec<u8> {
    rtp(0, sequence, u32::from(sequence) * 160, &[0xff; 160])
}

fn header(datagram: &Datagram) -> (u32, u16, u32, bool, u8) {
    let view = RtpView::parse(&datagram.bytes).unwrap();
    (
        view.ssrc,
        view.sequence,
        view.timestamp,
        view.marker,
        view.payload_type,
    )
}

fn send(leg: &mut PhoneLeg, tick: u64) -> (u32, u16, u32, bool, u8) {
    header(&leg.send(tick, &[0; 160]).unwrap())
}

#[test]
fn silence_moves_the_timestamp_and_marks_what_follows() {
    let mut leg = leg(start());
    let (ssrc, first, begin, marker, _) = send(&mut leg, 10);
    assert!(marker);
    let next = send(&mut leg, 11);
    assert_eq!(
        next,
        (
            ssrc,
            first.wrapping_add(1),
            begin.wrapping_add(160),
            false,
            0
        )
    );
    let later = send(&mut leg, 61);
    assert_eq!(
        later,
        (
            ssrc,
            first.wrapping_add(2),
            begin.wrapping_add(51 * 160),
            true,
            0
        )
    );
}

#[test]
fn another_codec_and_another_address_go_on_with_the_same_stream() {
    let mut leg = leg(start());
    let (ssrc, sequence, begin, ..) = send(&mut leg, 10);
    leg.set(media(CodecKind::Opus, PHONE + 10), 20);
    let sent = leg.send(20, &[1; 40]).unwrap();
    assert_eq!(sent.to, at(PHONE + 10));
    let clock_changed = begin.wrapping_add(10 * 160);
    assert_eq!(
        header(&sent),
        (ssrc, sequence.wrapping_add(1), clock_changed, true, 111)
    );
    let next = send(&mut leg, 21);
    assert_eq!(next.2, clock_changed.wrapping_add(960));
}

#[test]
fn sound_of_the_phone_is_taken_and_of_others_refused() {
    let now = start();
    let mut leg = leg(now);
    let datagram = sound(1);
    let taken = leg.receive(Socket::Rtp, at(PHONE), &datagram, now);
    assert_eq!(taken.sound.map(|sound| sound.sequence), Some(1));
    for sequence in 2..50 {
        let datagram = sound(sequence);
        let refused = leg.receive(Socket::Rtp, at(666), &datagram, now);
        assert_eq!(refused, Received::default());
    }
    assert_eq!(leg.send(1, &[0]).unwrap().to, at(PHONE));
    assert_eq!(leg.take_stats().foreign, 48);
}

#[test]
fn a_phone_behind_a_nat_is_answered_where_it_sends_from() {
    let now = start();
    let mut leg = leg(now);
    for sequence in 1..=2 {
        leg.receive(Socket::Rtp, at(50_000), &sound(sequence), now);
    }
    assert_eq!(leg.send(1, &[0]).unwrap().to, at(50_000));
    assert_eq!(leg.take_stats().latched, 1);
}

#[test]
fn other_payload_types_never_move_the_phone() {
    let now = start();
    let mut leg = leg(now);
    for sequence in 1..20 {
        let datagram = rtp(96, sequence, 0, &[1; 20]);
        leg.receive(Socket::Rtp, at(50_000), &datagram, now);
    }
    assert_eq!(leg.send(1, &[0]).unwrap().to, at(PHONE));
    assert_eq!(leg.take_stats().garbage, 19);
}

#[test]
fn nothing_is_taken_or_sent_before_the_phone_is_set() {
    let now = start();
    let mut leg = PhoneLeg::new(1, now);
    assert_eq!(
        leg.receive(Socket::Rtp, at(PHONE), &sound(1), now),
        Received::default()
    );
    assert_eq!(leg.send(1, &[0]), None);
    assert_eq!(leg.send_report(1, now + Duration::from_secs(9)), None);
    assert_eq!(leg.send_goodbye(1, now), None);
}

/// A packet of a key, 20 ms further into it each time.
fn key(key: char, sequence: u16, timestamp: u32, end: bool) -> Vec<u8> {
    let payload = EventPayload {
        event: dtmf_event(key).unwrap(),
        end,
        volume: 10,
        duration: 160,
    };
    rtp(DTMF, sequence, timestamp, &payload.bytes())
}

#[test]
fn a_key_is_told_at_its_first_packet_and_never_again() {
    let now = start();
    let mut leg = leg(now);
    let mut digits = Vec::new();
    for sequence in 1..=8 {
        let datagram = key('*', sequence, 8_000, sequence >= 6);
        let received = leg.receive(Socket::Rtp, at(PHONE), &datagram, now);
        assert!(received.event && received.sound.is_none());
        digits.push(received.digit);
    }
    assert_eq!(digits.remove(0), Some('*'));
    assert_eq!(digits, [None; 7]);
    assert_eq!(leg.take_stats().digits, 1);
}

#[test]
fn keys_of_a_new_stream_are_told_wherever_its_timestamps_begin() {
    let now = start();
    let mut leg = leg(now);
    let first = key('*', 1, 3_000_000_000, true);
    let mut second = key('#', 1, 1_000_000_000, true);
    second[8..12].copy_from_slice(&(STREAM + 1).to_be_bytes());
    let told = [first, second].map(|datagram| {
        let received = leg.receive(Socket::Rtp, at(PHONE), &datagram, now);
        received.digit
    });
    assert_eq!(told, [Some('*'), Some('#')]);
}

#[test]
fn our_keys_go_out_in_place_of_sound_on_the_same_stream() {
    let mut leg = leg(start());
    let (ssrc, first, ..) = send(&mut leg, 1);
    leg.queue_digits("5");
    let mut kinds = Vec::new();
    for tick in 2..12 {
        let key = leg.send_digit(tick);
        let sound = leg.send(tick, &[0; 160]);
        assert!(key.is_some() != sound.is_some(), "one packet a tick");
        let (of, sequence, _, _, kind) = header(&key.or(sound).unwrap());
        assert_eq!((of, sequence), (ssrc, first.wrapping_add(tick as u16 - 1)));
        kinds.push(kind);
    }
    kinds.retain(|kind| *kind == DTMF);
    assert_eq!(kinds.len(), 7);
    leg.set(
        PhoneMedia {
            dtmf_payload_type: None,
            ..media(CodecKind::Pcmu, PHONE)
        },
        12,
    );
    leg.queue_digits("12");
    assert_eq!(leg.take_stats().digits_dropped, 2);
}

#[test]
fn the_hub_hears_of_rtp_at_most_every_five_seconds() {
    let now = start();
    let mut leg = leg(now);
    let told = (0..600_u16)
        .filter(|n| {
            let now = now + Duration::from_millis(20) * u32::from(*n);
            leg.receive(Socket::Rtp, at(PHONE), &sound(*n), now).heard
        })
        .count();
    assert_eq!(told, 3);
    assert_eq!(HEARD_EVERY, Duration::from_secs(5));
}

#[test]
fn reports_say_what_was_sent_and_received_and_the_last_one_says_goodbye() {
    let now = start();
    let mut leg = leg(now);
    for sequence in (0..100).filter(|n| n % 4 != 1) {
        leg.receive(Socket::Rtp, at(PHONE), &sound(sequence), now);
    }
    send(&mut leg, 1);
    assert_eq!(leg.send_report(1, now + Duration::from_secs(4)), None);
    let report = leg.send_report(1, now + Duration::from_secs(5)).unwrap();
    assert_eq!((report.socket, report.to), (Socket::Rtcp, at(PHONE + 1)));
    let packets: Vec<_> = Packets::new(&report.bytes).map(Result::unwrap).collect();
    let Packet::SenderReport { ssrc, info, blocks } = packets[0].clone() else {
        panic!("{packets:?}");
    };
    assert_eq!((ssrc, info.packets, info.bytes), (leg.ssrc(), 1, 160));
    let block = blocks.into_iter().next().unwrap();
    assert_eq!((block.ssrc, block.cumulative_lost), (STREAM, 25));
    let goodbye = leg.send_goodbye(1, now).unwrap();
    let last = Packets::new(&goodbye.bytes).last().unwrap().unwrap();
    assert!(matches!(last, Packet::Goodbye { ssrc: Some(gone) } if gone == leg.ssrc()));
}

#[test]
fn reports_go_where_the_phones_reports_come_from() {
    let now = start();
    let mut leg = leg(now);
    let mut bytes = [0; 64];
    let mut writer = rtp::rtcp::Writer::new(&mut bytes);
    writer.receiver_report(STREAM, &[]).unwrap();
    let len = writer.finish();
    leg.receive(Socket::Rtp, at(PHONE), &bytes[..len], now);
    let report = leg.send_report(1, now + Duration::from_secs(5)).unwrap();
    assert_eq!((report.socket, report.to), (Socket::Rtp, at(PHONE)));
}

#[test]
fn any_bytes_do_at_most_nothing() {
    let now = start();
    let mut leg = leg(now);
    let mut seed = 1_u64;
    for _ in 0..20_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut datagram = sound(seed as u16);
        datagram.truncate((seed >> 32) as usize % 180);
        let mutated = (seed >> 40) as usize % 16;
        if let Some(byte) = datagram.get_mut(mutated) {
            *byte = (seed >> 48) as u8;
        }
        let socket = if seed & 1 << 20 == 0 {
            Socket::Rtp
        } else {
            Socket::Rtcp
        };
        leg.receive(socket, at(PHONE), &datagram, now);
    }
}
