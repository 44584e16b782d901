//! UDP and TCP doors, and what peers may do to them.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use sip::{Command, End, Event, LegId, Transport};
use sip_io::{Edge, EdgeConfig, IoLimits, Listen, Order, Report, StartError, Way};

use crate::rig::{
    PATIENCE, SDP, call, closed_udp_port, counter, door, edge, read_answer, reports, request, trust,
};

#[test]
fn options_over_udp_and_tcp_are_answered_and_a_call_is_reported() {
    let edge = edge(IoLimits::default());
    trust(&edge);
    let phone = UdpSocket::bind("127.0.0.1:0").unwrap();
    phone.set_read_timeout(Some(PATIENCE)).unwrap();
    let to = door(&edge, Transport::Udp);
    let mut buffer = vec![0; 65_535];
    phone
        .send_to(request("OPTIONS", "UDP", 1, "").as_bytes(), to)
        .unwrap();
    let length = phone.recv(&mut buffer).unwrap();
    assert!(buffer[..length].starts_with(b"SIP/2.0 200"));
    let mut stream = TcpStream::connect(door(&edge, Transport::Tcp)).unwrap();
    let invite = request("INVITE", "TCP", 2, SDP);
    stream.write_all(invite.as_bytes()).unwrap();
    assert!(read_answer(&mut stream).starts_with("SIP/2.0 100"));
    let all = reports(&edge, |r| matches!(r.event, Event::Incoming(_)));
    let tcp = door(&edge, Transport::Tcp);
    assert_eq!(all[0].door, Some((Transport::Tcp, tcp)));
    drop(stream);
    let is_lost = |r: &Report| {
        matches!(
            r.event,
            Event::Ended {
                why: End::ConnectionLost,
                ..
            }
        )
    };
    reports(&edge, is_lost);
    counter(&edge, "connections", |open| open == 0);
}

#[test]
fn a_datagram_of_64_kilobytes_is_one_message() {
    let edge = edge(IoLimits::default());
    trust(&edge);
    let phone = UdpSocket::bind("127.0.0.1:0").unwrap();
    let body = format!(
        "{SDP}{}",
        "a=x:0123456789012345678901234567890123456789\r\n".repeat(1_350)
    );
    let invite = request("INVITE", "UDP", 1, &body);
    assert!(invite.len() > 60_000);
    phone
        .send_to(invite.as_bytes(), door(&edge, Transport::Udp))
        .unwrap();
    let all = reports(&edge, |r| matches!(r.event, Event::Incoming(_)));
    let Event::Incoming(call) = &all[0].event else {
        panic!()
    };
    assert_eq!(call.sdp.as_ref().map(Vec::len), Some(body.len()));
}

#[test]
fn silent_connections_are_closed_and_others_are_served_meanwhile() {
    let limits = IoLimits {
        greeting: Duration::from_millis(1_500),
        connections_per_source: 2_100,
        ..IoLimits::default()
    };
    let edge = edge(limits);
    let to = door(&edge, Transport::Tcp);
    let silent: Vec<TcpStream> = (0..2_000)
        .filter_map(|_| TcpStream::connect(to).ok())
        .collect();
    assert!(silent.len() > 900, "{} connections", silent.len());
    let mut served = TcpStream::connect(to).unwrap();
    served
        .write_all(request("OPTIONS", "TCP", 1, "").as_bytes())
        .unwrap();
    assert!(read_answer(&mut served).starts_with("SIP/2.0 200"));
    counter(&edge, "connections_mute_total", |mute| {
        mute == silent.len() as u64
    });
    counter(&edge, "connections", |open| open == 1);
}

#[test]
fn one_source_has_so_many_connections_and_no_more() {
    let edge = edge(IoLimits {
        connections_per_source: 3,
        ..IoLimits::default()
    });
    let to = door(&edge, Transport::Tcp);
    let _held: Vec<TcpStream> = (0..5).map(|_| TcpStream::connect(to).unwrap()).collect();
    counter(&edge, "connections_refused_total", |refused| refused == 2);
    assert_eq!(edge.counters()["connections"], 3);
}

