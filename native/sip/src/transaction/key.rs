//! How a request finds its server transaction (RFC 3261 17.2.3).

use crate::msg::{Head, Method};

/// The key of the server transaction of a request. ACK has the key of the INVITE it belongs to;
/// a CANCEL has its own, and finds the INVITE by asking for `method` INVITE.
pub(crate) fn server_key(head: &Head, method: &Method) -> Box<str> {
    let method = if *method == Method::Ack {
        &Method::Invite
    } else {
        method
    };
    let sent_by = head.via.sent_by();
    match head.via.branch() {
        Some(branch) => format!("{branch} {sent_by} {method}"),
        // RFC 2543: no unique branch, so everything but the To tag, which the ACK has and the
        // INVITE had not.
        None => format!(
            "{} {} {} {sent_by} {method}",
            head.call_id,
            head.from_tag(),
            head.seq
        ),
    }
    .into()
}
