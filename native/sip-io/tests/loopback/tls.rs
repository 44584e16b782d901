//! TLS doors, and calls out over TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sip::{End, Event, LegId, Transport};
use sip_io::{Edge, EdgeConfig, Identity, IoLimits, Listen, Order, Report, Way};

use crate::rig::{PATIENCE, SDP, call, counter, door, reports, request, trust};

const NAME: &str = "127.0.0.1";

/// Self-signed, for loopback; its own authority.
fn identity() -> Identity {
    let made = rcgen::generate_simple_self_signed(vec![NAME.to_owned()]).unwrap();
    Identity {
        chain: made.cert.pem().into(),
        key: made.signing_key.serialize_pem().into(),
    }
}

fn edge(identity: &Identity, authorities: Option<Vec<u8>>, limits: IoLimits) -> Edge {
    let listen = [Transport::Tls, Transport::Udp].map(|transport| Listen {
        transport,
        address: "127.0.0.1:0".parse().unwrap(),
        announce: None,
    });
    let config = EdgeConfig {
        listen: listen.to_vec(),
        identity: Some(identity.clone()),
        authorities,
        core: sip::Config::default(),
        limits,
    };
    let edge = Edge::start(config).unwrap();
    trust(&edge);
    edge
}

type Client = StreamOwned<ClientConnection, TcpStream>;

fn connect(to: SocketAddr, authority: &[u8]) -> Client {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(NAME).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(to).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    StreamOwned::new(connection, socket)
}

fn is_served(client: &mut Client, number: usize) -> bool {
    let asked = client.write_all(request("OPTIONS", "TLS", number, "").as_bytes());
    let mut buffer = [0; 4_096];
    let answer = asked.and_then(|()| client.read(&mut buffer));
    answer.is_ok_and(|length| buffer[..length].starts_with(b"SIP/2.0 200"))
}

#[test]
fn a_phone_is_served_over_tls_and_its_call_is_reported() {
    let identity = identity();
    let edge = edge(&identity, None, IoLimits::default());
    let mut phone = connect(door(&edge, Transport::Tls), &identity.chain);
    assert!(is_served(&mut phone, 1));
    let invite = request("INVITE", "TLS", 2, SDP);
    // In two pieces: records and messages have nothing to do with each other.
    let (head, tail) = invite.split_at(100);
    phone.write_all(head.as_bytes()).unwrap();
    phone.write_all(tail.as_bytes()).unwrap();
    let all = reports(&edge, |r| matches!(r.event, Event::Incoming(_)));
    assert_eq!(all[0].door.map(|door| door.0), Some(Transport::Tls));
    drop(phone);
    let is_lost = |r: &Report| {
        let Event::Ended { why, .. } = r.event else {
            return false;
        };
        why == End::ConnectionLost
    };
    reports(&edge, is_lost);
    counter(&edge, "connections", |open| open == 0);
}

#[test]
fn a_call_goes_out_over_tls_to_whom_an_authority_of_ours_vouches_for() {
    let identity = identity();
    let far = edge(&identity, None, IoLimits::default());
    let near = edge(&identity, Some(identity.chain.clone()), IoLimits::default());
    let to = door(&far, Transport::Tls);
    let order = Order::Over(Way::Tls(to, NAME.into()), call(1, to));
    near.order(order).unwrap();
    reports(&far, |r| matches!(r.event, Event::Incoming(_)));
}

#[test]
fn a_call_to_a_stranger_over_tls_ends_at_once_and_says_nothing_to_it() {
    let (ours, theirs) = (identity(), identity());
    let far = edge(&theirs, None, IoLimits::default());
    let near = edge(&ours, Some(ours.chain.clone()), IoLimits::default());
    let to = door(&far, Transport::Tls);
    for (leg, name) in [(1, NAME), (3, "somebody.example")] {
        let order = Order::Over(Way::Tls(to, name.into()), call(leg, to));
        near.order(order).unwrap();
        let is_end =
            |r: &Report| matches!(r.event, Event::Ended { leg: LegId(ended), .. } if ended == leg);
        reports(&near, is_end);
    }
    assert_eq!(near.counters()["tls_failed_total"], 2);
    counter(&far, "connections", |open| open == 0);
    assert!(far.drain(1).unwrap().is_empty());
}

#[test]
fn rubbish_at_the_tls_door_costs_its_own_connection_only() {
    let identity = identity();
    let edge = edge(&identity, None, IoLimits::default());
    let to = door(&edge, Transport::Tls);
    let mut phone = connect(to, &identity.chain);
    assert!(is_served(&mut phone, 1));
    for bytes in [
        &b"OPTIONS sip:100@127.0.0.1 SIP/2.0\r\n\r\n"[..],
        &[0; 600],
        &[0x16, 3, 1, 0xFF, 0xFF],
    ] {
        let mut rubbish = TcpStream::connect(to).unwrap();
        rubbish.set_read_timeout(Some(PATIENCE)).unwrap();
        rubbish.write_all(bytes).unwrap();
        // An alert, or nothing, then the end.
        let mut answer = Vec::new();
        let _ = rubbish.read_to_end(&mut answer);
        assert!(answer.len() < 32, "{answer:?}");
    }
    counter(&edge, "tls_failed_total", |failed| failed == 3);
    counter(&edge, "connections", |open| open == 1);
    assert!(is_served(&mut phone, 2));
}

#[test]
fn silent_handshakes_hold_up_nobody_and_are_closed() {
    let identity = identity();
    let limits = IoLimits {
        greeting: Duration::from_millis(1_500),
        connections_per_source: 500,
        ..IoLimits::default()
    };
    let edge = edge(&identity, None, limits);
    let to = door(&edge, Transport::Tls);
    let silent: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(to).unwrap()).collect();
    // Half of them have begun: three bytes of a record's head.
    for mut stream in silent.iter().step_by(2) {
        stream.write_all(&[0x16, 3, 1]).unwrap();
    }
    assert!(is_served(&mut connect(to, &identity.chain), 1));
    counter(&edge, "connections_mute_total", |mute| mute == 200);
}

#[test]
fn a_renewed_certificate_is_shown_to_new_connections_and_open_ones_go_on() {
    let (first, second) = (identity(), identity());
    let edge = edge(&first, None, IoLimits::default());
    let to = door(&edge, Transport::Tls);
    let mut before = connect(to, &first.chain);
    assert!(is_served(&mut before, 1));
    let mixed = Identity {
        chain: second.chain.clone(),
        key: first.key.clone(),
    };
    assert!(mixed.checked().is_err(), "a key of another certificate");
    let renewed = second.checked().unwrap();
    edge.order(Order::Identity(renewed)).unwrap();
    // Orders are taken before connections: from here on it is the second.
    assert!(is_served(&mut connect(to, &second.chain), 2));
    assert!(!is_served(&mut connect(to, &first.chain), 3));
    assert!(is_served(&mut before, 4));
}
