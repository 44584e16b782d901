//! The veil around str0m: it holds decoy keys, we hold the keys agreed with the peer (DESIGN 3.9, adr/0018).
//!
//! ```text
//!  peer ── SRTP, SRTCP ──> open ── seal with the decoy ──> str0m     what it should see
//!  peer <── SRTCP ──── seal <── open with the decoy <───── str0m     its reports and feedback
//!  peer <── SRTP ───── seal <── header from a template <── engine    audio: str0m never sees it
//! ```

use std::net::SocketAddr;
use std::time::Instant;

use engine::Forward;
use srtp::{Exported, Inbound, Keys, Outbound, RTCP_OVERHEAD_MAX, RTP_OVERHEAD_MAX};

use crate::datagrams::Datagrams;
use crate::demux::{Kind, classify};
use crate::egress::{Agreed, SlotStream};
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
    pub fn new(mailbox: Mailbox, slots: Vec<Agreed>) -> Self {
        Self {
            mailbox,
            slots,
            path: Path::default(),
            keyed: None,
            copy: Vec::new(),
        }
    }

    /// Take the keys when they have come; to be called when str0m may have gone on with DTLS.
    pub fn unlock(&mut self) {
        if self.keyed.is_none()
            && let Some(tapped) = self.mailbox.take()
        {
            self.keyed = Keyed::new(&tapped, &self.slots);
        }
    }

    /// What str0m is shown of a datagram: media under its decoy key, all else as it came. `None`: nothing, because
    /// it was not the peer's, came before, or media has no keys yet.
    pub fn show<'a>(&'a mut self, from: SocketAddr, datagram: &'a [u8]) -> Option<&'a [u8]> {
        match classify(datagram)? {
            Kind::Stun => {
                self.path.asked(from, datagram);
                Some(datagram)
            }
            Kind::Dtls => Some(datagram),
            Kind::Rtp(ssrc) => {
                let Keyed {
                    from_peer,
                    to_str0m,
                    ..
                } = self.keyed.as_mut()?;
                let copy = refill(&mut self.copy, datagram);
                let (len, index) = from_peer.open_rtp(&mut copy[..datagram.len()]).ok()?;
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
                let len = to_str0m.seal_rtcp(copy, len).ok()?;
                copy.get(..len)
            }
        }
    }

    /// Make of a datagram of str0m's what leaves by this pair: its reports under our key, DTLS and STUN as they are.
    /// False: nothing leaves. Media never does: str0m has none to send.
    pub fn let_out(
        &mut self,
        pair: (SocketAddr, SocketAddr),
        datagram: &mut Vec<u8>,
        now: Instant,
    ) -> bool {
        match classify(datagram) {
            Some(Kind::Stun | Kind::Dtls) => {
                self.path.sent(pair, datagram);
                true
            }
            Some(Kind::Rtcp) => {
                self.path.sent(pair, datagram);
                let keyed = self.keyed.as_mut();
                keyed.is_some_and(|keyed| keyed.reseal(datagram, now).is_some())
            }
            Some(Kind::Rtp(_)) | None => false,
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
        slot.write(forward, to_peer, &self.path, out, now).is_ok()
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
