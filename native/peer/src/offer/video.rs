//! Which lines of video of an offer are served: what the peer shows, and the slots it looks at.

use engine::video::{CodecSet, VideoKind};

use super::sections::Section;
use super::write::TRANSPORT_SEQUENCE;
use super::{Refusal, Wanted};

/// Layers of one picture.
const LAYERS_MAX: usize = 3;

/// A line that a picture comes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub kind: VideoKind,
    /// `a=mid`.
    pub mid: String,
    /// Its simulcast layers, the lowest first; empty without simulcast.
    pub rids: Vec<String>,
}

/// The lines of video that are served.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    pub shown: Vec<Shown>,
    /// `a=mid` of the lines the peer looks at.
    pub slots: Vec<String>,
    /// Whether the peer tells when packets of the slots arrive, so that bandwidth can be estimated.
    pub estimates: bool,
}

/// Take what is wanted of the offer's lines of video and reject the others.
pub(super) fn take(sections: &mut [Section<'_>], wanted: Wanted) -> Result<Lines, Refusal> {
    let mut lines = Lines::default();
    let video = sections
        .iter_mut()
        .filter(|section| section.media == "video");
    for section in video.filter(|section| section.served) {
        let known = codecs(section) != CodecSet::default();
        let kind = match lines.shown.len() {
            0 => Some(VideoKind::Camera),
            1 => Some(VideoKind::Screen),
            _ => None,
        };
        let kind = kind.filter(|_| known && wanted.cameras && section.direction.sends);
        section.direction.sends = kind.is_some();
        if let Some(kind) = kind {
            // One way a line: who shows and looks brings a line for each.
            section.direction.receives = false;
            lines.shown.push(Shown {
                kind,
                mid: section.mid.to_owned(),
                rids: rids(section)?,
            });
        } else if known
            && section.direction.receives
            && lines.slots.len() < usize::from(wanted.video_slots)
        {
            lines.slots.push(section.mid.to_owned());
            lines.estimates |= section
                .lines
                .iter()
                .any(|line| line.contains(TRANSPORT_SEQUENCE));
        } else {
            section.served = false;
        }
    }
    Ok(lines)
}

/// Which of the codecs that are forwarded the line offers.
fn codecs(section: &Section<'_>) -> CodecSet {
    let mut set = CodecSet::default();
    let numbers = |line: &str, prefix: &str| {
        let (number, rest) = line.strip_prefix(prefix)?.split_once(' ')?;
        Some((number.to_owned(), rest.to_ascii_lowercase()))
    };
    let mut h264 = Vec::new();
    for line in &section.lines {
        if let Some((number, name)) = numbers(line, "a=rtpmap:") {
            set.vp8 |= name.starts_with("vp8/");
            if name.starts_with("h264/") {
                h264.push(number);
            }
        }
    }
    for line in &section.lines {
        if let Some((number, format)) = numbers(line, "a=fmtp:")
            && h264.contains(&number)
        {
            set.h264 |= is_forwarded(&format);
        }
    }
    set
}

/// Whether a format of H.264 is constrained baseline (RFC 6184 8.1: 42, second constraint set) in packetization mode 1.
fn is_forwarded(format: &str) -> bool {
    let value = |name: &str| {
        let mut fields = format
            .split(';')
            .filter_map(|field| field.trim().split_once('='));
        fields
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.trim())
    };
    let profile = value("profile-level-id").and_then(|id| u32::from_str_radix(id, 16).ok());
    value("packetization-mode") == Some("1")
        && profile.is_some_and(|id| id >> 16 == 0x42 && id & 0x4000 != 0)
}

/// The layers of a line that sends, in the order in which they are offered (RFC 8853 5.1).
fn rids(section: &Section<'_>) -> Result<Vec<String>, Refusal> {
    let simulcast = section
        .lines
        .iter()
        .find_map(|line| line.strip_prefix("a=simulcast:"));
    let rids: Vec<String> = match simulcast {
        Some(list) => sent(list)
            .split(';')
            .filter_map(|alternatives| alternatives.split(',').next())
            .map(|rid| rid.trim_start_matches('~').to_owned())
            .filter(|rid| !rid.is_empty())
            .collect(),
        None => section
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix("a=rid:")?.split_once(' '))
            .filter(|(_, direction)| direction.starts_with("send"))
            .map(|(rid, _)| rid.to_owned())
            .collect(),
    };
    if rids.len() > LAYERS_MAX {
        return Err(Refusal(format!(
            "a video line offers more than {LAYERS_MAX} simulcast layers"
        )));
    }
    Ok(rids)
}

/// The list behind `send`.
fn sent(list: &str) -> &str {
    let mut words = list.split_whitespace();
    while let Some(word) = words.next() {
        if word == "send" {
            return words.next().unwrap_or_default();
        }
    }
    ""
}

#[cfg(test)]
mod tests;
