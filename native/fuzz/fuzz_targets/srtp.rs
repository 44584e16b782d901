//! No bytes make opening panic, and none that the peer did not seal are opened; what it seals between them is.
//!
//! The first byte picks the profile; then come records: kind, length, bytes. A record is thrown in as it is, or
//! as the change of a packet that was sealed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use srtp::{Exported, Inbound, Outbound, Profile, RTCP_OVERHEAD_MAX};

const PROFILES: [Profile; 3] = [
    Profile::Aes128CmSha1_80,
    Profile::AeadAes128Gcm,
    Profile::AeadAes256Gcm,
];

fuzz_target!(|input: &[u8]| {
    let [choice, rest @ ..] = input else {
        return;
    };
    let profile = PROFILES[usize::from(choice % 3)];
    let exported = vec![*choice; profile.exported_bytes()];
    let exported = Exported::new(profile, &exported).expect("its length");
    let mut peer = Outbound::new(exported.client()).expect("keys");
    let mut us = Inbound::new(exported.client()).expect("keys");
    let (mut rest, mut index) = (rest, 60_000);
    while let [kind, length, tail @ ..] = rest {
        let (bytes, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        index += u64::from(kind / 4);
        match kind % 4 {
            0 => assert!(us.open_rtp(&mut bytes.to_vec()).is_err()),
            1 => assert!(us.open_rtcp(&mut bytes.to_vec()).is_err()),
            2 => {
                let sealed = rtp(&mut peer, index);
                assert!(us.open_rtp(&mut changed(&sealed, bytes)).is_err());
                assert!(us.open_rtp(&mut sealed.clone()).is_ok());
                index += 1;
            }
            _ => {
                let sealed = rtcp(&mut peer);
                assert!(us.open_rtcp(&mut changed(&sealed, bytes)).is_err());
                assert!(us.open_rtcp(&mut sealed.clone()).is_ok());
            }
        }
    }
});

fn rtp(peer: &mut Outbound, index: u64) -> Vec<u8> {
    let mut packet = vec![0x80, 111];
    packet.extend((index as u16).to_be_bytes());
    packet.extend([0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3]);
    let len = packet.len();
    packet.resize(len + 16, 0);
    let stream = peer.stream(9);
    let sealed = peer.seal_rtp(stream, &mut packet, len, index);
    packet.truncate(sealed.expect("a fresh index"));
    packet
}

fn rtcp(peer: &mut Outbound) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1, 0, 0, 0, 9, 0x81, 206, 0, 1, 0, 0, 0, 7];
    let len = packet.len();
    packet.resize(len + RTCP_OVERHEAD_MAX, 0);
    let sealed = peer.seal_rtcp(&mut packet, len);
    packet.truncate(sealed.expect("a counter that goes on"));
    packet
}

/// Some of its bytes are other ones; if none is, the last bit.
fn changed(sealed: &[u8], by: &[u8]) -> Vec<u8> {
    let mut packet = sealed.to_vec();
    for pair in by.chunks_exact(2) {
        let at = usize::from(pair[0]) % packet.len();
        packet[at] ^= pair[1];
    }
    if packet == sealed {
        packet[sealed.len() - 1] ^= 1;
    }
    packet
}
