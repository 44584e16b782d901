//! What a channel's radio receives: streams from their first message to their end.
//!
//! A new stream is held (at most 500 ms) until the hub decides; then it is let out from its first frame, at
//! most 3 frames a 20 ms. It ends by its end flag or by silence; that is told when nothing of it waits.

use std::collections::VecDeque;

use crate::clock::LatenessClock;
use crate::fence::clock_hz;
use crate::hub::output::{ChannelId, Event, Output, Sound};
use crate::limits::{HOLD, RECEIVED_LATE, STREAMS, STREAMS_PER_SECOND};
use crate::message::{Audio, Flags};
use crate::{MS, Micros, SECOND};

/// Frames let out at once, and how often.
const BURST: u8 = 3;
const TICK: Micros = 20 * MS;
/// Silence that ends a stream, besides three messages.
const SILENCE: Micros = 200 * MS;
/// Streams that have ended and whose repeated ends are still to come.
const ENDED: usize = 16;
/// Frames that may wait in a stream.
const QUEUE: usize = 128;
/// Bytes of 20 ms of G.711.
const PCM_FRAME: usize = 160;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Held,
    Heard,
    Dropped,
}

#[derive(Debug)]
struct Stream {
    id: u32,
    fate: Fate,
    /// When it came, media time, sequence, frame.
    queue: VecDeque<(Micros, u32, u16, Vec<u8>)>,
    last_sequence: Option<u32>,
    /// The bridge's clock at a media time.
    anchor: Option<(Micros, u64)>,
    heard: Micros,
    message: Micros,
    ended: bool,
    rtp_sequence: u16,
    marked: bool,
    window: Micros,
    burst: u8,
    frames: u64,
    missing: u64,
    late: u64,
}

/// The channel's streams.
#[derive(Debug)]
pub(crate) struct Receiver {
    channel: ChannelId,
    hz: u64,
    streams: Vec<Stream>,
    ended: VecDeque<u32>,
    /// Second in which streams were started, and how many.
    started: (Micros, u32),
    pub repeated: u64,
    pub unheard: u64,
}

impl Receiver {
    pub fn new(channel: ChannelId, codec: &str) -> Self {
        Self {
            channel,
            hz: clock_hz(codec),
            streams: Vec::new(),
            ended: VecDeque::new(),
            started: (Micros::MIN / 2, 0),
            repeated: 0,
            unheard: 0,
        }
    }

    /// A message of up/ch/C/rx. False: more streams than a radio can have.
    pub fn take(
        &mut self,
        audio: &Audio<'_>,
        clock: &LatenessClock,
        now: Micros,
        out: &mut VecDeque<Output>,
    ) -> bool {
        if self.ended.contains(&audio.stream) {
            self.repeated += 1;
            return true;
        }
        let known = self
            .streams
            .iter()
            .position(|stream| stream.id == audio.stream);
        let at = match known {
            Some(at) => at,
            // The end of something that was never here.
            None if audio.frames().is_empty() => return true,
            None => match self.start(audio, now, out) {
                Some(at) => at,
                None => return false,
            },
        };
        let stream = &mut self.streams[at];
        if stream
            .last_sequence
            .is_some_and(|last| audio.sequence <= last)
        {
            self.repeated += 1;
            return true;
        }
        let lost = stream.take(audio, self.hz, clock, now);
        self.unheard += lost;
        self.advance(now, out);
        true
    }

    /// Lets a stream out.
    pub fn hear(&mut self, stream: u32, now: Micros, out: &mut VecDeque<Output>) {
        self.decide(stream, Fate::Heard);
        self.advance(now, out);
    }

    /// Discards a stream.
    pub fn drop_stream(&mut self, stream: u32, now: Micros, out: &mut VecDeque<Output>) {
        self.decide(stream, Fate::Dropped);
        self.advance(now, out);
    }

