//! The server's side of one browser, WHIP or WHEP session.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::Forward;
use engine::video::{CodecSet, VideoForward, VideoKind};
use str0m::bwe::{Bitrate, BweKind};
use str0m::channel::ChannelId;
use str0m::media::Mid;
use str0m::net::Receive;
use str0m::{Input, Rtc, RtcError};

use crate::answer::{self, Lines};
use crate::channels::Channels;
use crate::datagrams::Datagrams;
use crate::demux::{Kind, classify};
use crate::identity::Identity;
use crate::io::{Accept, Channel, Datagram, Down, Event, Output, Pair, Stats, Transport, Written};
use crate::link::Link;
use crate::offer::{self, Refusal, Wanted};
use crate::rtp::{self, Egress};
use crate::veil::Veil;
use crate::video::Video;

/// A session that is not connected by then ends.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// A connected session from which nothing authenticated came for this long ends (RFC 7675 5.1: peers
/// ask for consent every 4 to 6 s).
pub const CONSENT_WITHIN: Duration = Duration::from_secs(10);
/// Distinct sources an authenticated peer may send from; str0m remembers each.
const SSRCS_MAX: usize = 64;
/// str0m paces video packet by packet and wants its clock moved by a microsecond between them: as many of these
/// steps are made at once, so that a frame is not stretched to a packet a wake-up.
const PACER_STEP: Duration = Duration::from_micros(2);
const PACER_STEPS_MAX: u32 = 64;
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
    video: Video,
    /// Whether str0m paces video.
    paced: bool,
    link: Link,
    wanted: Wanted,
    /// What every later offer must describe too.
    lines: Lines,
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
        let wanted = Wanted {
            audio_slots: accept.audio_slots,
            publishes: accept.publishes,
            video_slots: accept.video_slots,
            cameras: accept.cameras,
        };
        let offer = offer::read(accept.offer, wanted)?;
        let mut answered = answer::first(&offer, accept, identity, now)?;
        let session = Self {
            ufrag: answered.rtc.direct_api().local_ice_credentials().ufrag,
            rtc: answered.rtc,
            veil: answered.veil,
            microphone: answered.microphone,
            slots: answered.slots,
            video: answered.video,
            paced: offer.video.estimates,
            link: Link::default(),
            wanted,
            lines: Lines::of(&offer),
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
        Ok((session, answered.sdp))
    }

    /// Answer a new offer of the same lines under new ICE credentials (RFC 8445 9): the transport, its keys
    /// and its streams go on, and so does the path in use until the peer has checked a new one. Afterwards
    /// [`Session::ufrag`] is another. A refusal leaves everything as it was.
    pub fn restart(&mut self, offer: &str) -> Result<String, Refusal> {
        let offer = offer::read(offer, self.wanted)?;
        if Lines::of(&offer) != self.lines {
            return Err(Refusal(
                "the offer of an ICE restart has other lines than the session".to_owned(),
            ));
        }
        let answer = answer::later(&offer, &mut self.rtc)?;
        self.ufrag = self.rtc.direct_api().local_ice_credentials().ufrag;
        Ok(answer)
    }

    /// The name by which STUN messages ask for this session.
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// How many sources it can be sent at once.
    pub fn audio_slots(&self) -> u8 {
        self.slots.len() as u8
    }

    /// The codecs that each of its video slots has agreed on.
    pub fn video_slots(&self) -> Vec<CodecSet> {
        self.video.slots()
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
        let by = Pair {
            transport,
            from: to,
            to: from,
        };
        if self.take_in(by, datagram, now).is_none() {
            self.stats.rejected += 1;
        }
    }

    /// A datagram came over UDP from an address at which nobody is known, and names a source of this session.
    /// True: it was the peer's and newer than all before, so the peer is there now (adr/0022).
    pub fn receive_stray(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) -> bool {
        let rejected = self.stats.rejected;
        let veil = self.veil.as_ref();
        if veil.is_some_and(|veil| veil.is_ahead(datagram)) {
            self.receive(from, to, datagram, now);
        } else {
            self.stats.rejected += 1;
        }
        self.stats.rejected == rejected
    }

    /// Take a datagram that came by this pair; `None`: it could not be used.
    fn take_in(&mut self, by: Pair, datagram: &[u8], now: Instant) -> Option<()> {
        self.now = self.now.max(now);
        if !self.is_within_limits(by.to, datagram) {
            return None;
        }
        let shown = match &mut self.veil {
            Some(veil) => veil.show(by, datagram, now)?,
            None => datagram,
        };
        let receive = Receive::new(by.transport.into(), by.to, by.from, shown).ok()?;
        // A record that cannot be read is dropped, not fatal (RFC 6347 4.1.2.7): anybody can send one
        // under a forged address.
        let taken = self.rtc.handle_input(Input::Receive(now, receive)).ok();
        self.look_at_link();
        taken
    }

    /// The time of an [`Output::Timeout`] has come, or written packets are to leave.
    pub fn timeout(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.look_at_link();
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

    /// Send a packet of a picture in its video slot: it waits for [`Session::timeout`], or a little longer while
    /// the peer's link is full.
    pub fn write_video(&mut self, forward: &VideoForward, now: Instant) -> Written {
        let Life::Up { .. } = self.life else {
            return Written::Not;
        };
        if self.video.write(&mut self.rtc, forward, now) {
            Written::Waits
        } else {
            Written::Not
        }
    }

    /// Ask the peer for a keyframe of a layer; it leaves with [`Session::timeout`]. False: nothing has come of it.
    pub fn request_keyframe(&mut self, kind: VideoKind, layer: u8) -> bool {
        self.video.request_keyframe(&mut self.rtc, kind, layer)
    }

    /// What the session's video slots would take at best: its link is tried up to that, bits/s.
    pub fn set_desired(&mut self, bits_per_s: u64) {
        self.link.desire(bits_per_s);
        self.try_link();
    }

    /// The link may have been seen to be full, or not for long enough.
    fn look_at_link(&mut self) {
        let bound = self.veil.as_ref().and_then(|veil| veil.bound(self.now));
        if bound != self.link.bound() {
            let takes = self.link.bounded(bound);
            self.waiting.extend(takes.map(Event::Downlink));
            self.try_link();
        }
    }

    fn try_link(&mut self) {
        let most = Bitrate::bps(self.link.tried_up_to());
        self.rtc.bwe().set_bitrate(Bitrate::ZERO, most);
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
        let mut steps = 0;
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
                        _ if self.paced
                            && at <= self.now + PACER_STEP
                            && steps < PACER_STEPS_MAX =>
                        {
                            steps += 1;
                            self.timeout(at);
                        }
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
        let now = self.now;
        self.veil
            .as_mut()
            .is_none_or(|veil| veil.let_out(datagram, now))
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
            str0m::Event::KeyframeRequest(request) => {
                if let Some(slot) = self.video.slot(request.mid) {
                    self.waiting.push_back(Event::VideoKeyframe { slot });
                }
            }
            str0m::Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                let takes = self.link.estimated(estimate.as_u64());
                self.waiting.extend(takes.map(Event::Downlink));
            }
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
            self.waiting.push_back(Event::Source(*ssrc));
        }
        let mid = self
            .rtc
            .direct_api()
            .stream_rx(&ssrc)
            .map(|stream| stream.mid());
        let Some(mid) = mid else { return };
        if Some(mid) == self.microphone {
            self.waiting
                .push_back(Event::Packet(rtp::media_packet(packet)));
        } else if self.video.is_shown_on(mid) {
            match self.video.packet(&mut self.rtc, mid, packet) {
                Some(packet) => self.waiting.push_back(Event::Video(packet)),
                None => self.stats.rejected += 1,
            }
        }
    }
}

fn down_by(error: &RtcError) -> Down {
    match error {
        // str0m reports a certificate that is not the offer's as an SDP error.
        RtcError::Dtls(_) | RtcError::RemoteSdp(_) => Down::Dtls,
        _ => Down::Internal,
    }
}
