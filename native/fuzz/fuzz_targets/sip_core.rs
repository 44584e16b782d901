//! Any messages of any peers in any order and at any pace, with a hub that answers whatever it is asked:
//! the core stays within its limits, comes to rest, and has nothing left when all is over.
//!
//! The input is a series of records: kind, choice, length, bytes. Most kinds put the bytes behind a head
//! that belongs to what the core knows, so that dialogs and transactions are reached.
#![no_main]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use sip::{
    Call, Command, Config, Core, Event, Flow, Input, LegId, LinkId, Output, Random, Register,
    RegistrationId, RequestId, Transport,
};

const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\n\
    m=audio 5000 RTP/AVP 0\r\n";
const METHODS: [&str; 12] = [
    "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "UPDATE", "INFO", "REFER", "NOTIFY",
    "PRACK", "INVITEX",
];
const PAUSES_MS: [u64; 8] = [0, 1, 20, 500, 4_000, 32_000, 180_000, 1_800_000];
/// Sent messages that answers and requests in dialogs are made from.
const KEPT: usize = 8;
/// Registrations are the longest that anything lives by itself.
const LONG: Duration = Duration::from_secs(86_400);
/// Outputs, and deadlines of one pause, beyond which the core does not come to rest.
const STEPS_MAX: usize = 20_000;

fuzz_target!(|input: &[u8]| {
    let mut bench = Bench::new();
    let mut rest = input;
    while let [kind, choice, length, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        bench.step(*kind, *choice, bytes);
    }
    bench.end();
});

struct Bench {
    core: Core,
    now: Duration,
    sent: VecDeque<String>,
    legs: Vec<LegId>,
    requests: Vec<(LegId, RequestId)>,
    streams: Vec<u64>,
    next_link: u64,
    next_leg: u64,
    /// The hub answers and accepts by itself.
    obliging: bool,
}

impl Bench {
    fn new() -> Self {
        let mut core = Config::default();
        core.limits.legs = 16;
        core.limits.unanswered = 16;
        core.limits.addresses = 4;
        let mut bench = Self {
            core: Core::new(core, Random::from_number(7)),
            now: Duration::ZERO,
            sent: VecDeque::new(),
            legs: Vec::new(),
            requests: Vec::new(),
            streams: Vec::new(),
            next_link: 2,
            next_leg: 1,
            obliging: true,
        };
        bench.open(1, Transport::Udp);
        let source = peer(0).ip();
        bench.command(Command::SetTrusted {
            source,
            trusted: true,
        });
        bench
    }

    fn step(&mut self, kind: u8, choice: u8, bytes: &[u8]) {
        let udp = Flow {
            link: LinkId(1),
            remote: peer(kind / 12),
        };
        let text = String::from_utf8_lossy(bytes);
        match kind % 12 {
            0 => self.bytes(udp, bytes),
            1..=3 => self.bytes(udp, new_request(choice, &text).as_bytes()),
            4 => self.with_sent(choice, |sent| dialog_request(sent, choice, &text), udp),
            5 => self.with_sent(choice, |sent| answer(sent, choice, &text), udp),
            6 => self.wait(Duration::from_millis(PAUSES_MS[usize::from(choice % 8)])),
            7 => self.input(Input::Unreachable(udp)),
            8 => self.stream(choice, bytes),
            9 if choice % 8 == 7 => self.register(udp, choice),
            9 => self.place(udp, choice),
            10 => self.leg_command(choice, bytes),
            _ => self.obliging = choice % 2 == 0,
        }
        let counts = self.core.counts();
        assert!(counts.legs <= 16 && counts.bindings <= 32, "{counts:?}");
    }

    fn open(&mut self, link: u64, transport: Transport) {
        let local = SocketAddr::from(([192, 0, 2, 10], 5060));
        let link = LinkId(link);
        self.input(Input::LinkOpened {
            link,
            transport,
            local,
        });
    }

