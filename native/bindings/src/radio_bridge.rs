//! The bridge's side of the radio contract: the transmit fence and what goes up.

use std::collections::BTreeMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use radio::fence::{Action, Fence, OutOfBounds, Settings, Terms};
use radio::message::{Flags, Load};
use radio::uplink::{Stream, StreamSettings, Uplink};
use radio::{MS, Micros};

use crate::sip_events::tuple;

type Actions<'py> = PyResult<Vec<Bound<'py, PyAny>>>;

#[pyclass(module = "gateway._native")]
pub(crate) struct RadioFence(Fence);

#[pymethods]
impl RadioFence {
    #[new]
    #[pyo3(signature = (*, codec, frame_ms=20, ready_ms=0, tail_ms=0, playout_ms=60, busy_lockout=true))]
    fn new(
        codec: &str,
        frame_ms: u32,
        ready_ms: u32,
        tail_ms: u32,
        playout_ms: u32,
        busy_lockout: bool,
    ) -> PyResult<Self> {
        let settings = Settings {
            codec: codec.into(),
            frame_ms,
            ready_ms,
            tail_ms,
            playout_ms,
            busy_lockout,
        };
        Fence::new(settings).map(Self).map_err(out_of_bounds)
    }

    #[allow(clippy::too_many_arguments, reason = "keywords in Python")]
    #[pyo3(signature = (now_us, *, transmit, watchdog_ms=300, late_ms=250, limit_ms=60_000, penalty_ms=3_000))]
    fn configure<'py>(
        &mut self,
        py: Python<'py>,
        now_us: Micros,
        transmit: bool,
        watchdog_ms: u32,
        late_ms: u32,
        limit_ms: u32,
        penalty_ms: u32,
    ) -> Actions<'py> {
        let terms = Terms {
            transmit,
            watchdog: Micros::from(watchdog_ms) * MS,
            late: Micros::from(late_ms) * MS,
            limit: Micros::from(limit_ms) * MS,
            penalty: Micros::from(penalty_ms) * MS,
        };
        let actions = self.0.configure(terms, now_us).map_err(out_of_bounds)?;
        tuples(py, actions)
    }

    fn hub_state<'py>(&mut self, py: Python<'py>, payload: &[u8], now_us: Micros) -> Actions<'py> {
        tuples(py, self.0.hub_state(payload, now_us))
    }

    #[pyo3(signature = (payload, now_us, *, retained=false))]
    fn heartbeat<'py>(
        &mut self,
        py: Python<'py>,
        payload: &[u8],
        now_us: Micros,
        retained: bool,
    ) -> Actions<'py> {
        tuples(py, self.0.heartbeat(payload, retained, now_us))
    }

    #[pyo3(signature = (payload, now_us, *, retained=false))]
    fn floor<'py>(
        &mut self,
        py: Python<'py>,
        payload: &[u8],
        now_us: Micros,
        retained: bool,
    ) -> Actions<'py> {
        tuples(py, self.0.floor(payload, retained, now_us))
    }

    #[pyo3(signature = (payload, now_us, *, retained=false))]
    fn tx<'py>(
        &mut self,
        py: Python<'py>,
        payload: &[u8],
        now_us: Micros,
        retained: bool,
    ) -> Actions<'py> {
        tuples(py, self.0.tx(payload, retained, now_us))
    }

    fn cor<'py>(&mut self, py: Python<'py>, on: bool, now_us: Micros) -> Actions<'py> {
        tuples(py, self.0.carrier(on, now_us))
    }

    fn broker<'py>(&mut self, py: Python<'py>, up: bool, now_us: Micros) -> Actions<'py> {
        tuples(py, self.0.broker(up, now_us))
    }

    fn fault<'py>(&mut self, py: Python<'py>, now_us: Micros) -> Actions<'py> {
        tuples(py, self.0.fault(now_us))
    }

    fn shutdown<'py>(&mut self, py: Python<'py>, now_us: Micros) -> Actions<'py> {
        tuples(py, self.0.shutdown(now_us))
    }

    fn tick<'py>(&mut self, py: Python<'py>, now_us: Micros) -> Actions<'py> {
        tuples(py, self.0.tick(now_us))
    }

    fn deadline(&self) -> Option<Micros> {
        self.0.deadline()
    }

    fn keyed(&self) -> Option<u32> {
        self.0.keyed()
    }

    fn synced(&self) -> bool {
        self.0.synced()
    }

    fn counters(&self) -> BTreeMap<&'static str, u64> {
        self.0.counts().by_name().into_iter().collect()
    }
}

