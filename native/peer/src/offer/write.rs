//! The offer as str0m gets to see it.

use super::sections::{BYTES_MAX, Direction, Section, direction};

/// The header extension that numbers all packets of a transport.
pub(super) const TRANSPORT_SEQUENCE: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

pub(super) fn write(session: &[&str], sections: &[Section<'_>]) -> String {
    let mut out = String::with_capacity(BYTES_MAX / 8);
    let mut line = |text: &str| {
        out.push_str(text);
        out.push_str("\r\n");
    };
    for text in session {
        if let Some(group) = text.strip_prefix("a=group:BUNDLE") {
            let unserved = |mid: &&str| {
                sections
                    .iter()
                    .any(|section| !section.served && section.mid == *mid)
            };
            let kept: Vec<&str> = group
                .split_whitespace()
                .filter(|mid| !unserved(mid))
                .collect();
            line(&format!("a=group:BUNDLE {}", kept.join(" ")));
        } else {
            line(text);
        }
    }
    for section in sections {
        for text in &section.lines {
            if !section.served && text.starts_with("m=") {
                line(&reject(text));
            } else if !section.served && *text == "a=bundle-only" {
                // Port 0 with bundle-only would mean the opposite (RFC 8843 6).
            } else if direction(text).is_none() && !(section.media == "audio" && estimates(text)) {
                line(text);
            }
        }
        if section.media != "application" {
            line(attribute(section.direction));
        }
    }
    out
}

/// Whether the line asks for the feedback that bandwidth is estimated by, or numbers packets for it. Sound has none
/// of it: it always leaves at once, and each packet is smaller so.
fn estimates(line: &str) -> bool {
    line.contains(TRANSPORT_SEQUENCE)
        || (line.starts_with("a=rtcp-fb:") && line.contains("transport-cc"))
}

fn attribute(direction: Direction) -> &'static str {
    match direction {
        Direction {
            sends: true,
            receives: true,
        } => "a=sendrecv",
        Direction {
            sends: true,
            receives: false,
        } => "a=sendonly",
        Direction {
            sends: false,
            receives: true,
        } => "a=recvonly",
        Direction {
            sends: false,
            receives: false,
        } => "a=inactive",
    }
}

fn reject(line: &str) -> String {
    let mut fields: Vec<&str> = line.split(' ').collect();
    if let Some(port) = fields.get_mut(1) {
        *port = "0";
    }
    fields.join(" ")
}
