//! The ACK of a refused INVITE (RFC 3261 17.1.1.3), made from the INVITE and the refusal.

use crate::msg::{Headers, Message, Method, Request, Response, parse};

/// The ACK, or `None` when `invite` is not the bytes of a request of ours.
pub(super) fn ack_of_refusal(invite: &[u8], response: &Response) -> Option<Vec<u8>> {
    let Ok(Message::Request(invite)) = parse(invite) else {
        return None;
    };
    let mut headers = Headers::default();
    headers.push("Via", invite.headers.get("Via")?);
    headers.push("Max-Forwards", "70");
    headers.push("From", invite.headers.get("From")?);
    headers.push("To", response.headers.get("To")?);
    headers.push("Call-ID", invite.headers.get("Call-ID")?);
    let seq = invite.headers.get("CSeq")?.split_whitespace().next()?;
    headers.push("CSeq", format!("{seq} ACK"));
    for route in invite.headers.all("Route") {
        headers.push("Route", route);
    }
    let ack = Request {
        method: Method::Ack,
        uri: invite.uri,
        headers,
        body: Vec::new(),
    };
    Some(ack.to_bytes())
}
