//! Any datagram is an RTP packet or says why not, and what is read of one and written again is read the same. What
//! packets say of their place, their time and the keys pressed in them is counted whatever they say.
//!
//! The first byte is the length of each datagram; they come one behind the other.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtp::extension::Element;
use rtp::reception::Reception;
use rtp::telephone_event::{EventReceiver, dtmf_key};
use rtp::{RtpHeader, RtpView, SequenceExtender, TimestampExtender};

fuzz_target!(|input: &[u8]| {
    let [length, stream @ ..] = input else {
        return;
    };
    let mut sequences = SequenceExtender::default();
    let mut timestamps = TimestampExtender::default();
    let (mut reception, mut events) = (Reception::default(), EventReceiver::default());
    for (arrival, datagram) in stream.chunks(usize::from(*length) + 1).enumerate() {
        let Ok(view) = RtpView::parse(datagram) else {
            continue;
        };
        assert!(view.payload().len() + 12 <= datagram.len());
        written_again(&view, datagram.len());
        let highest = sequences.highest();
        let index = sequences.extend(view.sequence);
        assert!(index as u16 == view.sequence && sequences.highest() >= highest);
        let timestamp = timestamps.extend(view.timestamp);
        assert_eq!(timestamp as u32, view.timestamp);
        reception.packet(view.sequence, timestamp, 960 * arrival as i64);
        events.packet(view.timestamp, view.payload()).map(dtmf_key);
    }
    let block = reception.report(1, 0);
    assert!((-0x80_0000..0x80_0000).contains(&block.cumulative_lost));
});

fn written_again(view: &RtpView<'_>, len: usize) {
    let csrcs: Vec<u32> = view.csrcs().collect();
    // Id 0 is padding (RFC 8285 4.2), whatever length stands with it: it is not written.
    let elements: Vec<Element<'_>> = view.extensions().filter(|(id, _)| *id != 0).collect();
    let header = RtpHeader {
        marker: view.marker,
        payload_type: view.payload_type,
        sequence: view.sequence,
        timestamp: view.timestamp,
        ssrc: view.ssrc,
        csrcs: &csrcs,
        extensions: &elements,
    };
    // The two-byte form is longer by a byte an element, and all of it by up to a word.
    let mut packet = vec![0; 2 * len + 8];
    let end = header.write(&mut packet).expect("room for it");
    packet.truncate(end);
    packet.extend(view.payload());
    let again = RtpView::parse(&packet).expect("what we write");
    assert_eq!(
        (
            again.marker,
            again.payload_type,
            again.sequence,
            again.timestamp,
            again.ssrc
        ),
        (
            view.marker,
            view.payload_type,
            view.sequence,
            view.timestamp,
            view.ssrc
        )
    );
    assert_eq!(again.payload(), view.payload());
    assert!(again.csrcs().eq(csrcs));
    assert!(again.extensions().eq(elements));
}
