//! Lexical pieces shared by every header: tokens, quoted strings, lists, parameters (RFC 3261 25.1).

use crate::limits::message::PARAMS;

/// True for a non-empty RFC 3261 `token`.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// Splits a list header at its commas; commas in quotes or angle brackets do not count.
pub fn split_list(value: &str) -> impl Iterator<Item = &str> {
    split_outside(value, b',')
        .map(str::trim)
        .filter(|e| !e.is_empty())
}

/// Splits `text` at `separator` bytes outside of quotes and angle brackets.
pub fn split_outside(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let now = rest?;
        if let Some(at) = find_outside(now, separator) {
            rest = Some(&now[at + 1..]);
            Some(&now[..at])
        } else {
            rest = None;
            Some(now)
        }
    })
}

/// The index of the first `wanted` byte (ASCII) outside of quotes and angle brackets.
pub fn find_outside(text: &str, wanted: u8) -> Option<usize> {
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        if byte == wanted && !angle {
            return Some(at);
        }
        match byte {
            b'"' => quoted = true,
            b'<' => angle = true,
            b'>' => angle = false,
            _ => {}
        }
    }
    None
}

/// Reads a quoted string at the start of `text`: its content without escapes, and what follows it.
pub fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let (mut out, mut escaped) = (String::new(), false);
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => {
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((out, &inner[at + 1..])),
            _ => out.push(c),
        }
    }
    None
}

/// Writes `text` as a quoted string.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars().filter(|c| *c != '\r' && *c != '\n') {
        if c == '"' || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Parameters `;name=value` in wire order; names compare without case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(Box<str>, Option<Box<str>>)>);

impl Params {
    /// Reads `;a=b;c`; `text` is empty or begins with `;`. `None` when it is not well formed.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Self::default());
        }
        let mut params = Vec::new();
        for part in split_outside(text.strip_prefix(';')?, b';') {
            let (name, value) = match find_outside(part, b'=') {
                Some(at) => (part[..at].trim(), Some(part[at + 1..].trim())),
                None => (part.trim(), None),
            };
            if name.is_empty() || params.len() >= PARAMS || value.is_some_and(|v| !is_value(v)) {
                return None;
            }
            params.push((name.into(), value.map(Into::into)));
        }
        Some(Self(params))
    }

    /// The value of `name`, unquoted; `Some("")` for a parameter without a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| {
                let value = v.as_deref().unwrap_or("");
                value
                    .strip_prefix('"')
                    .and_then(|v| v.strip_suffix('"'))
                    .unwrap_or(value)
            })
    }

    /// True when `name` is present, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets `name` to `value`, in place of an older one.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.0.push((name.into(), value.map(Into::into)));
    }
}

/// A parameter value is a token, a host or a quoted string; here: closed quotes, or no odd byte.
fn is_value(value: &str) -> bool {
    if value.starts_with('"') {
        return quoted(value).is_some_and(|(_, rest)| rest.is_empty());
    }
    !value.is_empty()
        && !value
            .bytes()
            .any(|b| b.is_ascii_whitespace() || b"\"<>,".contains(&b))
}

impl std::fmt::Display for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, value) in &self.0 {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        Ok(())
    }
}

/// A decimal number without sign: `None` when empty, with another byte, or above `T`.
pub fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
