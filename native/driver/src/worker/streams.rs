//! The part of a shard's thread that serves connections over TCP.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use engine::SessionId;
use peer::{Datagram, Transport};

use super::Worker;
use crate::shard::Framed;
use crate::tcp::{Connection, Over, Owner, PROVE_WITHIN, Token};

/// Blocks taken from one connection before the others get their turn.
const BLOCKS_PER_TURN: usize = 4;
/// Bytes of a block: some eight frames of the longest kind.
pub(super) const BLOCK_BYTES: usize = 16 * 1024;

/// Connections that another shard handed on. Bounded, because each has its place.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<Vec<Connection>>);

impl Arrivals {
    fn push(&self, connection: Connection) {
        let mut arrivals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.push(connection);
    }

    fn take(&self) -> Vec<Connection> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Worker {
    /// The poller spoke of a listening socket or of a connection.
    pub(super) fn stream(&mut self, token: Token, now: Instant) {
        match token {
            Token::Listener(listener) => self.streams.accept(listener, &self.epoll, now),
            Token::Connection(slot) => {
                self.streams.flush(slot, &self.epoll, now);
                self.read(slot, now);
            }
        }
    }

    /// Take the connections that other shards handed on, with the frames that came on them.
    pub(super) fn arrivals(&mut self, now: Instant) {
        for connection in self.door().arrivals.take() {
            if let Some(slot) = self.streams.adopt(connection, &self.epoll) {
                self.frames(slot, now);
            }
        }
    }

    /// Send what is for TCP; the rest stays for the UDP sockets.
    pub(super) fn send_frames(&mut self, now: Instant) {
        let (streams, epoll) = (&mut self.streams, &self.epoll);
        self.shard.outbox.datagrams.retain(|datagram| {
            let Datagram {
                transport,
                from,
                to,
                ref bytes,
            } = *datagram;
            if transport == Transport::Tcp {
                streams.send(from, to, bytes, epoll, now);
            }
            transport == Transport::Udp
        });
        let media = &self.shard.outbox.media;
        if media.has_frames() {
            for (pair, frame) in media.iter() {
                if pair.transport == Transport::Tcp {
                    streams.send(pair.from, pair.to, frame, epoll, now);
                }
            }
        }
    }

    /// Bytes wait on a connection, or it is over.
    fn read(&mut self, slot: usize, now: Instant) {
        for _ in 0..BLOCKS_PER_TURN {
            let Some(connection) = self.streams.get(slot) else {
                return;
            };
            let more = connection.read(&mut self.block, now);
            self.frames(slot, now);
            match more {
                Ok(true) => {}
                Ok(false) => return,
                Err(Over) => {
                    self.streams.close(slot, &self.epoll);
                    return;
                }
            }
        }
    }

    /// Hand every whole frame to its session, and do what follows before the next: an answer is what
    /// makes the connection the session's.
    fn frames(&mut self, slot: usize, now: Instant) {
        while let Some(Connection {
            frames,
            owner,
            remote,
            local,
            ..
        }) = self.streams.get(slot)
        {
            let (owner, remote, local) = (*owner, *remote, *local);
            let framed = match frames.next_frame() {
                Ok(Some(frame)) => self.shard.frame(owner.session(), remote, local, frame, now),
                Ok(None) => return,
                Err(_) => {
                    self.shard.garbage();
                    Framed::Garbage
                }
            };
            match framed {
                Framed::Asked(session) => self.claim(slot, session, now),
                Framed::Taken => {}
                Framed::Elsewhere if owner.session().is_none() => self.hand_on(slot),
                // One that asks for another session, or says what no session could use, is no peer of ours.
                Framed::Elsewhere | Framed::Garbage => self.streams.close(slot, &self.epoll),
            }
            self.deliver(now);
        }
    }

    /// The connection asked for a session of this shard, which may answer.
    fn claim(&mut self, slot: usize, session: SessionId, now: Instant) {
        let Some(connection) = self.streams.get(slot) else {
            return;
        };
        connection.owner = match connection.owner {
            Owner::Session(owner) if owner == session => return,
            Owner::Nobody { until } | Owner::Claimed { until, .. } => {
                Owner::Claimed { session, until }
            }
            Owner::Session(_) => Owner::Claimed {
                session,
                until: now + PROVE_WITHIN,
            },
        };
    }

    /// Let the next shard look for the session; after the last one the connection ends. The frame that
    /// asked goes with it.
    fn hand_on(&mut self, slot: usize) {
        let Some(mut connection) = self.streams.remove(slot, &self.epoll) else {
            return;
        };
        let doors = &self.common.doors;
        connection.hops += 1;
        let next = (usize::from(self.id.0) + 1) % doors.len();
        if connection.hops < doors.len() && doors[next].counters.shards_dead.get() == 0 {
            connection.frames.put_back();
            doors[next].arrivals.push(connection);
            doors[next].bell.ring();
        } else {
            self.streams.stats.unproven += 1;
        }
    }
}
