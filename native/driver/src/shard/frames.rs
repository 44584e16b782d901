//! Frames of connections over TCP: like datagrams, but a connection stays with its session.

use std::net::SocketAddr;
use std::time::Instant;

use engine::SessionId;
use peer::Transport;
use peer::demux::{Kind, classify};

use super::Shard;

/// Where a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framed {
    /// To the session that it asked for by its ufrag. It is the connection's if it answers.
    Asked(SessionId),
    /// To the session of the connection.
    Taken,
    /// It asked for a session that is not here.
    Elsewhere,
    /// Nowhere: no protocol spoken here, or before anybody was asked for.
    Garbage,
}

impl Shard {
    /// Take a frame of the connection from `from` to the candidate `to`, which belongs to `owner`. Any
    /// bytes do at most nothing.
    pub fn frame(
        &mut self,
        owner: Option<SessionId>,
        from: SocketAddr,
        to: SocketAddr,
        frame: &[u8],
        now: Instant,
    ) -> Framed {
        self.received = now;
        let (session, framed) = match (classify(frame), owner) {
            (Some(Kind::Stun), _) => {
                let Some(session) = self.sessions.by_ufrag(frame) else {
                    self.stats.unknown += 1;
                    return Framed::Elsewhere;
                };
                (session, Framed::Asked(session))
            }
            (Some(_), Some(session)) => (session, Framed::Taken),
            (Some(_), None) | (None, _) => {
                self.stats.garbage += 1;
                return Framed::Garbage;
            }
        };
        self.step(session, now, |session| {
            session.receive_over(Transport::Tcp, from, to, frame, now);
        });
        framed
    }
}
