//! Streams: messages cut out of bytes as they come.

use crate::rig::{Peer, Rig, SDP, TCP, stream};
use sip::Input;
use sip::msg::{Message, parse};

#[test]
fn a_message_in_pieces_of_one_byte_is_one_message() {
    let mut rig = Rig::new();
    for byte in Peer::new("a").invite().bytes() {
        rig.input(Input::Bytes {
            flow: stream(),
            bytes: &[byte],
        });
    }
    assert_eq!(rig.statuses(), [100]);
}

#[test]
fn many_messages_in_one_piece_are_all_answered() {
    let mut rig = Rig::new();
    let mut peer = Peer::new("b");
    let all: String = (0..50).map(|_| peer.send("OPTIONS", "", "")).collect();
    rig.tcp(&all);
    assert_eq!(rig.statuses(), [200; 50]);
}

#[test]
fn a_ping_gets_its_pong_and_single_breaks_are_skipped() {
    let mut rig = Rig::new();
    rig.tcp("\r\n\r\n");
    assert_eq!(rig.sent.last().unwrap().2, "\r\n");
    rig.clear();
    rig.tcp("\r\n");
    rig.tcp(&Peer::new("c").send("OPTIONS", "", ""));
    assert_eq!(rig.statuses(), [200]);
}

#[test]
fn a_ping_in_pieces_is_a_ping() {
    let mut rig = Rig::new();
    for byte in b"\r\n\r\n" {
        rig.input(Input::Bytes {
            flow: stream(),
            bytes: &[*byte],
        });
    }
    assert_eq!(rig.sent.len(), 1);
}

#[test]
fn a_stream_without_content_length_is_closed() {
    let mut rig = Rig::new();
    let text = Peer::new("d")
        .send("OPTIONS", "", "")
        .replace("Content-Length: 0\r\n", "");
    rig.tcp(&text);
    assert_eq!(
        (rig.closed.as_slice(), rig.sent.len()),
        ([TCP].as_slice(), 0)
    );
}

#[test]
fn a_stream_that_never_ends_its_head_is_closed_in_time() {
    let mut rig = Rig::new();
    rig.tcp("INVITE sip:a@b SIP/2.0\r\n");
    for _ in 0..40 {
        rig.tcp(&format!("X: {}\r\n", "y".repeat(500)));
    }
    assert_eq!(rig.closed, [TCP]);
}

#[test]
fn a_promise_of_a_huge_body_closes_the_stream_at_once() {
    for length in ["70000", "99999999999999999999", "-1", "4294967295"] {
        let mut rig = Rig::new();
        rig.tcp(&Peer::new("e").invite().replace(
            "Content-Length: ",
            &format!("Content-Length: {length}\r\nX: "),
        ));
        assert_eq!(rig.closed, [TCP], "{length}");
    }
}

#[test]
fn a_body_that_looks_like_a_message_is_a_body() {
    let mut rig = Rig::new();
    let inner = format!("{SDP}a=x:\r\n\r\nBYE sip:x SIP/2.0\r\n\r\n");
    let text = Peer::new("f").send("INVITE", "", &inner);
    rig.tcp(&text);
    assert_eq!(rig.statuses(), [100]);
}

#[test]
fn a_datagram_of_line_breaks_is_a_keep_alive() {
    let mut rig = Rig::new();
    rig.udp("\r\n\r\n");
    rig.udp("\0\0");
    rig.udp("");
    assert_eq!((rig.sent.len(), rig.core.counts().malformed), (0, 0));
}

#[test]
fn a_header_folded_over_blank_lines_has_the_value_of_its_lines() {
    let text = "OPTIONS sip:a@b SIP/2.0\r\nSubject: one\r\n \t\r\n two\r\n \r\n\r\n";
    let Ok(Message::Request(request)) = parse(text.as_bytes()) else {
        panic!("not a request");
    };
    assert_eq!(request.headers.get("Subject"), Some("one two"));
}
