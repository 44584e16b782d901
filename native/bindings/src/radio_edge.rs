//! The radio thread as Python sees it.

use std::collections::BTreeMap;
use std::os::fd::RawFd;

use pyo3::exceptions::{PyBlockingIOError, PyOSError, PyValueError};
use pyo3::prelude::*;
use radio::hub::{Ask, Bounds, Event};
use radio::message::Source;
use radio_io::{Codec, Edge, EdgeConfig, IoLimits, OrderError, Report, StartError, Tls};

use crate::sip_events::tuple;

/// Events a call of `drain` hands over at most.
const DRAIN_MAX: usize = 4_096;

/// The running radio thread.
#[pyclass(frozen, module = "gateway._native")]
pub(crate) struct RadioEdge(Edge);

#[pymethods]
impl RadioEdge {
    #[new]
    #[pyo3(signature = (*, host, port, client_id, username=None, password=None, tls=None, server_name=None, root="rb", epoch, limits=None))]
    #[allow(clippy::too_many_arguments, reason = "keywords in Python")]
    fn new(
        host: String,
        port: u16,
        client_id: String,
        username: Option<String>,
        password: Option<String>,
        tls: Option<(Vec<u8>, Vec<u8>, Vec<u8>)>,
        server_name: Option<String>,
        root: &str,
        epoch: u64,
        limits: Option<BTreeMap<String, usize>>,
    ) -> PyResult<Self> {
        let server_name = server_name.unwrap_or_else(|| host.clone());
        let tls = tls.map(|(authorities, chain, key)| Tls {
            authorities,
            chain,
            key,
            server_name,
        });
        let config = EdgeConfig {
            host,
            port,
            client_id,
            username,
            password: password.map(String::into_bytes),
            tls,
            root: root.into(),
            epoch,
            bounds: bounds(limits.unwrap_or_default())?,
            limits: IoLimits::default(),
        };
        Edge::start(config).map(Self).map_err(|error| match error {
            StartError::Config(reason) => PyValueError::new_err(reason),
            StartError::Io(error) => PyOSError::new_err(error.to_string()),
        })
    }

    fn event_fd(&self) -> RawFd {
        self.0.event_fd()
    }

    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let reports = self
            .0
            .drain(DRAIN_MAX)
            .ok_or_else(|| PyOSError::new_err("the radio thread has ended"))?;
        reports.into_iter().map(|one| report(py, one)).collect()
    }

    fn expect(&self, bridge: &str, sid: &str) -> PyResult<()> {
        self.0.expect(bridge, sid).map_err(refused)
    }

    fn forget(&self, bridge: &str) -> PyResult<()> {
        self.0.forget(bridge).map_err(refused)
    }

    fn open(&self, channel: u64, bridge: &str, name: &str, codec: &str) -> PyResult<u16> {
        let codec = match codec {
            "opus" => Codec::Opus,
            "PCMU" => Codec::Pcmu,
            _ => {
                let reason = format!("codec must be 'opus' or 'PCMU', not {codec:?}");
                return Err(PyValueError::new_err(reason));
            }
        };
        self.0.open(channel, bridge, name, codec).map_err(refused)
    }

    fn aim(&self, channel: u64, port: u16) -> PyResult<()> {
        self.0.aim(channel, port).map_err(refused)
    }

    fn shut(&self, channel: u64) -> PyResult<()> {
        self.0.shut(channel).map_err(refused)
    }

    #[allow(clippy::too_many_arguments, reason = "one message of the contract")]
    #[pyo3(signature = (channel, token, retry_token, priority, limit_ms, source, origin="", hop=0))]
    fn key(
        &self,
        channel: u64,
        token: u32,
        retry_token: u32,
        priority: u8,
        limit_ms: u32,
        source: (String, String, String),
        origin: &str,
        hop: u64,
    ) -> PyResult<()> {
        let (kind, id, alias) = source;
        let ask = Ask {
            token,
            retry_token,
            priority,
            limit_ms,
            source: Source {
                kind: kind.into(),
                id: id.into(),
                alias: alias.into(),
            },
            origin: origin.into(),
            hop,
        };
        self.0.key(channel, ask).map_err(refused)
    }

    fn release(&self, channel: u64) -> PyResult<()> {
        self.0.release(channel).map_err(refused)
    }

    fn abort(&self, channel: u64) -> PyResult<()> {
        self.0.abort(channel).map_err(refused)
    }

    fn hear(&self, channel: u64, stream: u32) -> PyResult<()> {
        self.0.hear(channel, stream).map_err(refused)
    }

    #[pyo3(name = "drop")]
    fn drop_stream(&self, channel: u64, stream: u32) -> PyResult<()> {
        self.0.drop_stream(channel, stream).map_err(refused)
    }

    fn pulse(&self) -> PyResult<()> {
        self.0.pulse().map_err(refused)
    }

    fn counters(&self) -> BTreeMap<&'static str, u64> {
        self.0.counters()
    }

    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.0.stop());
    }
}

