//! Any compound ends: every packet of it takes bytes, and nothing comes behind an error. What is read of reports and
//! goodbyes and written again is read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtp::rtcp::{Packet, Packets, ReportBlock, Writer, arrivals};

fuzz_target!(|compound: &[u8]| {
    let mut arrived = 0;
    arrivals(compound, |_| arrived += 1);
    // Two bytes can speak of thousands of packets; a message, which has twenty, of a thousand at most.
    assert!(arrived <= compound.len() / 20 * 1_024);
    let mut out = vec![0; compound.len()];
    let mut writer = Writer::new(&mut out);
    let (mut walked, mut failed, mut kept) = (0, false, Vec::new());
    for packet in Packets::new(compound) {
        assert!(!failed, "a packet behind an error");
        walked += 1;
        let Ok(packet) = packet else {
            failed = true;
            continue;
        };
        // A report is never longer written than it came: extensions and padding are left out.
        let written = match &packet {
            Packet::SenderReport { ssrc, info, blocks } => {
                writer.sender_report(*ssrc, info, &all(blocks.clone()))
            }
            Packet::ReceiverReport { ssrc, blocks } => {
                writer.receiver_report(*ssrc, &all(blocks.clone()))
            }
            Packet::Goodbye { ssrc: Some(ssrc) } => writer.goodbye(*ssrc),
            Packet::Goodbye { ssrc: None } | Packet::Other { .. } => continue,
        };
        written.expect("room for it");
        kept.push(told(&packet));
    }
    assert!(walked <= compound.len().div_ceil(4));
    let len = writer.finish();
    let again = Packets::new(&out[..len]).map(|packet| told(&packet.expect("what we write")));
    assert!(again.eq(kept));
});

fn all(blocks: impl Iterator<Item = ReportBlock>) -> Vec<ReportBlock> {
    let blocks: Vec<ReportBlock> = blocks.collect();
    assert!(blocks.len() <= 31);
    blocks
}

/// Everything that a packet says, to be compared.
fn told(packet: &Packet<'_>) -> String {
    format!("{packet:?}")
}
