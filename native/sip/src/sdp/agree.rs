//! Offer and answer for a leg with one audio stream (RFC 3264).

use super::{Codec, CodecName, Crypto, Direction, Dtls, Media, Session, Stream};
use std::net::SocketAddr;

/// What we have for one leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Where we want media.
    pub address: SocketAddr,
    /// Session id of `o=`, the same for the whole leg.
    pub id: u64,
    /// Version of `o=`: one more for every changed description (RFC 3264 8).
    pub version: u64,
    /// Codecs, best first.
    pub codecs: Vec<CodecName>,
    /// What we want: `SendRecv`, or `SendOnly` and `Inactive` to hold the peer.
    pub direction: Direction,
    /// Our SDES key, for RTP/SAVP; its tag is replaced by the peer's in an answer.
    pub crypto: Option<Crypto>,
    /// Our certificate, for UDP/TLS/RTP/SAVP.
    pub dtls: Option<Dtls>,
}

/// What both ends settled on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// The m-line it is about.
    pub index: usize,
    /// The codec both use, with the payload type of the offer.
    pub codec: Codec,
    /// Payload type and clock of telephone-event, when both have it.
    pub telephone_event: Option<(u8, u32)>,
    /// Where to send; `None` while the peer has no place for media.
    pub remote: Option<SocketAddr>,
    /// Seen from us.
    pub direction: Direction,
    /// The peer's SDES key.
    pub crypto: Option<Crypto>,
    /// The peer's DTLS parameters.
    pub dtls: Option<Dtls>,
    /// RTP and RTCP on one port.
    pub rtcp_mux: bool,
    /// Packet time the peer asks for, milliseconds.
    pub ptime_ms: Option<u32>,
}

/// Why there is no session: 488 with a Warning, or BYE after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No audio m-line that is switched on.
    NoAudio,
    /// No codec in common.
    NoCodec,
    /// The keys one side asks for are not there on the other.
    NoSecurity,
    /// The answer does not fit the offer.
    NotAnAnswer,
}

/// Our offer.
pub fn offer(ours: &Local) -> Session {
    let protocol = match (&ours.dtls, &ours.crypto) {
        (Some(_), _) => "UDP/TLS/RTP/SAVP",
        (None, Some(_)) => "RTP/SAVP",
        (None, None) => "RTP/AVP",
    };
    let mut media = Media {
        protocol: protocol.into(),
        ..audio(ours)
    };
    for name in &ours.codecs {
        add_codec(
            &mut media,
            &Codec {
                name: *name,
                payload_type: name.payload_type(),
                format: None,
            },
        );
    }
    let narrow = ours.codecs.iter().any(|name| name.clock_hz() == 8_000);
    add_event(&mut media, narrow.then_some((101, 8_000)));
    add_event(
        &mut media,
        ours.codecs
            .contains(&CodecName::Opus)
            .then_some((110, 48_000)),
    );
    if let Some(crypto) = &ours.crypto {
        media.push("crypto", Some(crypto.to_string()));
    }
    if let Some(dtls) = &ours.dtls {
        media.push("fingerprint", Some(dtls.fingerprint.to_string()));
        media.push("setup", Some("actpass".to_owned()));
    }
    media.push(ours.direction.as_str(), None);
    session(ours, vec![media])
}

/// Our answer to `offer`: the first audio m-line that works is taken, every other is refused in
/// its place with port 0 (RFC 3264 6).
pub fn answer(offer: &Session, ours: &Local) -> Result<(Session, Agreed), Refusal> {
    let mut why = Refusal::NoAudio;
    for index in 0..offer.media.len() {
        match answer_media(offer, index, ours) {
            Ok((media, agreed)) => {
                let mut all: Vec<Media> = offer.media.iter().map(Media::refused).collect();
                all[index] = media;
                return Ok((session(ours, all), agreed));
            }
            Err(Refusal::NoAudio) => {}
            Err(other) => why = other,
        }
    }
    Err(why)
}

/// Reads the peer's answer to our [`offer`].
pub fn read_answer(ours: &Local, answer: &Session) -> Result<Agreed, Refusal> {
    let media = answer.media.first().ok_or(Refusal::NotAnAnswer)?;
    let stream = Stream::read(answer, 0).ok_or(Refusal::NotAnAnswer)?;
    if media.port == 0 {
        return Err(Refusal::NoAudio);
    }
    let codec = stream
        .codecs
        .iter()
        .find(|c| ours.codecs.contains(&c.name))
        .ok_or(Refusal::NoCodec)?
        .clone();
    let crypto = stream.crypto.first().cloned();
    let unsafe_answer = (ours.crypto.is_some() && crypto.is_none())
        || (ours.dtls.is_some() && stream.dtls.is_none());
    if unsafe_answer {
        return Err(Refusal::NoSecurity);
    }
    // Their direction is seen from them; ours is what is left of our wish.
    let direction = stream.direction.answered_by(ours.direction);
    Ok(agreed(0, media, codec, stream, direction, crypto))
}

