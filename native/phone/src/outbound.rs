//! Datagrams out: one RTP stream (SSRC, sequence, timestamp), whatever codec, address and content.
//!
//! Media time follows the ticks: a tick in which nothing is sent moves the timestamp on, not the sequence,
//! and the next packet carries the marker (RFC 3551 section 4.1).

use codec_api::CodecInfo;
use rtp::RtpHeader;
use rtp::telephone_event::{EventSender, dtmf_event};

use crate::leg::{Datagram, PhoneLeg, PhoneMedia, Socket};

/// Length of a key that we send, ms.
const DIGIT_MS: u32 = 100;
/// Fixed RTP header (RFC 3550 section 5.1).
const HEADER: usize = 12;

#[derive(Debug)]
pub(crate) struct Outbound {
    pub ssrc: u32,
    sequence: u16,
    /// Media time at `base_tick`.
    base: u32,
    base_tick: u64,
    codec: Option<&'static CodecInfo>,
    events: Option<EventSender>,
    /// The last tick in which a packet left.
    last: Option<u64>,
    pub packets: u32,
    pub bytes: u32,
}

impl Outbound {
    pub fn new(seed: u64) -> Self {
        Self {
            ssrc: (seed >> 32) as u32,
            sequence: (seed >> 16) as u16,
            base: (seed as u32).wrapping_mul(0x9E37_79B9),
            base_tick: 0,
            codec: None,
            events: None,
            last: None,
            packets: 0,
            bytes: 0,
        }
    }

    /// From `tick` on the stream counts in the clock of this codec.
    pub fn set(&mut self, media: &PhoneMedia, tick: u64) {
        if self.codec.is_none_or(|codec| codec != media.codec) {
            self.base = self.timestamp(tick);
            self.base_tick = tick;
            self.codec = Some(media.codec);
            self.events = None;
        }
        match media.dtmf_payload_type {
            Some(_) if self.events.is_some() => {}
            Some(_) => self.events = Some(EventSender::new(media.codec.clock_hz)),
            None => self.events = None,
        }
    }

    /// Media time of a tick.
    pub fn timestamp(&self, tick: u64) -> u32 {
        let ticks = tick.saturating_sub(self.base_tick) as u32;
        let each = self.codec.map_or(0, CodecInfo::frame_ticks);
        self.base.wrapping_add(ticks.wrapping_mul(each))
    }

    fn packet(
        &mut self,
        payload_type: u8,
        timestamp: u32,
        marker: bool,
        tick: u64,
        payload: &[u8],
    ) -> Vec<u8> {
        let header = RtpHeader {
            marker,
            payload_type,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
            csrcs: &[],
            extensions: &[],
        };
        let mut bytes = vec![0; HEADER + payload.len()];
        // A fixed header always fits.
        let _ = header.write(&mut bytes);
        bytes[HEADER..].copy_from_slice(payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(payload.len() as u32);
        self.last = Some(tick);
        bytes
    }
}

impl PhoneLeg {
    /// The sound of a tick. `None`: a key is sent in its place, or nothing is agreed yet.
    pub fn send(&mut self, tick: u64, payload: &[u8]) -> Option<Datagram> {
        let agreed = self.agreed.as_ref()?;
        let outbound = &mut self.outbound;
        if outbound.last == Some(tick) {
            return None;
        }
        let marker = outbound
            .last
            .is_none_or(|last| last.wrapping_add(1) != tick);
        let timestamp = outbound.timestamp(tick);
        let bytes = outbound.packet(agreed.media.payload_type, timestamp, marker, tick, payload);
        self.stats.sent += 1;
        Some(Datagram {
            socket: Socket::Rtp,
            to: agreed.latch.target(),
            bytes,
        })
    }

    /// Queue keys; those that do not fit or cannot be sent are counted.
    pub fn queue_digits(&mut self, text: &str) {
        for key in text.chars() {
            let queued = dtmf_event(key)
                .zip(self.outbound.events.as_mut())
                .is_some_and(|(event, events)| events.send(event, DIGIT_MS).is_ok());
            self.stats.digits_dropped += u64::from(!queued);
        }
    }

    /// The packet of a key in this tick, if one is under way; call before [`PhoneLeg::send`].
    pub fn send_digit(&mut self, tick: u64) -> Option<Datagram> {
        let agreed = self.agreed.as_ref()?;
        let payload_type = agreed.media.dtmf_payload_type?;
        let to = agreed.latch.target();
        let outbound = &mut self.outbound;
        let ticks = outbound.codec.map_or(0, CodecInfo::frame_ticks);
        let now = outbound.timestamp(tick);
        let event = outbound.events.as_mut()?.tick(now, ticks)?;
        let bytes = outbound.packet(
            payload_type,
            event.timestamp,
            event.marker,
            tick,
            &event.payload,
        );
        self.stats.sent += 1;
        Some(Datagram {
            socket: Socket::Rtp,
            to,
            bytes,
        })
    }
}
