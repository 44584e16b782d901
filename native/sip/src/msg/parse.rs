//! Bytes to message, bounded (RFC 3261 7 and 25.1).

use super::lex::{is_token, number};
use super::{Headers, Message, Method, Request, Response};
use crate::limits::message::{BYTES, HEADERS};

/// Why bytes are no message, and what is left of it to answer with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The fault in words, for a Reason phrase or a log line.
    pub why: &'static str,
    /// The status a request with this fault is answered with.
    pub status: u16,
    /// The request as far as it could be read; `None` for a response and for garbage.
    pub request: Option<Box<Request>>,
}

impl Fault {
    fn garbage(why: &'static str) -> Self {
        Self {
            why,
            status: 400,
            request: None,
        }
    }
}

/// Parses the one message in `bytes`: a datagram, or a frame that [`super::Framer`] cut out.
///
/// The body is what Content-Length says; without that header it is the rest of the datagram
/// (RFC 3261 18.3). A Content-Length beyond the end, or two that differ, is a fault.
pub fn parse(bytes: &[u8]) -> Result<Message, Fault> {
    if bytes.len() > BYTES {
        return Err(Fault::garbage("message too large"));
    }
    let Some(head_end) = find_head_end(bytes) else {
        return Err(salvage(bytes, "no end of headers"));
    };
    let (head, body) = (&bytes[..head_end], &bytes[head_end + 4..]);
    let head = std::str::from_utf8(head).map_err(|_| salvage(head, "headers are not UTF-8"))?;
    let (line, rest) = head.split_once("\r\n").unwrap_or((head, ""));
    let start = start_line(line);
    let (headers, header_fault) = headers(rest);
    let length = content_length(&headers, body.len());
    let headers = headers
        .into_iter()
        .filter(|(name, _)| !is_length(name))
        .fold(Headers::default(), |mut all, (name, value)| {
            all.push(name, value);
            all
        });
    match start {
        Start::Response(status, reason) => {
            if let Some(why) = header_fault {
                return Err(Fault::garbage(why));
            }
            let length = length.map_err(Fault::garbage)?;
            Ok(Message::Response(Response {
                status,
                reason: reason.into(),
                headers,
                body: body[..length].to_vec(),
            }))
        }
        Start::Request(method, uri, fault) => {
            let mut request = Request {
                method,
                uri: uri.into(),
                headers,
                body: Vec::new(),
            };
            let fault = fault.or(header_fault.map(|why| (400, why)));
            match (fault, length) {
                (None, Ok(length)) => {
                    request.body = body[..length].to_vec();
                    Ok(Message::Request(request))
                }
                (Some((status, why)), _) => Err(Fault {
                    why,
                    status,
                    request: Some(Box::new(request)),
                }),
                (None, Err(why)) => Err(Fault {
                    why,
                    status: 400,
                    request: Some(Box::new(request)),
                }),
            }
        }
        Start::Garbage(why) => Err(Fault::garbage(why)),
    }
}

/// The index of the empty line that ends the head.
pub(super) fn find_head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|w| w == b"\r\n\r\n")
}

/// Reads a head without an end, or one that is not UTF-8, as far as needed to answer it.
fn salvage(head: &[u8], why: &'static str) -> Fault {
    let text = String::from_utf8_lossy(head);
    let (line, rest) = text.split_once("\r\n").unwrap_or((&text, ""));
    let Start::Request(method, uri, _) = start_line(line) else {
        return Fault::garbage(why);
    };
    let mut all = Headers::default();
    for (name, value) in headers(rest).0 {
        all.push(name, value);
    }
    let request = Request {
        method,
        uri: uri.into(),
        headers: all,
        body: Vec::new(),
    };
    Fault {
        why,
        status: 400,
        request: Some(Box::new(request)),
    }
}

enum Start<'a> {
    Request(Method, &'a str, Option<(u16, &'static str)>),
    Response(u16, &'a str),
    Garbage(&'static str),
}

fn start_line(line: &str) -> Start<'_> {
    if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        return match number::<u16>(status) {
            Some(status @ 100..=699) if rest.len() >= 3 => Start::Response(status, reason),
            _ => Start::Garbage("status out of range"),
        };
    }
    let Some((method, rest)) = line.split_once(' ') else {
        return Start::Garbage("no start line");
    };
    if !is_token(method) || method.starts_with("SIP/") {
        return Start::Garbage("no method");
    }
    // One space on each side of the Request-URI and nothing behind the version (RFC 3261 7.1).
    let (uri, version) = rest.rsplit_once(' ').unwrap_or((rest, ""));
    let is_sip = version
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("SIP/"));
    let fault = if version.len() > 4 && is_sip && version != "SIP/2.0" {
        Some((505, "version not supported"))
    } else if version != "SIP/2.0" || uri.is_empty() || uri.contains([' ', '\t']) {
        Some((400, "bad request line"))
    } else {
        None
    };
    Start::Request(Method::of(method), uri, fault)
}

/// Splits a head into unfolded (name, value) pairs, with the first fault found on the way.
pub(super) fn headers(text: &str) -> (Vec<(&str, String)>, Option<&'static str>) {
    let mut out: Vec<(&str, String)> = Vec::new();
    let mut fault = None;
    for line in text.split("\r\n").filter(|line| !line.is_empty()) {
        if line.contains(['\r', '\n']) {
            fault = fault.or(Some("bare line break in a header"));
            continue;
        }
        if line.starts_with([' ', '\t']) {
            // A continuation line is one space (RFC 3261 7.3.1).
            let Some((_, value)) = out.last_mut() else {
                fault = fault.or(Some("continuation without a header"));
                continue;
            };
            let more = line.trim();
            if !value.is_empty() && !more.is_empty() {
                value.push(' ');
            }
            value.push_str(more);
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let name = name.trim_end_matches([' ', '\t']);
        if !is_token(name) || !line.contains(':') {
            fault = fault.or(Some("bad header line"));
            continue;
        }
        if out.len() >= HEADERS {
            return (out, fault.or(Some("too many headers")));
        }
        out.push((name, value.trim().to_owned()));
    }
    (out, fault)
}

fn is_length(name: &str) -> bool {
    name.eq_ignore_ascii_case("Content-Length") || name.eq_ignore_ascii_case("l")
}

/// Length of the body by the headers, checked against what there is (RFC 3261 18.3, 20.14).
fn content_length(headers: &[(&str, String)], available: usize) -> Result<usize, &'static str> {
    match stated_length(headers)? {
        None => Ok(available),
        Some(length) if length > available => Err("Content-Length beyond the end"),
        Some(length) => Ok(length),
    }
}

/// The value of Content-Length; `None` without one.
pub(super) fn stated_length(headers: &[(&str, String)]) -> Result<Option<usize>, &'static str> {
    let mut stated = None;
    for (_, value) in headers.iter().filter(|(name, _)| is_length(name)) {
        let length = number::<usize>(value).ok_or("Content-Length is no number")?;
        if stated.is_some_and(|known| known != length) {
            return Err("two values of Content-Length");
        }
        stated = Some(length);
    }
    Ok(stated)
}
