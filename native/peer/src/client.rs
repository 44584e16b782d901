//! The caller's side of a session: offers, connects with full ICE, sends and hears Opus packets.
//!
//! For tests and for the load generator; the gateway itself never calls. Like
//! [`Session`](crate::Session) it has no socket and no clock.

use std::net::SocketAddr;
use std::time::Instant;

use engine::video::{VideoCodec, VideoKind};
use engine::{Level, MediaPacket};
use str0m::change::{SdpAnswer, SdpApi, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::format::Codec;
use str0m::media::{
    Direction, KeyframeRequestKind, MediaKind, Mid, Rid, Simulcast, SimulcastLayer,
};
use str0m::net::Receive;
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Input, Rtc};

use crate::identity::Identity;
use crate::io::{Channel, Datagram, Transport};
use crate::offer::Refusal;
use crate::{rtp, transport};

/// What a client offers.
#[derive(Debug, Clone, Copy)]
pub struct Offering {
    /// Offer a microphone.
    pub publishes: bool,
    /// Lines to hear on.
    pub audio_slots: u8,
    /// Offer the reliable and the fast data channel.
    pub data: bool,
    /// Offer to show and to look.
    pub video: Pictures,
}

/// What a client offers of video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pictures {
    /// Layers of its camera: 0 for none, 1 without simulcast, at most 3.
    pub camera: u8,
    /// Offer a screen, without simulcast. Needs a camera: the first line that sends is one.
    pub screen: bool,
    /// Lines to look at.
    pub slots: u8,
}

impl Pictures {
    /// No line of video.
    pub const NONE: Self = Self {
        camera: 0,
        screen: false,
        slots: 0,
    };
}

/// Names of simulcast layers, the lowest first.
const RIDS: [&str; 3] = ["l", "m", "h"];

/// A packet heard on one of the slots.
#[derive(Debug)]
pub struct Heard {
    /// Which slot.
    pub slot: usize,
    /// `CSRC[0]`: low 32 bits of the source's session number.
    pub source: u32,
    /// The packet.
    pub packet: MediaPacket,
}

/// A packet seen on one of the slots.
#[derive(Debug)]
pub struct Seen {
    /// Which slot.
    pub slot: usize,
    /// `CSRC[0]`: the number of the picture.
    pub number: u32,
    /// Sequence number, extended past 16 bits.
    pub seq: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Last packet of a frame.
    pub marker: bool,
    /// The payload, with its codec's descriptor.
    pub payload: Vec<u8>,
}

/// A packet to show.
#[derive(Debug, Clone, Copy)]
pub struct Showing<'a> {
    /// On which of the two lines.
    pub kind: VideoKind,
    /// Of which layer, counted from the lowest.
    pub layer: u8,
    /// Sequence number of the layer, extended past 16 bits.
    pub seq: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Last packet of a frame.
    pub marker: bool,
    /// What the payload is.
    pub codec: VideoCodec,
    /// The payload, with its codec's descriptor.
    pub payload: &'a [u8],
}

/// What a client reports.
#[derive(Debug)]
pub enum Event {
    /// ICE and DTLS are done.
    Up,
    /// A packet was heard.
    Heard(Heard),
    /// A packet was seen.
    Seen(Seen),
    /// The gateway wants a keyframe of a layer.
    KeyframeAsked(VideoKind, u8),
    /// The channel can be written to.
    Open(Channel),
    /// A data channel message came.
    Data(Channel, Vec<u8>),
    /// The gateway closed the session, or it failed.
    Down,
}

/// The next thing to do for a client.
#[derive(Debug)]
pub enum Output {
    /// Send this.
    Transmit(Datagram),
    /// Report this.
    Event(Event),
    /// Nothing more until then.
    Timeout(Instant),
}

/// One calling endpoint.
#[derive(Debug)]
pub struct Client {
    rtc: Rtc,
    transport: Transport,
    pending: Option<SdpPendingOffer>,
    microphone: Option<Mid>,
    slots: Vec<Mid>,
    video: Video,
    channels: Vec<(ChannelId, Channel)>,
    seq: u64,
}

