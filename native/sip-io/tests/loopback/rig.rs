//! An edge on free ports of loopback, the messages of a phone, and waits that have an end.

use std::io::Read;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use sip::{Command, LegId, Transport};
use sip_io::{Edge, EdgeConfig, IoLimits, Listen, Order, Report};

pub const PATIENCE: Duration = Duration::from_secs(10);
pub const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
    m=audio 40000 RTP/AVP 0\r\n";

pub fn edge(limits: IoLimits) -> Edge {
    let doors = [Transport::Udp, Transport::Tcp];
    let listen = doors.map(|transport| Listen {
        transport,
        address: "127.0.0.1:0".parse().unwrap(),
        announce: None,
    });
    Edge::start(EdgeConfig {
        listen: listen.to_vec(),
        identity: None,
        authorities: None,
        // These stories are about sockets: how often a known address may ask is the core's.
        core: sip::Config {
            limits: sip::Limits {
                known_rate_per_s: 1_000_000,
                ..sip::Limits::default()
            },
            ..sip::Config::default()
        },
        limits,
    })
    .unwrap()
}

pub fn door(edge: &Edge, transport: Transport) -> SocketAddr {
    let mut doors = edge.doors().iter();
    doors.find(|door| door.0 == transport).unwrap().1
}

pub fn request(method: &str, transport: &str, number: usize, body: &str) -> String {
    format!(
        "{method} sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:9;branch=z9hG4bK{number};rport\r\n\
         From: <sip:a@x>;tag={number}\r\nTo: <sip:100@x>\r\nCall-ID: {number}\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:a@127.0.0.1:9>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub fn reports(edge: &Edge, wanted: impl Fn(&Report) -> bool) -> Vec<Report> {
    let end = Instant::now() + PATIENCE;
    let mut all = Vec::new();
    while Instant::now() < end {
        all.extend(edge.drain(4_096).unwrap());
        if all.iter().any(&wanted) {
            return all;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("not reported: {all:?}");
}

pub fn counter(edge: &Edge, name: &str, reached: impl Fn(u64) -> bool) -> u64 {
    let end = Instant::now() + PATIENCE;
    loop {
        let value = edge.counters()[name];
        if reached(value) {
            return value;
        }
        assert!(Instant::now() < end, "{name} is {value}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn read_answer(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 4_096];
    let length = stream.read(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

pub fn trust(edge: &Edge) {
    edge.order(Order::Command(Command::SetTrusted {
        source: "127.0.0.1".parse().unwrap(),
        trusted: true,
    }))
    .unwrap();
}

pub fn closed_udp_port() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap()
}

pub fn call(leg: u64, to: SocketAddr) -> Command {
    let flow = sip::Flow {
        link: sip::LinkId(0),
        remote: to,
    };
    Command::Call(Box::new(sip::Call {
        leg: LegId(leg),
        flow,
        target: format!("sip:100@{to}").into(),
        from: "sip:hub@127.0.0.1".into(),
        name: "".into(),
        route: Vec::new(),
        sdp: Some(SDP.into()),
        account: None,
        ring_limit_ms: 0,
    }))
}
