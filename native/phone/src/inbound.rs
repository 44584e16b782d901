//! Datagrams in: sound, keys, reports.

use std::net::SocketAddr;
use std::time::Instant;

use rtp::rtcp::{Packet, Packets};
use rtp::telephone_event::{EventPayload, EventReceiver, dtmf_key};
use rtp::{DatagramClass, RtpView, TimestampExtender};

use crate::HEARD_EVERY;
use crate::latch::Sender;
use crate::leg::{Agreed, PhoneLeg, PhoneMedia, Socket};

/// What was in a datagram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Received<'a> {
    /// A packet of sound.
    pub sound: Option<Sound<'a>>,
    /// A packet of a telephone event: a tone may be in the sound around it.
    pub event: bool,
    /// That packet says that the key is up.
    pub key_up: bool,
    /// A DTMF key that went down, one of `0123456789*#ABCD`: whoever takes the floor waits for no release.
    pub digit: Option<char>,
    /// Tell the hub that RTP comes; at most every [`HEARD_EVERY`].
    pub heard: bool,
}

/// One packet of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound<'a> {
    /// The phone's SSRC.
    pub stream: u32,
    /// Sequence number.
    pub sequence: u16,
    /// Media time in the codec's RTP clock.
    pub timestamp: u32,
    /// The coded sound.
    pub payload: &'a [u8],
}

/// The phone's stream.
#[derive(Debug)]
pub(crate) struct Inbound {
    clock_hz: u32,
    /// Whose sequence and timestamps these are.
    ssrc: Option<u32>,
    events: EventReceiver,
    timestamps: TimestampExtender,
}

impl Inbound {
    pub fn new(media: &PhoneMedia) -> Self {
        Self {
            clock_hz: media.codec.clock_hz,
            ssrc: None,
            events: EventReceiver::default(),
            timestamps: TimestampExtender::default(),
        }
    }

    /// A time in units of the stream's RTP clock.
    fn ticks(&self, since_start: std::time::Duration) -> i64 {
        (since_start.as_micros() * u128::from(self.clock_hz) / 1_000_000) as i64
    }

    /// A phone may begin a new stream at any time, with timestamps of another origin (RFC 3550 section 8.2).
    fn follow(&mut self, ssrc: u32) {
        if self.ssrc != Some(ssrc) {
            self.ssrc = Some(ssrc);
            self.events = EventReceiver::default();
            self.timestamps = TimestampExtender::default();
        }
    }
}

impl PhoneLeg {
    /// Take a datagram that came to one of the leg's sockets.
    pub fn receive<'a>(
        &mut self,
        socket: Socket,
        from: SocketAddr,
        datagram: &'a [u8],
        now: Instant,
    ) -> Received<'a> {
        match DatagramClass::of(datagram) {
            DatagramClass::Rtcp => self.report(socket, from, datagram, now),
            DatagramClass::Rtp if socket == Socket::Rtp => {
                if let Ok(view) = RtpView::parse(datagram) {
                    return self.packet(from, &view, now);
                }
                self.stats.garbage += 1;
            }
            _ => self.stats.garbage += 1,
        }
        Received::default()
    }

    fn packet<'a>(&mut self, from: SocketAddr, view: &RtpView<'a>, now: Instant) -> Received<'a> {
        let Some(Agreed {
            media,
            latch,
            inbound,
        }) = &mut self.agreed
        else {
            self.stats.foreign += 1;
            return Received::default();
        };
        let is_event = media.dtmf_payload_type == Some(view.payload_type);
        if (!is_event && view.payload_type != media.payload_type) || view.payload().is_empty() {
            // Comfort noise (payload type 13) and what was not agreed on.
            self.stats.garbage += 1;
            return Received::default();
        }
        let (sender, moved) = latch.judge(from, view.ssrc, view.sequence, now);
        if sender != Sender::Phone {
            self.stats.foreign += 1;
            return Received::default();
        }
        self.stats.latched += u64::from(moved);
        self.stats.received += 1;
        let elapsed = self.reports.elapsed(now);
        let at = inbound.ticks(elapsed);
        inbound.follow(view.ssrc);
        let mut received = Received {
            event: is_event,
            ..Received::default()
        };
        if is_event {
            let began = inbound.events.packet(view.timestamp, view.payload());
            received.key_up =
                EventPayload::parse(view.payload()).is_some_and(|payload| payload.end);
            received.digit = began.and_then(dtmf_key);
            self.stats.digits += u64::from(received.digit.is_some());
        } else {
            received.sound = Some(Sound {
                stream: view.ssrc,
                sequence: view.sequence,
                timestamp: view.timestamp,
                payload: view.payload(),
            });
        }
        let timestamp = inbound.timestamps.extend(view.timestamp);
        self.reports
            .received(view.ssrc, view.sequence, timestamp, at);
        let told = self.heard;
        received.heard = told.is_none_or(|told| now.saturating_duration_since(told) >= HEARD_EVERY);
        if received.heard {
            self.heard = Some(now);
        }
        received
    }

    /// RTCP is taken from the phone's host only; its port may be any.
    fn report(&mut self, socket: Socket, from: SocketAddr, datagram: &[u8], now: Instant) {
        let is_phone = self
            .agreed
            .as_ref()
            .is_some_and(|agreed| agreed.latch.target().ip() == from.ip());
        if !is_phone {
            self.stats.foreign += 1;
            return;
        }
        self.reports.came_from(socket, from);
        for packet in Packets::new(datagram) {
            match packet {
                Ok(Packet::SenderReport { ssrc, info, .. }) => {
                    self.reports.sender_report(ssrc, info.ntp, now);
                }
                Ok(_) => {}
                Err(_) => self.stats.garbage += 1,
            }
        }
    }
}