fn tuples(py: Python<'_>, actions: Vec<Action>) -> Actions<'_> {
    let one = |action| match action {
        Action::Ptt(on) => tuple(py, ("ptt", on)),
        Action::Play { frame, age } => tuple(py, ("play", PyBytes::new(py, &frame), age)),
        Action::Flush => tuple(py, ("flush",)),
        Action::Publish(payload) => tuple(py, ("publish", PyBytes::new(py, &payload))),
    };
    actions.into_iter().map(one).collect()
}

fn out_of_bounds(error: OutOfBounds) -> PyErr {
    PyValueError::new_err(error.0)
}

#[pyclass(module = "gateway._native")]
pub(crate) struct RadioUplink(Uplink);

#[pymethods]
impl RadioUplink {
    #[new]
    #[pyo3(signature = (*, sid))]
    fn new(sid: &str) -> PyResult<Self> {
        Uplink::new(sid).map(Self).map_err(out_of_bounds)
    }

    fn probe(&mut self, payload: &[u8], now_us: Micros) -> bool {
        self.0.probe(payload, now_us)
    }

    #[allow(clippy::too_many_arguments, reason = "keywords in Python")]
    #[pyo3(signature = (now_us, wall_ms, *, queued=0, dropped=0, late=0, bad=0))]
    fn heartbeat<'py>(
        &mut self,
        py: Python<'py>,
        now_us: Micros,
        wall_ms: u64,
        queued: u64,
        dropped: u64,
        late: u64,
        bad: u64,
    ) -> Bound<'py, PyBytes> {
        let load = Load {
            queued,
            dropped,
            late,
            bad,
        };
        PyBytes::new(py, &self.0.heartbeat(load, wall_ms, now_us))
    }
}

#[pyclass(module = "gateway._native")]
pub(crate) struct RadioStream(Stream);

#[pymethods]
impl RadioStream {
    #[new]
    #[pyo3(signature = (*, stream, codec, frame_ms=20, frames_per_message=1, emergency=false, encrypted=false))]
    fn new(
        stream: u32,
        codec: &str,
        frame_ms: u32,
        frames_per_message: usize,
        emergency: bool,
        encrypted: bool,
    ) -> PyResult<Self> {
        let flags = Flags::default()
            .with(Flags::EMERGENCY, emergency)
            .with(Flags::ENCRYPTED, encrypted);
        let settings = StreamSettings {
            stream,
            codec: codec.into(),
            frame_ms,
            frames_per_message,
            flags,
        };
        Stream::new(settings).map(Self).map_err(out_of_bounds)
    }

    #[pyo3(signature = (frame, captured_us, rssi=None))]
    fn push<'py>(
        &mut self,
        py: Python<'py>,
        frame: &[u8],
        captured_us: Micros,
        rssi: Option<i16>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let message = self
            .0
            .push(frame, captured_us, rssi)
            .map_err(out_of_bounds)?;
        Ok(message.map(|message| PyBytes::new(py, &message)))
    }

    fn skip(&mut self, frames: u32) {
        self.0.skip(frames);
    }

    fn end<'py>(&mut self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        let messages = self.0.end();
        messages
            .iter()
            .map(|message| PyBytes::new(py, message))
            .collect()
    }
}
