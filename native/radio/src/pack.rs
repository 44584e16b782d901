//! msgpack primitives: one value after the other, nothing built that was not asked for.
//!
//! Bounds of the contract are checked while reading: no extension types, strings and depth limited, a
//! length never believed beyond the bytes that are there.

use std::fmt;

use crate::limits::{DEPTH, KEY_CHARS, STRING_CHARS};

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// More bytes than the contract allows.
    TooLong,
    /// Not one whole msgpack value.
    NotMsgpack,
    /// Too deep, a string too long, an extension type, or not the expected container.
    Shape,
    /// Another version of the contract.
    Version,
    /// A field is missing, of another type or out of bounds.
    Invalid,
}

impl Fault {
    /// One word, as the bindings and counters name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotMsgpack => "not_msgpack",
            Self::Shape => "shape",
            Self::Version => "version",
            Self::Invalid => "invalid",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::error::Error for Fault {}

/// One value; of a container only its length, its elements follow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// nil
    Nil,
    /// true or false
    Bool(bool),
    /// A signed or unsigned integer.
    Int(i128),
    /// A float; no field of ours is one.
    Float(f64),
    /// UTF-8.
    Str(&'a str),
    /// Bytes.
    Bin(&'a [u8]),
    /// So many values follow.
    Array(usize),
    /// So many keys, each with a value, follow.
    Map(usize),
}

impl<'a> Value<'a> {
    /// An integer that fits.
    pub fn int<T: TryFrom<i128>>(self) -> Result<T, Fault> {
        match self {
            Self::Int(value) => T::try_from(value).map_err(|_| Fault::Invalid),
            _ => Err(Fault::Invalid),
        }
    }

    /// A string.
    pub fn str(self) -> Result<&'a str, Fault> {
        match self {
            Self::Str(text) => Ok(text),
            _ => Err(Fault::Invalid),
        }
    }

    /// A truth value.
    pub fn bool(self) -> Result<bool, Fault> {
        match self {
            Self::Bool(value) => Ok(value),
            _ => Err(Fault::Invalid),
        }
    }

    /// Bytes.
    pub fn bin(self) -> Result<&'a [u8], Fault> {
        match self {
            Self::Bin(bytes) => Ok(bytes),
            _ => Err(Fault::Invalid),
        }
    }
}

/// Takes values off the front of a message.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A message of at most `bytes_max`.
    pub fn new(message: &'a [u8], bytes_max: usize) -> Result<Self, Fault> {
        if message.len() > bytes_max {
            return Err(Fault::TooLong);
        }
        Ok(Self { rest: message })
    }

    /// The next value.
    pub fn value(&mut self) -> Result<Value<'a>, Fault> {
        let first = self.take(1)?[0];
        Ok(match first {
            0x00..=0x7f => Value::Int(first.into()),
            0x80..=0x8f => self.container(usize::from(first & 0x0f), Value::Map)?,
            0x90..=0x9f => self.container(usize::from(first & 0x0f), Value::Array)?,
            0xa0..=0xbf => self.text(usize::from(first & 0x1f))?,
            0xc0 => Value::Nil,
            0xc2 | 0xc3 => Value::Bool(first == 0xc3),
            0xc4..=0xc6 => {
                let length = self.unsigned(1 << (first - 0xc4))?;
                Value::Bin(self.take(length as usize)?)
            }
            0xca => Value::Float(f32::from_bits(self.unsigned(4)? as u32).into()),
            0xcb => Value::Float(f64::from_bits(self.unsigned(8)?)),
            0xcc..=0xcf => Value::Int(self.unsigned(1 << (first - 0xcc))?.into()),
            0xd0 => Value::Int((self.unsigned(1)? as u8).cast_signed().into()),
            0xd1 => Value::Int((self.unsigned(2)? as u16).cast_signed().into()),
            0xd2 => Value::Int((self.unsigned(4)? as u32).cast_signed().into()),
            0xd3 => Value::Int(self.unsigned(8)?.cast_signed().into()),
            0xd9..=0xdb => {
                let length = self.unsigned(1 << (first - 0xd9))?;
                self.text(length as usize)?
            }
            0xdc | 0xdd => {
                let length = self.unsigned(2 << (first - 0xdc))?;
                self.container(length as usize, Value::Array)?
            }
            0xde | 0xdf => {
                let length = self.unsigned(2 << (first - 0xde))?;
                self.container(length as usize, Value::Map)?
            }
            0xe0..=0xff => Value::Int(first.cast_signed().into()),
            0xc1 => return Err(Fault::NotMsgpack),
            // The extension types.
            0xc7..=0xc9 | 0xd4..=0xd8 => return Err(Fault::Shape),
        })
    }

    /// A map key.
    pub fn key(&mut self) -> Result<&'a str, Fault> {
        match self.value()? {
            Value::Str(key) if key.chars().count() <= KEY_CHARS => Ok(key),
            _ => Err(Fault::Shape),
        }
    }

    /// The elements of a value that is not wanted, `depth` containers deep in the message.
    pub fn skip(&mut self, value: Value<'a>, depth: usize) -> Result<(), Fault> {
        let (count, is_map) = match value {
            Value::Array(count) => (count, false),
            Value::Map(count) => (count, true),
            _ => return Ok(()),
        };
        if depth > DEPTH {
            return Err(Fault::Shape);
        }
        for _ in 0..count {
            if is_map {
                self.key()?;
            }
            let element = self.value()?;
            self.skip(element, depth + 1)?;
        }
        Ok(())
    }

    /// The length of the map that must come next.
    pub fn map(&mut self) -> Result<usize, Fault> {
        match self.value()? {
            Value::Map(length) => Ok(length),
            _ => Err(Fault::Shape),
        }
    }

    /// The length of the array that must come next.
    pub fn array(&mut self) -> Result<usize, Fault> {
        match self.value()? {
            Value::Array(length) => Ok(length),
            _ => Err(Fault::Shape),
        }
    }

    /// Nothing may follow.
    pub fn end(self) -> Result<(), Fault> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Fault::NotMsgpack)
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Fault::NotMsgpack)?;
        self.rest = rest;
        Ok(taken)
    }

    fn unsigned(&mut self, bytes: usize) -> Result<u64, Fault> {
        let bytes = self.take(bytes)?;
        Ok(bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn text(&mut self, length: usize) -> Result<Value<'a>, Fault> {
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| Fault::NotMsgpack)?;
        if text.chars().count() > STRING_CHARS {
            return Err(Fault::Shape);
        }
        Ok(Value::Str(text))
    }

    /// Every element takes a byte at least, so that a length cannot promise more than is there.
    fn container(&self, length: usize, make: fn(usize) -> Value<'a>) -> Result<Value<'a>, Fault> {
        if length > self.rest.len() {
            return Err(Fault::NotMsgpack);
        }
        Ok(make(length))
    }
}

