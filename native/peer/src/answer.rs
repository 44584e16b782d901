//! Answering an offer: str0m set up for what is asked, and the lines that both have agreed on.

use std::time::Instant;

use str0m::Rtc;
use str0m::change::SdpOffer;
use str0m::media::Mid;
use str0m::rtp::Extension;

use crate::identity::{Identity, MediaPath};
use crate::io::{Accept, Transport};
use crate::offer::{Offer, Refusal, Shown};
use crate::rtp::{self, Egress};
use crate::veil::Veil;
use crate::video::{DOWNLINK_AT_FIRST, Video};
use crate::{channels, keytap, transport};

/// An offer that was answered.
pub(crate) struct Answered {
    pub rtc: Rtc,
    pub sdp: String,
    /// `None`: str0m seals and opens media itself.
    pub veil: Option<Box<Veil>>,
    pub microphone: Option<Mid>,
    pub slots: Vec<Egress>,
    pub video: Video,
}

/// The lines that a session was made with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    microphone: Option<Mid>,
    slots: Vec<Mid>,
    shown: Vec<Shown>,
    video_slots: Vec<Mid>,
}

impl Lines {
    pub fn of(offer: &Offer) -> Self {
        let mids = |mids: &[String]| mids.iter().map(|mid| mid.as_str().into()).collect();
        Self {
            microphone: offer.microphone.as_deref().map(Mid::from),
            slots: mids(&offer.slots),
            shown: offer.video.shown.clone(),
            video_slots: mids(&offer.video.slots),
        }
    }
}

/// Answer the first offer of a session.
pub(crate) fn first(
    offer: &Offer,
    accept: &Accept<'_>,
    identity: &Identity,
    now: Instant,
) -> Result<Answered, Refusal> {
    let video = !offer.video.shown.is_empty() || !offer.video.slots.is_empty();
    let mut rtc = identity
        .server_config(video)
        .enable_bwe(offer.video.estimates.then_some(DOWNLINK_AT_FIRST))
        .set_sctp_max_message_size(u32::try_from(accept.data_message_bytes_max).unwrap_or(u32::MAX))
        .set_sctp_max_buffered_amount(channels::buffered_max(accept.data_message_bytes_max))
        .build(now);
    let mailbox = keytap::built().filter(|_| identity.media() == MediaPath::Veil);
    let over_udp = accept.candidates.iter().map(|at| (Transport::Udp, *at));
    let over_tcp = accept.tcp_candidates.iter();
    let over_tcp = over_tcp.map(|at| (Transport::Tcp, *at));
    for (transport, address) in over_udp.chain(over_tcp) {
        rtc.add_local_candidate(transport::passive(transport, address)?);
    }
    let sdp = later(offer, &mut rtc)?;
    let (microphone, slots) = sound(offer, &mut rtc)?;
    let video = Video::agreed(&offer.video, &mut rtc)?;
    let lines = slots.iter().zip(&offer.slots);
    let agreed = lines.filter_map(|(slot, mid)| slot.agreed(&rtc, Mid::from(mid.as_str())));
    let numbers = offer.video.slots.iter().find_map(|mid| {
        let media = rtc.media(Mid::from(mid.as_str()))?;
        let agreed = media.remote_extmap();
        agreed.id_of(Extension::TransportSequenceNumber)
    });
    let veil = mailbox.map(|mailbox| Box::new(Veil::new(mailbox, agreed.collect(), numbers)));
    Ok(Answered {
        rtc,
        sdp,
        veil,
        microphone,
        slots,
        video,
    })
}

/// Answer an offer of a session that stands.
pub(crate) fn later(offer: &Offer, rtc: &mut Rtc) -> Result<String, Refusal> {
    let parsed = SdpOffer::from_sdp_string(&offer.sdp)
        .map_err(|error| Refusal(format!("the offer is not valid SDP: {error}")))?;
    let answer = rtc
        .sdp_api()
        .accept_offer(parsed)
        .map_err(|error| Refusal(format!("the offer cannot be answered: {error}")))?;
    Ok(answer.to_sdp_string())
}

fn sound(offer: &Offer, rtc: &mut Rtc) -> Result<(Option<Mid>, Vec<Egress>), Refusal> {
    let microphone = offer.microphone.as_deref().map(Mid::from);
    if microphone.is_some_and(|mid| rtp::opus(rtc, mid).is_none()) {
        return Err(Refusal(
            "the audio line that sends does not offer Opus".to_owned(),
        ));
    }
    let slots: Vec<Egress> = offer
        .slots
        .iter()
        .filter_map(|mid| Egress::of(rtc, Mid::from(mid.as_str())))
        .collect();
    if slots.len() < offer.slots.len() {
        return Err(Refusal(
            "an audio line that receives does not offer Opus".to_owned(),
        ));
    }
    Ok((microphone, slots))
}