#[test]
fn a_peer_that_does_not_read_is_closed() {
    let edge = edge(IoLimits {
        unsent_bytes: 64 * 1024,
        ..IoLimits::default()
    });
    trust(&edge);
    let mut stream = TcpStream::connect(door(&edge, Transport::Tcp)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    for number in 0..60_000 {
        let asked = stream.write_all(request("OPTIONS", "TCP", number, "").as_bytes());
        if asked.is_err() || edge.counters()["connections_slow_total"] > 0 {
            break;
        }
    }
    counter(&edge, "connections_slow_total", |slow| slow == 1);
}

#[test]
fn a_hub_that_does_not_drain_stops_the_reading_and_loses_nothing() {
    let edge = edge(IoLimits {
        reports: 8,
        ..IoLimits::default()
    });
    trust(&edge);
    let mut stream = TcpStream::connect(door(&edge, Transport::Tcp)).unwrap();
    let calls = 500;
    let mut reader = stream.try_clone().unwrap();
    std::thread::Builder::new()
        .spawn(move || while reader.read(&mut [0; 4_096]).is_ok_and(|n| n > 0) {})
        .unwrap();
    for number in 0..calls {
        stream
            .write_all(request("INVITE", "TCP", number, SDP).as_bytes())
            .unwrap();
    }
    counter(&edge, "read_pauses_total", |pauses| pauses > 0);
    let mut seen = 0;
    let end = Instant::now() + PATIENCE;
    while seen < calls && Instant::now() < end {
        let all = edge.drain(64).unwrap();
        seen += all
            .iter()
            .filter(|r| matches!(r.event, Event::Incoming(_)))
            .count();
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(seen, calls);
}

#[test]
fn a_call_to_a_closed_port_ends_at_once() {
    let edge = edge(IoLimits::default());
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").and_then(|s| s.local_addr());
    let (tcp, udp) = (tcp.unwrap(), closed_udp_port());
    let started = Instant::now();
    // Refused by the connection, and by ICMP.
    for (leg, way, to) in [(1, Way::Tcp(tcp), tcp), (3, Way::Udp(udp), udp)] {
        edge.order(Order::Over(way, call(leg, to))).unwrap();
        let is_end =
            |r: &Report| matches!(r.event, Event::Ended { leg: ended, .. } if ended.0 == leg);
        reports(&edge, is_end);
    }
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(edge.counters()["unreachable_total"], 1);
}

#[test]
fn what_icmp_says_of_one_peer_costs_no_other_an_answer() {
    let edge = edge(IoLimits::default());
    trust(&edge);
    let to = door(&edge, Transport::Udp);
    let phone = UdpSocket::bind("127.0.0.1:0").unwrap();
    // Timer E of a phone repeats after 500 ms; none of ours shall have to.
    phone.set_read_timeout(Some(PATIENCE)).unwrap();
    let closed = closed_udp_port();
    for number in 0..200 {
        let ping = Command::Ping {
            id: number as u64,
            flow: sip::Flow {
                link: sip::LinkId(0),
                remote: closed,
            },
            target: format!("sip:{closed}").into(),
        };
        edge.order(Order::Over(Way::Udp(closed), ping)).unwrap();
        phone
            .send_to(request("OPTIONS", "UDP", number, "").as_bytes(), to)
            .unwrap();
        let mut buffer = [0; 4_096];
        let length = phone.recv(&mut buffer).unwrap();
        assert!(buffer[..length].starts_with(b"SIP/2.0 200"));
    }
    counter(&edge, "unreachable_total", |seen| seen == 200);
    assert_eq!(edge.counters()["datagrams_unsent_total"], 0);
    counter(&edge, "transactions", |left| left == 0);
}

#[test]
fn an_edge_that_was_stopped_says_so_and_leaves_no_thread() {
    let edge = edge(IoLimits::default());
    edge.stop();
    assert!(edge.drain(1).is_none());
    assert!(
        edge.order(Order::Command(Command::Hangup { leg: LegId(2) }))
            .is_err()
    );
}

#[test]
fn a_tls_door_without_a_certificate_is_refused() {
    let listen = Listen {
        transport: Transport::Tls,
        address: "127.0.0.1:0".parse().unwrap(),
        announce: None,
    };
    let refused = Edge::start(EdgeConfig {
        listen: vec![listen],
        identity: None,
        authorities: None,
        core: sip::Config::default(),
        limits: IoLimits::default(),
    });
    assert!(matches!(refused, Err(StartError::Config(_))));
}
