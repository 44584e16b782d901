//! Phones on the whole plane over real sockets on loopback.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "real sockets and time"
)]

mod caller;

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use caller::{PATIENCE, World, config};
use codec_api::{CodecInfo, CodecKind};
use driver::command::PhoneCommand;
use driver::{Event, PlaneConfig};
use engine::{RoomId, SessionId, TalkspurtId};
use peer::Down;
use phone::PhoneMedia;

const OPS: RoomId = RoomId(1);
/// A loud square wave of 1 kHz in mu-law: four samples up, four down.
const LOUD: [u8; 8] = [0x90, 0x90, 0x90, 0x90, 0x10, 0x10, 0x10, 0x10];
/// Payload type of G.711 mu-law (RFC 3551 6).
const PCMU: u8 = 0;

struct Phone {
    session: SessionId,
    socket: UdpSocket,
    gateway: SocketAddr,
    sequence: u16,
}

impl Phone {
    /// Bound at the gateway and in the room.
    fn call(world: &mut World, session: u64) -> Self {
        let session = SessionId(session);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let local = "127.0.0.1".parse().unwrap();
        world.plane.open_phone(session.0, session, local).unwrap();
        let port = |world: &World| {
            world.events.iter().find_map(|event| match event {
                Event::Opened {
                    session: s, port, ..
                } if *s == session => Some(*port),
                _ => None,
            })
        };
        world.until("opened", |world| port(world).is_some());
        let phone = Self {
            session,
            gateway: SocketAddr::new(local, port(world).unwrap()),
            socket,
            sequence: 0,
        };
        let media = PhoneMedia {
            remote: phone.socket.local_addr().unwrap(),
            codec: CodecInfo::of(CodecKind::Pcmu),
            payload_type: 0,
            dtmf_payload_type: Some(101),
        };
        let (hears, speaks) = (true, true);
        let set = PhoneCommand {
            session,
            media,
            hears,
            speaks,
        };
        world.plane.set_phone(set).unwrap();
        world.until("up", |world| world.events.contains(&Event::Up(session)));
        world.plane.join(OPS, session, true).unwrap();
        phone
    }

    fn speak(&mut self) {
        let mut packet = vec![0x80, 0];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend((u32::from(self.sequence) * 160).to_be_bytes());
        packet.extend([0, 0, 0, 7]);
        packet.extend(LOUD.repeat(20));
        self.socket.send_to(&packet, self.gateway).unwrap();
        self.sequence += 1;
    }

    /// Packets that wait, as (sequence, loud).
    fn heard(&self) -> Vec<(u16, bool)> {
        let mut buffer = [0; 2_048];
        let mut heard = Vec::new();
        while let Ok((len, from)) = self.socket.recv_from(&mut buffer) {
            if from == self.gateway && buffer[1] & 0x7f == PCMU {
                let sequence = u16::from_be_bytes([buffer[2], buffer[3]]);
                let loud = buffer[12..len].iter().any(|byte| byte & 0x7f < 0x30);
                heard.push((sequence, loud));
            }
        }
        heard
    }
}

/// A second in which the phones at the given places talk.
fn talk(world: &mut World, phones: &mut [Phone], talkers: &[usize]) -> Vec<Vec<(u16, bool)>> {
    let begin = Instant::now();
    let mut heard = vec![Vec::new(); phones.len()];
    for frame in 0..50 {
        while begin.elapsed() < Duration::from_millis(20) * frame {
            world.turn();
        }
        for &who in talkers {
            phones[who].speak();
        }
        for (phone, heard) in phones.iter().zip(&mut heard) {
            heard.extend(phone.heard());
        }
    }
    heard
}

