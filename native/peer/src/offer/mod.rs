//! Limits on an SDP offer, and what it asks for, before the SDP parser of str0m sees it.
//!
//! Lines that are not served are rejected in the offer itself (port 0, out of the BUNDLE group, RFC
//! 8843 7.3.3; directions narrowed), so that str0m writes an answer that says what is true.

mod sections;
mod video;
mod write;

use std::fmt;

use sections::{Section, bundle, sections, split};
pub(crate) use video::{Lines as VideoLines, Shown};
use write::write;

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
    /// What it shows and looks at.
    pub video: VideoLines,
}

/// What is wanted of an offer; what it offers beyond is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Most lines of audio down.
    pub audio_slots: u8,
    /// One line of audio up.
    pub publishes: bool,
    /// Most lines of video down.
    pub video_slots: u8,
    /// A camera and a screen up.
    pub cameras: bool,
}

/// Check the offer and narrow it to what is wanted.
pub(crate) fn read(sdp: &str, wanted: Wanted) -> Result<Offer, Refusal> {
    let Wanted {
        audio_slots,
        publishes,
        ..
    } = wanted;
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
    let video = video::take(&mut sections, wanted)?;
    Ok(Offer {
        sdp: write(session, &sections),
        microphone,
        slots,
        video,
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

    fn read(sdp: &str, audio_slots: u8, publishes: bool) -> Result<Offer, Refusal> {
        let wanted = Wanted {
            audio_slots,
            publishes,
            video_slots: 0,
            cameras: false,
        };
        super::read(sdp, wanted)
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
    fn sound_is_offered_to_str0m_without_what_bandwidth_is_estimated_by() {
        let asks = format!(
            "a=extmap:3 {}\r\na=rtcp-fb:111 transport-cc\r\n",
            write::TRANSPORT_SEQUENCE
        );
        let sdp = offer(&[section("audio", "0", "sendonly") + &asks]);
        let seen = read(&sdp, 0, true).unwrap().sdp;
        assert!(!seen.contains("transport"), "{seen}");
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
            (many(140_000, "a"), "131072 bytes"),
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
