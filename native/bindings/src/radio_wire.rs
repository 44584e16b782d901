//! Timed messages of the radio contract as dicts, for tools, vectors and fakes.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use radio::message::{
    Audio, Echo, Flags, FloorDown, FloorUp, HeartbeatDown, HeartbeatUp, HubState, Key, Load,
    Source, Why,
};
use radio::pack::Fault;

type Dict<'py> = Bound<'py, PyDict>;

#[pyfunction]
pub(crate) fn radio_decode<'py>(
    py: Python<'py>,
    kind: &str,
    payload: &[u8],
) -> PyResult<Dict<'py>> {
    let dict = PyDict::new(py);
    match kind {
        "audio" => audio_dict(&dict, &Audio::decode(payload).map_err(fault)?)?,
        "hub" => {
            let state = HubState::decode(payload).map_err(fault)?;
            dict.set_item("on", state.on)?;
            dict.set_item("ep", state.epoch)?;
        }
        "hb_dn" => {
            let beat = HeartbeatDown::decode(payload).map_err(fault)?;
            dict.set_item("ep", beat.epoch)?;
            dict.set_item("q", beat.sequence)?;
            dict.set_item("t", beat.sent)?;
        }
        "hb_up" => heartbeat_dict(&dict, &HeartbeatUp::decode(payload).map_err(fault)?)?,
        "floor_dn" => floor_down_dict(&dict, &FloorDown::decode(payload).map_err(fault)?)?,
        "floor_up" => floor_up_dict(&dict, &FloorUp::decode(payload).map_err(fault)?)?,
        _ => return Err(unknown(kind)),
    }
    Ok(dict)
}

#[pyfunction]
pub(crate) fn radio_encode<'py>(
    py: Python<'py>,
    kind: &str,
    message: &Dict<'py>,
) -> PyResult<Bound<'py, PyBytes>> {
    let fields = Fields(message);
    let bytes = match kind {
        "audio" => encode_audio(&fields)?,
        "hub" => HubState {
            on: fields.get("on")?,
            epoch: fields.get("ep")?,
        }
        .encode(),
        "hb_dn" => HeartbeatDown {
            epoch: fields.get("ep")?,
            sequence: fields.get("q")?,
            sent: fields.get("t")?,
        }
        .encode(),
        "hb_up" => encode_heartbeat(&fields)?,
        "floor_dn" => encode_floor_down(&fields)?,
        "floor_up" => encode_floor_up(&fields)?,
        _ => return Err(unknown(kind)),
    };
    Ok(PyBytes::new(py, &bytes))
}

fn fault(fault: Fault) -> PyErr {
    PyValueError::new_err(fault.as_str())
}

fn unknown(kind: &str) -> PyErr {
    PyValueError::new_err(format!("no message kind {kind:?}"))
}

/// Fields by the key of the wire; an error names the key.
struct Fields<'a, 'py>(&'a Dict<'py>);

impl<'py> Fields<'_, 'py> {
    fn optional<T>(&self, key: &str) -> PyResult<Option<T>>
    where
        T: for<'a> FromPyObject<'a, 'py>,
    {
        let Some(value) = self.0.get_item(key)?.filter(|value| !value.is_none()) else {
            return Ok(None);
        };
        value
            .extract::<T>()
            .map(Some)
            .map_err(|_| PyValueError::new_err(format!("{key}: of another type or out of range")))
    }

    fn get<T>(&self, key: &str) -> PyResult<T>
    where
        T: for<'a> FromPyObject<'a, 'py>,
    {
        self.optional(key)?
            .ok_or_else(|| PyValueError::new_err(format!("{key}: missing")))
    }

    fn or_default<T>(&self, key: &str) -> PyResult<T>
    where
        T: Default + for<'a> FromPyObject<'a, 'py>,
    {
        Ok(self.optional(key)?.unwrap_or_default())
    }
}

