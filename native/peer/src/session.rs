//! The server's side of one browser, WHIP or WHEP session.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::Forward;
use str0m::change::SdpOffer;
use str0m::channel::ChannelId;
use str0m::media::Mid;
use str0m::net::Receive;
use str0m::{Input, Rtc, RtcError};

use crate::channels::{self, Channels};
use crate::datagrams::Datagrams;
use crate::demux::{Kind, classify};
use crate::identity::{Identity, MediaPath};
use crate::io::{Accept, Channel, Datagram, Down, Event, Output, Stats, Transport, Written};
use crate::keytap;
use crate::offer::{self, Refusal};
use crate::rtp::{self, Egress};
use crate::transport;
use crate::veil::Veil;

/// A session that is not connected by then ends.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// A connected session from which nothing authenticated came for this long ends (RFC 7675 5.1: peers
/// ask for consent every 4 to 6 s).
pub const CONSENT_WITHIN: Duration = Duration::from_secs(10);
/// Distinct sources an authenticated peer may send from; str0m remembers each.
const SSRCS_MAX: usize = 64;
/// Distinct addresses a peer may be reached from over its life; ICE remembers each.
const ADDRESSES_MAX: usize = 1_024;

/// One WebRTC session over str0m.
#[derive(Debug)]
pub struct Session {
    rtc: Rtc,
    /// `None`: str0m seals and opens media itself.
    veil: Option<Box<Veil>>,
    ufrag: String,
    microphone: Option<Mid>,
    slots: Vec<Egress>,
    /// The line of each slot.
    lines: Vec<Mid>,
    channels: Channels,
    ssrcs: Vec<u32>,
    addresses: Vec<SocketAddr>,
    life: Life,
    now: Instant,
    waiting: VecDeque<Event>,
    stats: Stats,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Connecting { until: Instant },
    Up { consent: Instant },
    Over,
}

impl Session {
    /// Answer an offer. Refuses what breaks a limit, is no SDP, or has no Opus line to serve.
    pub fn accept(
        accept: &Accept<'_>,
        identity: &Identity,
        now: Instant,
    ) -> Result<(Self, String), Refusal> {
        let offer = offer::read(accept.offer, accept.audio_slots, accept.publishes)?;
        let parsed = SdpOffer::from_sdp_string(&offer.sdp)
            .map_err(|error| Refusal(format!("the offer is not valid SDP: {error}")))?;
        let mut rtc = identity
            .server_config()
            .set_sctp_max_message_size(
                u32::try_from(accept.data_message_bytes_max).unwrap_or(u32::MAX),
            )
            .set_sctp_max_buffered_amount(channels::buffered_max(accept.data_message_bytes_max))
            .build(now);
        let mailbox = keytap::built().filter(|_| identity.media() == MediaPath::Veil);
        let over_udp = accept.candidates.iter().map(|at| (Transport::Udp, *at));
        // What the veil seals leaves by the UDP sockets only.
        let over_tcp = accept.tcp_candidates.iter().filter(|_| mailbox.is_none());
        let over_tcp = over_tcp.map(|at| (Transport::Tcp, *at));
        for (transport, address) in over_udp.chain(over_tcp) {
            rtc.add_local_candidate(transport::passive(transport, address)?);
        }
        let answer = rtc
            .sdp_api()
            .accept_offer(parsed)
            .map_err(|error| Refusal(format!("the offer cannot be answered: {error}")))?;
        let microphone = offer.microphone.as_deref().map(Mid::from);
        if microphone.is_some_and(|mid| rtp::opus(&rtc, mid).is_none()) {
            return Err(Refusal(
                "the audio line that sends does not offer Opus".to_owned(),
            ));
        }
        let slots: Vec<Egress> = offer
            .slots
            .iter()
            .filter_map(|mid| Egress::of(&mut rtc, Mid::from(mid.as_str())))
            .collect();
        if slots.len() < offer.slots.len() {
            return Err(Refusal(
                "an audio line that receives does not offer Opus".to_owned(),
            ));
        }
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        let lines = slots.iter().zip(&offer.slots);
        let agreed = lines.filter_map(|(slot, mid)| slot.agreed(&rtc, Mid::from(mid.as_str())));
        let veil = mailbox.map(|mailbox| Box::new(Veil::new(mailbox, agreed.collect())));
        let session = Self {
            rtc,
            veil,
            ufrag,
            microphone,
            slots,
            lines: lines_of(&offer),
            channels: Channels::new(accept.data_message_bytes_max),
            ssrcs: Vec::new(),
            addresses: Vec::new(),
            life: Life::Connecting {
                until: now + CONNECT_WITHIN,
            },
            now,
            waiting: VecDeque::new(),
            stats: Stats::default(),
        };
        Ok((session, answer.to_sdp_string()))
    }

