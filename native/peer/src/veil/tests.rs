//! What passes the veil, either way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::rtp::rtcp::{Packet, Packets, SenderInfo, Writer};
use ::rtp::{RtpHeader, RtpView};
use engine::{Level, SessionId};
use srtp::Profile;

use super::*;
use crate::io::Transport;

const SLOT: u32 = 0x0A0B_0C0D;
const MICROPHONE: u32 = 0x0102_0304;
const PICTURE: u32 = 0x0506_0708;
const REPAIR: u32 = 0x0506_0709;

/// The veil and the ends before and behind it.
struct Ends {
    veil: Veil,
    now: Instant,
    /// Seals as the peer does, opens as the peer does.
    peer: (Outbound, Inbound),
    /// The same of str0m.
    str0m: (Outbound, Inbound),
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn ends(profile: Profile) -> Ends {
    let (exported, decoy) = ([3; 88], [5; 88]);
    let len = profile.exported_bytes();
    let keys = |bytes| Exported::new(profile, bytes).unwrap();
    let (real, shown) = (keys(&exported[..len]), keys(&decoy[..len]));
    let agreed = Agreed {
        ssrc: SLOT,
        payload_type: 111,
        level_id: Some(1),
        mid_id: Some(4),
        mid: "a0".to_owned(),
    };
    let mailbox = Mailbox::with(profile, &exported[..len], &decoy[..len]);
    let mut veil = Veil::new(mailbox, vec![agreed], None);
    veil.unlock();
    let end = |ours, theirs| {
        let seals = Outbound::new(ours).unwrap();
        (seals, Inbound::new(theirs).unwrap())
    };
    Ends {
        veil,
        now: now(),
        peer: end(real.client(), real.server()),
        str0m: end(shown.server(), shown.client()),
    }
}

fn by(port: u16) -> Pair {
    Pair {
        transport: Transport::Udp,
        from: address(1),
        to: address(port),
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "an Instant can only be had from the clock"
)]
fn now() -> Instant {
    Instant::now()
}

fn profiles() -> [Profile; 3] {
    [
        Profile::Aes128CmSha1_80,
        Profile::AeadAes128Gcm,
        Profile::AeadAes256Gcm,
    ]
}

impl Ends {
    fn spoken(&mut self, sequence: u16) -> Vec<u8> {
        let header = RtpHeader {
            marker: false,
            payload_type: 111,
            sequence,
            timestamp: 960,
            ssrc: MICROPHONE,
            csrcs: &[],
            extensions: &[(1, &[0x85])],
        };
        let mut packet = vec![0; 100];
        let len = header.write(&mut packet).unwrap() + 40;
        let stream = self.peer.0.stream(MICROPHONE);
        let index = u64::from(sequence);
        let sealed = self.peer.0.seal_rtp(stream, &mut packet, len, index);
        packet.truncate(sealed.unwrap());
        packet
    }

    fn leaves(&mut self, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let sent = self.leaves_to(address(9), bytes)?;
        assert_eq!((sent.from, sent.to), (address(1), address(9)));
        Some(sent.bytes)
    }

    fn leaves_to(&mut self, to: SocketAddr, bytes: Vec<u8>) -> Option<Datagram> {
        let mut datagram = Datagram {
            transport: Transport::Udp,
            from: address(1),
            to,
            bytes,
        };
        let leaves = self.veil.let_out(&mut datagram, self.now);
        leaves.then_some(datagram)
    }

    /// What str0m seals as a packet of video.
    fn shown(&mut self, ssrc: u32, index: u64) -> Vec<u8> {
        let header = RtpHeader {
            marker: true,
            payload_type: 96,
            sequence: index as u16,
            timestamp: 3_000,
            ssrc,
            csrcs: &[],
            extensions: &[(4, b"v0")],
        };
        let mut packet = vec![0; 200];
        let len = header.write(&mut packet).unwrap() + 100;
        let stream = self.str0m.0.stream(ssrc);
        let sealed = self.str0m.0.seal_rtp(stream, &mut packet, len, index);
        packet.truncate(sealed.unwrap());
        packet
    }

