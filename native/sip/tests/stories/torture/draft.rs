//! Sound messages, to be spoilt line by line: what a case changes is all that is odd about it.

/// An offer of one G.711 stream.
pub const OFFER: &str = "v=0\r\no=desk 4475 1 IN IP4 192.0.2.77\r\ns=-\r\nc=IN IP4 192.0.2.77\r\n\
                         t=0 0\r\nm=audio 30000 RTP/AVP 8 0\r\na=ptime:20\r\n";

/// A message as lines, written as they are.
pub struct Draft {
    start: String,
    head: Vec<String>,
    body: Vec<u8>,
}

impl Draft {
    /// Starts from a start line and header lines.
    pub fn new(start: &str, head: &[&str]) -> Self {
        Self {
            start: start.into(),
            head: head.iter().map(|&line| line.into()).collect(),
            body: Vec::new(),
        }
    }

    /// A sound request from the dock to the relay.
    fn request(method: &str) -> Self {
        let head = [
            "Via: SIP/2.0/UDP 192.0.2.40;branch=z9hG4bKdraft",
            "Max-Forwards: 70",
            "From: <sip:dock@example.org>;tag=here",
            "To: <sip:relay@example.org>",
            "Call-ID: draft@192.0.2.40",
            "Contact: <sip:dock@192.0.2.40>",
        ];
        let start = format!("{method} sip:relay@example.org SIP/2.0");
        Self::new(&start, &head).add(&format!("CSeq: 1 {method}"))
    }

    /// A sound OPTIONS: 200.
    pub fn options() -> Self {
        Self::request("OPTIONS")
    }

    /// A sound REGISTER without credentials: 401.
    pub fn register() -> Self {
        Self::request("REGISTER")
            .start("REGISTER sip:example.org SIP/2.0")
            .set("To: <sip:dock@example.org>")
    }

    /// A sound INVITE: a call.
    pub fn invite() -> Self {
        Self::request("INVITE")
            .add("Content-Type: application/sdp")
            .body(OFFER)
    }

    /// A sound response to an INVITE that was never sent.
    pub fn response(start: &str) -> Self {
        let head = [
            "Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKours",
            "From: <sip:relay@example.org>;tag=ours",
            "To: <sip:dock@example.org>;tag=theirs",
            "Call-ID: draft@192.0.2.10",
            "CSeq: 1 INVITE",
            "Contact: <sip:dock@192.0.2.40>",
        ];
        Self::new(start, &head)
    }

    /// Puts another start line.
    pub fn start(mut self, line: &str) -> Self {
        self.start = line.into();
        self
    }

    /// Puts `line` in place of those with its header name.
    pub fn set(self, line: &str) -> Self {
        let (name, _) = line.split_once(':').unwrap();
        self.without(name).add(line)
    }

    /// Takes every line of header `name` out.
    pub fn without(mut self, name: &str) -> Self {
        self.head
            .retain(|line| line.split(':').next() != Some(name));
        self
    }

    /// Puts `line` at the end of the head, whatever is there.
    pub fn add(mut self, line: &str) -> Self {
        self.head.push(line.into());
        self
    }

    /// Puts a body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The bytes as the lines are, for a message that states its length itself, or none.
    pub fn unsized_bytes(self) -> Vec<u8> {
        let mut out = format!("{}\r\n{}\r\n\r\n", self.start, self.head.join("\r\n")).into_bytes();
        out.extend(self.body);
        out
    }

    /// The bytes, a true Content-Length at the end of the head.
    pub fn bytes(self) -> Vec<u8> {
        let length = format!("Content-Length: {}", self.body.len());
        self.add(&length).unsized_bytes()
    }
}
