//! What is taken of the lines of video.

use super::*;
use crate::offer::{Offer, read};

const WANTED: Wanted = Wanted {
    audio_slots: 0,
    publishes: false,
    video_slots: 2,
    cameras: true,
};
const VP8: &str = "a=rtpmap:96 VP8/90000\r\n";

fn line(mid: &str, direction: &str, rest: &str) -> String {
    format!("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{mid}\r\na={direction}\r\n{rest}")
}

fn offer(lines: &[String]) -> String {
    format!("v=0\r\na=group:BUNDLE 0 1 2 3 4 5\r\n{}", lines.concat())
}

fn taken(lines: &[String]) -> Offer {
    read(&offer(lines), WANTED).unwrap()
}

fn kinds(offer: &Offer) -> Vec<(VideoKind, &str)> {
    let shown = offer.video.shown.iter();
    shown
        .map(|shown| (shown.kind, shown.mid.as_str()))
        .collect()
}

#[test]
fn the_first_line_that_sends_is_the_camera_the_second_the_screen_and_no_more_are_taken() {
    let lines = ["0", "1", "2"].map(|mid| line(mid, "sendonly", VP8));
    let taken = taken(&lines);
    assert_eq!(
        kinds(&taken),
        [(VideoKind::Camera, "0"), (VideoKind::Screen, "1")]
    );
    assert_eq!(taken.sdp.matches("m=video 0 ").count(), 1);
}

#[test]
fn lines_that_receive_are_slots_up_to_the_number_that_is_wanted() {
    let lines = ["0", "1", "2"].map(|mid| line(mid, "recvonly", VP8));
    let taken = taken(&lines);
    assert_eq!(taken.video.slots, ["0", "1"]);
    assert!(
        taken.sdp.contains("a=group:BUNDLE 0 1 3 4 5\r\n"),
        "{}",
        taken.sdp
    );
}

#[test]
fn a_line_both_ways_is_only_shown_on_and_a_slot_where_no_camera_is_wanted() {
    let lines = [line("0", "sendrecv", VP8)];
    let shown = taken(&lines);
    assert_eq!((kinds(&shown).len(), shown.video.slots.len()), (1, 0));
    assert!(shown.sdp.contains("a=sendonly"), "{}", shown.sdp);
    let wanted = Wanted {
        cameras: false,
        ..WANTED
    };
    let seen = read(&offer(&lines), wanted).unwrap();
    assert_eq!((kinds(&seen).len(), seen.video.slots.len()), (0, 1));
    assert!(seen.sdp.contains("a=recvonly"), "{}", seen.sdp);
}

#[test]
fn a_line_without_a_codec_that_is_forwarded_is_rejected() {
    let h264 = |format: &str| format!("a=rtpmap:96 H264/90000\r\na=fmtp:96 {format}\r\n");
    let baseline = h264("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
    assert_eq!(kinds(&taken(&[line("0", "sendonly", &baseline)])).len(), 1);
    for other in [
        "a=rtpmap:96 VP9/90000\r\n".to_owned(),
        h264("packetization-mode=0;profile-level-id=42e01f"),
        h264("packetization-mode=1;profile-level-id=640c1f"),
        h264("packetization-mode=1;profile-level-id=42001f"),
        "a=rtpmap:96 H264/90000\r\n".to_owned(),
    ] {
        let taken = taken(&[line("0", "sendonly", &other), line("1", "recvonly", &other)]);
        assert_eq!(
            (kinds(&taken).len(), taken.video.slots.len()),
            (0, 0),
            "{other}"
        );
        assert_eq!(taken.sdp.matches("m=video 0 ").count(), 2);
    }
}

#[test]
fn layers_are_counted_in_the_order_in_which_they_are_offered() {
    let named = "a=rid:l send\r\na=rid:h send\r\na=simulcast:send l;~h,m\r\n";
    let listed = "a=rid:a send\r\na=rid:b send max-width=9\r\na=rid:c recv\r\n";
    let both_ways = "a=simulcast:recv x send y;z\r\n";
    for (attributes, rids) in [
        (named, ["l", "h"]),
        (listed, ["a", "b"]),
        (both_ways, ["y", "z"]),
    ] {
        let taken = taken(&[line("0", "sendonly", &format!("{VP8}{attributes}"))]);
        assert_eq!(taken.video.shown[0].rids, rids);
    }
}

#[test]
fn more_than_three_layers_are_refused() {
    let lines = [line(
        "0",
        "sendonly",
        &format!("{VP8}a=simulcast:send a;b;c;d\r\n"),
    )];
    let refusal = read(&offer(&lines), WANTED).unwrap_err().0;
    assert!(refusal.contains("3 simulcast layers"), "{refusal}");
}

#[test]
fn bandwidth_is_estimated_where_a_slot_numbers_its_packets() {
    let numbered = format!("{VP8}a=extmap:3 {TRANSPORT_SEQUENCE}\r\n");
    assert!(taken(&[line("0", "recvonly", &numbered)]).video.estimates);
    assert!(!taken(&[line("0", "sendonly", &numbered)]).video.estimates);
    assert!(!taken(&[line("0", "recvonly", VP8)]).video.estimates);
}

#[test]
fn an_offer_of_forty_lines_of_video_gets_what_is_wanted_and_one_of_more_is_refused() {
    let lines = |count: usize| -> Vec<String> {
        (0..count)
            .map(|mid| line(&mid.to_string(), "sendrecv", VP8))
            .collect()
    };
    let taken = taken(&lines(40));
    assert_eq!((kinds(&taken).len(), taken.video.slots.len()), (2, 2));
    assert_eq!(taken.sdp.matches("m=video 0 ").count(), 36);
    assert!(read(&offer(&lines(41)), WANTED).is_err());
}
