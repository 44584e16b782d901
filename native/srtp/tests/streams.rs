//! A session's two ends: what is sealed once is opened once, in any order, whatever is thrown between.
#![allow(clippy::unwrap_used, reason = "tests")]

use srtp::{Exported, Inbound, OpenError, Outbound, Profile, RTCP_OVERHEAD_MAX, SealError};

const PROFILES: [Profile; 3] = [
    Profile::Aes128CmSha1_80,
    Profile::AeadAes128Gcm,
    Profile::AeadAes256Gcm,
];
const SSRC: u32 = 0x1122_3344;

fn ends(profile: Profile) -> (Outbound, Inbound) {
    let exported: Vec<u8> = (0..profile.exported_bytes() as u8).collect();
    let exported = Exported::new(profile, &exported).unwrap();
    (
        Outbound::new(exported.server()).unwrap(),
        Inbound::new(exported.server()).unwrap(),
    )
}

fn rtp(ssrc: u32, index: u64) -> Vec<u8> {
    let mut packet = vec![0x80, 111];
    packet.extend((index as u16).to_be_bytes());
    packet.extend([0, 0, 0, 9]);
    packet.extend(ssrc.to_be_bytes());
    packet.extend([7; 40]);
    packet
}

fn seal(outbound: &mut Outbound, ssrc: u32, index: u64) -> Result<Vec<u8>, SealError> {
    let mut packet = rtp(ssrc, index);
    let len = packet.len();
    packet.resize(len + 16, 0);
    let stream = outbound.stream(ssrc);
    let sealed = outbound.seal_rtp(stream, &mut packet, len, index)?;
    packet.truncate(sealed);
    Ok(packet)
}

fn compound(sender: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend(sender.to_be_bytes());
    packet.extend([0x81, 206, 0, 2]);
    packet.extend([5; 8]);
    packet
}

fn seal_rtcp(outbound: &mut Outbound, sender: u32) -> Vec<u8> {
    let mut packet = compound(sender);
    let len = packet.len();
    packet.resize(len + RTCP_OVERHEAD_MAX, 0);
    let sealed = outbound.seal_rtcp(&mut packet, len).unwrap();
    packet.truncate(sealed);
    packet
}

#[test]
fn a_stream_goes_on_through_two_roll_overs_in_disorder() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = ends(profile);
        for pair in 0..70_000_u64 {
            for index in [65_000 + 2 * pair + 1, 65_000 + 2 * pair] {
                let mut packet = seal(&mut outbound, SSRC, index).unwrap();
                let (len, opened) = inbound.open_rtp(&mut packet).unwrap();
                assert_eq!(opened, index, "{profile:?}");
                assert_eq!(packet[..len], rtp(SSRC, index), "{profile:?}");
            }
        }
    }
}

#[test]
fn a_replay_is_refused_and_the_stream_goes_on() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = ends(profile);
        let first = seal(&mut outbound, SSRC, 1).unwrap();
        assert!(inbound.open_rtp(&mut first.clone()).is_ok());
        assert_eq!(
            inbound.open_rtp(&mut first.clone()),
            Err(OpenError::Replayed)
        );
        let mut next = seal(&mut outbound, SSRC, 2).unwrap();
        assert!(inbound.open_rtp(&mut next).is_ok());
        let report = seal_rtcp(&mut outbound, SSRC);
        assert!(inbound.open_rtcp(&mut report.clone()).is_ok());
        assert_eq!(
            inbound.open_rtcp(&mut report.clone()),
            Err(OpenError::Replayed)
        );
    }
}

#[test]
fn any_changed_bit_is_found() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = ends(profile);
        let packet = seal(&mut outbound, SSRC, 1).unwrap();
        let report = seal_rtcp(&mut outbound, SSRC);
        for bit in 0..8 * packet.len() {
            let mut changed = packet.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(inbound.open_rtp(&mut changed).is_err(), "{profile:?} {bit}");
        }
        for bit in 0..8 * report.len() {
            let mut changed = report.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(
                inbound.open_rtcp(&mut changed).is_err(),
                "{profile:?} {bit}"
            );
        }
        assert!(inbound.open_rtp(&mut packet.clone()).is_ok());
        assert!(inbound.open_rtcp(&mut report.clone()).is_ok());
    }
}

