//! All sessions, their sockets, and the command being waited for.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};
use peer::Identity;
use peer::client::{Client, Event, Offering, Output, Pictures};

use crate::control::{Answer, Command, Role};
use crate::flood::{self, Flood};
use crate::listener::Listener;
use crate::talker::{self, Talker};

/// Packets on their way at the end of a run get this long.
const DRAIN: Duration = Duration::from_millis(500);

struct Session {
    client: Client,
    socket: UdpSocket,
    address: SocketAddr,
    up: bool,
    timeout: Instant,
    listener: Listener,
}

enum Waiting {
    Connected {
        session: usize,
        until: Instant,
    },
    Heard {
        until: Instant,
    },
    /// Until `ends` packets belong to the run; `sent` is then fixed.
    Run {
        ends: Instant,
        sent: Option<u64>,
    },
}

/// The whole load.
pub struct Load {
    address: IpAddr,
    identity: Option<Identity>,
    sessions: BTreeMap<usize, Session>,
    /// Clocks of sessions that are expected but do not exist yet.
    expected: BTreeMap<usize, Instant>,
    talker: Option<Talker>,
    flood: Option<Flood>,
    mark: u64,
    waiting: Option<Waiting>,
    buffer: Vec<u8>,
}

impl Load {
    /// All sockets are bound to `address`.
    pub fn new(address: IpAddr) -> Self {
        Self {
            address,
            identity: None,
            sessions: BTreeMap::new(),
            expected: BTreeMap::new(),
            talker: None,
            flood: None,
            mark: 0,
            waiting: None,
            buffer: vec![0; 2_048],
        }
    }

    /// When there is something to do without a datagram or a command.
    pub fn next(&self, now: Instant) -> Instant {
        let sessions = self.sessions.values().map(|session| session.timeout);
        sessions
            .chain(self.talker.iter().map(Talker::next))
            .chain(self.flood.iter().map(Flood::next))
            .min()
            .unwrap_or(now + DRAIN)
    }

    /// Take a command; the answer may come later, from [`Load::tick`].
    pub fn command(
        &mut self,
        command: Command,
        registry: &Registry,
        now: Instant,
    ) -> Option<Answer> {
        let done = match command {
            Command::Offer { session, role } => self.offer(session, role, registry, now),
            Command::Accept { session, sdp } => self.accept(session, &sdp, registry, now),
            Command::Reaccept { session, sdp } => self.reaccept(session, &sdp, now),
            Command::Answer { session, sdp } => self.answer(session, &sdp, now),
            Command::Connected { session, timeout_s } => {
                self.waiting = Some(Waiting::Connected {
                    session,
                    until: now + seconds(timeout_s),
                });
                return None;
            }
            Command::Heard { timeout_s } => {
                self.waiting = Some(Waiting::Heard {
                    until: now + seconds(timeout_s),
                });
                return None;
            }
            Command::Run { seconds: length } => {
                self.waiting = Some(Waiting::Run {
                    ends: now + seconds(length),
                    sent: None,
                });
                return None;
            }
            Command::Talk {
                session,
                pps,
                bytes,
            } => {
                self.talker = Some(Talker::new(session, pps, bytes, now));
                Ok(Answer::Done {})
            }
            Command::Flood { session, kind, pps } => {
                self.flood = Some(Flood::new(session, kind, pps, now));
                Ok(Answer::Done {})
            }
            Command::Calm => Ok(Answer::Flooded {
                flooded: self.flood.take().map_or(0, |flood| flood.count()),
            }),
            Command::Close { session } => self.close(session, registry, now),
            Command::Expect { session } => {
                self.expected.insert(session, now);
                Ok(Answer::Done {})
            }
            Command::Mark => {
                self.mark = self.talker.as_ref().map_or(0, Talker::index);
                self.sessions
                    .values_mut()
                    .for_each(|session| session.listener.mark(self.mark));
                Ok(Answer::Done {})
            }
        };
        Some(done.unwrap_or_else(|error| Answer::Error { error }))
    }

