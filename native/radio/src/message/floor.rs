//! Asking for air and its answers: key, rel, abort down; grant, deny, revoke, idle up.

use crate::Micros;
use crate::message::audio::time;
use crate::message::{VERSION, Why, fields, needed};
use crate::pack::{Fault, Reader, Value, Writer};

/// Who speaks, for the radio's display and log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Kind of network.
    pub kind: Box<str>,
    /// Identity there.
    pub id: Box<str>,
    /// Name for people.
    pub alias: Box<str>,
}

/// Ask for air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Of this over; never 0.
    pub token: u32,
    /// Greater ones pre-empt.
    pub priority: u8,
    /// The hub's epoch.
    pub epoch: u64,
    /// The hub's clock when it was sent.
    pub sent: Micros,
    /// What the frames will be.
    pub codec: Box<str>,
    /// Longest transmission, ms; 0: the channel's own.
    pub limit_ms: u32,
    /// Who speaks.
    pub source: Source,
    /// Leg where the speech entered; patches compare it.
    pub origin: Box<str>,
    /// Patches that it crossed.
    pub hop: u64,
}

/// What the hub says on dn/ch/C/floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FloorDown {
    /// Ask for air.
    Key(Key),
    /// The over ends after the message of number `last`.
    Release {
        /// The over.
        token: u32,
        /// Number of its last audio message; absent when none was sent.
        last: Option<u32>,
    },
    /// Unkey now.
    Abort {
        /// The over.
        token: u32,
    },
}

/// What the bridge says on up/ch/C/floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FloorUp {
    /// The transmitter is being keyed.
    Grant {
        /// The over.
        token: u32,
        /// Until it carries speech, ms.
        ready_ms: u32,
        /// Longest transmission, ms.
        limit_ms: u32,
        /// The bridge's clock.
        sent: Micros,
    },
    /// No.
    Deny {
        /// The over that was asked for.
        token: u32,
        /// Reason.
        why: Why,
        /// Worth another try after, ms; 0: unknown.
        retry_ms: u32,
    },
    /// Unkeyed by the bridge.
    Revoke {
        /// The over.
        token: u32,
        /// Reason.
        why: Why,
        /// No key is granted for, ms.
        penalty_ms: u32,
    },
    /// The over is done.
    Idle {
        /// The over.
        token: u32,
        /// Time keyed, ms.
        air_ms: u64,
        /// Frames played.
        frames: u64,
        /// Frames dropped as late.
        late: u64,
        /// Gaps in what was played.
        gaps: u64,
    },
}

#[derive(Default)]
struct Fields<'a> {
    op: Option<&'a str>,
    token: Option<u32>,
    priority: Option<u8>,
    epoch: Option<u64>,
    time: Option<Micros>,
    codec: Option<&'a str>,
    limit_ms: Option<u32>,
    source: Source,
    origin: &'a str,
    hop: u64,
    last: Option<u32>,
    ready_ms: u32,
    why: Option<&'a str>,
    retry_ms: u32,
    penalty_ms: u32,
    air_ms: u64,
    frames: u64,
    late: u64,
    gaps: u64,
}

impl<'a> Fields<'a> {
    fn read(payload: &'a [u8]) -> Result<Self, Fault> {
        let mut all = Self::default();
        fields(payload, |key, value, reader| all.take(key, value, reader))?;
        if all.token == Some(0) {
            return Err(Fault::Invalid);
        }
        Ok(all)
    }