#[test]
fn forged_packets_take_no_place_in_the_table_of_sources() {
    let (mut outbound, mut inbound) = ends(Profile::AeadAes256Gcm);
    for ssrc in 0..1_000 {
        let mut forged = seal(&mut outbound, ssrc, 1).unwrap();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(inbound.open_rtp(&mut forged), Err(OpenError::Forged));
    }
    let mut packet = seal(&mut outbound, SSRC, 1).unwrap();
    assert!(inbound.open_rtp(&mut packet).is_ok());
}

#[test]
fn a_peer_with_too_many_sources_keeps_the_first_ones() {
    let (mut outbound, mut inbound) = ends(Profile::AeadAes128Gcm);
    for ssrc in 0..64 {
        let mut packet = seal(&mut outbound, ssrc, 1).unwrap();
        assert!(inbound.open_rtp(&mut packet).is_ok());
    }
    let mut more = seal(&mut outbound, 64, 1).unwrap();
    assert_eq!(inbound.open_rtp(&mut more), Err(OpenError::TooManySources));
    let mut old = seal(&mut outbound, 0, 2).unwrap();
    assert!(inbound.open_rtp(&mut old).is_ok());
}

#[test]
fn an_index_is_never_sealed_twice() {
    for profile in PROFILES {
        let (mut outbound, _) = ends(profile);
        for index in [5, 3, 70_000] {
            assert!(seal(&mut outbound, SSRC, index).is_ok());
            assert_eq!(seal(&mut outbound, SSRC, index), Err(SealError::Reused));
        }
        assert_eq!(seal(&mut outbound, SSRC, 5), Err(SealError::Reused));
        assert_eq!(
            seal(&mut outbound, SSRC, 1 << 48),
            Err(SealError::Exhausted)
        );
    }
}

#[test]
fn a_packet_of_another_stream_or_without_room_is_not_sealed() {
    let (mut outbound, _) = ends(Profile::AeadAes128Gcm);
    let (one, other) = (outbound.stream(1), outbound.stream(2));
    assert_ne!(one, other);
    let mut packet = rtp(1, 9);
    let len = packet.len();
    assert_eq!(
        outbound.seal_rtp(one, &mut packet, len, 9),
        Err(SealError::NoRoom)
    );
    packet.resize(len + 16, 0);
    assert_eq!(
        outbound.seal_rtp(other, &mut packet, len, 9),
        Err(SealError::Malformed)
    );
    assert_eq!(
        outbound.seal_rtp(one, &mut packet, len, 10),
        Err(SealError::Malformed)
    );
    assert_eq!(
        outbound.seal_rtp(one, &mut packet, 11, 9),
        Err(SealError::Malformed)
    );
    assert_eq!(outbound.seal_rtp(one, &mut packet, len, 9), Ok(len + 16));
}

#[test]
fn short_packets_are_refused_without_a_panic() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = ends(profile);
        let packet = seal(&mut outbound, SSRC, 1).unwrap();
        for len in 0..packet.len() {
            assert!(inbound.open_rtp(&mut packet[..len].to_vec()).is_err());
        }
        let report = seal_rtcp(&mut outbound, SSRC);
        for len in 0..report.len() {
            assert!(inbound.open_rtcp(&mut report[..len].to_vec()).is_err());
        }
    }
}

#[test]
fn rtcp_that_is_not_encrypted_is_refused() {
    let (mut outbound, mut inbound) = ends(Profile::AeadAes256Gcm);
    let mut report = seal_rtcp(&mut outbound, SSRC);
    let at = report.len() - 4;
    report[at] &= 0x7F;
    assert_eq!(inbound.open_rtcp(&mut report), Err(OpenError::Malformed));
}
