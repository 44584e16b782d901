//! What Python says of phones, checked.

use std::net::{IpAddr, SocketAddr};

use codec_api::CodecInfo;
use dsp::Tone;
use phone::PhoneMedia;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rtp::telephone_event::dtmf_event;

/// Highest RTP payload type (RFC 3550 section 5.1).
const PAYLOAD_TYPE_MAX: u8 = 127;

fn wrong<T>(reason: String) -> PyResult<T> {
    Err(PyValueError::new_err(reason))
}

pub(crate) fn address(text: &str) -> PyResult<IpAddr> {
    text.parse()
        .or_else(|_| wrong(format!("{text:?} is not an IP address")))
}

pub(crate) fn media(
    remote: SocketAddr,
    codec: &str,
    payload_type: u8,
    dtmf_payload_type: i16,
) -> PyResult<PhoneMedia> {
    if remote.port() == 0 {
        return wrong("remote_port must be 1 to 65535".to_owned());
    }
    let known = CodecInfo::all().iter().find(|info| info.sdp_name == codec);
    let Some(codec) = known else {
        return wrong(format!(
            "codec must be PCMU, PCMA, G722 or opus, not {codec:?}"
        ));
    };
    let dtmf_payload_type = match u8::try_from(dtmf_payload_type) {
        Ok(of_dtmf) => Some(of_dtmf),
        Err(_) if dtmf_payload_type == -1 => None,
        Err(_) => {
            return wrong(format!(
                "dtmf_payload_type must be -1 to {PAYLOAD_TYPE_MAX}"
            ));
        }
    };
    if payload_type > PAYLOAD_TYPE_MAX
        || dtmf_payload_type.is_some_and(|of_dtmf| of_dtmf > PAYLOAD_TYPE_MAX)
    {
        return wrong(format!("payload types end at {PAYLOAD_TYPE_MAX}"));
    }
    if dtmf_payload_type == Some(payload_type) {
        return wrong("sound and DTMF need different payload types".to_owned());
    }
    Ok(PhoneMedia {
        remote,
        codec,
        payload_type,
        dtmf_payload_type,
    })
}

/// `None` is "off".
pub(crate) fn tone(name: &str) -> PyResult<Option<Tone>> {
    Ok(Some(match name {
        "off" => return Ok(None),
        "granted" => Tone::Granted,
        "go" => Tone::Go,
        "queued" => Tone::Queued,
        "denied" => Tone::Denied,
        "revoked" => Tone::Revoked,
        "time_nearly_out" => Tone::TimeNearlyOut,
        "end_of_talk" => Tone::EndOfTalk,
        "busy" => Tone::Busy,
        "media_fault" => Tone::MediaFault,
        "emergency_alarm" => Tone::EmergencyAlarm,
        "emergency_acked" => Tone::EmergencyAcked,
        "cleared" => Tone::Cleared,
        _ => return wrong(format!("there is no tone {name:?}")),
    }))
}

pub(crate) fn check_digits(text: &str) -> PyResult<()> {
    match text.chars().find(|key| dtmf_event(*key).is_none()) {
        Some(key) => wrong(format!("{key:?} is no DTMF key")),
        None => Ok(()),
    }
}