    /// Answer a new offer of the same lines under new ICE credentials (RFC 8445 9): the transport, its keys
    /// and its streams go on, and so does the path in use until the peer has checked a new one. Afterwards
    /// [`Session::ufrag`] is another. A refusal leaves everything as it was.
    pub fn restart(&mut self, offer: &str) -> Result<String, Refusal> {
        let offer = offer::read(offer, self.audio_slots(), self.microphone.is_some())?;
        let lines = lines_of(&offer);
        let microphone = offer.microphone.as_deref().map(Mid::from);
        if lines != self.lines || microphone != self.microphone {
            return Err(Refusal(
                "the offer of an ICE restart has other lines than the session".to_owned(),
            ));
        }
        let parsed = SdpOffer::from_sdp_string(&offer.sdp)
            .map_err(|error| Refusal(format!("the offer is not valid SDP: {error}")))?;
        let answer = self
            .rtc
            .sdp_api()
            .accept_offer(parsed)
            .map_err(|error| Refusal(format!("the offer cannot be answered: {error}")))?;
        self.ufrag = self.rtc.direct_api().local_ice_credentials().ufrag;
        Ok(answer.to_sdp_string())
    }

    /// The name by which STUN messages ask for this session.
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// How many sources it can be sent at once.
    pub fn audio_slots(&self) -> u8 {
        self.slots.len() as u8
    }

    /// Counts since the last call.
    pub fn take_stats(&mut self) -> Stats {
        std::mem::take(&mut self.stats)
    }

    /// A datagram came over UDP from `from` to the candidate `to`. Bad ones are counted and forgotten.
    pub fn receive(&mut self, from: SocketAddr, to: SocketAddr, datagram: &[u8], now: Instant) {
        self.receive_over(Transport::Udp, from, to, datagram, now);
    }

    /// The same, over either transport.
    pub fn receive_over(
        &mut self,
        transport: Transport,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) {
        self.now = self.now.max(now);
        if !self.is_within_limits(from, datagram) {
            self.stats.rejected += 1;
            return;
        }
        let shown = match &mut self.veil {
            Some(veil) => veil.show(from, datagram),
            None => Some(datagram),
        };
        let Some(shown) = shown else {
            self.stats.rejected += 1;
            return;
        };
        let Ok(receive) = Receive::new(transport.into(), from, to, shown) else {
            self.stats.rejected += 1;
            return;
        };
        // A record that cannot be read is dropped, not fatal (RFC 6347 4.1.2.7): anybody can send one
        // under a forged address.
        if self.rtc.handle_input(Input::Receive(now, receive)).is_err() {
            self.stats.rejected += 1;
        }
    }

    /// The time of an [`Output::Timeout`] has come, or written packets are to leave.
    pub fn timeout(&mut self, now: Instant) {
        self.now = self.now.max(now);
        if let Err(error) = self.rtc.handle_input(Input::Timeout(now)) {
            self.end(down_by(&error));
        }
    }

    /// Send a packet on its slot: it is put into `out`, or waits for [`Session::timeout`].
    pub fn write(&mut self, forward: &Forward, out: &mut Datagrams, now: Instant) -> Written {
        let Life::Up { .. } = self.life else {
            return Written::Not;
        };
        if let Some(veil) = &mut self.veil {
            return if veil.write(forward, out, now) {
                Written::Out
            } else {
                Written::Not
            };
        }
        let Some(slot) = self.slots.get(usize::from(forward.slot)) else {
            return Written::Not;
        };
        slot.write(&mut self.rtc, forward, now);
        Written::Waits
    }

    /// Queue a data channel message. False: dropped and counted, because it is too long, the peer has
    /// not opened the channel, or too much waits already.
    pub fn send(&mut self, channel: Channel, message: &[u8]) -> bool {
        let sent = self.channels.send(&mut self.rtc, channel, message);
        if !sent {
            self.stats.data_dropped += 1;
        }
        sent
    }

    /// Say goodbye: the farewells come from [`Session::poll`] until it says [`Event::Down`].
    pub fn close(&mut self) {
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
        self.end(Down::Closed);
    }

