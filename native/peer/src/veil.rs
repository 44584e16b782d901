//! The veil around str0m: it holds decoy keys, we hold the keys agreed with the peer (DESIGN 3.9, adr/0018).
//!
//! ```text
//!  peer ── SRTP, SRTCP ──> open ── seal with the decoy ──> str0m     what it should see
//!  peer <── SRTP, SRTCP ── seal <── open with the decoy <─ str0m     video, repairs and probes; reports and feedback
//!  peer <── SRTP ───── seal <── header from a template <── engine    audio: str0m never sees it
//! ```

use std::time::Instant;

use engine::Forward;
use rtp::RtpView;
use srtp::{Exported, Inbound, Keys, Outbound, RTCP_OVERHEAD_MAX, RTP_OVERHEAD_MAX};

use crate::choke::Choke;
use crate::datagrams::Datagrams;
use crate::demux::{Kind, classify};
use crate::egress::{Agreed, SlotStream};
use crate::io::{Datagram, Pair};
use crate::keytap::{Mailbox, Tapped};
use crate::path::Path;
use crate::reports::{self, Told};

/// One session's veil: shut until DTLS has exported keys.
#[derive(Debug)]
pub(crate) struct Veil {
    mailbox: Mailbox,
    slots: Vec<Agreed>,
    path: Path,
    keyed: Option<Keyed>,
    /// The copy for str0m of the packet under way.
    copy: Vec<u8>,
    numbered: Option<Numbered>,
}

/// What leaves with transport-wide numbers.
#[derive(Debug)]
struct Numbered {
    /// `a=extmap` of the number.
    id: u8,
    choke: Choke,
}

/// With keys: the peer's and ours, and both of str0m's decoys.
#[derive(Debug)]
struct Keyed {
    from_peer: Inbound,
    to_peer: Outbound,
    from_str0m: Inbound,
    to_str0m: Outbound,
    slots: Vec<SlotStream>,
}

impl Veil {
    /// `numbers`: `a=extmap` of the transport-wide sequence number, if that was agreed.
    pub fn new(mailbox: Mailbox, slots: Vec<Agreed>, numbers: Option<u8>) -> Self {
        Self {
            mailbox,
            slots,
            path: Path::default(),
            keyed: None,
            copy: Vec::new(),
            numbered: numbers.map(|id| Numbered {
                id,
                choke: Choke::default(),
            }),
        }
    }

    /// What the peer's link carries of video at most, bits/s; `None`: it has not been seen to be full.
    pub fn bound(&self, now: Instant) -> Option<u64> {
        self.numbered.as_ref()?.choke.bound(now)
    }

    /// Take the keys when they have come; to be called when str0m may have gone on with DTLS.
    pub fn unlock(&mut self) {
        if self.keyed.is_none()
            && let Some(tapped) = self.mailbox.take()
        {
            self.keyed = Keyed::new(&tapped, &self.slots);
        }
    }

    /// Whether a datagram is media that says it is newer than all of its source that was opened.
    pub fn is_ahead(&self, datagram: &[u8]) -> bool {
        let media = matches!(classify(datagram), Some(Kind::Rtp(_)));
        let keyed = self.keyed.as_ref();
        media && keyed.is_some_and(|keyed| keyed.from_peer.is_ahead(datagram))
    }

    /// What str0m is shown of a datagram that came by this pair: media under its decoy key, all else as it came.
    /// `None`: nothing, because it was not the peer's, came before, or media has no keys yet.
    pub fn show<'a>(
        &'a mut self,
        pair: Pair,
        datagram: &'a [u8],
        now: Instant,
    ) -> Option<&'a [u8]> {
        match classify(datagram)? {
            Kind::Stun => {
                self.path.asked(pair.transport, pair.to, datagram);
                Some(datagram)
            }
            Kind::Dtls => Some(datagram),
            Kind::Rtp(ssrc) => {
                let Keyed {
                    from_peer,
                    to_str0m,
                    ..
                } = self.keyed.as_mut()?;
                let ahead = from_peer.is_ahead(datagram);
                let copy = refill(&mut self.copy, datagram);
                let (len, index) = from_peer.open_rtp(&mut copy[..datagram.len()]).ok()?;
                self.path.heard(pair, datagram.len(), ahead, now);
                let stream = to_str0m.stream(ssrc);
                let len = to_str0m.seal_rtp(stream, copy, len, index).ok()?;
                copy.get(..len)
            }
            Kind::Rtcp => {
                let Keyed {
                    from_peer,
                    to_str0m,
                    ..
                } = self.keyed.as_mut()?;
                let copy = refill(&mut self.copy, datagram);
                let len = from_peer.open_rtcp(&mut copy[..datagram.len()]).ok()?;
                self.path.heard(pair, datagram.len(), false, now);
                if let Some(numbered) = &mut self.numbered {
                    numbered.choke.hear(&copy[..len], now);
                }
                let len = to_str0m.seal_rtcp(copy, len).ok()?;
                copy.get(..len)
            }
        }
    }

    /// Make of a datagram of str0m's what leaves: media and reports under our key, DTLS and STUN as they are; all
    /// but STUN by the nominated pair. False: nothing leaves.
    pub fn let_out(&mut self, datagram: &mut Datagram, now: Instant) -> bool {
        let kind = classify(&datagram.bytes);
        self.path.sent(datagram.pair(), &datagram.bytes, now);
        if kind != Some(Kind::Stun)
            && let Some(pair) = self.path.take(datagram.bytes.len(), now)
        {
            datagram.redirect(pair);
        }
        let keyed = self.keyed.as_mut();
        let bytes = &mut datagram.bytes;
        match kind {
            Some(Kind::Stun | Kind::Dtls) => true,
            Some(Kind::Rtp(ssrc)) => {
                let numbered = self.numbered.as_mut();
                keyed.is_some_and(|keyed| keyed.reseal_media(ssrc, bytes, numbered, now).is_some())
            }
            Some(Kind::Rtcp) => keyed.is_some_and(|keyed| keyed.reseal(bytes, now).is_some()),
            None => false,
        }
    }

    /// Write and seal a packet for one of the slots. False: there is no such slot, no key or no path yet, or its
    /// place on the timeline was used before.
    #[inline]
    pub fn write(&mut self, forward: &Forward, out: &mut Datagrams, now: Instant) -> bool {
        let Some(Keyed { to_peer, slots, .. }) = self.keyed.as_mut() else {
            return false;
        };
        let Some(slot) = slots.get_mut(usize::from(forward.slot)) else {
            return false;
        };
        slot.write(forward, to_peer, &mut self.path, out, now)
            .is_ok()
    }
}

