//! A panic stays with its session.

use std::net::SocketAddr;
use std::time::Instant;

use engine::SessionId;
use peer::client::{Client, Offering, Pictures};
use peer::{Down, Identity};

use super::{Shard, ShardConfig};
use crate::command::{AcceptCommand, Command};
use crate::event::Event;

#[test]
fn a_panic_in_one_session_ends_that_session_alone() {
    let now = Instant::now();
    let identity = Identity::generate().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], 5_000));
    let config = ShardConfig {
        candidates: vec![address],
        tcp_candidates: Vec::new(),
        identity: identity.clone(),
        data_message_bytes_max: 1_000,
        forwarding: true,
    };
    let mut shard = Shard::new(config, now);
    let offering = Offering {
        publishes: true,
        audio_slots: 1,
        data: false,
        video: Pictures::NONE,
    };
    for session in [1, 2] {
        let (_, offer) = Client::offer(offering, address, &identity, now).unwrap();
        let session = SessionId(session);
        let accept = AcceptCommand {
            request: 1,
            session,
            offer,
            audio_slots: 1,
            publishes: true,
            video_slots: 0,
            cameras: false,
        };
        shard.command(Command::Accept(Box::new(accept)), now);
    }
    shard.outbox.events.clear();
    shard.command(Command::Break(SessionId(1)), now);
    assert_eq!(
        shard.outbox.events,
        [Event::Down(SessionId(1), Down::Internal)]
    );
    assert_eq!(shard.stats().0.panics, 1);
    assert_eq!(shard.population().0, 1);
    shard.command(Command::Close(SessionId(2)), now);
    assert_eq!(
        shard.outbox.events[1],
        Event::Down(SessionId(2), Down::Closed)
    );
}

#[test]
fn a_panic_in_one_phone_ends_that_phone_alone() {
    let now = Instant::now();
    let config = ShardConfig {
        candidates: Vec::new(),
        tcp_candidates: Vec::new(),
        identity: Identity::generate().unwrap(),
        data_message_bytes_max: 1_000,
        forwarding: true,
    };
    let mut shard = Shard::new(config, now);
    for session in [1, 2] {
        shard.open_phone(session, SessionId(session), 4_000, now);
    }
    shard.outbox.events.clear();
    shard.command(Command::Break(SessionId(1)), now);
    assert_eq!(
        shard.outbox.events,
        [Event::Down(SessionId(1), Down::Internal)]
    );
    assert_eq!(shard.outbox.phones_closed, [SessionId(1)]);
    assert_eq!(shard.population().0, 1);
}
