//! Header lines in wire order, with names made canonical (RFC 3261 7.3).

/// Canonical header names, their compact forms (RFC 3261 7.3.3 and the IANA table) beside them.
const KNOWN: &[(&str, &str)] = &[
    ("Accept", ""),
    ("Accept-Encoding", ""),
    ("Accept-Language", ""),
    ("Alert-Info", ""),
    ("Allow", ""),
    ("Allow-Events", "u"),
    ("Authentication-Info", ""),
    ("Authorization", ""),
    ("Call-ID", "i"),
    ("Contact", "m"),
    ("Content-Disposition", ""),
    ("Content-Encoding", "e"),
    ("Content-Language", ""),
    ("Content-Length", "l"),
    ("Content-Type", "c"),
    ("CSeq", ""),
    ("Date", ""),
    ("Event", "o"),
    ("Expires", ""),
    ("From", "f"),
    ("Max-Forwards", ""),
    ("Min-Expires", ""),
    ("Min-SE", ""),
    ("P-Asserted-Identity", ""),
    ("Path", ""),
    ("Privacy", ""),
    ("Proxy-Authenticate", ""),
    ("Proxy-Authorization", ""),
    ("Proxy-Require", ""),
    ("RAck", ""),
    ("RSeq", ""),
    ("Reason", ""),
    ("Record-Route", ""),
    ("Refer-To", "r"),
    ("Referred-By", "b"),
    ("Replaces", ""),
    ("Require", ""),
    ("Retry-After", ""),
    ("Route", ""),
    ("Server", ""),
    ("Session-Expires", "x"),
    ("Subject", "s"),
    ("Subscription-State", ""),
    ("Supported", "k"),
    ("To", "t"),
    ("Unsupported", ""),
    ("User-Agent", ""),
    ("Via", "v"),
    ("WWW-Authenticate", ""),
    ("Warning", ""),
];

/// One header line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    name: Name,
    /// The value, unfolded, without surrounding white space.
    pub value: Box<str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Known(&'static str),
    Other(Box<str>),
}

impl Header {
    /// The canonical name, or the name as it stood on the wire.
    pub fn name(&self) -> &str {
        match &self.name {
            Name::Known(name) => name,
            Name::Other(name) => name,
        }
    }
}

/// The headers of a message in wire order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// Appends a line; a compact name is written out.
    pub fn push(&mut self, name: &str, value: impl Into<Box<str>>) {
        let known = KNOWN.iter().find(|(long, short)| {
            long.eq_ignore_ascii_case(name)
                || (!short.is_empty() && short.eq_ignore_ascii_case(name))
        });
        let name = known.map_or_else(|| Name::Other(name.into()), |(long, _)| Name::Known(long));
        self.0.push(Header {
            name,
            value: value.into(),
        });
    }

    /// The first value of `name` (its long form).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|h| h.name().eq_ignore_ascii_case(name))
            .map(|h| &*h.value)
    }

    /// Every value of `name` (its long form), in wire order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |h| h.name().eq_ignore_ascii_case(name))
            .map(|h| &*h.value)
    }

    /// Every line, in wire order.
    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        self.0.iter()
    }

    /// The number of lines.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True without a line.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when the comma-separated token lists of `name` hold `token` (option tags, methods).
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name)
            .flat_map(|v| v.split(','))
            .any(|t| t.trim().eq_ignore_ascii_case(token))
    }

    /// The elements of a comma-separated list header over all its lines (RFC 3261 7.3.1).
    pub fn elements<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(super::lex::split_list)
    }
}
