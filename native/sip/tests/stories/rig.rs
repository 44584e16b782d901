//! One core at 192.0.2.10 in virtual time, and the messages of a peer at 192.0.2.20.

use sip::msg::{Head, Message, Request, Response, parse};
use sip::{
    Call, Command, Config, Core, Event, Flow, Input, LegId, LinkId, Output, Random, RequestId,
    Transport,
};
use std::time::Duration;

pub const UDP: LinkId = LinkId(1);
pub const TCP: LinkId = LinkId(2);
pub const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";

pub struct Rig {
    pub core: Core,
    pub now: Duration,
    /// Everything sent since the last `clear`, with its time.
    pub sent: Vec<(Duration, Flow, String)>,
    pub events: Vec<Event>,
    pub closed: Vec<LinkId>,
}

impl Rig {
    /// A core that trusts the peer, so that stories about calls need no digest.
    pub fn new() -> Self {
        let mut rig = Self::strict(Config::default());
        rig.command(Command::SetTrusted {
            source: peer().remote.ip(),
            trusted: true,
        });
        rig
    }

    /// A core that trusts nobody.
    pub fn strict(config: Config) -> Self {
        let core = Core::new(config, Random::from_number(7));
        let mut rig = Self {
            core,
            now: Duration::from_secs(1),
            sent: vec![],
            events: vec![],
            closed: vec![],
        };
        let local = "192.0.2.10:5060".parse().unwrap();
        rig.input(Input::LinkOpened {
            link: UDP,
            transport: Transport::Udp,
            local,
        });
        rig.input(Input::LinkOpened {
            link: TCP,
            transport: Transport::Tcp,
            local,
        });
        rig
    }

    pub fn input(&mut self, input: Input<'_>) {
        self.core.handle(input, self.now);
        loop {
            match self.core.poll_output() {
                Output::Send { flow, bytes } => {
                    self.sent
                        .push((self.now, flow, String::from_utf8_lossy(&bytes).into_owned()));
                }
                Output::Event(event) => self.events.push(event),
                Output::CloseFlow(link) => self.closed.push(link),
                Output::Timeout(_) => return,
            }
        }
    }

    pub fn udp(&mut self, text: &str) {
        self.input(Input::Bytes {
            flow: peer(),
            bytes: text.as_bytes(),
        });
    }

    pub fn tcp(&mut self, text: &str) {
        self.input(Input::Bytes {
            flow: stream(),
            bytes: text.as_bytes(),
        });
    }

    pub fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    /// Lets time pass, every deadline at its time.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        while let Some(at) = self.core.next_deadline().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    pub fn clear(&mut self) {
        self.sent.clear();
        self.events.clear();
    }

    /// Statuses of the responses sent since the last `clear`.
    pub fn statuses(&self) -> Vec<u16> {
        self.messages()
            .filter_map(|m| {
                if let Message::Response(r) = m {
                    Some(r.status)
                } else {
                    None
                }
            })
            .collect()
    }

    /// Methods of the requests sent since the last `clear`.
    pub fn methods(&self) -> Vec<String> {
        self.messages()
            .filter_map(|m| {
                if let Message::Request(r) = m {
                    Some(r.method.to_string())
                } else {
                    None
                }
            })
            .collect()
    }

    /// When messages that begin with `start` were sent, in milliseconds after `since`.
    pub fn times(&self, start: &str, since: Duration) -> Vec<u64> {
        let hit = self
            .sent
            .iter()
            .filter(|(_, _, text)| text.starts_with(start));
        hit.map(|(at, ..)| at.saturating_sub(since).as_millis() as u64)
            .collect()
    }

    pub fn messages(&self) -> impl Iterator<Item = Message> {
        self.sent
            .iter()
            .map(|(_, _, text)| parse(text.as_bytes()).unwrap())
    }

    /// The last response sent.
    pub fn response(&self) -> Response {
        let all = self.messages().filter_map(|m| {
            if let Message::Response(r) = m {
                Some(r)
            } else {
                None
            }
        });
        all.last().unwrap()
    }

    /// The last request sent.
    pub fn request(&self) -> Request {
        let all = self.messages().filter_map(|m| {
            if let Message::Request(r) = m {
                Some(r)
            } else {
                None
            }
        });
        all.last().unwrap()
    }

    /// The leg of the last call that came in.
    pub fn incoming(&self) -> LegId {
        let found = self.events.iter().rev().find_map(|e| {
            if let Event::Incoming(call) = e {
                Some(call.leg)
            } else {
                None
            }
        });
        found.unwrap()
    }

    /// The number of the last question about an offer.
    pub fn offered(&self) -> RequestId {
        let found = self.events.iter().rev().find_map(|e| {
            if let Event::Offered { request, .. } = e {
                Some(*request)
            } else {
                None
            }
        });
        found.unwrap()
    }

    /// True when the hub was told this.
    pub fn told(&self, event: &Event) -> bool {
        self.events.contains(event)
    }

    /// Answers the call that came in and lets the peer confirm it; the leg, with silence behind it.
    pub fn establish(&mut self, peer: &mut Peer) -> LegId {
        self.udp(&peer.invite());
        let leg = self.incoming();
        self.command(Command::Answer {
            leg,
            sdp: SDP.into(),
        });
        peer.learn(&self.response());
        let ack = peer.ack();
        self.udp(&ack);
        assert!(self.told(&Event::Established { leg, sdp: None }));
        self.clear();
        leg
    }

    /// Places call number 1 to the peer over UDP; the INVITE that went out.
    pub fn place(&mut self, sdp: Option<&str>) -> Request {
        self.command(Command::Call(Box::new(call(1, sdp))));
        self.request()
    }

    /// Places a call that the peer answers; the ACK has gone.
    pub fn connect(&mut self) -> (LegId, Request) {
        let invite = self.place(Some(SDP));
        let ok = reply(&invite, 200, "tag-b", "Allow: INVITE, UPDATE\r\n", SDP);
        self.udp(&ok);
        assert_eq!(self.request().method.as_str(), "ACK");
        self.clear();
        (LegId(1), invite)
    }
}

