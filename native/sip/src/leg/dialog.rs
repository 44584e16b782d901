//! A dialog: what both ends agree on so that later requests find their way (RFC 3261 12).

use crate::limits::message::LIST;
use crate::msg::{Address, Head, Headers, Method, Request, Response, Uri};

/// One end of a dialog. It is found by Call-ID and local tag; the remote tag is checked.
#[derive(Debug)]
pub(crate) struct Dialog {
    pub call_id: Box<str>,
    pub local_tag: Box<str>,
    /// Empty until a callee answered, and for an RFC 2543 peer.
    pub remote_tag: Box<str>,
    /// From of our requests, without its tag.
    local: Box<str>,
    /// To of our requests, without its tag.
    remote: Box<str>,
    /// The peer's Contact: Request-URI of our requests.
    pub target: Box<str>,
    /// Route headers of our requests, in order.
    pub routes: Vec<Box<str>>,
    /// `CSeq` of our last request.
    pub seq: u32,
    /// `CSeq` of the peer's last request.
    pub remote_seq: Option<u32>,
}

impl Dialog {
    /// The callee's end, from an INVITE (RFC 3261 12.1.1).
    pub fn of_callee(request: &Request, head: &Head, target: &str, local_tag: &str) -> Self {
        Self {
            call_id: head.call_id.clone(),
            local_tag: local_tag.into(),
            remote_tag: head.from_tag().into(),
            local: untagged(&head.to),
            remote: untagged(&head.from),
            target: target.into(),
            routes: record_route(&request.headers),
            seq: 0,
            remote_seq: Some(head.seq),
        }
    }

    /// The caller's end before any answer; `local` and `remote` are From and To without tags.
    pub fn of_caller(
        call_id: &str,
        tag: &str,
        local: &str,
        remote: &str,
        target: &str,
        routes: &[Box<str>],
    ) -> Self {
        Self {
            call_id: call_id.into(),
            local_tag: tag.into(),
            remote_tag: "".into(),
            local: local.into(),
            remote: remote.into(),
            target: target.into(),
            routes: routes.to_vec(),
            seq: 0,
            remote_seq: None,
        }
    }

    /// The caller's end after a 2xx (RFC 3261 12.1.2): a copy, because a fork may bring another.
    pub fn answered(&self, response: &Response, remote_tag: &str) -> Self {
        let mut routes = record_route(&response.headers);
        routes.reverse();
        Self {
            call_id: self.call_id.clone(),
            local_tag: self.local_tag.clone(),
            remote_tag: remote_tag.into(),
            local: self.local.clone(),
            remote: self.remote.clone(),
            target: contact(&response.headers).unwrap_or_else(|| self.target.clone()),
            routes,
            seq: self.seq,
            remote_seq: None,
        }
    }

    /// A request in this dialog with the next `CSeq`; Via and Contact are still to be added.
    pub fn request(&mut self, method: Method) -> Request {
        self.seq += 1;
        self.request_with(method, self.seq)
    }

    /// A request with a `CSeq` of its own: ACK and CANCEL repeat the one of their INVITE.
    pub fn request_with(&self, method: Method, seq: u32) -> Request {
        let mut headers = Headers::default();
        let (uri, routes) = self.way();
        headers.push("Max-Forwards", "70");
        headers.push("From", format!("{};tag={}", self.local, self.local_tag));
        let tag = if self.remote_tag.is_empty() {
            String::new()
        } else {
            format!(";tag={}", self.remote_tag)
        };
        headers.push("To", format!("{}{tag}", self.remote));
        headers.push("Call-ID", &*self.call_id);
        headers.push("CSeq", format!("{seq} {method}"));
        for route in routes {
            headers.push("Route", route);
        }
        Request {
            method,
            uri: uri.into(),
            headers,
            body: Vec::new(),
        }
    }

    /// Request-URI and Route (RFC 3261 12.2.1.1): a strict router as first hop gets its own URI
    /// as the Request-URI, and the target goes to the end.
    fn way(&self) -> (String, Vec<String>) {
        let routes: Vec<String> = self.routes.iter().map(ToString::to_string).collect();
        let first = self.routes.first().and_then(|r| Address::parse(r));
        match first {
            Some(first) if !first.uri.params.has("lr") => {
                let rest = routes
                    .into_iter()
                    .skip(1)
                    .chain([format!("<{}>", self.target)]);
                (first.uri.text.into(), rest.collect())
            }
            _ => (self.target.to_string(), routes),
        }
    }

    /// The URI of the next hop: the first route, or the target.
    pub fn next_hop(&self) -> Option<Uri> {
        match self.routes.first() {
            Some(route) => Address::parse(route).map(|route| route.uri),
            None => Uri::parse(&self.target),
        }
    }
}

/// The target in the Contact of a message.
pub(crate) fn contact(headers: &Headers) -> Option<Box<str>> {
    let element = headers.elements("Contact").next()?;
    Address::parse(element).map(|address| address.uri.text)
}

fn record_route(headers: &Headers) -> Vec<Box<str>> {
    headers
        .elements("Record-Route")
        .take(LIST)
        .map(Into::into)
        .collect()
}

fn untagged(address: &Address) -> Box<str> {
    let Address { name, uri, .. } = address;
    if name.is_empty() {
        format!("<{uri}>").into()
    } else {
        format!("{} <{uri}>", crate::msg::lex::quote(name)).into()
    }
}