/// Appends values in their shortest form.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// A map of `length` keys follows (at most 15).
    pub fn map(&mut self, length: u8) -> &mut Self {
        self.bytes.push(0x80 | length & 0x0f);
        self
    }

    /// An array of `length` values follows (at most 15).
    pub fn array(&mut self, length: u8) -> &mut Self {
        self.bytes.push(0x90 | length & 0x0f);
        self
    }

    /// An integer.
    pub fn int(&mut self, value: impl Into<i128>) -> &mut Self {
        let value: i128 = value.into();
        let be = value.to_be_bytes();
        let (first, size): (Option<u8>, usize) = match value {
            -32..=127 => (None, 1),
            128..=0xff => (Some(0xcc), 1),
            0x100..=0xffff => (Some(0xcd), 2),
            0x1_0000..=0xffff_ffff => (Some(0xce), 4),
            0x1_0000_0000.. => (Some(0xcf), 8),
            -0x80..=-33 => (Some(0xd0), 1),
            -0x8000..=-0x81 => (Some(0xd1), 2),
            -0x8000_0000..=-0x8001 => (Some(0xd2), 4),
            _ => (Some(0xd3), 8),
        };
        self.bytes.extend(first);
        self.bytes.extend_from_slice(&be[16 - size..]);
        self
    }

    /// true or false.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.bytes.push(0xc2 + u8::from(value));
        self
    }

    /// A string; cut to what the contract allows.
    pub fn str(&mut self, text: &str) -> &mut Self {
        let end = text.char_indices().nth(STRING_CHARS);
        let text = &text[..end.map_or(text.len(), |(at, _)| at)];
        let length = text.len();
        if length < 32 {
            self.bytes.push(0xa0 | length as u8);
        } else if length < 256 {
            self.bytes.extend([0xd9, length as u8]);
        } else {
            // At most STRING_CHARS characters of four bytes.
            self.bytes.extend([0xda, (length >> 8) as u8, length as u8]);
        }
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    /// Bytes, at most 65,535.
    pub fn bin(&mut self, bytes: &[u8]) -> &mut Self {
        let length = bytes.len();
        if length < 256 {
            self.bytes.extend([0xc4, length as u8]);
        } else {
            self.bytes.extend([0xc5, (length >> 8) as u8, length as u8]);
        }
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// What was written.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
