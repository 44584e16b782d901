//! Sessions over ICE-TCP, and what strangers can do to its port.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "real sockets and time"
)]

mod caller;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use caller::{LISTENER, PATIENCE, TALKER, config};
use driver::command::AcceptCommand;
use driver::{Event, Plane, PlaneConfig, TcpConfig};
use engine::{Level, RoomId, SessionId, TalkspurtId};
use peer::client::{self, Client, Offering, Output};
use peer::framing::{self, Reader};
use peer::{Identity, Transport};

const OPS: RoomId = RoomId(1);
/// First byte of the packets by which a test sees that everybody is connected.
const WARM_UP: u8 = 200;

fn plane(shards: usize, connections_max: usize, per_address_max: usize) -> Plane {
    Plane::start(&PlaneConfig {
        tcp: Some(TcpConfig {
            port: 0,
            connections_max,
            per_address_max,
        }),
        ..config(shards)
    })
    .unwrap()
}

fn door(plane: &Plane) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], plane.tcp_port().unwrap()))
}

/// A caller that reaches the plane over one TCP connection.
struct Caller {
    session: SessionId,
    client: Client,
    stream: TcpStream,
    local: SocketAddr,
    remote: SocketAddr,
    frames: Reader,
    up: bool,
    heard: Vec<u8>,
    timestamp: u32,
}

impl Caller {
    fn call(plane: &Plane, number: u64, offering: Offering, events: &mut Vec<Event>) -> Self {
        let stream = TcpStream::connect(door(plane)).unwrap();
        stream.set_nonblocking(true).unwrap();
        let local = stream.local_addr().unwrap();
        let identity = Identity::generate().unwrap();
        let now = Instant::now();
        let (mut client, offer) =
            Client::offer_over(Transport::Tcp, offering, local, &identity, now).unwrap();
        let session = SessionId(number);
        plane
            .accept(AcceptCommand {
                request: number,
                session,
                offer,
                audio_slots: offering.audio_slots,
                publishes: offering.publishes,
                video_slots: 0,
                cameras: false,
            })
            .unwrap();
        let answer = until("the answer", || {
            events.extend(plane.drain(4_096));
            events.iter().find_map(|event| match event {
                Event::Answered {
                    session: answered,
                    answer,
                    ..
                } if *answered == session => Some(answer.clone()),
                _ => None,
            })
        });
        assert!(answer.contains("tcptype passive"), "{answer}");
        client.answer(&answer).unwrap();
        Self {
            session,
            client,
            stream,
            local,
            remote: door(plane),
            frames: Reader::default(),
            up: false,
            heard: Vec::new(),
            timestamp: 0,
        }
    }

    fn speak(&mut self, number: u8) {
        self.timestamp += 960;
        let level = Some(Level {
            dbov: -20,
            voice: true,
        });
        self.client
            .speak(self.timestamp, level, &[number, 1, 2], 0, Instant::now());
    }

    fn turn(&mut self) {
        let mut block = [0; 4_096];
        while let Ok(length @ 1..) = self.stream.read(&mut block) {
            self.frames.extend(&block[..length]);
        }
        let (remote, now) = (self.remote, Instant::now());
        while let Some(frame) = self.frames.next_frame().unwrap() {
            self.client.receive(remote, self.local, frame, now);
            Self::drain(
                &mut self.client,
                &mut self.stream,
                &mut self.heard,
                &mut self.up,
            );
        }
        self.client.timeout(now);
        Self::drain(
            &mut self.client,
            &mut self.stream,
            &mut self.heard,
            &mut self.up,
        );
    }

    fn drain(client: &mut Client, stream: &mut TcpStream, heard: &mut Vec<u8>, up: &mut bool) {
        loop {
            match client.poll() {
                Output::Transmit(datagram) => {
                    assert_eq!(datagram.transport, Transport::Tcp);
                    send(stream, &datagram.bytes);
                }
                Output::Event(client::Event::Up) => *up = true,
                Output::Event(client::Event::Heard(packet)) => {
                    heard.push(packet.packet.payload[0]);
                }
                Output::Event(_) => {}
                Output::Timeout(_) => return,
            }
        }
    }
}

fn send(stream: &mut TcpStream, datagram: &[u8]) {
    let frame = [&framing::length(datagram).unwrap()[..], datagram].concat();
    // A session that has ended takes its connection along.
    let _ = stream.write_all(&frame);
}

fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::yield_now();
    }
}

fn counter(plane: &Plane, name: &str) -> u64 {
    plane.counters()[name]
}

/// Whether the plane has closed the connection.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    match stream.read(&mut [0; 100]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

