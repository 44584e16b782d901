//! Audio in both directions: `[1, s, q, ts, fl, [frames...], {c, r}?]`.

use crate::Micros;
use crate::limits::{AUDIO_BYTES, AUDIO_FRAMES};
use crate::message::VERSION;
use crate::pack::{Fault, Reader, Value, Writer};

/// Far more than any stream lasts, and small enough to be added to others.
const TIMESTAMP_MAX: u64 = 0xffff_ffff_ffff;

/// The bits of `fl`. Unknown ones are ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// The stream begins.
    pub const START: Self = Self(1);
    /// The stream ends with this message.
    pub const END: Self = Self(2);
    /// The source lost or dropped something before this message.
    pub const GAP: Self = Self(4);
    /// An emergency.
    pub const EMERGENCY: Self = Self(8);
    /// The source encrypted the frames: they are opaque.
    pub const ENCRYPTED: Self = Self(16);

    /// Whether all bits of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// With the bits of `other` if `on`.
    #[must_use]
    pub fn with(self, other: Self, on: bool) -> Self {
        Self(self.0 | if on { other.0 } else { 0 })
    }
}

/// One audio message; without frames it is a keepalive or an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audio<'a> {
    /// Stream; of what is to be transmitted, the token of its grant. Never 0.
    pub stream: u32,
    /// Number of the message in its stream, from 0.
    pub sequence: u32,
    /// Media time of the first frame in ticks of the codec's clock, from about 0.
    pub timestamp: u64,
    /// See [`Flags`].
    pub flags: Flags,
    frames: [&'a [u8]; AUDIO_FRAMES],
    count: usize,
    /// The sender's clock at `timestamp`.
    pub captured: Option<Micros>,
    /// Signal strength, dBm.
    pub rssi: Option<i16>,
}

impl<'a> Audio<'a> {
    /// A message with these frames, at most [`AUDIO_FRAMES`]; more are left out.
    pub fn new(stream: u32, sequence: u32, timestamp: u64, frames: &[&'a [u8]]) -> Self {
        let mut audio = Self {
            stream,
            sequence,
            timestamp,
            flags: Flags::default(),
            frames: [&[]; AUDIO_FRAMES],
            count: 0,
            captured: None,
            rssi: None,
        };
        for frame in frames.iter().take(AUDIO_FRAMES) {
            audio.frames[audio.count] = frame;
            audio.count += 1;
        }
        audio
    }

    /// Whole codec frames, in order.
    pub fn frames(&self) -> &[&'a [u8]] {
        &self.frames[..self.count]
    }

    /// Reads a message.
    pub fn decode(payload: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(payload, AUDIO_BYTES)?;
        let length = reader.array()?;
        if length < 6 {
            return Err(Fault::Shape);
        }
        if reader.value()? != Value::Int(VERSION.into()) {
            return Err(Fault::Version);
        }
        let stream: u32 = reader.value()?.int()?;
        let sequence = reader.value()?.int()?;
        let timestamp: u64 = reader.value()?.int()?;
        let flags = Flags((reader.value()?.int::<u64>()? & 0xff) as u8);
        if stream == 0 || timestamp > TIMESTAMP_MAX {
            return Err(Fault::Invalid);
        }
        let mut audio = Self::new(stream, sequence, timestamp, &[]);
        audio.flags = flags;
        audio.read_frames(&mut reader)?;
        for extra in 6..length {
            let value = reader.value()?;
            match value {
                Value::Map(keys) if extra == 6 => audio.read_extension(keys, &mut reader)?,
                value => reader.skip(value, 1)?,
            }
        }
        reader.end()?;
        Ok(audio)
    }

    fn read_frames(&mut self, reader: &mut Reader<'a>) -> Result<(), Fault> {
        let count = reader.array()?;
        if count > AUDIO_FRAMES {
            return Err(Fault::Invalid);
        }
        for _ in 0..count {
            let frame = reader.value()?.bin()?;
            if frame.is_empty() {
                return Err(Fault::Invalid);
            }
            self.frames[self.count] = frame;
            self.count += 1;
        }
        Ok(())
    }

    fn read_extension(&mut self, keys: usize, reader: &mut Reader<'a>) -> Result<(), Fault> {
        for _ in 0..keys {
            let key = reader.key()?;
            let value = reader.value()?;
            match key {
                "c" => self.captured = Some(time(value)?),
                "r" => self.rssi = Some(value.int()?),
                _ => reader.skip(value, 2)?,
            }
        }
        Ok(())
    }

    /// The message as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        let keys = u8::from(self.captured.is_some()) + u8::from(self.rssi.is_some());
        writer.array(if keys > 0 { 7 } else { 6 }).int(VERSION);
        writer.int(self.stream).int(self.sequence);
        writer.int(self.timestamp).int(self.flags.0);
        writer.array(self.count as u8);
        for frame in self.frames() {
            writer.bin(frame);
        }
        if keys > 0 {
            writer.map(keys);
        }
        if let Some(captured) = self.captured {
            writer.str("c").int(captured);
        }
        if let Some(rssi) = self.rssi {
            writer.str("r").int(rssi);
        }
        writer.finish()
    }
}

/// A time of a monotonic clock: not negative, and small enough to be added to others.
pub(super) fn time(value: Value<'_>) -> Result<Micros, Fault> {
    match value.int()? {
        time @ 0..=0x00ff_ffff_ffff_ffff => Ok(time),
        _ => Err(Fault::Invalid),
    }
}
