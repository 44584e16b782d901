//! The headers every request and response must have, read once (RFC 3261 8.1.1).

use super::lex::{is_token, number};
use super::{Address, Headers, Method, Via};
use crate::limits::message::LIST;

/// Typed view of Via, From, To, Call-ID and `CSeq`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The topmost Via.
    pub via: Via,
    /// From.
    pub from: Address,
    /// To.
    pub to: Address,
    /// Call-ID.
    pub call_id: Box<str>,
    /// `CSeq` number.
    pub seq: u32,
    /// `CSeq` method.
    pub method: Method,
}

/// Headers that may stand once only (RFC 3261 20; the torture message `multi01`).
const SINGLE: [&str; 5] = ["From", "To", "Call-ID", "CSeq", "Max-Forwards"];

impl Head {
    /// Reads `headers`; the error says what is wrong, for a 400.
    pub fn read(headers: &Headers) -> Result<Self, &'static str> {
        if SINGLE.iter().any(|name| headers.all(name).nth(1).is_some()) {
            return Err("header given twice");
        }
        if headers.elements("Via").nth(LIST).is_some() {
            return Err("too many Via");
        }
        let line = headers.get("Via").ok_or("no Via")?;
        let top = super::lex::split_list(line).next().ok_or("empty Via")?;
        let via = Via::parse(top).ok_or("bad Via")?;
        let from = Address::parse(headers.get("From").ok_or("no From")?).ok_or("bad From")?;
        let to = Address::parse(headers.get("To").ok_or("no To")?).ok_or("bad To")?;
        let call_id = headers
            .get("Call-ID")
            .filter(|id| is_call_id(id))
            .ok_or("bad Call-ID")?;
        let (seq, method) = cseq(headers.get("CSeq").ok_or("no CSeq")?).ok_or("bad CSeq")?;
        Ok(Self {
            via,
            from,
            to,
            call_id: call_id.into(),
            seq,
            method,
        })
    }

    /// The tag of From; empty for an RFC 2543 peer.
    pub fn from_tag(&self) -> &str {
        self.from.tag().unwrap_or("")
    }

    /// The tag of To; empty outside of a dialog.
    pub fn to_tag(&self) -> &str {
        self.to.tag().unwrap_or("")
    }
}

/// A sequence number is below 2^31 (RFC 3261 8.1.1.5).
fn cseq(value: &str) -> Option<(u32, Method)> {
    let (seq, method) = value.split_once(|c: char| c.is_ascii_whitespace())?;
    let method = method.trim();
    let seq = number::<u32>(seq).filter(|seq| *seq < 1 << 31)?;
    is_token(method).then(|| (seq, Method::of(method)))
}

fn is_call_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 256
        && !id
            .bytes()
            .any(|b| b.is_ascii_whitespace() || b.is_ascii_control())
}
