//! No bytes make the parsers panic, and what is written is what is parsed.

use proptest::collection::vec;
use proptest::prelude::*;
use rtp::rtcp::{Packet, Packets, ReportBlock, SenderInfo, Writer};
use rtp::telephone_event::EventReceiver;
use rtp::{DatagramClass, RtpHeader, RtpView};

fn report_block() -> impl Strategy<Value = ReportBlock> {
    (
        any::<u32>(),
        any::<u8>(),
        -0x80_0000..0x80_0000_i32,
        any::<[u32; 4]>(),
    )
        .prop_map(
            |(ssrc, fraction_lost, cumulative_lost, words)| ReportBlock {
                ssrc,
                fraction_lost,
                cumulative_lost,
                highest_sequence: words[0],
                jitter: words[1],
                last_sr: words[2],
                delay_since_last_sr: words[3],
            },
        )
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(mut bytes in vec(any::<u8>(), 0..200), first in 0x80..=0xBF_u8) {
        for forced in [false, true] {
            if let (true, Some(byte)) = (forced, bytes.first_mut()) {
                *byte = first;
            }
            let _ = DatagramClass::of(&bytes);
            if let Ok(view) = RtpView::parse(&bytes) {
                prop_assert!(view.payload().len() <= bytes.len());
                prop_assert!(view.csrcs().count() <= 15);
                prop_assert!(view.extensions().map(|(_, data)| data.len()).sum::<usize>() <= bytes.len());
            }
            let blocks: usize = Packets::new(&bytes)
                .flatten()
                .map(|packet| match packet {
                    Packet::SenderReport { blocks, .. } | Packet::ReceiverReport { blocks, .. } => blocks.count(),
                    _ => 0,
                })
                .sum();
            prop_assert!(24 * blocks <= bytes.len());
        }
    }

    #[test]
    fn any_event_packet_told_again_tells_nothing_new(packets in vec((any::<u32>(), any::<[u8; 4]>()), 0..100)) {
        let mut receiver = EventReceiver::default();
        for (timestamp, payload) in packets {
            receiver.packet(timestamp, &payload);
            prop_assert_eq!(receiver.packet(timestamp, &payload), None);
        }
    }

    #[test]
    fn a_written_packet_is_parsed_alike(
        marker: bool, payload_type in 0..128_u8, sequence: u16, timestamp: u32, ssrc: u32,
        csrcs in vec(any::<u32>(), 0..15),
        elements in vec((1..=255_u8, vec(any::<u8>(), 0..30)), 0..6),
        payload in vec(any::<u8>(), 0..100),
    ) {
        let extensions: Vec<(u8, &[u8])> = elements.iter().map(|(id, data)| (*id, data.as_slice())).collect();
        let header = RtpHeader { marker, payload_type, sequence, timestamp, ssrc, csrcs: &csrcs, extensions: &extensions };
        let mut packet = [0; 600];
        let len = header.write(&mut packet).unwrap();
        packet[len..len + payload.len()].copy_from_slice(&payload);
        let view = RtpView::parse(&packet[..len + payload.len()]).unwrap();
        prop_assert_eq!((view.marker, view.payload_type, view.sequence), (marker, payload_type, sequence));
        prop_assert_eq!((view.timestamp, view.ssrc), (timestamp, ssrc));
        prop_assert_eq!(view.csrcs().collect::<Vec<_>>(), csrcs.as_slice());
        prop_assert_eq!(view.extensions().collect::<Vec<_>>(), extensions.as_slice());
        prop_assert_eq!(view.payload(), payload.as_slice());
    }

    #[test]
    fn a_written_compound_is_parsed_alike(
        ssrc: u32, ntp: u64, words: [u32; 3], blocks in vec(report_block(), 0..31), name in "[a-z@.]{0,300}",
    ) {
        let info = SenderInfo { ntp, rtp_timestamp: words[0], packets: words[1], bytes: words[2] };
        let mut out = [0; 2_000];
        let mut writer = Writer::new(&mut out);
        writer.sender_report(ssrc, &info, &blocks).unwrap();
        writer.cname(ssrc, &name).unwrap();
        writer.receiver_report(ssrc, &blocks[..blocks.len() / 2]).unwrap();
        writer.goodbye(ssrc).unwrap();
        let len = writer.finish();
        let parsed: Vec<Packet<'_>> = Packets::new(&out[..len]).map(Result::unwrap).collect();
        let [
            Packet::SenderReport { ssrc: sender, info: told, blocks: heard },
            Packet::Other { packet_type: 202 },
            Packet::ReceiverReport { blocks: half, .. },
            Packet::Goodbye { ssrc: Some(left) },
        ] = &parsed[..] else { panic!("{parsed:?}") };
        prop_assert_eq!((*sender, *told, *left), (ssrc, info, ssrc));
        prop_assert_eq!(heard.clone().collect::<Vec<_>>(), blocks.as_slice());
        prop_assert_eq!(half.clone().count(), blocks.len() / 2);
    }
}