    /// The next thing to do; call until [`Output::Timeout`] or [`Event::Down`].
    pub fn poll(&mut self) -> Output {
        loop {
            // Farewells first: after Down nothing is asked any more.
            let output = self.rtc.poll_output();
            if let Some(veil) = &mut self.veil {
                veil.unlock();
            }
            match output {
                Ok(str0m::Output::Transmit(transmit)) => {
                    let mut datagram = Datagram {
                        transport: transmit.proto.into(),
                        from: transmit.source,
                        to: transmit.destination,
                        bytes: transmit.contents.into(),
                    };
                    self.note_consent(&datagram);
                    if self.leaves(&mut datagram) {
                        return Output::Transmit(datagram);
                    }
                }
                Ok(str0m::Output::Event(event)) => self.event(event),
                Ok(str0m::Output::Timeout(at)) => {
                    if let Some(event) = self.waiting.pop_front() {
                        return Output::Event(event);
                    }
                    match self.deadline() {
                        Some((until, why)) if until <= self.now => self.end(why),
                        Some((until, _)) => return Output::Timeout(at.min(until)),
                        None => return Output::Timeout(at),
                    }
                }
                Err(error) => {
                    self.rtc.disconnect();
                    self.end(down_by(&error));
                }
            }
            if let Some(event) = self.waiting.pop_front() {
                return Output::Event(event);
            }
        }
    }

    /// Whether a datagram of str0m's leaves; the veil may change it.
    fn leaves(&mut self, datagram: &mut Datagram) -> bool {
        let Some(veil) = &mut self.veil else {
            return true;
        };
        let pair = (datagram.from, datagram.to);
        veil.let_out(pair, &mut datagram.bytes, self.now)
    }

    fn is_within_limits(&self, from: SocketAddr, datagram: &[u8]) -> bool {
        match classify(datagram) {
            Some(Kind::Stun) => {
                self.addresses.len() < ADDRESSES_MAX || self.addresses.contains(&from)
            }
            Some(Kind::Rtp(ssrc)) => self.ssrcs.len() < SSRCS_MAX || self.ssrcs.contains(&ssrc),
            Some(Kind::Dtls | Kind::Rtcp) => true,
            None => false,
        }
    }

    /// str0m answers only STUN requests it could authenticate; each is the peer's consent.
    fn note_consent(&mut self, datagram: &Datagram) {
        const SUCCESS_RESPONSE: [u8; 2] = [0x01, 0x01];
        if !datagram.bytes.starts_with(&SUCCESS_RESPONSE) {
            return;
        }
        self.renew_consent();
        if !self.addresses.contains(&datagram.to) {
            self.addresses.push(datagram.to);
        }
        if datagram.transport == Transport::Udp {
            self.waiting.push_back(Event::Path(datagram.to));
        }
    }

    fn renew_consent(&mut self) {
        if let Life::Up { consent } = &mut self.life {
            *consent = self.now + CONSENT_WITHIN;
        }
    }

    fn deadline(&self) -> Option<(Instant, Down)> {
        match self.life {
            Life::Connecting { until } => Some((until, Down::Timeout)),
            Life::Up { consent } => Some((consent, Down::Consent)),
            Life::Over => None,
        }
    }

    fn end(&mut self, why: Down) {
        if self.life != Life::Over {
            self.life = Life::Over;
            self.waiting.push_back(Event::Down(why));
        }
    }

    fn event(&mut self, event: str0m::Event) {
        match event {
            str0m::Event::Connected => {
                if matches!(self.life, Life::Connecting { .. }) {
                    self.life = Life::Up {
                        consent: self.now + CONSENT_WITHIN,
                    };
                    self.waiting.push_back(Event::Up);
                }
            }
            str0m::Event::RtpPacket(packet) => self.packet(packet),
            str0m::Event::ChannelOpen(id, label) => self.channel_open(id, &label),
            str0m::Event::ChannelData(data) => match self.channels.receive(data) {
                Some((channel, message)) => self.waiting.push_back(Event::Data(channel, message)),
                None => self.stats.data_dropped += 1,
            },
            str0m::Event::ChannelClose(id) => self.channels.close(id),
            str0m::Event::Closed => self.end(Down::Peer),
            _ => {}
        }
    }

    fn channel_open(&mut self, id: ChannelId, label: &str) {
        if self.channels.open(&mut self.rtc, id, label).is_err() {
            self.rtc.disconnect();
            self.end(Down::Peer);
        }
    }

    fn packet(&mut self, packet: str0m::rtp::RtpPacket) {
        self.renew_consent();
        let ssrc = packet.header.ssrc;
        if !self.ssrcs.contains(&*ssrc) {
            self.ssrcs.push(*ssrc);
        }
        let mid = self
            .rtc
            .direct_api()
            .stream_rx(&ssrc)
            .map(|stream| stream.mid());
        if mid.is_some() && mid == self.microphone {
            self.waiting
                .push_back(Event::Packet(rtp::media_packet(packet)));
        }
    }
}

fn lines_of(offer: &offer::Offer) -> Vec<Mid> {
    offer.slots.iter().map(|mid| mid.as_str().into()).collect()
}

fn down_by(error: &RtcError) -> Down {
    match error {
        // str0m reports a certificate that is not the offer's as an SDP error.
        RtcError::Dtls(_) | RtcError::RemoteSdp(_) => Down::Dtls,
        _ => Down::Internal,
    }
}