fn bounds(limits: BTreeMap<String, usize>) -> PyResult<Bounds> {
    let mut bounds = Bounds::default();
    for (name, value) in limits {
        match name.as_str() {
            "channels" => bounds.channels = value,
            "bridges" => bounds.bridges = value,
            _ => return Err(PyValueError::new_err(format!("no limit {name:?}"))),
        }
    }
    Ok(bounds)
}

fn refused(error: OrderError) -> PyErr {
    match error {
        OrderError::Busy => PyBlockingIOError::new_err(error.to_string()),
        OrderError::Invalid(reason) => PyValueError::new_err(reason),
        OrderError::Io(error) => PyOSError::new_err(error.to_string()),
    }
}

fn report(py: Python<'_>, report: Report) -> PyResult<Bound<'_, PyAny>> {
    match report {
        Report::Link(up, why) => tuple(py, ("link", up, String::from(why))),
        Report::Lost(count) => tuple(py, ("lost", count)),
        Report::Event(event) => event_tuple(py, event),
    }
}

fn event_tuple(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyAny>> {
    match event {
        Event::RxStart {
            channel,
            stream,
            emergency,
            encrypted,
            rssi,
        } => tuple(
            py,
            ("rx_start", channel, stream, emergency, encrypted, rssi),
        ),
        Event::RxEnd {
            channel,
            stream,
            frames,
            missing,
            late,
        } => tuple(py, ("rx_end", channel, stream, frames, missing, late)),
        Event::Granted {
            channel,
            token,
            ready_ms,
            limit_ms,
        } => tuple(py, ("granted", channel, token, ready_ms, limit_ms)),
        Event::Denied {
            channel,
            token,
            why,
            retry_ms,
        } => tuple(py, ("denied", channel, token, why.as_str(), retry_ms)),
        Event::Revoked {
            channel,
            token,
            why,
            penalty_ms,
        } => tuple(py, ("revoked", channel, token, why.as_str(), penalty_ms)),
        Event::Idle {
            channel,
            token,
            air_ms,
            frames,
            late,
            gaps,
        } => tuple(py, ("idle", channel, token, air_ms, frames, late, gaps)),
        Event::Stuck { channel, token } => tuple(py, ("stuck", channel, token)),
        Event::Heartbeat { bridge, way, load } => {
            let (round_trip, offset) = (way.map(|way| way.0), way.map(|way| way.1));
            let bridge = String::from(bridge);
            let counts = (load.queued, load.dropped, load.late, load.bad);
            let (queued, dropped, late, bad) = counts;
            tuple(
                py,
                (
                    "heartbeat",
                    bridge,
                    round_trip,
                    offset,
                    queued,
                    dropped,
                    late,
                    bad,
                ),
            )
        }
        Event::Silent { bridge } => tuple(py, ("silent", String::from(bridge))),
        Event::Bad {
            bridge,
            kind,
            count,
        } => tuple(py, ("bad", String::from(bridge), kind, count)),
    }
}
