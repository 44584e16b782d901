//! The lines of an offer, sorted into its media sections, within limits.

use super::Refusal;

/// Longest offer, bytes: a browser describes a line of video, with all its codecs, in about 5 KiB.
pub(super) const BYTES_MAX: usize = 131_072;
const LINE_BYTES_MAX: usize = 2_048;
const LINES_MAX: usize = 3_000;
pub(super) const SECTIONS_MAX: usize = 40;
const CANDIDATES_MAX: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Direction {
    pub sends: bool,
    pub receives: bool,
}

#[derive(Debug)]
pub(super) struct Section<'a> {
    pub lines: Vec<&'a str>,
    pub media: &'a str,
    pub mid: &'a str,
    pub direction: Direction,
    /// False: it is answered as rejected. So is port 0 without BUNDLE, a line that the offerer itself does not use.
    pub served: bool,
}

pub(super) fn split(sdp: &str) -> Result<Vec<&str>, Refusal> {
    if sdp.len() > BYTES_MAX {
        return Err(Refusal(format!(
            "the offer is longer than {BYTES_MAX} bytes"
        )));
    }
    let lines: Vec<&str> = sdp.lines().collect();
    if lines.len() > LINES_MAX {
        return Err(Refusal(format!(
            "the offer has more than {LINES_MAX} lines"
        )));
    }
    if lines.iter().any(|line| line.len() > LINE_BYTES_MAX) {
        return Err(Refusal(format!(
            "the offer has a line longer than {LINE_BYTES_MAX} bytes"
        )));
    }
    let candidates = lines
        .iter()
        .filter(|line| line.starts_with("a=candidate:"))
        .count();
    if candidates > CANDIDATES_MAX {
        return Err(Refusal(format!(
            "the offer has more than {CANDIDATES_MAX} candidates"
        )));
    }
    Ok(lines)
}

pub(super) fn bundle<'a>(session: &[&'a str]) -> Vec<&'a str> {
    session
        .iter()
        .filter_map(|line| line.strip_prefix("a=group:BUNDLE"))
        .flat_map(str::split_whitespace)
        .collect()
}

pub(super) fn sections<'a>(
    lines: &[&'a str],
    bundle: &[&str],
) -> Result<Vec<Section<'a>>, Refusal> {
    let mut sections: Vec<Section<'a>> = Vec::new();
    for line in lines {
        if let Some(description) = line.strip_prefix("m=") {
            if sections.len() == SECTIONS_MAX {
                return Err(Refusal(format!(
                    "the offer has more than {SECTIONS_MAX} media lines"
                )));
            }
            let media = description.split(' ').next().unwrap_or_default();
            // RFC 8866 6.7: without an attribute a line both sends and receives.
            let direction = Direction {
                sends: true,
                receives: true,
            };
            sections.push(Section {
                lines: Vec::new(),
                media,
                mid: "",
                direction,
                served: true,
            });
        }
        let Some(section) = sections.last_mut() else {
            continue;
        };
        section.lines.push(line);
        if let Some(direction) = direction(line) {
            section.direction = direction;
        } else if let Some(mid) = line.strip_prefix("a=mid:") {
            section.mid = mid;
        }
    }
    if sections.is_empty() {
        return Err(Refusal("the offer has no media line".to_owned()));
    }
    for section in &mut sections {
        // Port 0 inside the group only says that the line shares the first one's port.
        let used = section.lines[0].split(' ').nth(1) != Some("0") || bundle.contains(&section.mid);
        section.served = used && matches!(section.media, "audio" | "video" | "application");
        if section.mid.is_empty() || section.mid.len() > 16 {
            return Err(Refusal(
                "every media line needs an a=mid of 1 to 16 characters".to_owned(),
            ));
        }
    }
    Ok(sections)
}

pub(super) fn direction(line: &str) -> Option<Direction> {
    let (sends, receives) = match line {
        "a=sendrecv" => (true, true),
        "a=sendonly" => (true, false),
        "a=recvonly" => (false, true),
        "a=inactive" => (false, false),
        _ => return None,
    };
    Some(Direction { sends, receives })
}
