//! What a session is made from, and what comes out of it.

use std::net::SocketAddr;
use std::time::Instant;

use engine::MediaPacket;
use engine::video::VideoPacket;

/// The two data channels of a session (DESIGN 3.5), told apart by their labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Ordered, retransmitted.
    Reliable,
    /// Unordered, no retransmission.
    Fast,
}

impl Channel {
    /// The label on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Reliable => "reliable",
            Self::Fast => "fast",
        }
    }

    /// The channel with this label.
    pub fn from_label(label: &str) -> Option<Self> {
        [Self::Reliable, Self::Fast]
            .into_iter()
            .find(|channel| channel.label() == label)
    }
}

/// What carries a session's datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// As they are.
    Udp,
    /// As frames of a connection that the peer opened (RFC 6544, RFC 4571).
    Tcp,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Down {
    /// The hub ended it.
    Closed,
    /// The peer's consent ran out (RFC 7675).
    Consent,
    /// The DTLS handshake failed, or its certificate is not the one of the offer.
    Dtls,
    /// The peer closed DTLS, or went over a limit.
    Peer,
    /// It never connected.
    Timeout,
    /// A fault of ours: a panic in its step.
    Internal,
}

/// What a session is made from.
#[derive(Debug, Clone, Copy)]
pub struct Accept<'a> {
    /// The peer's SDP offer.
    pub offer: &'a str,
    /// Most audio sources sent to it at once.
    pub audio_slots: u8,
    /// Whether its microphone is taken.
    pub publishes: bool,
    /// Most pictures sent to it at once.
    pub video_slots: u8,
    /// Whether its camera and its screen are taken.
    pub cameras: bool,
    /// Addresses it can be reached on over UDP, concrete ones.
    pub candidates: &'a [SocketAddr],
    /// The same for connections over TCP, which the peer opens; none: not offered.
    pub tcp_candidates: &'a [SocketAddr],
    /// Longest data channel message either way, bytes.
    pub data_message_bytes_max: usize,
}

/// The way of a datagram that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pair {
    /// How.
    pub transport: Transport,
    /// One of the session's own candidates.
    pub from: SocketAddr,
    /// The peer.
    pub to: SocketAddr,
}

/// A datagram to send.
#[derive(Debug, Clone)]
pub struct Datagram {
    /// How.
    pub transport: Transport,
    /// One of the session's own candidates.
    pub from: SocketAddr,
    /// The peer.
    pub to: SocketAddr,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Datagram {
    pub(crate) fn pair(&self) -> Pair {
        Pair {
            transport: self.transport,
            from: self.from,
            to: self.to,
        }
    }

    /// Have it leave another way.
    pub(crate) fn redirect(&mut self, pair: Pair) {
        (self.transport, self.from, self.to) = (pair.transport, pair.from, pair.to);
    }
}

/// What a session reports.
#[derive(Debug)]
pub enum Event {
    /// ICE and DTLS are done: media can flow.
    Up,
    /// The peer proved to be at this UDP address: datagrams from there are its own.
    Path(SocketAddr),
    /// The first authentic packet of a source of the peer's came, by its SSRC.
    Source(u32),
    /// Audio from the peer's microphone.
    Packet(MediaPacket),
    /// Video from the peer's camera or of its screen.
    Video(VideoPacket),
    /// The peer cannot go on with the picture in this video slot without a keyframe.
    VideoKeyframe {
        /// Which.
        slot: u8,
    },
    /// What the peer's link is thought to take of video now, bits/s.
    Downlink(u64),
    /// A data channel message.
    Data(Channel, Vec<u8>),
    /// The end; nothing follows.
    Down(Down),
}

/// The next thing to do for a session.
#[derive(Debug)]
pub enum Output {
    /// Send this.
    Transmit(Datagram),
    /// Report this.
    Event(Event),
    /// Nothing more until then.
    Timeout(Instant),
}

/// What became of a packet for a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is sealed and among the datagrams to send.
    Out,
    /// It leaves with the session's next time-out.
    Waits,
    /// It is dropped: the session is not up, or has no such slot.
    Not,
}

/// What a session has counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Datagrams that could not be used: malformed, or over a limit.
    pub rejected: u64,
    /// Data channel messages dropped: too long, no such channel, or its buffer is full.
    pub data_dropped: u64,
}
