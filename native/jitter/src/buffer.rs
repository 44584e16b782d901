//! Taking packets in: order, duplicates, and all the ways in which a stream can start over.

use rtp::{SequenceExtender, TimestampExtender};

use crate::JitterStats;
use crate::delay::DelayEstimator;
use crate::head::Head;
use crate::playout::Playout;
use crate::ring::{Entry, Ring, SLOTS};

/// A sequence number this far ahead or behind is not of the same stream, unless two in a row are (RFC 3550
/// appendix A.1).
const DROPOUT_MAX: i32 = 3_000;
const MISORDER_MAX: i32 = 100;
/// A transit that changes by more than this, ms, is a step of the sender's clock.
const CLOCK_STEP_MS: u64 = 2_000;

/// Settings of one buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JitterConfig {
    /// RTP clock of the codec, Hz (8000 for G.722).
    pub clock_hz: u32,
    /// The period of [`JitterBuffer::pull`] and of one concealment, ms.
    pub frame_ms: u32,
    /// Largest payload that is taken, bytes; memory is 64 times this.
    pub slot_bytes: usize,
    /// Delay until the network is known, ms.
    pub initial_delay_ms: u32,
    /// Highest delay that the buffer aims at, ms.
    pub max_delay_ms: u32,
}

impl JitterConfig {
    /// The usual settings for 20 ms ticks of a codec with this clock and payload size.
    pub fn new(clock_hz: u32, slot_bytes: usize) -> Self {
        Self {
            clock_hz,
            frame_ms: 20,
            slot_bytes,
            initial_delay_ms: 20,
            max_delay_ms: 300,
        }
    }
}

/// One packet as it comes from the network.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Synchronisation source; another one starts over.
    pub ssrc: u32,
    /// Sequence number.
    pub sequence: u16,
    /// Media time in the codec's RTP clock.
    pub timestamp: u32,
    /// How long the packet lasts, in timestamp units; the codec knows.
    pub duration: u32,
    /// The coded sound.
    pub payload: &'a [u8],
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// Kept until its turn.
    Stored,
    /// Its turn is over.
    Late,
    /// It is there already.
    Duplicate,
    /// Its payload is larger than a slot.
    Oversize,
    /// Its sequence number fits nothing; a second one in a row would start over.
    Stray,
}

/// Reorders and delays one stream.
#[derive(Debug)]
pub struct JitterBuffer {
    config: JitterConfig,
    pub(crate) ring: Ring,
    pub(crate) delay: DelayEstimator,
    pub(crate) head: Head,
    pub(crate) playout: Playout,
    pub(crate) stats: JitterStats,
    stream: Option<Stream>,
    /// The sequence number that would prove a restart.
    proof: Option<u16>,
}

/// The stream that is played now.
#[derive(Debug, Clone, Copy)]
struct Stream {
    ssrc: u32,
    sequence: SequenceExtender,
    timestamp: TimestampExtender,
    newest: u64,
    newest_timestamp: i64,
    transit: i64,
}

impl Stream {
    /// Whether its sender left time out before this packet.
    fn paused(&self, sequence: u64, timestamp: i64, duration: i64) -> bool {
        let packets = sequence.saturating_sub(self.newest).cast_signed();
        packets > 0 && timestamp - self.newest_timestamp > packets * duration
    }
}

impl JitterBuffer {
    /// An empty buffer; all its memory is allocated here.
    pub fn new(config: JitterConfig) -> Self {
        Self {
            ring: Ring::new(config.slot_bytes),
            delay: DelayEstimator::new(config.clock_hz, config.initial_delay_ms),
            head: Head::default(),
            playout: Playout::new(&config),
            stats: JitterStats::default(),
            stream: None,
            proof: None,
            config,
        }
    }

    /// Counters since construction.
    pub fn stats(&self) -> &JitterStats {
        &self.stats
    }

    /// The delay aimed at, over the fastest packets, ms.
    pub fn target_ms(&self) -> u32 {
        (self.target() / self.per_ms()) as u32
    }

