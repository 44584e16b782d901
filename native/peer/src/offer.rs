//! Limits on an SDP offer, and what it asks for, before the SDP parser of str0m sees it.
//!
//! Lines that are not served are rejected in the offer itself (port 0, out of the BUNDLE group, RFC
//! 8843 7.3.3; directions narrowed), so that str0m writes an answer that says what is true.

use std::fmt;

/// Longest offer, bytes: a browser with 16 slots and video stays below 32 KiB.
const BYTES_MAX: usize = 65_536;
const LINE_BYTES_MAX: usize = 2_048;
const LINES_MAX: usize = 3_000;
const SECTIONS_MAX: usize = 40;
const CANDIDATES_MAX: usize = 64;

/// Why an offer cannot be answered, for the developer of the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// An offer that keeps the limits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// The offer with what is not served rejected.
    pub sdp: String,
    /// `a=mid` of the line the peer's microphone is sent on, if it is taken.
    pub microphone: Option<String>,
    /// `a=mid` of the lines the peer receives audio on, in the order they are used.
    pub slots: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Direction {
    sends: bool,
    receives: bool,
}

#[derive(Debug)]
struct Section<'a> {
    lines: Vec<&'a str>,
    media: &'a str,
    mid: &'a str,
    direction: Direction,
    /// Port 0 without BUNDLE: the offerer itself does not use the line.
    served: bool,
}

/// Check the offer and narrow it to `audio_slots` lines down and, if `publishes`, one line up.
pub(crate) fn read(sdp: &str, audio_slots: u8, publishes: bool) -> Result<Offer, Refusal> {
    let lines = split(sdp)?;
    let first = lines
        .iter()
        .position(|line| line.starts_with("m="))
        .unwrap_or(lines.len());
    let (session, media) = lines.split_at(first);
    let mut sections = sections(media, &bundle(session))?;
    let mut microphone = None;
    for section in sections
        .iter_mut()
        .filter(|section| section.served && section.media == "audio")
    {
        let taken = publishes && section.direction.sends && microphone.is_none();
        section.direction.sends = taken;
        if taken {
            microphone = Some(section.mid.to_owned());
        }
    }
    if publishes && microphone.is_none() {
        return Err(Refusal("the offer has no audio line that sends".to_owned()));
    }
    let slots = slots(&sections, audio_slots);
    if audio_slots > 0 && slots.is_empty() && microphone.is_none() {
        return Err(Refusal(
            "the offer has no audio line that receives".to_owned(),
        ));
    }
    Ok(Offer {
        sdp: write(session, &sections),
        microphone,
        slots,
    })
}

/// Lines made for receiving come first; the microphone's own line serves when they are too few.
fn slots(sections: &[Section<'_>], audio_slots: u8) -> Vec<String> {
    let receiving = |also_sends: bool| {
        sections.iter().filter(move |section| {
            section.served
                && section.media == "audio"
                && section.direction.receives
                && section.direction.sends == also_sends
        })
    };
    let lines = receiving(false).chain(receiving(true));
    lines
        .take(usize::from(audio_slots))
        .map(|section| section.mid.to_owned())
        .collect()
}

fn split(sdp: &str) -> Result<Vec<&str>, Refusal> {
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

fn bundle<'a>(session: &[&'a str]) -> Vec<&'a str> {
    session
        .iter()
        .filter_map(|line| line.strip_prefix("a=group:BUNDLE"))
        .flat_map(str::split_whitespace)
        .collect()
}

fn sections<'a>(lines: &[&'a str], bundle: &[&str]) -> Result<Vec<Section<'a>>, Refusal> {
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
        section.served = used && matches!(section.media, "audio" | "application");
        if section.mid.is_empty() || section.mid.len() > 16 {
            return Err(Refusal(
                "every media line needs an a=mid of 1 to 16 characters".to_owned(),
            ));
        }
    }
    Ok(sections)
}

fn direction(line: &str) -> Option<Direction> {
    let (sends, receives) = match line {
        "a=sendrecv" => (true, true),
        "a=sendonly" => (true, false),
        "a=recvonly" => (false, true),
        "a=inactive" => (false, false),
        _ => return None,
    };
    Some(Direction { sends, receives })
}