fn audio_dict(dict: &Dict<'_>, audio: &Audio<'_>) -> PyResult<()> {
    let py = dict.py();
    dict.set_item("s", audio.stream)?;
    dict.set_item("q", audio.sequence)?;
    dict.set_item("ts", audio.timestamp)?;
    dict.set_item("fl", audio.flags.0)?;
    let frames = audio.frames().iter().map(|frame| PyBytes::new(py, frame));
    dict.set_item("frames", PyList::new(py, frames.collect::<Vec<_>>())?)?;
    if let Some(captured) = audio.captured {
        dict.set_item("c", captured)?;
    }
    if let Some(rssi) = audio.rssi {
        dict.set_item("r", rssi)?;
    }
    Ok(())
}

fn encode_audio(fields: &Fields<'_, '_>) -> PyResult<Vec<u8>> {
    let frames: Vec<Vec<u8>> = fields.get("frames")?;
    let slices: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    let (stream, sequence) = (fields.get("s")?, fields.get("q")?);
    let mut audio = Audio::new(stream, sequence, fields.get("ts")?, &slices);
    audio.flags = Flags(fields.or_default("fl")?);
    audio.captured = fields.optional("c")?;
    audio.rssi = fields.optional("r")?;
    let bytes = audio.encode();
    // What cannot be read must not be written: a bad stream, too many or too long frames.
    let read = Audio::decode(&bytes).map_err(fault)?;
    if read.frames().len() != frames.len() {
        return Err(PyValueError::new_err("frames: at most 6"));
    }
    Ok(bytes)
}

fn heartbeat_dict(dict: &Dict<'_>, beat: &HeartbeatUp<'_>) -> PyResult<()> {
    dict.set_item("sid", beat.session)?;
    dict.set_item("q", beat.sequence)?;
    dict.set_item("t", beat.sent)?;
    dict.set_item("w", beat.wall_ms)?;
    if let Some(echo) = beat.echo {
        let echo = (echo.sequence, echo.sent, echo.received);
        dict.set_item(
            "e",
            PyTuple::new(dict.py(), [echo.0.cast_signed(), echo.1, echo.2])?,
        )?;
    }
    let load = PyDict::new(dict.py());
    load.set_item("qd", beat.load.queued)?;
    load.set_item("dr", beat.load.dropped)?;
    load.set_item("lt", beat.load.late)?;
    load.set_item("b", beat.load.bad)?;
    dict.set_item("o", load)
}

fn encode_heartbeat(fields: &Fields<'_, '_>) -> PyResult<Vec<u8>> {
    let session: String = fields.get("sid")?;
    let echo: Option<(u64, i64, i64)> = fields.optional("e")?;
    let echo = echo.map(|(sequence, sent, received)| Echo {
        sequence,
        sent,
        received,
    });
    let mut load = Load::default();
    if let Some(values) = fields.0.get_item("o")? {
        let values = values
            .cast_into::<PyDict>()
            .map_err(|_| PyValueError::new_err("o: a dict"))?;
        let values = Fields(&values);
        load.queued = values.or_default("qd")?;
        load.dropped = values.or_default("dr")?;
        load.late = values.or_default("lt")?;
        load.bad = values.or_default("b")?;
    }
    let beat = HeartbeatUp {
        session: &session,
        sequence: fields.get("q")?,
        sent: fields.get("t")?,
        wall_ms: fields.or_default("w")?,
        echo,
        load,
    };
    Ok(beat.encode())
}

fn floor_down_dict(dict: &Dict<'_>, message: &FloorDown) -> PyResult<()> {
    match message {
        FloorDown::Key(key) => {
            dict.set_item("op", "key")?;
            dict.set_item("tok", key.token)?;
            dict.set_item("pr", key.priority)?;
            dict.set_item("ep", key.epoch)?;
            dict.set_item("t", key.sent)?;
            dict.set_item("cod", &*key.codec)?;
            dict.set_item("lim", key.limit_ms)?;
            let source = PyDict::new(dict.py());
            source.set_item("ty", &*key.source.kind)?;
            source.set_item("id", &*key.source.id)?;
            source.set_item("al", &*key.source.alias)?;
            dict.set_item("src", source)?;
            dict.set_item("org", &*key.origin)?;
            dict.set_item("hop", key.hop)
        }
        FloorDown::Release { token, last } => {
            dict.set_item("op", "rel")?;
            dict.set_item("tok", *token)?;
            match last {
                Some(last) => dict.set_item("ls", *last),
                None => Ok(()),
            }
        }
        FloorDown::Abort { token } => {
            dict.set_item("op", "abort")?;
            dict.set_item("tok", *token)
        }
    }
}