    /// Take one packet in at monotonic time `now_us`.
    pub fn insert(&mut self, packet: &Arrival<'_>, now_us: u64) -> Inserted {
        if packet.payload.len() > self.ring.slot_bytes() {
            self.stats.oversize += 1;
            return Inserted::Oversize;
        }
        let now = self.ticks(now_us);
        let Some(mut stream) = self.accepting_stream(packet, now) else {
            self.stats.stray += 1;
            return Inserted::Stray;
        };
        let restarted = self.stream.is_none();
        let sequence = stream.sequence.extend(packet.sequence);
        let timestamp = stream.timestamp.extend(packet.timestamp);
        // A timestamp that falls while the sequence grows is a clock set back.
        if sequence > stream.newest && timestamp < stream.newest_timestamp {
            self.delay.restart();
        }
        self.stats.reordered += u64::from(sequence < stream.newest);
        let duration = i64::from(packet.duration.max(1));
        let transit = now - timestamp;
        if restarted || self.playout.is_ending() || stream.paused(sequence, timestamp, duration) {
            self.head.begin(transit, now, self.per_ms());
        }
        let held_back = self.head.takes(transit, now, duration);
        self.delay.observe(timestamp, now, !held_back);
        stream.transit = transit;
        if sequence >= stream.newest {
            (stream.newest, stream.newest_timestamp) = (sequence, timestamp);
        }
        self.stream = Some(stream);
        let mut entry = Entry::new(sequence, timestamp, duration);
        entry.restarted = restarted;
        // What is newest cannot be late: if it lies behind, the sender's clock was set back.
        let concealed = sequence < stream.newest && self.playout.is_over(entry.end());
        if concealed {
            self.stats.late += 1;
            return Inserted::Late;
        }
        self.store(entry, packet.payload)
    }

    fn store(&mut self, entry: Entry, payload: &[u8]) -> Inserted {
        if entry.restarted {
            self.playout.restart(entry.sequence);
        }
        let head = self.playout.head();
        if entry.sequence < head {
            // Before anything of a talkspurt was played, an older packet may still be its beginning.
            if !self.playout.rewind(entry.sequence) {
                self.stats.late += 1;
                return Inserted::Late;
            }
        }
        if self.ring.contains(entry.sequence) {
            self.stats.duplicate += 1;
            return Inserted::Duplicate;
        }
        let oldest = (entry.sequence + 1).saturating_sub(SLOTS);
        for sequence in head..oldest.min(head + SLOTS) {
            self.stats.overflowed += u64::from(self.ring.contains(sequence));
            self.ring.remove(sequence);
        }
        self.playout.skip_to(oldest);
        self.playout.go_on();
        self.ring.put(entry, payload);
        self.stats.stored += 1;
        Inserted::Stored
    }

    /// The stream that the packet belongs to: the present one, a new one, or `None` for a stray packet.
    /// When it is a new one, everything of the old one is gone.
    fn accepting_stream(&mut self, packet: &Arrival<'_>, now: i64) -> Option<Stream> {
        if let Some(mut stream) = self.stream.filter(|stream| stream.ssrc == packet.ssrc) {
            let step = i32::from(
                packet
                    .sequence
                    .wrapping_sub(stream.newest as u16)
                    .cast_signed(),
            );
            let in_order = (-MISORDER_MAX..=DROPOUT_MAX).contains(&step);
            let proven = self.proof.take() == Some(packet.sequence);
            if !in_order && !proven {
                self.proof = Some(packet.sequence.wrapping_add(1));
                return None;
            }
            let transit = now - stream.timestamp.extend(packet.timestamp);
            if in_order
                && transit.abs_diff(stream.transit) < CLOCK_STEP_MS * self.per_ms().unsigned_abs()
            {
                return self.stream;
            }
        }
        self.stats.restarts += u64::from(self.stream.is_some());
        self.ring.clear();
        self.delay.restart();
        self.stream = None;
        self.proof = None;
        let mut stream = Stream {
            ssrc: packet.ssrc,
            sequence: SequenceExtender::default(),
            timestamp: TimestampExtender::default(),
            newest: 0,
            newest_timestamp: i64::MIN,
            transit: 0,
        };
        stream.transit = now - stream.timestamp.extend(packet.timestamp);
        Some(stream)
    }

    pub(crate) fn target(&self) -> i64 {
        self.delay
            .target()
            .min(i64::from(self.config.max_delay_ms) * self.per_ms())
    }

    pub(crate) fn per_ms(&self) -> i64 {
        i64::from(self.config.clock_hz) / 1000
    }

    /// Monotonic time in timestamp units.
    pub(crate) fn ticks(&self, now_us: u64) -> i64 {
        let clock = u64::from(self.config.clock_hz);
        let ticks = now_us / 1_000_000 * clock + now_us % 1_000_000 * clock / 1_000_000;
        ticks.cast_signed()
    }
}