    fn identity(&mut self) -> Result<&Identity, String> {
        if self.identity.is_none() {
            self.identity = Some(Identity::generate().map_err(|error| error.to_string())?);
        }
        self.identity.as_ref().ok_or_else(String::new)
    }

    fn offer(
        &mut self,
        id: usize,
        role: Role,
        registry: &Registry,
        now: Instant,
    ) -> Result<Answer, String> {
        let (socket, address) = open(self.address, id, registry)?;
        let publishes = role == Role::Publish;
        let offering = Offering {
            publishes,
            audio_slots: u8::from(!publishes),
            data: false,
            video: Pictures::NONE,
        };
        let (client, sdp) = Client::offer(offering, address, self.identity()?, now)
            .map_err(|error| error.to_string())?;
        self.add(id, client, socket, address, now);
        Ok(Answer::Sdp { sdp })
    }

    fn accept(
        &mut self,
        id: usize,
        offer: &str,
        registry: &Registry,
        now: Instant,
    ) -> Result<Answer, String> {
        let (socket, address) = open(self.address, id, registry)?;
        let (client, sdp) = Client::accept(offer, address, self.identity()?, now)
            .map_err(|error| error.to_string())?;
        self.add(id, client, socket, address, now);
        self.drain(id, now);
        Ok(Answer::Sdp { sdp })
    }

    fn reaccept(&mut self, id: usize, offer: &str, now: Instant) -> Result<Answer, String> {
        let session = self.sessions.get_mut(&id).ok_or("no such session")?;
        let sdp = session
            .client
            .reaccept(offer)
            .map_err(|error| error.to_string())?;
        self.drain(id, now);
        Ok(Answer::Sdp { sdp })
    }

    fn add(
        &mut self,
        id: usize,
        client: Client,
        socket: UdpSocket,
        address: SocketAddr,
        now: Instant,
    ) {
        let listener = self
            .expected
            .remove(&id)
            .map(Listener::expected)
            .unwrap_or_default();
        self.sessions.insert(
            id,
            Session {
                client,
                socket,
                address,
                up: false,
                timeout: now,
                listener,
            },
        );
    }

    fn answer(&mut self, id: usize, sdp: &str, now: Instant) -> Result<Answer, String> {
        let session = self.sessions.get_mut(&id).ok_or("no such session")?;
        session
            .client
            .answer(sdp)
            .map_err(|error| error.to_string())?;
        self.drain(id, now);
        Ok(Answer::Done {})
    }

    /// Datagrams wait at this session's socket.
    pub fn receive(&mut self, id: usize, now: Instant) {
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some(session) = self.sessions.get_mut(&id) {
            match session.socket.recv_from(&mut buffer) {
                Ok((length, from)) => {
                    session
                        .client
                        .receive(from, session.address, &buffer[..length], now);
                    self.drain(id, now);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {} // an ICMP error of an earlier send: the next datagram may be good
            }
        }
        self.buffer = buffer;
    }

    /// Do what is due; returns the answer that was waited for, if it is there.
    pub fn tick(&mut self, now: Instant) -> Option<Answer> {
        self.talk(now);
        self.flood(now);
        let due: Vec<usize> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.timeout <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            if let Some(session) = self.sessions.get_mut(&id) {
                session.client.timeout(now);
            }
            self.drain(id, now);
        }
        let done = self.done(now);
        if done.is_some() {
            self.waiting = None;
        }
        done
    }

    fn talk(&mut self, now: Instant) {
        let Some(talker) = &mut self.talker else {
            return;
        };
        let id = talker.session;
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let mut spoke = false;
        while let Some((timestamp, payload)) = talker.due(now) {
            session.client.speak(timestamp, None, payload, 0, now);
            session.client.timeout(now);
            spoke = true;
        }
        if spoke {
            self.drain(id, now);
        }
    }

    fn flood(&mut self, now: Instant) {
        let Some(flood) = &mut self.flood else {
            return;
        };
        let id = flood.session;
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let mut spoke = false;
        while flood.due(now) {
            if let Some((to, datagram)) = flood.datagram() {
                // What the kernel does not take is a flood that is a little smaller.
                let _ = session.socket.send_to(datagram, to);
            } else {
                let timestamp = flood.count().wrapping_mul(960);
                session
                    .client
                    .speak(timestamp, None, flood::PAYLOAD, 0, now);
                session.client.timeout(now);
                spoke = true;
            }
        }
        if spoke {
            self.drain(id, now);
        }
    }

