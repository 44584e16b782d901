//! Counters of one shard: written by its thread alone, read by anybody.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number only its own thread changes, so no locked instruction is needed.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Count `by` more.
    pub fn add(&self, by: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(by), Relaxed);
    }

    /// Replace the number: for gauges, and for counts kept elsewhere.
    pub fn set(&self, to: u64) {
        self.0.store(to, Relaxed);
    }

    /// The number now.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Buckets of a histogram: the last one also takes everything above.
pub const BUCKETS: usize = 24;

/// How often values of each magnitude came: bucket 0 counts zeros, bucket k counts `2^(k-1) ..= 2^k - 1`.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [Counter; BUCKETS],
    sum: Counter,
}

impl Histogram {
    /// Note that `value` came `times` times.
    pub fn record(&self, value: u64, times: u64) {
        let bucket = (u64::BITS - value.leading_zeros()) as usize;
        self.buckets[bucket.min(BUCKETS - 1)].add(times);
        self.sum.add(value.saturating_mul(times));
    }

    fn read(&self, name: &str, into: &mut BTreeMap<String, u64>) {
        for (k, bucket) in self.buckets.iter().enumerate() {
            *into.entry(format!("{name}_bucket_{k}")).or_default() += bucket.get();
        }
        *into.entry(format!("{name}_sum")).or_default() += self.sum.get();
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Everything a shard counts. `_total` only grows; the others are gauges.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$doc])* pub $name: Counter,)*
            /// From the receipt of a packet to the return of the call that sent its last copy.
            pub forward_latency_us: Histogram,
            /// What one wake-up with a tick for phones took.
            pub mix_tick_us: Histogram,
            /// Datagrams a receiving call.
            pub receive_batch: Histogram,
            /// Datagrams a sending call.
            pub send_batch: Histogram,
        }

        impl Counters {
            /// Add these counters to `into`, by name.
            pub fn read(&self, into: &mut BTreeMap<String, u64>) {
                $(*into.entry(stringify!($name).to_owned()).or_default() += self.$name.get();)*
                self.forward_latency_us.read("forward_latency_us", into);
                self.mix_tick_us.read("mix_tick_us", into);
                self.receive_batch.read("receive_batch", into);
                self.send_batch.read("send_batch", into);
            }
        }
    };
}

counters! {
    /// Shards whose thread ended by a fault.
    shards_dead,
    /// Sessions now.
    sessions,
    /// Rooms with members on the shard now (one that spans shards counts on each).
    rooms,
    /// Pictures shown on the shard now (one that is seen on several counts on each).
    pictures,
    /// Addresses and ufrags by which datagrams find their session now.
    demux_entries,
    /// Wake-ups that sessions have asked for now; one of an ended session goes when it is due.
    timers,
    /// Datagrams taken from sockets.
    datagrams_received_total,
    /// Datagrams handed to sockets.
    datagrams_sent_total,
    /// Datagrams the sockets did not take.
    datagrams_dropped_total,
    /// Datagrams that are no STUN, DTLS, RTP or RTCP, or too long.
    datagrams_garbage_total,
    /// Datagrams that belong to no session.
    datagrams_unknown_total,
    /// Datagrams their session could not use.
    datagrams_rejected_total,
    /// Times a peer's packets came from a new address before any check had come from there, and were taken.
    strays_taken_total,
    /// Packets of known sources from unknown addresses that were not tried, because a thousand in that second had been.
    strays_limited_total,
    /// ICE-TCP connections now.
    tcp_connections,
    /// ICE-TCP connections taken.
    tcp_accepted_total,
    /// ICE-TCP connections that were one too many, in all or of their address; closed unread.
    tcp_refused_total,
    /// ICE-TCP connections ended before any session had authenticated them.
    tcp_unproven_total,
    /// ICE-TCP connections ended because the peer read nothing for too long.
    tcp_stalled_total,
    /// Datagrams sent as frames over ICE-TCP.
    tcp_frames_sent_total,
    /// Datagrams for ICE-TCP that were dropped: old ones of a slow reader, or its connection was gone.
    tcp_frames_dropped_total,
    /// Audio packets received from microphones.
    media_received_total,
    /// Audio packets sent to listeners.
    media_forwarded_total,
    /// Audio packets above the rate a source may send at.
    media_flooded_total,
    /// Audio packets of sources with no open gate.
    media_gated_total,
    /// Audio packets for which a listener had no slot left.
    media_unheard_total,
    /// Audio packets older than the start of their burst.
    media_late_total,
    /// Video packets received from cameras and screens.
    video_received_total,
    /// Video packets sent to viewers, without those sent again.
    video_forwarded_total,
    /// Video packets above the rate that a picture may have.
    video_flooded_total,
    /// Video packets of pictures that nobody may see.
    video_gated_total,
    /// Keyframes asked of those who show.
    keyframes_asked_total,
    /// Phones now.
    phones,
    /// Decoders of the mixing desk now.
    mix_sources,
    /// Listeners of the mixing desk now.
    mix_listeners,
    /// RTP packets taken from phones.
    phone_received_total,
    /// RTP packets sent to phones.
    phone_sent_total,
    /// Packets at phone ports that are no RTP or RTCP, or not of the agreed payload types.
    phone_garbage_total,
    /// Packets at phone ports from somebody else than the phone.
    phone_foreign_total,
    /// Times a phone's address was learnt from its packets.
    phone_latched_total,
    /// DTMF keys heard.
    phone_digits_total,
    /// DTMF keys that could not be sent.
    phone_digits_dropped_total,
    /// Frames decoded for phones.
    mix_decodes_total,
    /// Frames encoded for phones.
    mix_encodes_total,
    /// Packets of an only talker that phones of its codec got as they came, in the place of an encode.
    mix_handed_on_total,
    /// Packets that the mixing desk could not take.
    mix_refused_total,
    /// Packets that the mixing desk took and could not decode; concealed.
    mix_undecodable_total,
    /// Encodes that failed; the phones they were for got nothing.
    mix_encodes_failed_total,
    /// Ticks left out because the shard was late.
    mix_ticks_skipped_total,
    /// Copies handed to other shards.
    copies_sent_total,
    /// Copies dropped because the other shard's ring was full.
    copies_dropped_total,
    /// Copies taken from other shards.
    copies_received_total,
    /// Talkspurts ended by their limit.
    limits_total,
    /// Commands for an unknown session, room or membership, or over a bound.
    commands_ignored_total,
    /// Data channel messages received.
    data_received_total,
    /// Data channel messages sent.
    data_sent_total,
    /// Data channel messages dropped, either way.
    data_dropped_total,
    /// Session steps that panicked; each ended its session.
    panics_total,
    /// Sessions accepted.
    sessions_accepted_total,
    /// Offers refused.
    sessions_refused_total,
    /// Sessions that ended without our asking.
    sessions_lost_total,
    /// Times the thread woke up.
    wakes_total,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_in_the_bucket_of_its_magnitude() {
        let histogram = Histogram::default();
        for value in [0, 1, 2, 3, 1_000, u64::MAX] {
            histogram.record(value, 1);
        }
        let mut read = BTreeMap::new();
        histogram.read("h", &mut read);
        let counts: Vec<u64> = [0, 1, 2, 10, BUCKETS - 1]
            .iter()
            .map(|k| read[&format!("h_bucket_{k}")])
            .collect();
        assert_eq!(counts, [1, 1, 2, 1, 1]);
    }
}