    fn forward(&mut self, seq: u64, level: Option<Level>) -> Option<Vec<u8>> {
        let forward = Forward {
            to: SessionId(2),
            slot: 0,
            seq,
            timestamp: 48_000 + 960 * seq as u32,
            marker: true,
            source: SessionId(0x7_0000_0042),
            level,
            payload: Arc::from([9; 60]),
        };
        let mut out = Datagrams::default();
        let written = self.veil.write(&forward, &mut out, self.now);
        assert_eq!(written, !out.is_empty());
        out.iter().next().map(|(pair, bytes)| {
            assert_eq!((pair.from, pair.to), (address(1), address(9)));
            bytes.to_vec()
        })
    }

    fn report(&mut self) -> Vec<u8> {
        let mut packet = vec![0; 200];
        let mut writer = Writer::new(&mut packet);
        let info = SenderInfo {
            ntp: 0x1122_3344_5566_7788,
            rtp_timestamp: 0,
            packets: 0,
            bytes: 0,
        };
        writer.sender_report(SLOT, &info, &[]).unwrap();
        let len = writer.finish();
        let sealed = self.str0m.0.seal_rtcp(&mut packet, len).unwrap();
        packet.truncate(sealed);
        packet
    }
}

#[test]
fn str0m_sees_what_the_peer_sent_once_and_nothing_of_strangers() {
    for profile in profiles() {
        let mut ends = ends(profile);
        let spoken = ends.spoken(7);
        let mut forged = spoken.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert!(ends.veil.show(by(9), &forged, now()).is_none());
        let shown = ends.veil.show(by(9), &spoken, now()).unwrap().to_vec();
        assert_ne!(shown, spoken);
        let (mut copy, mut again) = (shown.clone(), spoken.clone());
        let (len, index) = ends.str0m.1.open_rtp(&mut copy).unwrap();
        assert_eq!(index, 7, "{profile:?}");
        assert_eq!(RtpView::parse(&copy[..len]).unwrap().payload(), [0; 40]);
        assert!(ends.veil.show(by(9), &again, now()).is_none(), "a replay");
        again.truncate(20);
        assert!(ends.veil.show(by(9), &again, now()).is_none());
    }
}

#[test]
fn a_packet_for_a_slot_carries_all_that_was_agreed() {
    for profile in profiles() {
        let mut ends = ends(profile);
        ends.leaves(vec![22, 254, 253]);
        let level = Level {
            dbov: -30,
            voice: true,
        };
        for (seq, level, expected) in [
            (70_000, Some(level), Some(&[0x9E][..])),
            (70_001, None, None),
        ] {
            let mut packet = ends.forward(seq, level).unwrap();
            // The peer follows from its own first packet on: the first roll-over is not seen here.
            let keyed = ends.veil.keyed.as_ref().unwrap();
            assert_eq!(keyed.slots[0].ssrc(), SLOT);
            let header = srtp::header_bytes(&packet).unwrap();
            packet[header..].fill(0);
            let view = RtpView::parse(&packet).unwrap();
            assert_eq!(
                (view.marker, view.payload_type, view.ssrc),
                (true, 111, SLOT)
            );
            assert_eq!(view.sequence, seq as u16);
            assert_eq!(view.timestamp, 48_000 + 960 * seq as u32);
            assert_eq!(view.csrcs().collect::<Vec<_>>(), [0x42]);
            assert_eq!(view.extensions().find(1), expected);
            assert_eq!(view.extensions().find(4), Some(&b"a0"[..]));
        }
    }
}

#[test]
fn the_peer_opens_what_was_written_and_one_place_is_written_once() {
    for profile in profiles() {
        let mut ends = ends(profile);
        assert!(ends.forward(5, None).is_none(), "no path yet");
        ends.leaves(vec![22, 254, 253]);
        let mut packet = ends.forward(5, None).unwrap();
        let (len, _) = ends.peer.1.open_rtp(&mut packet).unwrap();
        assert_eq!(RtpView::parse(&packet[..len]).unwrap().payload(), [9; 60]);
        assert!(ends.forward(5, None).is_none(), "sealed before");
    }
}

#[test]
fn reports_leave_under_our_key_and_say_what_we_sent() {
    for profile in profiles() {
        let mut ends = ends(profile);
        ends.leaves(vec![22, 254, 253]);
        let report = ends.report();
        let mut silent = ends.leaves(report).unwrap();
        let len = ends.peer.1.open_rtcp(&mut silent).unwrap();
        let first = Packets::new(&silent[..len]).next().unwrap().unwrap();
        assert!(matches!(first, Packet::ReceiverReport { ssrc: SLOT, .. }));
        for seq in 10..14 {
            ends.forward(seq, None).unwrap();
        }
        ends.now += Duration::from_millis(50);
        let report = ends.report();
        let mut told = ends.leaves(report).unwrap();
        let len = ends.peer.1.open_rtcp(&mut told).unwrap();
        let first = Packets::new(&told[..len]).next().unwrap().unwrap();
        let Packet::SenderReport {
            ssrc: SLOT, info, ..
        } = first
        else {
            panic!("{first:?}");
        };
        let expected = SenderInfo {
            ntp: 0x1122_3344_5566_7788,
            rtp_timestamp: 48_000 + 960 * 13 + 50 * 48,
            packets: 4,
            bytes: 240,
        };
        assert_eq!(info, expected);
    }
}

#[test]
fn video_of_str0ms_leaves_under_our_key_through_the_roll_over() {
    for profile in profiles() {
        let mut ends = ends(profile);
        ends.leaves(vec![22, 254, 253]);
        for index in 65_530..65_550 {
            for ssrc in [PICTURE, REPAIR, 0] {
                let shown = ends.shown(ssrc, index);
                let mut packet = ends.leaves(shown.clone()).unwrap();
                assert_ne!(packet, shown);
                let (len, opened) = ends.peer.1.open_rtp(&mut packet).unwrap();
                let view = RtpView::parse(&packet[..len]).unwrap();
                assert_eq!((opened, view.ssrc), (index, ssrc), "{profile:?}");
                assert_eq!(view.payload(), [0; 100]);
            }
        }
    }
}

#[test]
fn an_index_of_str0ms_is_sealed_once() {
    let mut ends = ends(Profile::AeadAes256Gcm);
    ends.leaves(vec![22, 254, 253]);
    let shown = ends.shown(PICTURE, 7);
    assert!(ends.leaves(shown.clone()).is_some());
    assert_eq!(ends.leaves(shown), None);
}

#[test]
fn video_leaves_by_the_nominated_pair_wherever_str0m_sends_it() {
    let mut ends = ends(Profile::AeadAes128Gcm);
    ends.leaves(vec![22, 254, 253]);
    let shown = ends.shown(PICTURE, 7);
    let sent = ends.leaves_to(address(8), shown).unwrap();
    assert_eq!(sent.to, address(8), "no pair is nominated yet");
    let mut request = vec![0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42];
    request.extend([5; 12]);
    request.extend([0, 0x25, 0, 0]);
    ends.veil.show(by(9), &request, now()).unwrap();
    request[..2].copy_from_slice(&[1, 1]);
    ends.leaves_to(address(9), request).unwrap();
    let shown = ends.shown(PICTURE, 8);
    let sent = ends.leaves_to(address(8), shown).unwrap();
    assert_eq!(sent.to, address(9));
}

#[test]
fn nothing_else_that_str0m_seals_as_media_leaves() {
    let mut ends = ends(Profile::AeadAes256Gcm);
    ends.leaves(vec![22, 254, 253]);
    let of_a_slot = ends.shown(SLOT, 7);
    assert_eq!(ends.leaves(of_a_slot), None, "we write the slots");
    let media = vec![0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 5, 5, 5];
    assert_eq!(ends.leaves(media), None);
    assert_eq!(ends.leaves(vec![0x80, 200, 0, 1, 0, 0, 0, 1]), None);
}

#[test]
fn without_keys_no_media_passes_either_way() {
    let mut ends = ends(Profile::AeadAes128Gcm);
    let spoken = ends.spoken(1);
    ends.veil = Veil::new(Mailbox::default(), Vec::new(), None);
    ends.leaves(vec![22, 254, 253]);
    assert!(ends.veil.show(by(9), &spoken, now()).is_none());
    assert!(ends.forward(1, None).is_none());
    let report = ends.report();
    assert_eq!(ends.leaves(report), None);
}