pub fn peer() -> Flow {
    Flow {
        link: UDP,
        remote: "192.0.2.20:5060".parse().unwrap(),
    }
}

pub fn stream() -> Flow {
    Flow {
        link: TCP,
        remote: "192.0.2.20:49152".parse().unwrap(),
    }
}

pub fn call(leg: u64, sdp: Option<&str>) -> Call {
    Call {
        leg: LegId(leg),
        flow: peer(),
        target: "sip:bob@192.0.2.20".into(),
        from: "sip:ops@192.0.2.10".into(),
        name: "Ops \"A\"".into(),
        route: vec![],
        sdp: sdp.map(Into::into),
        account: None,
        ring_limit_ms: 0,
    }
}

/// The messages of one caller.
pub struct Peer {
    pub call_id: String,
    pub to_tag: String,
    pub seq: u32,
    pub branch: u32,
    pub invite_seq: u32,
}

impl Peer {
    pub fn new(call_id: &str) -> Self {
        Self {
            call_id: call_id.into(),
            to_tag: String::new(),
            seq: 1,
            branch: 0,
            invite_seq: 1,
        }
    }

    /// Takes the To tag of an answer.
    pub fn learn(&mut self, response: &Response) {
        self.to_tag = Head::read(&response.headers).unwrap().to_tag().into();
    }

    pub fn invite(&mut self) -> String {
        self.send("INVITE", "", SDP)
    }

    /// A request with the next `CSeq` and a new branch.
    pub fn send(&mut self, method: &str, extra: &str, sdp: &str) -> String {
        if self.branch > 0 {
            self.seq += 1;
        }
        self.branch += 1;
        if method == "INVITE" {
            self.invite_seq = self.seq;
        }
        self.with(method, self.seq, self.branch, extra, sdp)
    }

    /// The ACK of a 2xx to the last INVITE.
    pub fn ack(&mut self) -> String {
        self.with("ACK", self.invite_seq, 1_000 + self.branch, "", "")
    }

    /// The CANCEL of the last request.
    pub fn cancel(&self) -> String {
        self.with("CANCEL", self.seq, self.branch, "", "")
    }

    pub fn with(&self, method: &str, seq: u32, branch: u32, extra: &str, sdp: &str) -> String {
        let tag = if self.to_tag.is_empty() {
            String::new()
        } else {
            format!(";tag={}", self.to_tag)
        };
        let kind = if sdp.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        format!(
            "{method} sip:ops@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bK{}-{branch}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:bob@192.0.2.20>;tag=tag-a\r\nTo: <sip:ops@192.0.2.10>{tag}\r\n\
             Call-ID: {}\r\nCSeq: {seq} {method}\r\nContact: <sip:bob@192.0.2.20:5060>\r\n{extra}{kind}Content-Length: {}\r\n\r\n{sdp}",
            self.call_id,
            self.call_id,
            sdp.len(),
        )
    }
}

/// The peer's answer to a request of ours.
pub fn reply(request: &Request, status: u16, tag: &str, extra: &str, sdp: &str) -> String {
    let get = |name| request.headers.get(name).unwrap();
    let to = get("To");
    let tag = if tag.is_empty() || to.contains("tag=") {
        String::new()
    } else {
        format!(";tag={tag}")
    };
    let kind = if sdp.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "SIP/2.0 {status} X\r\nVia: {}\r\nFrom: {}\r\nTo: {to}{tag}\r\nCall-ID: {}\r\nCSeq: {}\r\n\
         Contact: <sip:bob@192.0.2.20:5060>\r\n{extra}{kind}Content-Length: {}\r\n\r\n{sdp}",
        get("Via"),
        get("From"),
        get("Call-ID"),
        get("CSeq"),
        sdp.len(),
    )
}

/// A request of the peer in the dialog of a call we placed.
pub fn back(invite: &Request, method: &str, seq: u32, sdp: &str) -> String {
    let get = |name| invite.headers.get(name).unwrap();
    let kind = if sdp.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "{method} sip:ops@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5060;branch=z9hG4bKback{seq}{method}\r\n\
         From: {};tag=tag-b\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {seq} {method}\r\nContact: <sip:bob@192.0.2.20:5060>\r\n\
         {kind}Content-Length: {}\r\n\r\n{sdp}",
        get("To"),
        get("From"),
        get("Call-ID"),
        sdp.len(),
    )
}