/// The lines of video that were offered.
#[derive(Debug, Default)]
struct Video {
    shown: Vec<(VideoKind, Mid, Vec<Rid>)>,
    slots: Vec<Mid>,
}

impl Client {
    /// A client at `address` and its offer.
    pub fn offer(
        offering: Offering,
        address: SocketAddr,
        identity: &Identity,
        now: Instant,
    ) -> Result<(Self, String), Refusal> {
        Self::offer_over(Transport::Udp, offering, address, identity, now)
    }

    /// The same, over either transport; over TCP `address` is its own end of a connection it opened.
    pub fn offer_over(
        transport: Transport,
        offering: Offering,
        address: SocketAddr,
        identity: &Identity,
        now: Instant,
    ) -> Result<(Self, String), Refusal> {
        let mut rtc = identity.config(offering.video != Pictures::NONE).build(now);
        rtc.add_local_candidate(transport::active(transport, address)?);
        let mut changes = rtc.sdp_api();
        let mut audio =
            |direction| changes.add_media(MediaKind::Audio, direction, None, None, None);
        let microphone = offering.publishes.then(|| audio(Direction::SendOnly));
        let slots = (0..offering.audio_slots)
            .map(|_| audio(Direction::RecvOnly))
            .collect();
        let video = Video::offer(offering.video, &mut changes);
        let mut channels = Vec::new();
        if offering.data {
            let reliable = ChannelConfig {
                label: Channel::Reliable.label().to_owned(),
                ..Default::default()
            };
            let fast = ChannelConfig {
                label: Channel::Fast.label().to_owned(),
                ordered: false,
                reliability: Reliability::MaxRetransmits { retransmits: 0 },
                ..Default::default()
            };
            channels.push((changes.add_channel_with_config(reliable), Channel::Reliable));
            channels.push((changes.add_channel_with_config(fast), Channel::Fast));
        }
        let (offer, pending) = changes
            .apply()
            .ok_or_else(|| Refusal("nothing to offer".to_owned()))?;
        let sdp = offer.to_sdp_string();
        Ok((
            Self {
                rtc,
                transport,
                pending: Some(pending),
                microphone,
                slots,
                video,
                channels,
                seq: 1_000,
            },
            sdp,
        ))
    }

    /// A client at `address` that hears what `offer` sends, and its answer: for relays that offer.
    pub fn accept(
        offer: &str,
        address: SocketAddr,
        identity: &Identity,
        now: Instant,
    ) -> Result<(Self, String), Refusal> {
        let mut rtc = identity.config(false).build(now);
        let candidate =
            Candidate::host(address, "udp").map_err(|error| Refusal(error.to_string()))?;
        rtc.add_local_candidate(candidate);
        let offer = SdpOffer::from_sdp_string(offer).map_err(|error| Refusal(error.to_string()))?;
        let answer = rtc
            .sdp_api()
            .accept_offer(offer)
            .map_err(|error| Refusal(error.to_string()))?;
        let client = Self {
            rtc,
            transport: Transport::Udp,
            pending: None,
            microphone: None,
            slots: Vec::new(),
            video: Video::default(),
            channels: Vec::new(),
            seq: 0,
        };
        Ok((client, answer.to_sdp_string()))
    }

    /// Answer another offer of the relay's, of more lines.
    pub fn reaccept(&mut self, offer: &str) -> Result<String, Refusal> {
        let offer = SdpOffer::from_sdp_string(offer).map_err(|error| Refusal(error.to_string()))?;
        let answer = self
            .rtc
            .sdp_api()
            .accept_offer(offer)
            .map_err(|error| Refusal(error.to_string()))?;
        Ok(answer.to_sdp_string())
    }

    /// Take the gateway's answer.
    pub fn answer(&mut self, answer: &str) -> Result<(), Refusal> {
        let answer =
            SdpAnswer::from_sdp_string(answer).map_err(|error| Refusal(error.to_string()))?;
        let pending = self
            .pending
            .take()
            .ok_or_else(|| Refusal("already answered".to_owned()))?;
        self.rtc
            .sdp_api()
            .accept_answer(pending, answer)
            .map_err(|error| Refusal(error.to_string()))
    }