fn two_hear_each_other_over_tcp(shards: usize) {
    let plane = plane(shards, 100, 100);
    let mut events = Vec::new();
    // More sessions than shards, so that some connections come to a shard that is not their session's.
    let mut callers: Vec<Caller> = [TALKER, LISTENER, LISTENER, LISTENER]
        .into_iter()
        .enumerate()
        .map(|(k, offering)| Caller::call(&plane, k as u64 + 1, offering, &mut events))
        .collect();
    for caller in &callers {
        plane.join(OPS, caller.session, true).unwrap();
    }
    plane
        .open_gate(OPS, callers[0].session, TalkspurtId(1), None)
        .unwrap();
    until("all are up", || {
        callers.iter_mut().for_each(Caller::turn);
        callers.iter().all(|caller| caller.up).then_some(())
    });
    let mut spoken = Instant::now();
    until("all hear", || {
        // A source that sends faster than a microphone is cut down.
        if spoken.elapsed() > Duration::from_millis(10) {
            spoken = Instant::now();
            callers[0].speak(WARM_UP);
        }
        callers.iter_mut().for_each(Caller::turn);
        let hear = |caller: &Caller| caller.heard.contains(&WARM_UP);
        callers[1..].iter().all(hear).then_some(())
    });
    let begun = Instant::now();
    for number in 0..100 {
        callers[0].speak(number);
        until("the next packet is due", || {
            callers.iter_mut().for_each(Caller::turn);
            (begun.elapsed() > Duration::from_millis(10) * u32::from(number)).then_some(())
        });
    }
    until("all packets", || {
        callers.iter_mut().for_each(Caller::turn);
        let whole = |caller: &Caller| caller.heard.last() == Some(&99);
        callers[1..].iter().all(whole).then_some(())
    });
    for caller in &callers[1..] {
        let numbers: Vec<u8> = caller
            .heard
            .iter()
            .copied()
            .filter(|n| *n < WARM_UP)
            .collect();
        assert_eq!(
            numbers,
            (0..100).collect::<Vec<u8>>(),
            "{:?}",
            plane.counters()
        );
    }
    assert_eq!(counter(&plane, "datagrams_received_total"), 0);
    assert_eq!(counter(&plane, "tcp_frames_dropped_total"), 0);
    for caller in &callers {
        plane.close(caller.session).unwrap();
    }
    until("no connection is left", || {
        callers.iter_mut().for_each(Caller::turn);
        (counter(&plane, "tcp_connections") == 0).then_some(())
    });
}

#[test]
fn sessions_hear_every_packet_over_tcp_on_one_shard() {
    two_hear_each_other_over_tcp(1);
}

#[test]
fn sessions_hear_every_packet_over_tcp_whichever_shard_takes_the_connection() {
    two_hear_each_other_over_tcp(3);
}

#[test]
fn bytes_that_are_no_frames_of_a_session_end_their_connection_at_once() {
    let plane = plane(3, 100, 100);
    let stun_of_nobody = {
        let mut message = vec![0, 1, 0, 16, 0x21, 0x12, 0xa4, 0x42];
        message.extend([7; 12]);
        message.extend([0, 6, 0, 9]);
        message.extend(b"nobody:me\0\0\0");
        message
    };
    let framed = |datagram: &[u8]| [&framing::length(datagram).unwrap()[..], datagram].concat();
    for garbage in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0xff; 10_000],
        framed(&[22, 254, 253, 0, 0, 0, 0]),
        framed(&[0x80; 200]),
        framed(b"?"),
        framed(&stun_of_nobody),
    ] {
        let mut stream = TcpStream::connect(door(&plane)).unwrap();
        // The plane may hang up before all is written.
        let _ = stream.write_all(&garbage);
        until("the end", || is_closed(&mut stream).then_some(()));
    }
    until("the counts", || {
        let ended = counter(&plane, "tcp_unproven_total");
        (ended == 6 && counter(&plane, "tcp_connections") == 0).then_some(())
    });
}

#[test]
fn half_a_frame_and_silence_end_after_some_seconds() {
    let plane = plane(1, 100, 100);
    let begun = Instant::now();
    let mut silent = TcpStream::connect(door(&plane)).unwrap();
    let mut half = TcpStream::connect(door(&plane)).unwrap();
    half.write_all(&[0, 100, 0, 1]).unwrap();
    for stream in [&mut silent, &mut half] {
        until("the end", || is_closed(stream).then_some(()));
    }
    assert!(begun.elapsed() > Duration::from_secs(4));
}

#[test]
fn connections_beyond_the_bounds_are_closed_unread_and_the_rest_goes_on() {
    let plane = plane(3, 50, 40);
    let held: Vec<TcpStream> = (0..1_000)
        .map(|_| TcpStream::connect(door(&plane)).unwrap())
        .collect();
    until("the rest is refused", || {
        let refused = counter(&plane, "tcp_refused_total");
        (refused == 960).then_some(())
    });
    assert_eq!(counter(&plane, "tcp_accepted_total"), 40);
    drop(held);
    until("their places are free", || {
        (counter(&plane, "tcp_connections") == 0).then_some(())
    });
    let mut events = Vec::new();
    let mut caller = Caller::call(&plane, 1, TALKER, &mut events);
    until("a session gets through", || {
        caller.turn();
        caller.up.then_some(())
    });
}