fn encode_floor_down(fields: &Fields<'_, '_>) -> PyResult<Vec<u8>> {
    let operation: String = fields.get("op")?;
    let token = fields.get("tok")?;
    let message = match operation.as_str() {
        "key" => FloorDown::Key(Key {
            token,
            priority: fields.get("pr")?,
            epoch: fields.get("ep")?,
            sent: fields.get("t")?,
            codec: fields.get::<String>("cod")?.into(),
            limit_ms: fields.get("lim")?,
            source: source(fields)?,
            origin: fields.or_default::<String>("org")?.into(),
            hop: fields.or_default("hop")?,
        }),
        "rel" => FloorDown::Release {
            token,
            last: fields.optional("ls")?,
        },
        "abort" => FloorDown::Abort { token },
        _ => return Err(PyValueError::new_err("op: key, rel or abort")),
    };
    Ok(message.encode())
}

fn source(fields: &Fields<'_, '_>) -> PyResult<Source> {
    let Some(values) = fields.0.get_item("src")? else {
        return Ok(Source::default());
    };
    let values = values
        .cast_into::<PyDict>()
        .map_err(|_| PyValueError::new_err("src: a dict"))?;
    let values = Fields(&values);
    Ok(Source {
        kind: values.or_default::<String>("ty")?.into(),
        id: values.or_default::<String>("id")?.into(),
        alias: values.or_default::<String>("al")?.into(),
    })
}

fn floor_up_dict(dict: &Dict<'_>, message: &FloorUp) -> PyResult<()> {
    dict.set_item("tok", message.token())?;
    match message {
        FloorUp::Grant {
            ready_ms,
            limit_ms,
            sent,
            ..
        } => {
            dict.set_item("op", "grant")?;
            dict.set_item("rdy", *ready_ms)?;
            dict.set_item("lim", *limit_ms)?;
            dict.set_item("t", *sent)
        }
        FloorUp::Deny { why, retry_ms, .. } => {
            dict.set_item("op", "deny")?;
            dict.set_item("why", why.as_str())?;
            dict.set_item("ra", *retry_ms)
        }
        FloorUp::Revoke {
            why, penalty_ms, ..
        } => {
            dict.set_item("op", "revoke")?;
            dict.set_item("why", why.as_str())?;
            dict.set_item("pen", *penalty_ms)
        }
        FloorUp::Idle {
            air_ms,
            frames,
            late,
            gaps,
            ..
        } => {
            dict.set_item("op", "idle")?;
            dict.set_item("air", *air_ms)?;
            dict.set_item("n", *frames)?;
            dict.set_item("late", *late)?;
            dict.set_item("gap", *gaps)
        }
    }
}

fn encode_floor_up(fields: &Fields<'_, '_>) -> PyResult<Vec<u8>> {
    let operation: String = fields.get("op")?;
    let token = fields.get("tok")?;
    let why = || -> PyResult<Why> { Ok(fields.get::<String>("why")?.as_str().into()) };
    let message = match operation.as_str() {
        "grant" => FloorUp::Grant {
            token,
            ready_ms: fields.or_default("rdy")?,
            limit_ms: fields.get("lim")?,
            sent: fields.get("t")?,
        },
        "deny" => FloorUp::Deny {
            token,
            why: why()?,
            retry_ms: fields.or_default("ra")?,
        },
        "revoke" => FloorUp::Revoke {
            token,
            why: why()?,
            penalty_ms: fields.or_default("pen")?,
        },
        "idle" => FloorUp::Idle {
            token,
            air_ms: fields.or_default("air")?,
            frames: fields.or_default("n")?,
            late: fields.or_default("late")?,
            gaps: fields.or_default("gap")?,
        },
        _ => return Err(PyValueError::new_err("op: grant, deny, revoke or idle")),
    };
    Ok(message.encode())
}
