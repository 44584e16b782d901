//! str0m's sender reports, made to say what we have sent: it has sent nothing on the audio slots itself.

use rtp::rtcp::SenderInfo;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
/// Header and sender; what they say of the sender (RFC 3550 6.4.1).
const HEADER: usize = 8;
const SENDER_INFO: usize = 20;

/// A slot's part in the reports.
pub(crate) enum Told {
    /// Not a slot's SSRC: left as it is.
    Foreign,
    /// A slot that has sent nothing yet: reports what it hears only.
    Silent,
    /// What it has sent.
    Sent(SenderInfo),
}

/// Rewrite the reports in the first `len` bytes of a compound; its new length. `tell` gets the sender and the NTP
/// time of each report, which stays: one clock for sound and picture.
pub(crate) fn rewrite(
    compound: &mut [u8],
    mut len: usize,
    tell: impl Fn(u32, u64) -> Told,
) -> usize {
    let mut at = 0;
    while at + HEADER <= len {
        let words = usize::from(u16::from_be_bytes([compound[at + 2], compound[at + 3]]));
        let mut size = 4 * (words + 1);
        if at + size > len {
            break;
        }
        if compound[at + 1] == SENDER_REPORT && size >= HEADER + SENDER_INFO {
            let word = |offset| {
                let bytes = &compound[at + offset..at + offset + 4];
                bytes
                    .iter()
                    .fold(0, |all, byte| all << 8 | u32::from(*byte))
            };
            match tell(word(4), u64::from(word(8)) << 32 | u64::from(word(12))) {
                Told::Foreign => {}
                Told::Sent(info) => {
                    let counts = [info.rtp_timestamp, info.packets, info.bytes];
                    let places = compound[at + 16..at + 28].chunks_exact_mut(4);
                    for (place, count) in places.zip(counts) {
                        place.copy_from_slice(&count.to_be_bytes());
                    }
                }
                Told::Silent => {
                    compound[at + 1] = RECEIVER_REPORT;
                    let words = words - SENDER_INFO / 4;
                    compound[at + 2..at + 4].copy_from_slice(&(words as u16).to_be_bytes());
                    compound.copy_within(at + HEADER + SENDER_INFO..len, at + HEADER);
                    len -= SENDER_INFO;
                    size -= SENDER_INFO;
                }
            }
        }
        at += size;
    }
    len
}

#[cfg(test)]
mod tests {
    use rtp::rtcp::{Packet, Packets, ReportBlock, Writer};

    use super::*;

    const BLOCK: ReportBlock = ReportBlock {
        ssrc: 99,
        fraction_lost: 0,
        cumulative_lost: 0,
        highest_sequence: 5,
        jitter: 0,
        last_sr: 0,
        delay_since_last_sr: 0,
    };

    fn info(packets: u32) -> SenderInfo {
        SenderInfo {
            ntp: 0x0102_0304_0506_0708,
            rtp_timestamp: 9,
            packets,
            bytes: 0,
        }
    }

    #[test]
    fn a_slot_tells_what_was_sent_a_silent_one_what_is_heard_and_others_are_left() {
        let mut compound = [0; 400];
        let mut writer = Writer::new(&mut compound);
        writer.sender_report(1, &info(0), &[BLOCK]).unwrap();
        writer.cname(1, "name").unwrap();
        writer.sender_report(2, &info(0), &[]).unwrap();
        writer.sender_report(3, &info(4), &[]).unwrap();
        let len = writer.finish();
        let len = rewrite(&mut compound, len, |ssrc, ntp| match ssrc {
            1 => Told::Silent,
            2 => Told::Sent(SenderInfo { ntp, ..info(7) }),
            _ => Told::Foreign,
        });
        let packets: Vec<_> = Packets::new(&compound[..len]).map(Result::unwrap).collect();
        let [
            Packet::ReceiverReport { ssrc: 1, blocks },
            Packet::Other { packet_type: 202 },
            Packet::SenderReport {
                ssrc: 2,
                info: sent,
                ..
            },
            Packet::SenderReport {
                ssrc: 3,
                info: left,
                ..
            },
        ] = &packets[..]
        else {
            panic!("{packets:?}");
        };
        assert_eq!(blocks.clone().collect::<Vec<_>>(), [BLOCK]);
        assert_eq!((*sent, *left), (info(7), info(4)));
    }

    #[test]
    fn a_compound_that_is_cut_short_is_left_as_it_is() {
        let mut compound = [0x80, 200, 0, 6, 0, 0, 0, 1, 5, 5];
        assert_eq!(rewrite(&mut compound, 10, |_, _| Told::Silent), 10);
        assert_eq!(compound[1], 200);
    }
}
