//! What the SIP thread reports, as the tuples of `gateway/_native.pyi`.

use std::net::SocketAddr;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use sip::msg::Uri;
use sip::{End, Event, Flow, Incoming, Registered, Rejection, Transport, Unbind};
use sip_io::Report;

type Any<'py> = Bound<'py, PyAny>;

pub(crate) fn report(py: Python<'_>, report: Report) -> PyResult<Any<'_>> {
    match report.event {
        Event::Incoming(call) => incoming(py, *call, report.door),
        Event::Bound(bound) => tuple(
            py,
            (
                "bound",
                String::from(bound.address),
                String::from(bound.contact),
                flow(bound.flow, report.door),
                bound.expires_s,
                texts(bound.path),
                String::from(bound.agent),
            ),
        ),
        Event::Unbound {
            address,
            contact,
            why,
        } => {
            let (address, contact) = (String::from(address), String::from(contact));
            tuple(py, ("unbound", address, contact, unbind(why)))
        }
        Event::Registration { id, state } => {
            let (name, status) = registered(state);
            tuple(py, ("registration", id.0, name, status))
        }
        Event::Pong { id, status } => tuple(py, ("pong", id, status)),
        Event::Rejected { id, why } => tuple(py, ("rejected", id, rejection(why))),
        of_a_leg => leg_event(py, of_a_leg),
    }
}

/// Events of one leg that is there already.
fn leg_event(py: Python<'_>, event: Event) -> PyResult<Any<'_>> {
    match event {
        Event::Progress { leg, status, sdp } => {
            tuple(py, ("progress", leg.0, status, body(py, sdp)))
        }
        Event::Answered { leg, sdp } => tuple(py, ("answered", leg.0, body(py, sdp))),
        Event::Established { leg, sdp } => tuple(py, ("established", leg.0, body(py, sdp))),
        Event::Offered { leg, request, sdp } => {
            tuple(py, ("offered", leg.0, request.0, body(py, sdp)))
        }
        Event::OfferWithdrawn { leg, request } => tuple(py, ("offer_withdrawn", leg.0, request.0)),
        Event::OfferAnswered { leg, sdp } => tuple(py, ("offer_answered", leg.0, body(py, sdp))),
        Event::OfferRefused { leg, status } => tuple(py, ("offer_refused", leg.0, status)),
        Event::Info {
            leg,
            content_type,
            body: bytes,
        } => tuple(
            py,
            (
                "info",
                leg.0,
                String::from(content_type),
                PyBytes::new(py, &bytes),
            ),
        ),
        Event::Refer {
            leg,
            request,
            target,
        } => tuple(py, ("refer", leg.0, request.0, String::from(target))),
        Event::ProbeAnswered { leg, status } => tuple(py, ("probe_answered", leg.0, status)),
        Event::Ended { leg, why, status } => tuple(py, ("ended", leg.0, end(why), status)),
        // `report` has taken the others.
        _ => tuple(py, ("unknown",)),
    }
}

fn incoming(
    py: Python<'_>,
    call: Incoming,
    door: Option<(Transport, SocketAddr)>,
) -> PyResult<Any<'_>> {
    let target = user(&call.target);
    let proven = call.user.map(String::from);
    let caller = (
        proven,
        call.trusted,
        user(&call.from),
        String::from(call.name),
    );
    tuple(
        py,
        (
            "incoming",
            call.leg.0,
            flow(call.flow, door),
            target,
            caller,
            body(py, call.sdp),
        ),
    )
}

/// (link, transport, remote address, remote port, local address).
fn flow(
    flow: Flow,
    door: Option<(Transport, SocketAddr)>,
) -> (u64, &'static str, String, u16, String) {
    let (kind, local) = door.map_or(("udp", String::new()), |(kind, local)| {
        (transport(kind), local.ip().to_string())
    });
    let remote = flow.remote;
    (
        flow.link.0,
        kind,
        remote.ip().to_string(),
        remote.port(),
        local,
    )
}

fn texts(texts: Vec<Box<str>>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

fn user(uri: &str) -> String {
    Uri::parse(uri)
        .and_then(|uri| uri.user)
        .map(String::from)
        .unwrap_or_default()
}

fn body(py: Python<'_>, sdp: Option<Vec<u8>>) -> Option<Bound<'_, PyBytes>> {
    sdp.map(|bytes| PyBytes::new(py, &bytes))
}

pub(crate) fn tuple<'py, T>(py: Python<'py>, values: T) -> PyResult<Any<'py>>
where
    T: IntoPyObject<'py, Output = Bound<'py, PyTuple>, Error = PyErr>,
{
    Ok(values.into_pyobject(py)?.into_any())
}

pub(crate) fn transport(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
        Transport::Ws => "ws",
        Transport::Wss => "wss",
    }
}

fn end(why: End) -> &'static str {
    match why {
        End::Hangup => "hangup",
        End::RemoteHangup => "remote_hangup",
        End::Cancelled => "cancelled",
        End::Refused => "refused",
        End::RingLimit => "ring_limit",
        End::NoResponse => "no_response",
        End::NoAck => "no_ack",
        End::HubTooSlow => "hub_too_slow",
        End::SessionExpired => "session_expired",
        End::Gone => "gone",
        End::ConnectionLost => "connection_lost",
    }
}

fn unbind(why: Unbind) -> &'static str {
    match why {
        Unbind::Removed => "removed",
        Unbind::Expired => "expired",
        Unbind::ConnectionLost => "connection_lost",
        Unbind::Replaced => "replaced",
    }
}

fn registered(state: Registered) -> (&'static str, u32) {
    match state {
        Registered::Active { expires_s } => ("active", expires_s),
        Registered::Failed { status, .. } => ("failed", status.into()),
        Registered::ConnectionLost => ("connection_lost", 0),
        Registered::Removed => ("removed", 0),
    }
}

fn rejection(why: Rejection) -> &'static str {
    match why {
        Rejection::UnknownLeg => "unknown_leg",
        Rejection::UnknownRequest => "unknown_request",
        Rejection::BadLegId => "bad_leg_id",
        Rejection::WrongState => "wrong_state",
        Rejection::Busy => "busy",
        Rejection::BadUri => "bad_uri",
        Rejection::NoLink => "no_link",
        Rejection::Full => "full",
    }
}