impl Keyed {
    fn new(tapped: &Tapped, slots: &[Agreed]) -> Option<Self> {
        let (agreed, decoy) = (tapped.exported()?, tapped.decoy()?);
        let (ours, theirs) = sides(agreed, tapped.client);
        let (str0ms, shown) = sides(decoy, tapped.client);
        let mut to_peer = Outbound::new(ours).ok()?;
        let slots = slots
            .iter()
            .map(|agreed| SlotStream::new(agreed, &mut to_peer).ok())
            .collect::<Option<_>>()?;
        Some(Self {
            from_peer: Inbound::new(theirs).ok()?,
            from_str0m: Inbound::new(str0ms).ok()?,
            to_str0m: Outbound::new(shown).ok()?,
            to_peer,
            slots,
        })
    }

    /// A packet of str0m's, video or what repairs and probes it, under our key with the index that str0m gave it.
    /// Never one of an audio slot: those are counted here, and two writers would use an index twice.
    fn reseal_media(
        &mut self,
        ssrc: u32,
        packet: &mut Vec<u8>,
        numbered: Option<&mut Numbered>,
        now: Instant,
    ) -> Option<()> {
        if self.slots.iter().any(|slot| slot.ssrc() == ssrc) {
            return None;
        }
        let (len, index) = self.from_str0m.open_rtp(packet).ok()?;
        if let Some(numbered) = numbered {
            numbered.leaves(&packet[..len], now);
        }
        packet.resize(len + RTP_OVERHEAD_MAX, 0);
        let stream = self.to_peer.stream(ssrc);
        let len = self.to_peer.seal_rtp(stream, packet, len, index).ok()?;
        packet.truncate(len);
        Some(())
    }

    /// A compound of str0m's, under our key and with our counts.
    fn reseal(&mut self, compound: &mut Vec<u8>, now: Instant) -> Option<()> {
        let len = self.from_str0m.open_rtcp(compound).ok()?;
        let slots = &self.slots;
        let len = reports::rewrite(compound, len, |ssrc, ntp| told(slots, ssrc, ntp, now));
        compound.resize(len + RTCP_OVERHEAD_MAX, 0);
        let len = self.to_peer.seal_rtcp(compound, len).ok()?;
        compound.truncate(len);
        Some(())
    }
}

impl Numbered {
    fn leaves(&mut self, packet: &[u8], now: Instant) {
        let view = RtpView::parse(packet).ok();
        let number = view.and_then(|view| view.extensions().find(self.id));
        if let Some(&[high, low]) = number {
            let number = u16::from_be_bytes([high, low]);
            self.choke.sent(number, packet.len(), now);
        }
    }
}

/// Our keys, then the peer's.
fn sides(exported: Exported<'_>, client: bool) -> (Keys<'_>, Keys<'_>) {
    if client {
        (exported.client(), exported.server())
    } else {
        (exported.server(), exported.client())
    }
}

/// The datagram in the buffer, with room behind it for another profile's tag than its own.
fn refill<'a>(copy: &'a mut Vec<u8>, datagram: &[u8]) -> &'a mut [u8] {
    copy.clear();
    copy.extend_from_slice(datagram);
    copy.resize(datagram.len() + RTP_OVERHEAD_MAX.max(RTCP_OVERHEAD_MAX), 0);
    copy
}

fn told(slots: &[SlotStream], ssrc: u32, ntp: u64, now: Instant) -> Told {
    let Some(slot) = slots.iter().find(|slot| slot.ssrc() == ssrc) else {
        return Told::Foreign;
    };
    slot.report(ntp, now).map_or(Told::Silent, Told::Sent)
}

#[cfg(test)]
mod tests;
