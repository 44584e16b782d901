//! Events as the tuples of `gateway/_native.pyi`.

use driver::{Event, PictureTurned};
use engine::video::VideoKind;
use peer::Down;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

pub(crate) fn event(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyAny>> {
    let tuple = match event {
        Event::Answered {
            request,
            session,
            answer,
        } => ("answered", request, session.0, answer)
            .into_pyobject(py)?
            .into_any(),
        Event::Refused {
            request,
            session,
            reason,
        } => ("refused", request, session.0, reason)
            .into_pyobject(py)?
            .into_any(),
        Event::NotRestarted {
            request,
            session,
            reason,
        } => ("not_restarted", request, session.0, reason)
            .into_pyobject(py)?
            .into_any(),
        Event::Opened {
            request,
            session,
            port,
        } => ("opened", request, session.0, port)
            .into_pyobject(py)?
            .into_any(),
        Event::Digit(session, digit) => ("digit", session.0, digit).into_pyobject(py)?.into_any(),
        Event::Heard(session) => ("heard", session.0).into_pyobject(py)?.into_any(),
        Event::Up(session) => ("up", session.0).into_pyobject(py)?.into_any(),
        Event::Down(session, why) => ("down", session.0, down(why)).into_pyobject(py)?.into_any(),
        Event::Data(session, channel, data) => {
            ("data", session.0, channel.label(), PyBytes::new(py, &data))
                .into_pyobject(py)?
                .into_any()
        }
        Event::Limit {
            room,
            session,
            talkspurt,
        } => ("limit", room.0, session.0, talkspurt.0)
            .into_pyobject(py)?
            .into_any(),
        Event::Slot {
            session,
            slot,
            source,
        } => ("slot", session.0, slot, source.0, source.source_number())
            .into_pyobject(py)?
            .into_any(),
        Event::Picture(turned) => picture(py, &turned)?,
        Event::Talking { room, session, on } => ("talking", room.0, session.0, on)
            .into_pyobject(py)?
            .into_any(),
    };
    Ok(tuple)
}

fn picture<'py>(py: Python<'py>, turned: &PictureTurned) -> PyResult<Bound<'py, PyAny>> {
    let (source, kind, number) = turned.picture.map_or((0, "", 0), |picture| {
        (
            picture.session.0,
            video_kind(picture.kind),
            picture.number(),
        )
    });
    let tuple = (
        "picture",
        turned.session.0,
        turned.slot,
        source,
        kind,
        number,
        turned.timestamp,
        turned.layer,
        turned.paused,
    );
    Ok(tuple.into_pyobject(py)?.into_any())
}

fn video_kind(kind: VideoKind) -> &'static str {
    match kind {
        VideoKind::Camera => "camera",
        VideoKind::Screen => "screen",
    }
}

fn down(why: Down) -> &'static str {
    match why {
        Down::Closed => "closed",
        Down::Consent => "consent",
        Down::Dtls => "dtls",
        Down::Peer => "peer",
        Down::Timeout => "timeout",
        Down::Internal => "internal",
    }
}
