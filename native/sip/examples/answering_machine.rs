//! A UDP loop around the core that answers every call: the smallest embedder, and the counterpart
//! for `SIPp`.
//!
//! `cargo run --release --example answering_machine -- 127.0.0.1:5060 [option...]`
//!
//! Options: `user=NAME:PASSWORD` knows a phone; `trust=ADDRESS` asks that source for no digest;
//! `account=NAME:PASSWORD` is who we are; `call=NUMBER@ADDRESS:PORT` places one call; `md5` challenges with MD5 alone; `seconds=N` stops
//! after that time.
//! Says what happened on standard error, and how much is left over at the end.
// An embedder has a socket and a clock; the core has neither.
#![allow(
    clippy::print_stderr,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

use sip::digest::{Account, Algorithm, Ha1};
use sip::{
    Call, Command, Config, Core, Event, Flow, Input, LegId, LinkId, Output, Random, Transport,
};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const LINK: LinkId = LinkId(1);
const ANSWER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
    m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

struct Machine {
    core: Core,
    socket: UdpSocket,
    local: SocketAddr,
    start: Instant,
    seen: BTreeMap<String, u64>,
    account: Option<Account>,
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let local: SocketAddr = arguments
        .next()
        .unwrap_or_default()
        .parse()
        .map_err(std::io::Error::other)?;
    let clock = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seed = Random::from_number(clock.as_nanos() as u64);
    let socket = UdpSocket::bind(local)?;
    let mut config = Config {
        agent: "answering machine".into(),
        ..Config::default()
    };
    if std::env::args().any(|argument| argument == "md5") {
        config.algorithms = vec![Algorithm::Md5];
    }
    let core = Core::new(config, seed);
    let mut machine = Machine {
        core,
        socket,
        local,
        start: Instant::now(),
        seen: BTreeMap::new(),
        account: None,
    };
    machine.input(Input::LinkOpened {
        link: LINK,
        transport: Transport::Udp,
        local,
    })?;
    let mut limit = Duration::from_secs(3_600);
    for argument in arguments {
        let (name, value) = argument.split_once('=').unwrap_or((&argument, ""));
        match name {
            "md5" => {}
            "seconds" => limit = Duration::from_secs(value.parse().map_err(std::io::Error::other)?),
            _ => machine.option(name, value)?,
        }
    }
    machine.run(limit)
}

impl Machine {
    fn option(&mut self, name: &str, value: &str) -> std::io::Result<()> {
        let command = match (name, value.split_once([':', '@'])) {
            ("user", Some((user, password))) => {
                let ha1 = Some(Ha1::of(user, "crosspatch", password));
                Command::SetUser {
                    user: user.into(),
                    ha1,
                }
            }
            ("trust", _) => Command::SetTrusted {
                source: value.parse().map_err(std::io::Error::other)?,
                trusted: true,
            },
            ("account", Some((user, password))) => {
                self.account = Some(Account {
                    user: user.into(),
                    password: password.into(),
                });
                return Ok(());
            }
            ("call", Some((_, remote))) => Command::Call(Box::new(Call {
                leg: LegId(1),
                flow: Flow {
                    link: LINK,
                    remote: remote.parse().map_err(std::io::Error::other)?,
                },
                target: format!("sip:{value}").into(),
                from: format!("sip:machine@{}", self.local).into(),
                name: "Machine".into(),
                route: Vec::new(),
                sdp: Some(ANSWER.into()),
                account: self.account.clone(),
                ring_limit_ms: 0,
            })),
            _ => return Err(std::io::Error::other(format!("unknown option {name}"))),
        };
        self.input(Input::Command(command))
    }

    fn run(&mut self, limit: Duration) -> std::io::Result<()> {
        let mut buffer = vec![0; 65_535];
        while self.start.elapsed() < limit {
            let left = self
                .core
                .next_deadline()
                .map_or(limit, |at| at.saturating_sub(self.start.elapsed()));
            let wait = left.clamp(Duration::from_millis(1), Duration::from_millis(200));
            self.socket.set_read_timeout(Some(wait))?;
            match self.socket.recv_from(&mut buffer) {
                Ok((length, remote)) => {
                    let flow = Flow { link: LINK, remote };
                    self.input(Input::Bytes {
                        flow,
                        bytes: &buffer[..length],
                    })?;
                }
                Err(e)
                    if matches!(
                        e.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::ConnectionRefused
                    ) => {}
                Err(e) => return Err(e),
            }
            self.input(Input::Timeout)?;
        }
        eprintln!("seen {:?}\nleft over {:?}", self.seen, self.core.counts());
        Ok(())
    }

    fn input(&mut self, input: Input<'_>) -> std::io::Result<()> {
        let now = self.start.elapsed();
        self.core.handle(input, now);
        loop {
            match self.core.poll_output() {
                Output::Send { flow, bytes } => drop(self.socket.send_to(&bytes, flow.remote)),
                Output::Event(event) => self.decide(event, now),
                Output::CloseFlow(_) => {}
                Output::Timeout(_) => return Ok(()),
            }
        }
    }

    fn decide(&mut self, event: Event, now: Duration) {
        let name = format!("{event:?}");
        let name = name.split([' ', '(']).next().unwrap_or("").to_owned();
        let detail = if let Event::Ended { why, .. } = &event {
            format!("{name} {why:?}")
        } else {
            name
        };
        *self.seen.entry(detail).or_default() += 1;
        let mut command = |command| self.core.handle(Input::Command(command), now);
        match event {
            Event::Incoming(call) => {
                command(Command::Ring {
                    leg: call.leg,
                    status: 180,
                    sdp: None,
                });
                command(Command::Answer {
                    leg: call.leg,
                    sdp: ANSWER.into(),
                });
            }
            Event::Offered { leg, request, .. } => {
                command(Command::AcceptOffer {
                    leg,
                    request,
                    sdp: ANSWER.into(),
                });
            }
            Event::Answered { leg, .. } => command(Command::Hangup { leg }),
            _ => {}
        }
    }
}
