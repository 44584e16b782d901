//! Transport-wide feedback: when each packet of a transport arrived
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).

use std::time::Duration;

const TRANSPORT_FEEDBACK: u8 = 205;
const FORMAT_TRANSPORT_WIDE: u8 = 15;
/// RTCP header and both SSRCs; then base number, count, reference time and count of feedback.
const HEADER: usize = 20;
/// A unit of the reference time, and of the differences.
const REFERENCE: Duration = Duration::from_millis(64);
const DELTA_US: i64 = 250;
/// Most packets that one message may speak of.
const STATUSES_MAX: usize = 1 << 10;

/// What became of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its transport-wide sequence number.
    pub number: u16,
    /// When it arrived on the receiver's clock, microseconds; `None`: it did not.
    pub at_us: Option<i64>,
}

/// Every packet that a compound's transport-wide feedback speaks of goes to `tell`, message by message, in the order
/// of their numbers. What is malformed ends it.
pub fn arrivals(mut compound: &[u8], mut tell: impl FnMut(Arrival)) {
    while let Some(head) = compound.first_chunk::<4>() {
        let size = 4 * (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1);
        let Some((packet, rest)) = compound.split_at_checked(size) else {
            return;
        };
        if head[0] & 0x1f == FORMAT_TRANSPORT_WIDE && head[1] == TRANSPORT_FEEDBACK {
            let _ = message(packet, &mut tell);
        }
        compound = rest;
    }
}

/// One message; `None`: it ended early.
fn message(packet: &[u8], tell: &mut impl FnMut(Arrival)) -> Option<()> {
    let header = packet.first_chunk::<HEADER>()?;
    let base = u16::from_be_bytes([header[12], header[13]]);
    let count = usize::from(u16::from_be_bytes([header[14], header[15]])).min(STATUSES_MAX);
    let reference = i64::from(u32::from_be_bytes([0, header[16], header[17], header[18]]));
    let body = &packet[HEADER..];
    let mut deltas = body.get(2 * chunks(body, count)?..)?;
    let mut at_us = reference * REFERENCE.as_micros() as i64;
    for (k, symbol) in symbols(body).take(count).enumerate() {
        let delta = match symbol {
            0 => None,
            1 => {
                let (delta, rest) = deltas.split_first()?;
                deltas = rest;
                Some(i64::from(*delta))
            }
            2 => {
                let (delta, rest) = deltas.split_first_chunk::<2>()?;
                deltas = rest;
                Some(i64::from(i16::from_be_bytes(*delta)))
            }
            _ => return None,
        };
        at_us += delta.unwrap_or(0) * DELTA_US;
        tell(Arrival {
            number: base.wrapping_add(k as u16),
            at_us: delta.map(|_| at_us),
        });
    }
    Some(())
}

/// How many chunks the symbols of so many packets take.
fn chunks(body: &[u8], count: usize) -> Option<usize> {
    let mut covered = 0;
    let mut used = 0;
    while covered < count {
        let chunk = body.get(2 * used..2 * used + 2)?;
        let chunk = u16::from_be_bytes([chunk[0], chunk[1]]);
        covered += usize::from(length(chunk));
        used += 1;
    }
    Some(used)
}

/// How many packets a chunk speaks of; a run of none is taken for one, so that a walk always ends.
fn length(chunk: u16) -> u16 {
    match chunk >> 14 {
        0 | 1 => (chunk & 0x1fff).max(1),
        2 => 14,
        _ => 7,
    }
}

/// 0: lost; 1: a small difference; 2: a large or negative one; 3: reserved.
fn symbols(body: &[u8]) -> impl Iterator<Item = u16> {
    body.chunks_exact(2).flat_map(|chunk| {
        let chunk = u16::from_be_bytes([chunk[0], chunk[1]]);
        (0..length(chunk)).map(move |k| match chunk >> 14 {
            0 | 1 => chunk >> 13 & 3,
            2 => chunk >> (13 - k) & 1,
            _ => chunk >> (12 - 2 * k) & 3,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(compound: &[u8]) -> Vec<(u16, Option<i64>)> {
        let mut all = Vec::new();
        arrivals(compound, |arrival| {
            all.push((arrival.number, arrival.at_us));
        });
        all
    }

    /// A message about packets from `base` on, with these chunks and differences, as they stand on the wire.
    fn feedback(base: u16, count: u16, reference: u8, chunks: &[u16], deltas: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2];
        packet.extend(base.to_be_bytes());
        packet.extend(count.to_be_bytes());
        packet.extend([0, 0, reference, 7]);
        packet.extend(chunks.iter().flat_map(|chunk| chunk.to_be_bytes()));
        packet.extend(deltas);
        packet.resize(packet.len().next_multiple_of(4), 0);
        let words = packet.len() as u16 / 4 - 1;
        packet[2..4].copy_from_slice(&words.to_be_bytes());
        packet
    }

    #[test]
    fn a_run_of_arrivals_has_a_time_each() {
        let packet = feedback(65_535, 3, 2, &[0x2003], &[4, 0, 8]);
        let times = [Some(129_000), Some(129_000), Some(131_000)];
        assert_eq!(
            told(&packet),
            [(65_535, times[0]), (0, times[1]), (1, times[2])]
        );
    }

    #[test]
    fn a_vector_of_single_bits_tells_who_arrived() {
        let packet = feedback(10, 3, 0, &[0b1010_1000_0000_0000], &[4, 4]);
        assert_eq!(
            told(&packet),
            [(10, Some(1_000)), (11, None), (12, Some(2_000))]
        );
    }

    #[test]
    fn a_vector_of_pairs_tells_large_and_negative_differences() {
        let packet = feedback(10, 3, 1, &[0b1110_0001_0000_0000], &[0xff, 0xfc, 4]);
        assert_eq!(
            told(&packet),
            [(10, Some(63_000)), (11, None), (12, Some(64_000))]
        );
    }

    #[test]
    fn it_is_found_behind_other_reports() {
        let mut compound = vec![0x80, 201, 0, 1, 0, 0, 0, 9];
        compound.extend(feedback(10, 1, 0, &[0x2001], &[4]));
        assert_eq!(told(&compound), [(10, Some(1_000))]);
    }

    #[test]
    fn a_message_that_ends_early_tells_what_it_can() {
        let packet = feedback(10, 9, 0, &[0x2009], &[4, 4]);
        assert_eq!(told(&packet).len(), 2);
        assert_eq!(told(&packet[..19]), []);
        assert_eq!(
            told(&feedback(10, 60_000, 0, &[0x1fff], &[])).len(),
            STATUSES_MAX
        );
    }
}