    /// Opens a stream, sends on one, or closes one.
    fn stream(&mut self, choice: u8, bytes: &[u8]) {
        let at = usize::from(choice / 4).checked_rem(self.streams.len());
        match (choice % 4, at) {
            (0, Some(at)) => {
                let link = LinkId(self.streams.swap_remove(at));
                self.input(Input::FlowClosed(link));
            }
            (1, _) | (_, None) => {
                self.open(self.next_link, Transport::Tcp);
                self.streams.push(self.next_link);
                self.next_link += 1;
            }
            (2, Some(at)) => {
                let text = String::from_utf8_lossy(bytes);
                let flow = self.stream_flow(at);
                self.bytes(flow, new_request(choice, &text).as_bytes());
            }
            (_, Some(at)) => {
                let flow = self.stream_flow(at);
                self.bytes(flow, bytes);
            }
        }
    }

    fn stream_flow(&self, at: usize) -> Flow {
        Flow {
            link: LinkId(self.streams[at]),
            remote: peer(at as u8),
        }
    }

    fn with_sent(&mut self, choice: u8, make: impl FnOnce(&str) -> String, flow: Flow) {
        if let Some(at) = usize::from(choice).checked_rem(self.sent.len()) {
            let text = make(&self.sent[at]);
            self.bytes(flow, text.as_bytes());
        }
    }

    fn place(&mut self, flow: Flow, choice: u8) {
        let leg = LegId(self.next_leg);
        self.next_leg += 2;
        self.legs.push(leg);
        self.command(Command::Call(Box::new(Call {
            leg,
            flow,
            target: "sip:bob@192.0.2.20".into(),
            from: "sip:ops@192.0.2.10".into(),
            name: "Ops".into(),
            route: Vec::new(),
            sdp: (choice % 2 == 0).then(|| SDP.into()),
            account: None,
            ring_limit_ms: 0,
        })));
    }

    /// One of four registrations of ours begins, or begins again, or ends.
    fn register(&mut self, flow: Flow, choice: u8) {
        let id = RegistrationId(u64::from(choice / 8 % 4));
        self.command(if choice >= 128 {
            Command::Unregister { id }
        } else {
            Command::Register(Box::new(Register {
                id,
                flow,
                registrar: "sip:192.0.2.20".into(),
                address: "sip:ops@192.0.2.20".into(),
                user: "ops".into(),
                account: None,
                expires_s: 60,
            }))
        });
    }

    fn leg_command(&mut self, choice: u8, bytes: &[u8]) {
        let Some(at) = usize::from(choice / 8).checked_rem(self.legs.len()) else {
            return;
        };
        let leg = self.legs[at];
        let sdp = bytes.to_vec();
        self.command(match choice % 8 {
            0 => Command::Hangup { leg },
            1 => Command::Probe { leg },
            2 => Command::Offer {
                leg,
                sdp: Some(sdp),
            },
            3 => Command::Offer { leg, sdp: None },
            4 => Command::Answer { leg, sdp },
            5 => Command::Refuse {
                leg,
                status: 300 + u16::from(bytes.first().copied().unwrap_or(0)),
            },
            6 => Command::Ring {
                leg,
                status: 183,
                sdp: Some(sdp),
            },
            _ => Command::Info {
                leg,
                content_type: "text/plain".into(),
                body: sdp,
            },
        });
    }

    fn bytes(&mut self, flow: Flow, bytes: &[u8]) {
        self.input(Input::Bytes { flow, bytes });
    }

    fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    fn input(&mut self, input: Input<'_>) {
        self.core.handle(input, self.now);
        let mut asked = Vec::new();
        for step in 0.. {
            assert!(step < STEPS_MAX, "outputs without end");
            match self.core.poll_output() {
                Output::Send { bytes, .. } => {
                    self.sent
                        .push_back(String::from_utf8_lossy(&bytes).into_owned());
                    self.sent.drain(..self.sent.len().saturating_sub(KEPT));
                }
                Output::Event(event) => asked.push(event),
                Output::CloseFlow(link) => self.streams.retain(|open| *open != link.0),
                Output::Timeout(_) => break,
            }
        }
        for event in asked {
            self.hub(event);
        }
    }