    /// The bridge is gone: nothing more comes.
    pub fn end_all(&mut self, now: Micros, out: &mut VecDeque<Output>) {
        for stream in &mut self.streams {
            stream.ended = true;
            if stream.fate == Fate::Held {
                stream.queue.clear();
            }
        }
        self.advance(now, out);
    }

    /// The channel is closed: nothing more is let out.
    pub fn close(&mut self, now: Micros, out: &mut VecDeque<Output>) {
        for stream in &mut self.streams {
            stream.ended = true;
            stream.queue.clear();
        }
        self.advance(now, out);
    }

    /// What is due: frames to let out, heads too old, ends.
    pub fn advance(&mut self, now: Micros, out: &mut VecDeque<Output>) {
        let channel = self.channel;
        for stream in &mut self.streams {
            self.unheard += stream.expire(now);
            stream.release(channel, now, out);
        }
        let ended = &mut self.ended;
        self.streams.retain(|stream| {
            let is_over = stream.ended && stream.queue.is_empty();
            if is_over {
                if ended.len() == ENDED {
                    ended.pop_front();
                }
                ended.push_back(stream.id);
                out.push_back(Output::Event(Event::RxEnd {
                    channel,
                    stream: stream.id,
                    frames: stream.frames,
                    missing: stream.missing,
                    late: stream.late,
                }));
            }
            !is_over
        });
    }

    pub fn deadline(&self) -> Option<Micros> {
        self.streams.iter().filter_map(Stream::deadline).min()
    }

    fn decide(&mut self, id: u32, fate: Fate) {
        let stream = self.streams.iter_mut().find(|stream| stream.id == id);
        let Some(stream) = stream.filter(|stream| stream.fate != Fate::Dropped) else {
            return;
        };
        stream.fate = fate;
        if fate == Fate::Dropped {
            self.unheard += stream.queue.len() as u64;
            stream.queue.clear();
        }
    }

    fn start(
        &mut self,
        audio: &Audio<'_>,
        now: Micros,
        out: &mut VecDeque<Output>,
    ) -> Option<usize> {
        if now - self.started.0 >= SECOND {
            self.started = (now, 0);
        }
        self.started.1 += 1;
        if self.streams.len() >= STREAMS || self.started.1 > STREAMS_PER_SECOND {
            return None;
        }
        let encrypted = audio.flags.has(Flags::ENCRYPTED);
        out.push_back(Output::Event(Event::RxStart {
            channel: self.channel,
            stream: audio.stream,
            emergency: audio.flags.has(Flags::EMERGENCY),
            encrypted,
            rssi: audio.rssi,
        }));
        let fate = if encrypted { Fate::Dropped } else { Fate::Held };
        self.streams.push(Stream::new(audio.stream, fate, now));
        Some(self.streams.len() - 1)
    }
}

impl Stream {
    fn new(id: u32, fate: Fate, now: Micros) -> Self {
        Self {
            id,
            fate,
            queue: VecDeque::new(),
            last_sequence: None,
            anchor: None,
            heard: now,
            message: TICK,
            ended: false,
            rtp_sequence: 0,
            marked: false,
            window: Micros::MIN / 2,
            burst: 0,
            frames: 0,
            missing: 0,
            late: 0,
        }
    }

    /// Returns how many frames are not queued though they came in time.
    fn take(&mut self, audio: &Audio<'_>, hz: u64, clock: &LatenessClock, now: Micros) -> u64 {
        let next = self.last_sequence.map_or(audio.sequence, |last| last + 1);
        let missing = audio.sequence - next;
        self.missing += u64::from(missing);
        self.rtp_sequence = self.rtp_sequence.wrapping_add(missing as u16);
        self.last_sequence = Some(audio.sequence);
        self.heard = now;
        self.ended |= audio.flags.has(Flags::END);
        if let Some(captured) = audio.captured {
            self.anchor = Some((captured, audio.timestamp));
        }
        self.frames += audio.frames().len() as u64;
        if self.is_late(audio, hz, clock, now) {
            self.late += audio.frames().len() as u64;
            return 0;
        }
        // A radio may begin to encrypt within a stream: what nobody can decode is noise.
        if self.fate == Fate::Dropped || audio.flags.has(Flags::ENCRYPTED) {
            return audio.frames().len() as u64;
        }
        self.queue_frames(audio, hz, now)
    }

