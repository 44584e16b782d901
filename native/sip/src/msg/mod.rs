//! SIP messages as values: parsing, reading the headers every element needs, writing.

mod address;
mod framer;
mod head;
mod headers;
pub mod lex;
mod method;
mod parse;
mod uri;
mod via;
mod write;

pub use address::Address;
pub use framer::{Frame, Framer};
pub use head::Head;
pub use headers::{Header, Headers};
pub use method::{ALLOW, Method};
pub use parse::{Fault, parse};
pub use uri::{Uri, bracketed, host_port};
pub use via::{MAGIC_COOKIE, Via};

/// A request (RFC 3261 7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The Request-URI as it stood on the wire.
    pub uri: Box<str>,
    /// The headers; Content-Length is left out and written from the body.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// A response (RFC 3261 7.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// 100 to 699.
    pub status: u16,
    /// The reason phrase, for people.
    pub reason: Box<str>,
    /// The headers; Content-Length is left out and written from the body.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// What one datagram or one frame of a stream holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

impl Request {
    /// An answer to this request with the headers RFC 3261 8.2.6.2 copies; `tag` goes into a To
    /// without one. The top Via is `via`, which may carry received and rport.
    pub fn answer(&self, status: u16, via: &Via, tag: &str) -> Response {
        let mut headers = Headers::default();
        headers.push("Via", via.to_string());
        for element in self.headers.elements("Via").skip(1) {
            headers.push("Via", element);
        }
        self.finish_answer(status, headers, tag)
    }

    /// An answer to a request whose Via cannot be read: copied as it is, for what it is worth.
    pub fn answer_unreadable(&self, status: u16) -> Response {
        let mut headers = Headers::default();
        for value in self.headers.all("Via") {
            headers.push("Via", value);
        }
        self.finish_answer(status, headers, "")
    }

    fn finish_answer(&self, status: u16, mut headers: Headers, tag: &str) -> Response {
        for name in ["From", "To", "Call-ID", "CSeq"] {
            let Some(value) = self.headers.get(name) else {
                continue;
            };
            if name == "To" && !tag.is_empty() && !has_tag(value) {
                headers.push(name, format!("{value};tag={tag}"));
            } else {
                headers.push(name, value);
            }
        }
        Response {
            status,
            reason: reason(status).into(),
            headers,
            body: Vec::new(),
        }
    }

    /// The user part of the Request-URI.
    pub fn user(&self) -> Option<Box<str>> {
        Uri::parse(&self.uri).and_then(|uri| uri.user)
    }
}

fn has_tag(value: &str) -> bool {
    Address::parse(value).is_some_and(|address| address.tag().is_some())
}

/// The reason phrase of a status (RFC 3261 21 and its extensions).
pub fn reason(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 | 606 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        _ => class(status),
    }
}

/// The reason of a status without one of its own (RFC 3261 21).
fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "Progress",
        2 => "Success",
        3 => "Redirected",
        4 => "Client Error",
        5 => "Server Error",
        _ => "Global Failure",
    }
}
