//! `Digest a="b", c=d`: the fields of a challenge or of credentials (RFC 3261 25.1).

use crate::msg::lex::{find_outside, quoted, split_outside};

/// The fields in wire order.
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads the value of an authentication header; `None` for another scheme or broken text.
    pub fn parse(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut fields = Vec::new();
        for part in split_outside(rest, b',')
            .map(str::trim)
            .filter(|p| !p.is_empty())
            .take(24)
        {
            let at = find_outside(part, b'=')?;
            let (name, value) = (part[..at].trim(), part[at + 1..].trim());
            let value = if value.starts_with('"') {
                quoted(value)?.0
            } else {
                value.to_owned()
            };
            fields.push((name.to_ascii_lowercase(), value));
        }
        Some(Self(fields))
    }

    /// The value of `name`, unquoted.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| &**v)
    }
}