    /// A datagram came; false when it cannot be used.
    pub fn receive(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) -> bool {
        let Ok(receive) = Receive::new(self.transport.into(), from, to, datagram) else {
            return false;
        };
        self.rtc.handle_input(Input::Receive(now, receive)).is_ok()
    }

    /// The time of an [`Output::Timeout`] has come, or sent packets are to leave.
    pub fn timeout(&mut self, now: Instant) {
        if self.rtc.handle_input(Input::Timeout(now)).is_err() {
            self.rtc.disconnect();
        }
    }

    /// Send the next Opus packet from the microphone; [`Client::timeout`] lets it leave. `skip`
    /// sequence numbers are left out before it, as if packets had been lost on the way.
    pub fn speak(
        &mut self,
        timestamp: u32,
        level: Option<Level>,
        opus: &[u8],
        skip: u64,
        now: Instant,
    ) {
        let Some(mid) = self.microphone else { return };
        let Some(payload_type) = rtp::opus(&self.rtc, mid) else {
            return;
        };
        self.seq += 1 + skip;
        let extensions = ExtensionValues {
            audio_level: level.map(|level| level.dbov),
            voice_activity: level.map(|level| level.voice),
            ..ExtensionValues::default()
        };
        let packet =
            RtpWrite::new(payload_type, self.seq.into(), timestamp, now, opus).ext_vals(extensions);
        if let Some(stream) = self.rtc.direct_api().stream_tx_by_mid(mid, None) {
            stream.write_rtp(packet);
        }
    }

    /// Send a packet of a picture; [`Client::timeout`] lets it leave. False: the line or the codec was not agreed on.
    pub fn show(&mut self, showing: Showing<'_>, now: Instant) -> bool {
        let mut shown = self.video.shown.iter();
        let Some((_, mid, rids)) = shown.find(|(kind, ..)| *kind == showing.kind) else {
            return false;
        };
        let codec = match showing.codec {
            VideoCodec::Vp8 => Codec::Vp8,
            VideoCodec::H264 => Codec::H264,
        };
        let rid = rids.get(usize::from(showing.layer)).copied();
        let Some(payload_type) = rtp::agreed(&self.rtc, *mid, codec) else {
            return false;
        };
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(*mid, rid) else {
            return false;
        };
        let packet = RtpWrite::new(
            payload_type,
            showing.seq.into(),
            showing.timestamp,
            now,
            showing.payload,
        );
        stream.write_rtp(packet.marker(showing.marker).nackable(true));
        true
    }

    /// Ask for a keyframe of what is in a video slot; [`Client::timeout`] lets it leave. False: nothing has come.
    pub fn ask_keyframe(&mut self, slot: usize) -> bool {
        let Some(mid) = self.video.slots.get(slot) else {
            return false;
        };
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_rx_by_mid(*mid, None) else {
            return false;
        };
        stream.request_keyframe(KeyframeRequestKind::Pli);
        true
    }

    /// Send a data channel message; false when the channel is not open or full.
    pub fn send(&mut self, channel: Channel, message: &[u8]) -> bool {
        let id = self
            .channels
            .iter()
            .find(|(_, other)| *other == channel)
            .map(|(id, _)| *id);
        let Some(mut channel) = id.and_then(|id| self.rtc.channel(id)) else {
            return false;
        };
        channel.write(true, message).unwrap_or(false)
    }

    /// Open one more data channel, with any label.
    pub fn open(&mut self, label: &str) {
        let config = ChannelConfig {
            label: label.to_owned(),
            ..ChannelConfig::default()
        };
        self.rtc.direct_api().create_data_channel(config);
    }

    /// Move to another address, as a phone does that changes its network.
    pub fn roam(&mut self, from: SocketAddr, to: SocketAddr) -> Result<(), Refusal> {
        let candidate =
            |address| Candidate::host(address, "udp").map_err(|error| Refusal(error.to_string()));
        self.rtc.add_local_candidate(candidate(to)?);
        self.rtc
            .direct_api()
            .invalidate_candidate(&candidate(from)?);
        Ok(())
    }

    /// Say goodbye; the farewells come from [`Client::poll`].
    pub fn close(&mut self) {
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
    }