    /// What the hub says to an event.
    fn hub(&mut self, event: Event) {
        match event {
            Event::Incoming(call) => {
                self.legs.push(call.leg);
                if self.obliging {
                    self.command(Command::Answer {
                        leg: call.leg,
                        sdp: SDP.into(),
                    });
                }
            }
            Event::Offered { leg, request, .. } => {
                self.requests.push((leg, request));
                if self.obliging {
                    self.command(Command::AcceptOffer {
                        leg,
                        request,
                        sdp: SDP.into(),
                    });
                }
            }
            Event::Refer { leg, request, .. } => {
                self.command(Command::AnswerRefer {
                    leg,
                    request,
                    accept: self.obliging,
                });
            }
            Event::Answered { leg, sdp: Some(_) } | Event::OfferAnswered { leg, sdp: Some(_) } => {
                self.command(Command::Acknowledge {
                    leg,
                    sdp: SDP.into(),
                });
            }
            Event::Ended { leg, .. } => self.legs.retain(|known| *known != leg),
            _ => {}
        }
    }

    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        let mut steps = 0;
        while let Some(at) = self.core.next_deadline().filter(|at| *at <= end) {
            steps += 1;
            assert!(steps < STEPS_MAX, "deadlines without end");
            self.now = at.max(self.now);
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    /// The hub hangs up, and nobody says anything any more.
    fn end(&mut self) {
        for leg in std::mem::take(&mut self.legs) {
            self.command(Command::Hangup { leg });
        }
        for id in (0..4).map(RegistrationId) {
            self.command(Command::Unregister { id });
        }
        self.wait(LONG);
        let counts = self.core.counts();
        let left = (
            counts.legs,
            counts.transactions,
            counts.bindings,
            counts.waits,
        );
        assert_eq!(left, (0, 0, 0, 0), "legs, transactions, bindings, timers");
    }
}

fn peer(choice: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 20 + choice % 2], 5060))
}

/// Begins a transaction; `choice` picks method and Call-ID, `text` is what stands behind the head.
fn new_request(choice: u8, text: &str) -> String {
    let method = METHODS[usize::from(choice) % METHODS.len()];
    let number = choice / 12;
    format!(
        "{method} sip:ops@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20;branch=z9hG4bK{choice}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:bob@192.0.2.20>;tag=b\r\nTo: <sip:ops@192.0.2.10>\r\n\
         Call-ID: {number}\r\nCSeq: 1 {method}\r\nContact: <sip:bob@192.0.2.20>\r\n{}",
        ended(text)
    )
}

/// A request in the dialog of a message that the core has sent.
fn dialog_request(sent: &str, choice: u8, text: &str) -> String {
    let method = METHODS[usize::from(choice / 8) % METHODS.len()];
    // In a response of the core its side is To, in a request From.
    let answered = sent.starts_with("SIP/2.0");
    let (from, to) = if answered {
        ("From", "To")
    } else {
        ("To", "From")
    };
    let (from, to, call_id) = (
        header(sent, from),
        header(sent, to),
        header(sent, "Call-ID"),
    );
    format!(
        "{method} sip:ops@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20;branch=z9hG4bKd{choice}\r\n\
         Max-Forwards: 70\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\n\
         CSeq: {} {method}\r\nContact: <sip:bob@192.0.2.20>\r\n{}",
        if method == "ACK" {
            1
        } else {
            u16::from(choice) + 2
        },
        ended(text)
    )
}

/// An answer to a request that the core has sent.
fn answer(sent: &str, choice: u8, text: &str) -> String {
    let status = [
        100, 180, 183, 200, 200, 202, 302, 401, 404, 408, 422, 481, 486, 487, 491, 503,
    ][usize::from(choice / 8) % 16];
    let mut head = format!("SIP/2.0 {status} -\r\n");
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        let value = header(sent, name);
        let tag = if name == "To" && !value.contains(";tag=") {
            ";tag=c"
        } else {
            ""
        };
        head += &format!("{name}: {value}{tag}\r\n");
    }
    head + "Contact: <sip:bob@192.0.2.20>\r\n" + &ended(text)
}

fn header<'a>(sent: &'a str, name: &str) -> &'a str {
    let begins = |line: &&str| line.starts_with(name) && line[name.len()..].starts_with(": ");
    let line = sent.split("\r\n").find(begins).unwrap_or("");
    line.split_once(": ").map_or("", |(_, value)| value)
}

/// Text of its own ends the head by itself; an empty one stands for a session description.
fn ended(text: &str) -> String {
    if text.is_empty() {
        format!(
            "Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
            SDP.len()
        )
    } else if text.contains("\r\n\r\n") {
        text.to_owned()
    } else {
        format!("{text}\r\n\r\n")
    }
}