    fn close(&mut self, id: usize, registry: &Registry, now: Instant) -> Result<Answer, String> {
        let session = self.sessions.get_mut(&id).ok_or("no such session")?;
        session.client.close();
        self.drain(id, now);
        let mut session = self.sessions.remove(&id).ok_or("no such session")?;
        registry
            .deregister(&mut session.socket)
            .map_err(|error| error.to_string())?;
        Ok(Answer::Done {})
    }

    fn drain(&mut self, id: usize, now: Instant) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        loop {
            match session.client.poll() {
                Output::Timeout(at) => {
                    session.timeout = at;
                    return;
                }
                Output::Transmit(datagram) => {
                    // A full socket buffer or an ICMP error is loss, which the counts will show.
                    let _ = session.socket.send_to(&datagram.bytes, datagram.to);
                    if let Some(flood) = self.flood.as_mut().filter(|flood| flood.session == id) {
                        flood.sent(datagram.to, &datagram.bytes);
                    }
                }
                Output::Event(Event::Up) => session.up = true,
                Output::Event(Event::Heard(heard)) => {
                    if let Some(index) = talker::index(&heard.packet.payload) {
                        session.listener.hear(index, now);
                    }
                }
                Output::Event(_) => {}
            }
        }
    }

    fn done(&mut self, now: Instant) -> Option<Answer> {
        match self.waiting.as_mut()? {
            Waiting::Connected { session, until } => {
                let up = self.sessions.get(session).is_some_and(|session| session.up);
                let late = || Answer::Error {
                    error: "not connected in time".to_owned(),
                };
                if up {
                    Some(Answer::Done {})
                } else {
                    (now > *until).then(late)
                }
            }
            Waiting::Heard { until } => {
                let until = *until;
                self.heard().or_else(|| {
                    (now > until).then(|| Answer::Error {
                        error: "a listener heard nothing in time".to_owned(),
                    })
                })
            }
            Waiting::Run { ends, sent } => {
                let next = self.talker.as_ref().map_or(0, Talker::index);
                if now >= *ends && sent.is_none() {
                    *sent = Some(next - self.mark);
                }
                let sent = (*sent).filter(|_| now >= *ends + DRAIN)?;
                let listeners = || {
                    self.sessions
                        .values()
                        .filter(|session| session.listener.is_expected())
                };
                let delivered = listeners()
                    .map(|session| session.listener.delivered())
                    .sum();
                let lost = listeners().map(|session| session.listener.lost(sent)).sum();
                Some(Answer::Counted {
                    sent,
                    delivered,
                    lost,
                })
            }
        }
    }

    fn heard(&self) -> Option<Answer> {
        let expected = self
            .sessions
            .values()
            .map(|session| &session.listener)
            .filter(|listener| listener.is_expected());
        let mut times: Vec<Duration> = expected.map(Listener::first).collect::<Option<_>>()?;
        times.sort_unstable();
        let ms = |time: &Duration| time.as_secs_f64() * 1_000.0;
        Some(Answer::Heard {
            first_packet_ms_p50: times.get(times.len() / 2).map_or(0.0, ms),
            first_packet_ms_max: times.last().map_or(0.0, ms),
        })
    }
}

fn open(
    address: IpAddr,
    id: usize,
    registry: &Registry,
) -> Result<(UdpSocket, SocketAddr), String> {
    let mut socket =
        UdpSocket::bind(SocketAddr::new(address, 0)).map_err(|error| error.to_string())?;
    let address = socket.local_addr().map_err(|error| error.to_string())?;
    registry
        .register(&mut socket, Token(id), Interest::READABLE)
        .map_err(|error| error.to_string())?;
    Ok((socket, address))
}

fn seconds(length: f64) -> Duration {
    Duration::from_secs_f64(length.clamp(0.0, 600.0))
}