    fn take(
        &mut self,
        key: &str,
        value: Value<'a>,
        reader: &mut Reader<'a>,
    ) -> Result<bool, Fault> {
        match key {
            "op" => self.op = Some(value.str()?),
            "tok" => self.token = Some(value.int()?),
            "pr" => self.priority = Some(value.int()?),
            "ep" => self.epoch = Some(value.int()?),
            "t" => self.time = Some(time(value)?),
            "cod" => self.codec = Some(value.str()?),
            "lim" => self.limit_ms = Some(value.int()?),
            "src" => self.source = read_source(value, reader)?,
            "org" => self.origin = value.str()?,
            "hop" => self.hop = value.int()?,
            "ls" if value != Value::Nil => self.last = Some(value.int()?),
            "rdy" => self.ready_ms = value.int()?,
            "why" => self.why = Some(value.str()?),
            "ra" => self.retry_ms = value.int()?,
            "pen" => self.penalty_ms = value.int()?,
            "air" => self.air_ms = value.int()?,
            "n" => self.frames = value.int()?,
            "late" => self.late = value.int()?,
            "gap" => self.gaps = value.int()?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn read_source<'a>(value: Value<'a>, reader: &mut Reader<'a>) -> Result<Source, Fault> {
    let Value::Map(keys) = value else {
        return Err(Fault::Invalid);
    };
    let mut source = Source::default();
    for _ in 0..keys {
        let key = reader.key()?;
        let value = reader.value()?;
        match key {
            "ty" => source.kind = value.str()?.into(),
            "id" => source.id = value.str()?.into(),
            "al" => source.alias = value.str()?.into(),
            _ => reader.skip(value, 2)?,
        }
    }
    Ok(source)
}

fn begin(keys: u8, op: &str, token: u32) -> Writer {
    let mut writer = Writer::default();
    writer.map(3 + keys).str("v").int(VERSION);
    writer.str("op").str(op).str("tok").int(token);
    writer
}

impl FloorDown {
    /// Reads a message.
    pub fn decode(payload: &[u8]) -> Result<Self, Fault> {
        let fields = Fields::read(payload)?;
        let token = needed(fields.token)?;
        match needed(fields.op)? {
            "key" => Ok(Self::Key(Key {
                token,
                priority: needed(fields.priority)?,
                epoch: needed(fields.epoch)?,
                sent: needed(fields.time)?,
                codec: needed(fields.codec)?.into(),
                limit_ms: needed(fields.limit_ms)?,
                source: fields.source,
                origin: fields.origin.into(),
                hop: fields.hop,
            })),
            "rel" => Ok(Self::Release {
                token,
                last: fields.last,
            }),
            "abort" => Ok(Self::Abort { token }),
            _ => Err(Fault::Invalid),
        }
    }

    /// The message as bytes.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Key(key) => key.encode(),
            Self::Release { token, last } => {
                let mut writer = begin(u8::from(last.is_some()), "rel", *token);
                if let Some(last) = last {
                    writer.str("ls").int(*last);
                }
                writer.finish()
            }
            Self::Abort { token } => begin(0, "abort", *token).finish(),
        }
    }
}

impl Key {
    fn encode(&self) -> Vec<u8> {
        let mut writer = begin(8, "key", self.token);
        writer.str("pr").int(self.priority);
        writer.str("ep").int(self.epoch);
        writer.str("t").int(self.sent);
        writer.str("cod").str(&self.codec);
        writer.str("lim").int(self.limit_ms);
        writer.str("src").map(3);
        writer.str("ty").str(&self.source.kind);
        writer.str("id").str(&self.source.id);
        writer.str("al").str(&self.source.alias);
        writer.str("org").str(&self.origin);
        writer.str("hop").int(self.hop);
        writer.finish()
    }
}

impl FloorUp {
    /// The over it is about.
    pub fn token(&self) -> u32 {
        match self {
            Self::Grant { token, .. }
            | Self::Deny { token, .. }
            | Self::Revoke { token, .. }
            | Self::Idle { token, .. } => *token,
        }
    }

    /// Reads a message.
    pub fn decode(payload: &[u8]) -> Result<Self, Fault> {
        let fields = Fields::read(payload)?;
        let token = needed(fields.token)?;
        match needed(fields.op)? {
            "grant" => Ok(Self::Grant {
                token,
                ready_ms: fields.ready_ms,
                limit_ms: needed(fields.limit_ms)?,
                sent: needed(fields.time)?,
            }),
            "deny" => Ok(Self::Deny {
                token,
                why: needed(fields.why)?.into(),
                retry_ms: fields.retry_ms,
            }),
            "revoke" => Ok(Self::Revoke {
                token,
                why: needed(fields.why)?.into(),
                penalty_ms: fields.penalty_ms,
            }),
            "idle" => Ok(Self::Idle {
                token,
                air_ms: fields.air_ms,
                frames: fields.frames,
                late: fields.late,
                gaps: fields.gaps,
            }),
            _ => Err(Fault::Invalid),
        }
    }

    /// The message as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer;
        match self {
            Self::Grant {
                token,
                ready_ms,
                limit_ms,
                sent,
            } => {
                writer = begin(3, "grant", *token);
                writer.str("rdy").int(*ready_ms);
                writer.str("lim").int(*limit_ms).str("t").int(*sent);
            }
            Self::Deny {
                token,
                why,
                retry_ms,
            } => {
                writer = begin(2, "deny", *token);
                writer.str("why").str(why.as_str()).str("ra").int(*retry_ms);
            }
            Self::Revoke {
                token,
                why,
                penalty_ms,
            } => {
                writer = begin(2, "revoke", *token);
                writer.str("why").str(why.as_str());
                writer.str("pen").int(*penalty_ms);
            }
            Self::Idle {
                token,
                air_ms,
                frames,
                late,
                gaps,
            } => {
                writer = begin(4, "idle", *token);
                writer.str("air").int(*air_ms).str("n").int(*frames);
                writer.str("late").int(*late).str("gap").int(*gaps);
            }
        }
        writer.finish()
    }
}