fn phones_hear_each_other(shards: usize) {
    let mut world = World::new(&config(shards));
    let mut phones: Vec<Phone> = (1..=3).map(|k| Phone::call(&mut world, k)).collect();
    for phone in &phones {
        let talkspurt = TalkspurtId(phone.session.0);
        world
            .plane
            .open_gate(OPS, phone.session, talkspurt, None)
            .unwrap();
    }
    let heard = talk(&mut world, &mut phones, &[0]);
    assert_eq!(heard[0], [], "nobody else talks");
    for other in &heard[1..] {
        assert!(other.len() > 35, "{} packets", other.len());
        assert!(
            other
                .windows(2)
                .all(|pair| pair[1].0 == pair[0].0.wrapping_add(1))
        );
        assert!(other.iter().filter(|(_, loud)| *loud).count() > 35);
    }
    assert_eq!(world.counter("phones"), 3);
    world.until("all that was sent", |world| {
        world.counter("phone_received_total") == 50
    });
    assert_eq!(world.counter("datagrams_dropped_total"), 0);
}

#[test]
fn phones_hear_each_other_on_one_shard() {
    phones_hear_each_other(1);
}

#[test]
fn phones_hear_each_other_on_three_shards() {
    phones_hear_each_other(3);
}

#[test]
fn a_browser_hears_a_phone_and_learns_whom() {
    let mut world = World::new(&config(1));
    let mut phones = vec![Phone::call(&mut world, 900)];
    let browser = world.call(caller::LISTENER);
    let listener = world.callers[browser].session;
    world.plane.join(OPS, listener, true).unwrap();
    world
        .plane
        .open_gate(OPS, SessionId(900), TalkspurtId(1), None)
        .unwrap();
    talk(&mut world, &mut phones, &[0]);
    world.until("sound", |world| world.callers[browser].heard.len() > 40);
    let talking = Event::Talking {
        room: OPS,
        session: SessionId(900),
        on: true,
    };
    assert!(world.events.contains(&talking));
    assert!(world.events.contains(&Event::Heard(SessionId(900))));
}

#[test]
fn a_range_of_ports_is_kept_and_its_end_refused() {
    let free = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
        & !1;
    let mut world = World::new(&PlaneConfig {
        rtp_ports: (free, free + 1),
        ..config(1)
    });
    let first = Phone::call(&mut world, 1);
    assert_eq!(first.gateway.port(), free);
    let second = SessionId(2);
    world
        .plane
        .open_phone(2, second, first.gateway.ip())
        .unwrap();
    let is_refused =
        |event: &Event| matches!(event, Event::Refused { session, .. } if *session == second);
    world.until("refused", |world| world.events.iter().any(is_refused));
    world.plane.close(first.session).unwrap();
    let down = Event::Down(first.session, Down::Closed);
    world.until("down", |world| world.events.contains(&down));
    assert_eq!(Phone::call(&mut world, 3).gateway.port(), free);
}

#[test]
fn a_closed_phone_says_goodbye_and_leaves_nothing() {
    let mut world = World::new(&config(1));
    let phone = Phone::call(&mut world, 1);
    let rtcp = UdpSocket::bind("127.0.0.1:0").unwrap();
    rtcp.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut report = [0_u8; 8];
    report[..4].copy_from_slice(&[0x80, 201, 0, 1]);
    let beside = SocketAddr::new(phone.gateway.ip(), phone.gateway.port() + 1);
    rtcp.send_to(&report, beside).unwrap();
    world.until("report", |world| {
        world.counter("datagrams_received_total") > 0
    });
    world.plane.close(phone.session).unwrap();
    let mut buffer = [0; 256];
    let (len, from) = rtcp.recv_from(&mut buffer).unwrap();
    assert_eq!(from, beside);
    let is_goodbye = |packet| matches!(packet, Ok(rtp::rtcp::Packet::Goodbye { .. }));
    assert!(rtp::rtcp::Packets::new(&buffer[..len]).any(is_goodbye));
    let gone = |name| move |world: &World| world.counter(name) == 0;
    for gauge in [
        "phones",
        "sessions",
        "rooms",
        "mix_listeners",
        "mix_sources",
    ] {
        world.until(gauge, gone(gauge));
    }
}
