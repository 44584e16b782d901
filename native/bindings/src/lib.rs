//! `gateway._native`: the media plane as Python sees it. `gateway/_native.pyi` is the contract.
//!
//! Only translation happens here. Events are tuples whose first element names them. The interpreter is
//! released wherever a call could wait.

mod codecs;
mod convert;
mod phones;
mod radio_bridge;
mod radio_edge;
mod radio_wire;
mod sip_edge;
mod sip_events;
mod sip_sdp;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::fd::RawFd;
use std::time::Duration;

use driver::command::{AcceptCommand, PhoneCommand};
use driver::{Busy, Plane as Driver, PlaneConfig, StartError, TcpConfig};
use engine::video::{Picture, VideoKind, Watch};
use engine::{RoomId, SessionId, TalkspurtId};
use peer::Channel;
use pyo3::exceptions::{PyBlockingIOError, PyOSError, PyValueError};
use pyo3::prelude::*;

/// Events a call of `drain` hands over at most.
const DRAIN_MAX: usize = 4_096;

/// The running media plane.
#[pyclass(frozen, module = "gateway._native")]
struct Plane(Driver);

#[pymethods]
impl Plane {
    #[new]
    #[pyo3(signature = (*, shards, listen, announce, port, sessions_max, data_message_bytes_max, forwarding, rtp_port_first=0, rtp_port_last=0, tcp_port=None, tcp_connections_max=0, tcp_connections_per_address=0))]
    #[allow(clippy::too_many_arguments, reason = "keywords in Python")]
    fn new(
        py: Python<'_>,
        shards: usize,
        listen: Vec<String>,
        announce: Vec<String>,
        port: u16,
        sessions_max: usize,
        data_message_bytes_max: usize,
        forwarding: bool,
        rtp_port_first: u16,
        rtp_port_last: u16,
        tcp_port: Option<u16>,
        tcp_connections_max: usize,
        tcp_connections_per_address: usize,
    ) -> PyResult<Self> {
        let config = PlaneConfig {
            shards,
            listen: addresses("listen", listen)?,
            announce: addresses("announce", announce)?,
            port,
            tcp: tcp_port.map(|port| TcpConfig {
                port,
                connections_max: tcp_connections_max,
                per_address_max: tcp_connections_per_address,
            }),
            rtp_ports: (rtp_port_first, rtp_port_last),
            sessions_max,
            data_message_bytes_max,
            forwarding,
        };
        py.detach(|| Driver::start(&config))
            .map(Self)
            .map_err(|error| match error {
                StartError::Config(reason) => PyValueError::new_err(reason),
                StartError::Io(error) => PyOSError::new_err(error),
            })
    }