fn answer_media(offer: &Session, index: usize, ours: &Local) -> Result<(Media, Agreed), Refusal> {
    let offered = &offer.media[index];
    if &*offered.kind != "audio" || offered.port == 0 {
        return Err(Refusal::NoAudio);
    }
    let stream = Stream::read(offer, index).ok_or(Refusal::NoAudio)?;
    // Our preference decides, the payload types are theirs (RFC 3264 6.1).
    let common = ours
        .codecs
        .iter()
        .find_map(|name| stream.codecs.iter().find(|c| c.name == *name));
    let codec = common.ok_or(Refusal::NoCodec)?.clone();
    let mut media = Media {
        protocol: offered.protocol.clone(),
        ..audio(ours)
    };
    add_codec(&mut media, &codec);
    add_event(
        &mut media,
        Stream::telephone_event(offered, codec.name.clock_hz()),
    );
    let crypto = secure(&mut media, &stream, ours)?;
    if stream.rtcp_mux {
        media.push("rtcp-mux", None);
    }
    let direction = stream.direction.answered_by(ours.direction);
    media.push(direction.as_str(), None);
    let agreed = agreed(index, offered, codec, stream, direction, crypto);
    Ok((media, agreed))
}

/// Writes our side of the keys; the peer's chosen SDES key, if it is SDES.
fn secure(media: &mut Media, stream: &Stream, ours: &Local) -> Result<Option<Crypto>, Refusal> {
    match &*media.protocol {
        "RTP/AVP" | "RTP/AVPF" => Ok(None),
        "RTP/SAVP" | "RTP/SAVPF" => {
            let ours = ours.crypto.as_ref().ok_or(Refusal::NoSecurity)?;
            let theirs = stream
                .crypto
                .iter()
                .find(|c| c.suite == ours.suite)
                .ok_or(Refusal::NoSecurity)?;
            let line = Crypto {
                tag: theirs.tag,
                ..ours.clone()
            };
            media.push("crypto", Some(line.to_string()));
            Ok(Some(theirs.clone()))
        }
        "UDP/TLS/RTP/SAVP" | "UDP/TLS/RTP/SAVPF" => {
            let (ours, theirs) = ours
                .dtls
                .as_ref()
                .zip(stream.dtls.as_ref())
                .ok_or(Refusal::NoSecurity)?;
            // The answerer takes the active part unless the offerer wants it (RFC 5763 5).
            let setup = if &*theirs.setup == "active" {
                "passive"
            } else {
                "active"
            };
            media.push("fingerprint", Some(ours.fingerprint.to_string()));
            media.push("setup", Some(setup.to_owned()));
            Ok(None)
        }
        _ => Err(Refusal::NoSecurity),
    }
}

fn agreed(
    index: usize,
    media: &Media,
    codec: Codec,
    stream: Stream,
    direction: Direction,
    crypto: Option<Crypto>,
) -> Agreed {
    Agreed {
        index,
        telephone_event: Stream::telephone_event(media, codec.name.clock_hz()),
        codec,
        remote: stream.remote,
        direction,
        crypto,
        dtls: stream.dtls,
        rtcp_mux: stream.rtcp_mux,
        ptime_ms: stream.ptime_ms,
    }
}

fn audio(ours: &Local) -> Media {
    Media {
        kind: "audio".into(),
        port: ours.address.port(),
        ..Media::default()
    }
}

fn add_codec(media: &mut Media, codec: &Codec) {
    let number = codec.payload_type;
    media.formats.push(number.to_string().into());
    media.push("rtpmap", Some(format!("{number} {}", codec.name.rtpmap())));
    if codec.name == CodecName::Opus {
        // In-band FEC helps on lossy links and costs nothing where nothing is lost (RFC 7587 6.1).
        media.push("fmtp", Some(format!("{number} useinbandfec=1")));
    }
}

fn add_event(media: &mut Media, event: Option<(u8, u32)>) {
    if let Some((number, clock)) = event {
        media.formats.push(number.to_string().into());
        media.push("rtpmap", Some(format!("{number} telephone-event/{clock}")));
        media.push("fmtp", Some(format!("{number} 0-16")));
    }
}

fn session(ours: &Local, media: Vec<Media>) -> Session {
    let ip = ours.address.ip();
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    Session {
        origin: format!("- {} {} IN {family} {ip}", ours.id, ours.version).into(),
        connection: Some(ip.to_string().into()),
        attributes: Vec::new(),
        media,
    }
}
