//! The text of a session description: parsed by lines, bounded, written back (RFC 8866 5, 9).

use std::fmt;

const LINES: usize = 512;
const MEDIA: usize = 32;
const FORMATS: usize = 64;

/// A session description. Lines that no telephone uses (`u=`, `e=`, `k=` ...) are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// The value of `o=`.
    pub origin: Box<str>,
    /// Host of the session's `c=`; media may have their own.
    pub connection: Option<Box<str>>,
    /// Session attributes: the default of every media.
    pub attributes: Vec<Attribute>,
    /// The m-lines in order; an answer has as many.
    pub media: Vec<Media>,
}

/// One m-line with its lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Media {
    /// `audio`, `video`, `application` ...
    pub kind: Box<str>,
    /// 0: refused, or switched off.
    pub port: u16,
    /// `RTP/AVP`, `RTP/SAVP`, `UDP/TLS/RTP/SAVPF` ...
    pub protocol: Box<str>,
    /// Payload types, best first.
    pub formats: Vec<Box<str>>,
    /// Host of the media's own `c=`.
    pub connection: Option<Box<str>>,
    /// `a=` lines.
    pub attributes: Vec<Attribute>,
}

/// `a=name` or `a=name:value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name.
    pub name: Box<str>,
    /// What follows the colon.
    pub value: Option<Box<str>>,
}

impl Session {
    /// Parses a body; `None` when it is no session description or breaks a bound.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let mut lines = text
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty());
        if lines.next()? != "v=0" {
            return None;
        }
        let mut session = Self::default();
        for (count, line) in lines.enumerate() {
            let (kind, value) = line.split_once('=')?;
            if count >= LINES || kind.len() != 1 || session.media.len() > MEDIA {
                return None;
            }
            session.read_line(kind, value)?;
        }
        (!session.origin.is_empty()).then_some(session)
    }

    fn read_line(&mut self, kind: &str, value: &str) -> Option<()> {
        match kind {
            "o" => self.origin = value.into(),
            "m" => self.media.push(Media::parse(value)?),
            "c" => {
                let host = connection(value)?;
                match self.media.last_mut() {
                    Some(media) => media.connection = Some(host),
                    None => self.connection = Some(host),
                }
            }
            "a" => {
                let attributes = self
                    .media
                    .last_mut()
                    .map_or(&mut self.attributes, |m| &mut m.attributes);
                let (name, value) = value
                    .split_once(':')
                    .map_or((value, None), |(n, v)| (n, Some(v)));
                attributes.push(Attribute {
                    name: name.into(),
                    value: value.map(Into::into),
                });
            }
            _ => {}
        }
        Some(())
    }

    /// The first value of a session attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        find(&self.attributes, name)
    }
}

impl Media {
    fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_whitespace();
        let (kind, port, protocol) = (words.next()?, words.next()?, words.next()?);
        // `port/count` is for layered streams only.
        let port = port.split('/').next()?.parse().ok()?;
        let formats: Vec<Box<str>> = words.take(FORMATS + 1).map(Into::into).collect();
        if formats.is_empty() || formats.len() > FORMATS {
            return None;
        }
        Some(Self {
            kind: kind.into(),
            port,
            protocol: protocol.into(),
            formats,
            ..Self::default()
        })
    }

    /// The first value of an attribute; `Some("")` for one without a value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        find(&self.attributes, name)
    }

    /// Every value of an attribute.
    pub fn attributes<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.attributes
            .iter()
            .filter(move |a| *a.name == *name)
            .filter_map(|a| a.value.as_deref())
    }

    /// Appends an attribute.
    pub fn push(&mut self, name: &str, value: Option<String>) {
        self.attributes.push(Attribute {
            name: name.into(),
            value: value.map(Into::into),
        });
    }

    /// The m-line as an answer refuses it (RFC 3264 6): same place, same kind, port 0.
    #[must_use]
    pub fn refused(&self) -> Self {
        let formats = self.formats.iter().take(1).cloned().collect();
        Self {
            kind: self.kind.clone(),
            protocol: self.protocol.clone(),
            formats,
            ..Self::default()
        }
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|a| *a.name == *name)
        .map(|a| a.value.as_deref().unwrap_or(""))
}

/// `IN IP4 192.0.2.1`, a multicast suffix ignored.
fn connection(value: &str) -> Option<Box<str>> {
    let mut words = value.split_whitespace();
    let (network, family, host) = (words.next()?, words.next()?, words.next()?);
    let known = network == "IN" && matches!(family, "IP4" | "IP6");
    known.then(|| host.split('/').next().unwrap_or(host).into())
}

fn connection_line(host: &str) -> String {
    format!(
        "c=IN {} {host}\r\n",
        if host.contains(':') { "IP6" } else { "IP4" }
    )
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v=0\r\no={}\r\ns=-\r\n", self.origin)?;
        f.write_str(
            &self
                .connection
                .as_deref()
                .map(connection_line)
                .unwrap_or_default(),
        )?;
        f.write_str("t=0 0\r\n")?;
        self.attributes.iter().try_for_each(|a| write!(f, "{a}"))?;
        self.media.iter().try_for_each(|m| write!(f, "{m}"))
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let formats = self.formats.join(" ");
        write!(
            f,
            "m={} {} {} {formats}\r\n",
            self.kind, self.port, self.protocol
        )?;
        f.write_str(
            &self
                .connection
                .as_deref()
                .map(connection_line)
                .unwrap_or_default(),
        )?;
        self.attributes.iter().try_for_each(|a| write!(f, "{a}"))
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "a={}:{value}\r\n", self.name),
            None => write!(f, "a={}\r\n", self.name),
        }
    }
}