fn write(session: &[&str], sections: &[Section<'_>]) -> String {
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
            } else if direction(text).is_none() {
                line(text);
            }
        }
        if section.media != "application" {
            line(attribute(section.direction));
        }
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str =
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n";

    fn section(kind: &str, mid: &str, direction: &str) -> String {
        format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:{mid}\r\na={direction}\r\na=rtpmap:111 opus/48000/2\r\n"
        )
    }

    fn offer(sections: &[String]) -> String {
        format!("{SESSION}{}", sections.concat())
    }

    #[test]
    fn the_microphone_is_the_first_line_that_sends_and_slots_are_those_that_only_receive() {
        let sdp = offer(&[
            section("audio", "0", "sendrecv"),
            section("audio", "1", "recvonly"),
            section("audio", "2", "recvonly"),
        ]);
        let read = read(&sdp, 2, true).unwrap();
        assert_eq!(read.microphone.as_deref(), Some("0"));
        assert_eq!(read.slots, ["1", "2"]);
    }

    #[test]
    fn the_microphones_own_line_serves_when_there_are_too_few_others() {
        let sdp = offer(&[section("audio", "0", "sendrecv")]);
        assert_eq!(read(&sdp, 1, true).unwrap().slots, ["0"]);
    }

    #[test]
    fn a_microphone_that_is_not_taken_is_answered_so() {
        let sdp = offer(&[
            section("audio", "0", "sendonly"),
            section("audio", "1", "sendrecv"),
        ]);
        let read = read(&sdp, 1, false).unwrap();
        assert_eq!(read.microphone, None);
        assert!(
            read.sdp.contains("a=inactive") && read.sdp.contains("a=recvonly"),
            "{}",
            read.sdp
        );
        assert_eq!(read.slots, ["1"]);
    }

    #[test]
    fn a_video_line_is_rejected_and_leaves_the_bundle() {
        let sdp = offer(&[
            section("audio", "0", "sendonly"),
            section("video", "1", "sendrecv"),
        ]);
        let read = read(&sdp, 0, true).unwrap();
        assert!(read.sdp.contains("m=video 0 "), "{}", read.sdp);
        assert!(read.sdp.contains("a=group:BUNDLE 0 2\r\n"), "{}", read.sdp);
    }

    #[test]
    fn a_line_with_port_zero_inside_the_bundle_is_served() {
        let sdp = offer(&[section("audio", "0", "sendonly").replace("audio 9", "audio 0")]);
        assert_eq!(
            read(&sdp, 0, true).unwrap().microphone.as_deref(),
            Some("0")
        );
    }

    #[test]
    fn what_breaks_a_limit_is_refused_with_the_limit() {
        let audio = section("audio", "0", "sendrecv");
        let many = |count: usize, line: &str| offer(&[audio.clone(), line.repeat(count)]);
        let cases = [
            (many(70_000, "a"), "65536 bytes"),
            (many(3_001, "a=x\r\n"), "3000 lines"),
            (
                many(1, &format!("a={}\r\n", "x".repeat(2_047))),
                "2048 bytes",
            ),
            (many(65, "a=candidate:1\r\n"), "64 candidates"),
            (
                many(40, &section("audio", "9", "inactive")),
                "40 media lines",
            ),
            (offer(&[]), "no media line"),
            (offer(&[section("audio", "", "sendrecv")]), "a=mid"),
            (
                offer(&[section("audio", "0", "recvonly")]),
                "no audio line that sends",
            ),
        ];
        for (sdp, reason) in cases {
            let refusal = read(&sdp, 1, true).unwrap_err().0;
            assert!(
                refusal.contains(reason),
                "{refusal:?} should name {reason:?}"
            );
        }
        let sending = offer(&[section("audio", "0", "sendonly")]);
        assert!(
            read(&sending, 1, false)
                .unwrap_err()
                .0
                .contains("no audio line that receives")
        );
    }
}
