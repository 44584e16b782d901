//! Message to bytes. Content-Length is always written from the body (RFC 3261 20.14).

use super::{Headers, Request, Response};

impl Request {
    /// The bytes to send.
    pub fn to_bytes(&self) -> Vec<u8> {
        let line = format!("{} {} SIP/2.0\r\n", self.method, self.uri);
        join(&line, &self.headers, &self.body)
    }
}

impl Response {
    /// The bytes to send.
    pub fn to_bytes(&self) -> Vec<u8> {
        let line = format!("SIP/2.0 {} {}\r\n", self.status, self.reason);
        join(&line, &self.headers, &self.body)
    }
}

fn join(line: &str, headers: &Headers, body: &[u8]) -> Vec<u8> {
    let lines: usize = headers
        .iter()
        .map(|h| h.name().len() + h.value.len() + 4)
        .sum();
    let mut out = Vec::with_capacity(line.len() + lines + body.len() + 28);
    out.extend_from_slice(line.as_bytes());
    for header in headers.iter() {
        push_clean(&mut out, header.name());
        out.extend_from_slice(b": ");
        push_clean(&mut out, &header.value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    out
}

/// Appends `text` without line breaks: a value from outside must not become a header of its own.
fn push_clean(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|b| *b != b'\r' && *b != b'\n'));
}
