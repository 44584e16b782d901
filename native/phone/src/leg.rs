//! The leg as a whole: what was agreed, and what was counted.

use std::net::SocketAddr;
use std::time::Instant;

use codec_api::CodecInfo;

use crate::inbound::Inbound;
use crate::latch::Latch;
use crate::outbound::Outbound;
use crate::reports::Reports;

/// What a phone's SDP and ours have agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhoneMedia {
    /// Where it wants its RTP.
    pub remote: SocketAddr,
    /// What it speaks, both ways.
    pub codec: &'static CodecInfo,
    /// Of sound, both ways.
    pub payload_type: u8,
    /// Of telephone-event (RFC 4733), both ways.
    pub dtmf_payload_type: Option<u8>,
}

/// Which of the leg's two sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Socket {
    /// The even port.
    Rtp,
    /// The odd one.
    Rtcp,
}

/// To send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// From which socket.
    pub socket: Socket,
    /// To whom.
    pub to: SocketAddr,
    /// What.
    pub bytes: Vec<u8>,
}

/// What a leg has counted; taken away by [`PhoneLeg::take_stats`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// RTP packets of the phone.
    pub received: u64,
    /// RTP packets sent to it.
    pub sent: u64,
    /// Packets that are no RTP or RTCP, or of other payload types.
    pub garbage: u64,
    /// Packets from somebody else than the phone.
    pub foreign: u64,
    /// Times the phone's address was learnt from its packets.
    pub latched: u64,
    /// DTMF keys heard.
    pub digits: u64,
    /// DTMF keys that could not be sent.
    pub digits_dropped: u64,
}

impl Stats {
    /// Add what another leg, or this one since, has counted.
    pub fn add(&mut self, more: Self) {
        self.received += more.received;
        self.sent += more.sent;
        self.garbage += more.garbage;
        self.foreign += more.foreign;
        self.latched += more.latched;
        self.digits += more.digits;
        self.digits_dropped += more.digits_dropped;
    }
}

/// One phone on its wire. Silent until [`PhoneLeg::set`].
#[derive(Debug)]
pub struct PhoneLeg {
    pub(crate) agreed: Option<Agreed>,
    pub(crate) outbound: Outbound,
    pub(crate) reports: Reports,
    pub(crate) stats: Stats,
    pub(crate) heard: Option<Instant>,
}

/// What exists once it is known where the phone is and what it speaks.
#[derive(Debug)]
pub(crate) struct Agreed {
    pub media: PhoneMedia,
    pub latch: Latch,
    pub inbound: Inbound,
}

impl PhoneLeg {
    /// A leg whose SSRC, sequence and timestamps start from `seed`, a random number (RFC 3550 section 5.1).
    pub fn new(seed: u64, now: Instant) -> Self {
        Self {
            agreed: None,
            outbound: Outbound::new(seed),
            reports: Reports::new(seed, now),
            stats: Stats::default(),
            heard: None,
        }
    }

    /// Our SSRC.
    pub fn ssrc(&self) -> u32 {
        self.outbound.ssrc
    }

    /// What was agreed last.
    pub fn media(&self) -> Option<PhoneMedia> {
        self.agreed.as_ref().map(|agreed| agreed.media)
    }

    /// Agree, or agree anew. `tick` is the present one. Our RTP stream goes on: same SSRC, next sequence.
    pub fn set(&mut self, media: PhoneMedia, tick: u64) {
        self.outbound.set(&media, tick);
        match &mut self.agreed {
            Some(agreed) => {
                agreed.latch.signal(media.remote);
                if agreed.media.codec != media.codec
                    || agreed.media.dtmf_payload_type != media.dtmf_payload_type
                {
                    agreed.inbound = Inbound::new(&media);
                }
                agreed.media = media;
            }
            None => {
                self.agreed = Some(Agreed {
                    media,
                    latch: Latch::new(media.remote),
                    inbound: Inbound::new(&media),
                });
            }
        }
    }

    /// Counts since the last call.
    pub fn take_stats(&mut self) -> Stats {
        std::mem::take(&mut self.stats)
    }
}
