//! Addresses of From, To, Contact, Route and their kin (RFC 3261 20.10).

use super::lex::{Params, find_outside, is_token, quote, quoted};
use super::uri::Uri;

/// `"name" <uri>;params`, or `uri;params`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The display name, unquoted; empty when there is none.
    pub name: Box<str>,
    /// The URI; parameters outside of angle brackets belong to the header (RFC 3261 20).
    pub uri: Uri,
    /// Header parameters, such as `tag` and `expires`.
    pub params: Params,
}

impl Address {
    /// Parses one element; `None` when it is not well formed.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some(open) = find_outside(text, b'<') else {
            // addr-spec: a comma, semicolon or question mark would need brackets (RFC 3261 20).
            let end = text.find(';').unwrap_or(text.len());
            let uri = text[..end].trim();
            if uri.contains(['?', ',']) {
                return None;
            }
            let (name, uri) = ("".into(), Uri::parse(uri)?);
            return Some(Self {
                name,
                uri,
                params: Params::parse(&text[end..])?,
            });
        };
        let name = display_name(text[..open].trim())?.into();
        let (uri, rest) = text[open + 1..].split_once('>')?;
        let rest = rest.trim();
        Some(Self {
            name,
            uri: Uri::parse(uri)?,
            params: Params::parse(rest)?,
        })
    }

    /// The tag parameter.
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.name.is_empty() {
            write!(f, "{} ", quote(&self.name))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

/// A display name is one quoted string or tokens separated by white space (RFC 3261 25.1).
fn display_name(text: &str) -> Option<String> {
    if text.starts_with('"') {
        return quoted(text)
            .filter(|(_, rest)| rest.trim().is_empty())
            .map(|(name, _)| name);
    }
    let fine = text
        .split_whitespace()
        .all(|w| is_token(w) || !w.is_ascii());
    fine.then(|| text.to_owned())
}