    /// The next thing to do; call until [`Output::Timeout`].
    pub fn poll(&mut self) -> Output {
        loop {
            match self.rtc.poll_output() {
                Ok(str0m::Output::Transmit(transmit)) => {
                    return Output::Transmit(Datagram {
                        transport: transmit.proto.into(),
                        from: transmit.source,
                        to: transmit.destination,
                        bytes: transmit.contents.into(),
                    });
                }
                Ok(str0m::Output::Timeout(at)) => return Output::Timeout(at),
                Ok(str0m::Output::Event(event)) => {
                    if let Some(event) = self.event(event) {
                        return Output::Event(event);
                    }
                }
                Err(_) => {
                    self.rtc.disconnect();
                    return Output::Event(Event::Down);
                }
            }
        }
    }

    fn event(&mut self, event: str0m::Event) -> Option<Event> {
        match event {
            str0m::Event::Connected => Some(Event::Up),
            // Of a relay's offer; lines that we offered ourselves are not announced.
            str0m::Event::MediaAdded(media) if media.kind == MediaKind::Audio => {
                if !self.slots.contains(&media.mid) && self.microphone != Some(media.mid) {
                    self.slots.push(media.mid);
                }
                None
            }
            str0m::Event::RtpPacket(packet) => {
                let ssrc = packet.header.ssrc;
                let mid = self.rtc.direct_api().stream_rx(&ssrc)?.mid();
                if let Some(slot) = self.video.slots.iter().position(|slot| *slot == mid) {
                    return Some(Event::Seen(Seen::of(slot, &packet)));
                }
                let slot = self.slots.iter().position(|slot| *slot == mid)?;
                let source = packet.header.csrc[0];
                Some(Event::Heard(Heard {
                    slot,
                    source,
                    packet: rtp::media_packet(packet),
                }))
            }
            str0m::Event::KeyframeRequest(request) => self.video.asked(request.mid, request.rid),
            str0m::Event::ChannelOpen(id, _) => self
                .channels
                .iter()
                .find(|(other, _)| *other == id)
                .map(|(_, channel)| Event::Open(*channel)),
            str0m::Event::ChannelData(data) => {
                let (_, channel) = self.channels.iter().find(|(other, _)| *other == data.id)?;
                Some(Event::Data(*channel, data.data))
            }
            str0m::Event::Closed => Some(Event::Down),
            _ => None,
        }
    }
}

impl Video {
    fn offer(pictures: Pictures, changes: &mut SdpApi<'_>) -> Self {
        let mut line = |direction, simulcast| {
            changes.add_media(MediaKind::Video, direction, None, None, simulcast)
        };
        let mut shown = Vec::new();
        if pictures.camera > 0 {
            let names = match pictures.camera {
                1 => &RIDS[..0],
                layers => &RIDS[..RIDS.len().min(usize::from(layers))],
            };
            let layers = names.iter().map(|rid| SimulcastLayer::new(rid)).collect();
            let simulcast = (!names.is_empty()).then_some(Simulcast {
                send: layers,
                recv: Vec::new(),
            });
            let rids = names.iter().map(|rid| Rid::from(*rid)).collect();
            let mid = line(Direction::SendOnly, simulcast);
            shown.push((VideoKind::Camera, mid, rids));
        }
        if pictures.screen {
            let mid = line(Direction::SendOnly, None);
            shown.push((VideoKind::Screen, mid, Vec::new()));
        }
        let slots = (0..pictures.slots).map(|_| line(Direction::RecvOnly, None));
        Self {
            slots: slots.collect(),
            shown,
        }
    }

    fn asked(&self, mid: Mid, rid: Option<Rid>) -> Option<Event> {
        let mut shown = self.shown.iter();
        let (kind, _, rids) = shown.find(|(_, other, _)| *other == mid)?;
        let layer = rids.iter().position(|other| Some(*other) == rid);
        Some(Event::KeyframeAsked(*kind, layer.unwrap_or(0) as u8))
    }
}

impl Seen {
    fn of(slot: usize, packet: &RtpPacket) -> Self {
        Self {
            slot,
            number: packet.header.csrc[0],
            seq: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: packet.payload.to_vec(),
        }
    }
}