    fn event_fd(&self) -> RawFd {
        self.0.event_fd()
    }

    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.0
            .drain(DRAIN_MAX)
            .into_iter()
            .map(|event| convert::event(py, event))
            .collect()
    }

    #[pyo3(signature = (request, session, offer, audio_slots, publishes, video_slots=0, cameras=false))]
    #[allow(clippy::too_many_arguments, reason = "what a leg is made for")]
    fn accept(
        &self,
        request: u64,
        session: u64,
        offer: String,
        audio_slots: u8,
        publishes: bool,
        video_slots: u8,
        cameras: bool,
    ) -> PyResult<()> {
        let session = SessionId(session);
        taken(self.0.accept(AcceptCommand {
            request,
            session,
            offer,
            audio_slots,
            publishes,
            video_slots,
            cameras,
        }))
    }

    fn restart(&self, request: u64, session: u64, offer: String) -> PyResult<()> {
        taken(self.0.restart(request, SessionId(session), offer))
    }

    fn open_phone(&self, request: u64, session: u64, address: &str) -> PyResult<()> {
        let address = phones::address(address)?;
        if !self.0.listens_on(address) {
            return Err(PyValueError::new_err(format!(
                "{address} is not an address that media listens on"
            )));
        }
        taken(self.0.open_phone(request, SessionId(session), address))
    }

    #[allow(clippy::too_many_arguments, reason = "what SDP agrees on")]
    fn set_phone(
        &self,
        session: u64,
        remote_ip: &str,
        remote_port: u16,
        codec: &str,
        payload_type: u8,
        dtmf_payload_type: i16,
        hears: bool,
        speaks: bool,
    ) -> PyResult<()> {
        let media = phones::media(
            (phones::address(remote_ip)?, remote_port).into(),
            codec,
            payload_type,
            dtmf_payload_type,
        )?;
        taken(self.0.set_phone(PhoneCommand {
            session: SessionId(session),
            media,
            hears,
            speaks,
        }))
    }

    fn tone(&self, session: u64, name: &str) -> PyResult<()> {
        taken(self.0.tone(SessionId(session), phones::tone(name)?))
    }

    fn digits(&self, session: u64, text: String) -> PyResult<()> {
        phones::check_digits(&text)?;
        taken(self.0.digits(SessionId(session), text))
    }

    fn close(&self, session: u64) -> PyResult<()> {
        taken(self.0.close(SessionId(session)))
    }

    fn join(&self, room: u64, session: u64, hear: bool) -> PyResult<()> {
        taken(self.0.join(RoomId(room), SessionId(session), hear))
    }

    fn leave(&self, room: u64, session: u64) -> PyResult<()> {
        taken(self.0.leave(RoomId(room), SessionId(session)))
    }

    fn open_gate(&self, room: u64, session: u64, talkspurt: u64, limit_ms: u64) -> PyResult<()> {
        let limit = (limit_ms > 0).then(|| Duration::from_millis(limit_ms));
        taken(self.0.open_gate(
            RoomId(room),
            SessionId(session),
            TalkspurtId(talkspurt),
            limit,
        ))
    }

    fn shut_gate(&self, room: u64, session: u64) -> PyResult<()> {
        taken(self.0.shut_gate(RoomId(room), SessionId(session)))
    }

    fn show(&self, room: u64, session: u64, kind: &str, on: bool) -> PyResult<()> {
        let kind = video_kind(kind)?;
        taken(self.0.show(RoomId(room), SessionId(session), kind, on))
    }

    fn watch(&self, session: u64, slot: u8, source: u64, kind: &str, height: u16) -> PyResult<()> {
        let picture = if source == 0 {
            None
        } else {
            let session = SessionId(source);
            let kind = video_kind(kind)?;
            Some(Picture { session, kind })
        };
        let watch = Watch { picture, height };
        taken(self.0.watch(SessionId(session), slot, watch))
    }

    fn send(&self, session: u64, channel: &str, data: Vec<u8>) -> PyResult<()> {
        let channel = Channel::from_label(channel).ok_or_else(|| {
            PyValueError::new_err(format!(
                "channel must be 'reliable' or 'fast', not {channel:?}"
            ))
        })?;
        taken(self.0.send(SessionId(session), channel, data))
    }

    fn counters(&self) -> BTreeMap<String, u64> {
        self.0.counters()
    }

    fn ports(&self) -> Vec<u16> {
        self.0.ports().to_vec()
    }

    fn tcp_port(&self) -> Option<u16> {
        self.0.tcp_port()
    }

    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.0.stop());
    }
}

fn video_kind(name: &str) -> PyResult<VideoKind> {
    match name {
        "camera" => Ok(VideoKind::Camera),
        "screen" => Ok(VideoKind::Screen),
        _ => Err(PyValueError::new_err(format!(
            "kind must be 'camera' or 'screen', not {name:?}"
        ))),
    }
}

fn taken(result: Result<(), Busy>) -> PyResult<()> {
    result.map_err(|busy| PyBlockingIOError::new_err(busy.to_string()))
}

fn addresses(name: &str, texts: Vec<String>) -> PyResult<Vec<IpAddr>> {
    let parse = |text: String| {
        text.parse()
            .map_err(|_| PyValueError::new_err(format!("{name}: {text:?} is not an IP address")))
    };
    texts.into_iter().map(parse).collect()
}

/// The Rust extension of the gateway.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::Plane;
    #[pymodule_export]
    use crate::codecs::{FrameDecoder, FrameEncoder};
    #[pymodule_export]
    use crate::radio_bridge::{RadioFence, RadioStream, RadioUplink};
    #[pymodule_export]
    use crate::radio_edge::RadioEdge;
    #[pymodule_export]
    use crate::radio_wire::{radio_decode, radio_encode};
    #[pymodule_export]
    use crate::sip_edge::SipEdge;
    #[pymodule_export]
    use crate::sip_sdp::{sdp_agreed, sdp_answer, sdp_offer, sip_ha1};
}