    fn is_late(&self, audio: &Audio<'_>, hz: u64, clock: &LatenessClock, now: Micros) -> bool {
        let Some((captured, media)) = self.anchor else {
            return false;
        };
        let ticks = audio.timestamp.cast_signed() - media.cast_signed();
        let captured = captured + ticks * MS / (hz / 1_000).cast_signed();
        clock
            .age(captured, now)
            .is_some_and(|age| age > RECEIVED_LATE)
    }

    fn queue_frames(&mut self, audio: &Audio<'_>, hz: u64, now: Micros) -> u64 {
        let mut media = audio.timestamp;
        for frame in audio.frames() {
            let pieces: Vec<&[u8]> = if hz == 8_000 {
                frame.chunks(PCM_FRAME).collect()
            } else {
                vec![frame]
            };
            for piece in pieces {
                let packet = (now, media as u32, self.rtp_sequence, piece.to_vec());
                self.queue.push_back(packet);
                self.rtp_sequence = self.rtp_sequence.wrapping_add(1);
                media += if hz == 8_000 {
                    piece.len() as u64
                } else {
                    opus_ticks(piece)
                };
            }
        }
        let ticks = (media - audio.timestamp).cast_signed();
        self.message = (ticks * MS / (hz / 1_000).cast_signed()).max(TICK);
        let excess = self.queue.len().saturating_sub(QUEUE);
        self.queue.drain(..excess);
        excess as u64
    }

    /// A head that nobody decided on; and silence.
    fn expire(&mut self, now: Micros) -> u64 {
        if now - self.heard >= 3 * self.message + SILENCE {
            self.ended = true;
        }
        let mut dropped = 0;
        while self.fate == Fate::Held
            && let Some((came, ..)) = self.queue.front()
            && now - came > HOLD
        {
            self.queue.pop_front();
            dropped += 1;
        }
        dropped
    }

    fn release(&mut self, channel: ChannelId, now: Micros, out: &mut VecDeque<Output>) {
        if self.fate != Fate::Heard {
            return;
        }
        if now - self.window >= TICK {
            self.window = now;
            self.burst = 0;
        }
        while self.burst < BURST
            && let Some((_, timestamp, sequence, payload)) = self.queue.pop_front()
        {
            self.burst += 1;
            out.push_back(Output::Sound(Sound {
                channel,
                stream: self.id,
                sequence,
                timestamp,
                marker: !self.marked,
                payload,
            }));
            self.marked = true;
        }
    }

    fn deadline(&self) -> Option<Micros> {
        let silence = (!self.ended).then_some(self.heard + 3 * self.message + SILENCE);
        let queue = self.queue.front().map(|(came, ..)| match self.fate {
            Fate::Held => came + HOLD + 1,
            _ => self.window + TICK,
        });
        [silence, queue].into_iter().flatten().min()
    }
}

/// Length of an Opus packet in ticks of 48 kHz (RFC 6716 section 3.1).
fn opus_ticks(packet: &[u8]) -> u64 {
    let Some(toc) = packet.first() else { return 0 };
    let config = toc >> 3;
    let frame = match config {
        0..=11 => [480, 960, 1_920, 2_880][usize::from(config & 3)],
        12..=15 => [480, 960][usize::from(config & 1)],
        _ => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => packet
            .get(1)
            .map_or(1, |byte| u64::from(byte & 0x3f).max(1)),
    };
    // No more than a packet may hold: 120 ms.
    (frame * count).min(5_760)
}
