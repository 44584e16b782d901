//! Heartbeats of both sides with the clock echo, and the hub's state.

use crate::Micros;
use crate::message::audio::time;
use crate::message::{VERSION, fields, needed};
use crate::pack::{Fault, Reader, Value, Writer};

/// dn/hb, once a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeartbeatDown {
    /// The hub's epoch.
    pub epoch: u64,
    /// Number of the probe.
    pub sequence: u64,
    /// The hub's clock when it was sent.
    pub sent: Micros,
}

impl HeartbeatDown {
    /// Reads a message.
    pub fn decode(payload: &[u8]) -> Result<Self, Fault> {
        let (mut epoch, mut sequence, mut sent) = (None, None, None);
        fields(payload, |key, value, _| {
            match key {
                "ep" => epoch = Some(value.int()?),
                "q" => sequence = Some(value.int()?),
                "t" => sent = Some(time(value)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self {
            epoch: needed(epoch)?,
            sequence: needed(sequence)?,
            sent: needed(sent)?,
        })
    }

    /// The message as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.map(4).str("v").int(VERSION);
        writer.str("ep").int(self.epoch);
        writer.str("q").int(self.sequence);
        writer.str("t").int(self.sent);
        writer.finish()
    }
}

/// The last probe of the hub as the bridge saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    /// Number of the probe.
    pub sequence: u64,
    /// The hub's clock in it.
    pub sent: Micros,
    /// The bridge's clock when it came.
    pub received: Micros,
}

/// What the bridge counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Frames waiting to be sent.
    pub queued: u64,
    /// Frames dropped at the source.
    pub dropped: u64,
    /// Frames that came too late to be transmitted.
    pub late: u64,
    /// Messages that could not be read.
    pub bad: u64,
}

/// up/hb, once a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeartbeatUp<'a> {
    /// The bridge's session.
    pub session: &'a str,
    /// Number of the message.
    pub sequence: u64,
    /// The bridge's clock when it was sent.
    pub sent: Micros,
    /// The bridge's wall clock, ms; for logs only.
    pub wall_ms: u64,
    /// Absent until a probe came.
    pub echo: Option<Echo>,
    /// What the bridge counts.
    pub load: Load,
}

impl<'a> HeartbeatUp<'a> {
    /// Reads a message.
    pub fn decode(payload: &'a [u8]) -> Result<Self, Fault> {
        let (mut session, mut sequence, mut sent) = (None, None, None);
        let (mut wall_ms, mut echo, mut load) = (0, None, Load::default());
        fields(payload, |key, value, reader| {
            match key {
                "sid" => session = Some(value.str()?),
                "q" => sequence = Some(value.int()?),
                "t" => sent = Some(time(value)?),
                "w" => wall_ms = value.int()?,
                "e" => echo = read_echo(value, reader)?,
                "o" => load = read_load(value, reader)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self {
            session: needed(session)?,
            sequence: needed(sequence)?,
            sent: needed(sent)?,
            wall_ms,
            echo,
            load,
        })
    }

    /// The message as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.map(6 + u8::from(self.echo.is_some()));
        writer.str("v").int(VERSION).str("sid").str(self.session);
        writer.str("q").int(self.sequence);
        writer.str("t").int(self.sent);
        writer.str("w").int(self.wall_ms);
        if let Some(echo) = self.echo {
            writer.str("e").array(3).int(echo.sequence);
            writer.int(echo.sent).int(echo.received);
        }
        writer.str("o").map(4);
        writer.str("qd").int(self.load.queued);
        writer.str("dr").int(self.load.dropped);
        writer.str("lt").int(self.load.late);
        writer.str("b").int(self.load.bad);
        writer.finish()
    }
}

fn read_echo(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Option<Echo>, Fault> {
    match value {
        Value::Nil => Ok(None),
        Value::Array(3) => Ok(Some(Echo {
            sequence: reader.value()?.int()?,
            sent: time(reader.value()?)?,
            received: time(reader.value()?)?,
        })),
        _ => Err(Fault::Invalid),
    }
}

fn read_load<'a>(value: Value<'a>, reader: &mut Reader<'a>) -> Result<Load, Fault> {
    let Value::Map(keys) = value else {
        return Err(Fault::Invalid);
    };
    let mut load = Load::default();
    for _ in 0..keys {
        let key = reader.key()?;
        let value = reader.value()?;
        match key {
            "qd" => load.queued = value.int()?,
            "dr" => load.dropped = value.int()?,
            "lt" => load.late = value.int()?,
            "b" => load.bad = value.int()?,
            _ => reader.skip(value, 2)?,
        }
    }
    Ok(load)
}

/// The hub is there, or its connection broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubState {
    /// False is also the hub's last will.
    pub on: bool,
    /// Grows with every start of the hub; the greatest wins.
    pub epoch: u64,
}

impl HubState {
    /// Reads a message.
    pub fn decode(payload: &[u8]) -> Result<Self, Fault> {
        let (mut on, mut epoch) = (None, None);
        fields(payload, |key, value, _| {
            match key {
                "on" => on = Some(value.bool()?),
                "ep" => epoch = Some(value.int()?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Self {
            on: needed(on)?,
            epoch: needed(epoch)?,
        })
    }

    /// The message as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.map(3).str("v").int(VERSION);
        writer.str("on").bool(self.on).str("ep").int(self.epoch);
        writer.finish()
    }
}
