//! Session descriptions of phone calls, so that Python never reads one.

use std::net::SocketAddr;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sip::digest::Ha1;
use sip::sdp::{self, Agreed, CodecName, Direction, Local, Refusal, Session};

/// (remote address or "", remote port, codec, payload type, DTMF payload type or -1, direction).
type AgreedTuple = (String, u16, &'static str, u8, i16, &'static str);
/// (our address, our port, session id, version, codecs, direction).
type LocalTuple = (String, u16, u64, u64, Vec<String>, String);

/// Our offer.
#[pyfunction]
pub(crate) fn sdp_offer(py: Python<'_>, ours: LocalTuple) -> PyResult<Bound<'_, PyBytes>> {
    let session = sdp::offer(&local(ours)?);
    Ok(PyBytes::new(py, session.to_string().as_bytes()))
}

/// Our answer to an offer, and what is agreed by it.
#[pyfunction]
pub(crate) fn sdp_answer<'py>(
    py: Python<'py>,
    offer: &[u8],
    ours: LocalTuple,
) -> PyResult<(Bound<'py, PyBytes>, AgreedTuple)> {
    let ours = local(ours)?;
    let (answer, agreed) = sdp::answer(&read(offer)?, &ours).map_err(refused)?;
    Ok((
        PyBytes::new(py, answer.to_string().as_bytes()),
        plain(&agreed),
    ))
}

/// What is agreed by the peer's answer to our offer.
#[pyfunction]
pub(crate) fn sdp_agreed(answer: &[u8], ours: LocalTuple) -> PyResult<AgreedTuple> {
    let ours = local(ours)?;
    sdp::read_answer(&ours, &read(answer)?)
        .map(|agreed| plain(&agreed))
        .map_err(refused)
}

/// HA1 of a user by SHA-256 and MD5 (RFC 7616 3.4.2).
#[pyfunction]
pub(crate) fn sip_ha1(user: &str, realm: &str, password: &str) -> (String, String) {
    let ha1 = Ha1::of(user, realm, password);
    (ha1.sha256.into(), ha1.md5.into())
}

fn read(text: &[u8]) -> PyResult<Session> {
    Session::parse(text).ok_or_else(|| PyValueError::new_err("not_sdp"))
}

fn local(ours: LocalTuple) -> PyResult<Local> {
    let (address, port, id, version, codecs, direction) = ours;
    let ip = address
        .parse()
        .map_err(|_| PyValueError::new_err(format!("{address:?} is not an IP address")))?;
    Ok(Local {
        address: SocketAddr::new(ip, port),
        id,
        version,
        codecs: codecs
            .iter()
            .map(|name| codec(name))
            .collect::<PyResult<_>>()?,
        direction: wanted(&direction)?,
        crypto: None,
        dtls: None,
    })
}

fn codec(name: &str) -> PyResult<CodecName> {
    CodecName::ALL
        .into_iter()
        .find(|codec| codec_name(*codec) == name)
        .ok_or_else(|| PyValueError::new_err(format!("no codec {name:?}")))
}

fn codec_name(codec: CodecName) -> &'static str {
    match codec {
        CodecName::Pcmu => "PCMU",
        CodecName::Pcma => "PCMA",
        CodecName::G722 => "G722",
        CodecName::Opus => "opus",
    }
}

fn wanted(name: &str) -> PyResult<Direction> {
    [
        Direction::SendRecv,
        Direction::SendOnly,
        Direction::RecvOnly,
        Direction::Inactive,
    ]
    .into_iter()
    .find(|direction| direction.as_str() == name)
    .ok_or_else(|| PyValueError::new_err(format!("no direction {name:?}")))
}

fn plain(agreed: &Agreed) -> AgreedTuple {
    let (ip, port) = agreed
        .remote
        .map_or((String::new(), 0), |at| (at.ip().to_string(), at.port()));
    (
        ip,
        port,
        codec_name(agreed.codec.name),
        agreed.codec.payload_type,
        agreed.telephone_event.map_or(-1, |(kind, _)| kind.into()),
        agreed.direction.as_str(),
    )
}

fn refused(why: Refusal) -> PyErr {
    PyValueError::new_err(match why {
        Refusal::NoAudio => "no_audio",
        Refusal::NoCodec => "no_codec",
        Refusal::NoSecurity => "no_security",
        Refusal::NotAnAnswer => "not_an_answer",
    })
}
