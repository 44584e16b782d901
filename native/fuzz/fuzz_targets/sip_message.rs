//! Any bytes are a SIP message, or not, without a panic; what was read is read again from what is written;
//! and a stream is cut alike however it comes in pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::msg::{Address, Frame, Framer, Head, Message, Uri, Via, parse};
use sip::sdp::Session;

fuzz_target!(|input: &[u8]| {
    let [piece, bytes @ ..] = input else {
        return;
    };
    read(bytes);
    assert_eq!(
        frames(bytes.chunks(usize::from(*piece).max(1))),
        frames(std::iter::once(bytes))
    );
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = (Address::parse(text), Uri::parse(text), Via::parse(text));
        let _ = Session::parse(bytes);
    }
});

fn read(bytes: &[u8]) {
    let (headers, written) = match parse(bytes) {
        Ok(Message::Request(request)) => {
            let _ = request.user();
            (request.headers.clone(), request.to_bytes())
        }
        Ok(Message::Response(response)) => (response.headers.clone(), response.to_bytes()),
        Err(_) => return,
    };
    let _ = Head::read(&headers);
    let again = match parse(&written) {
        Ok(Message::Request(request)) => request.to_bytes(),
        Ok(Message::Response(response)) => response.to_bytes(),
        Err(fault) => panic!("what we write we cannot read: {fault:?}"),
    };
    assert_eq!(again, written);
}

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Frame> {
    let (mut framer, mut all) = (Framer::default(), Vec::new());
    for piece in pieces {
        framer.push(piece);
        while let Some(frame) = framer.pull() {
            let broken = matches!(frame, Frame::Broken(_));
            all.push(frame);
            if broken {
                return all;
            }
        }
    }
    all
}
