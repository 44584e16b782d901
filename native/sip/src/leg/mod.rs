//! The state of one leg.

pub(crate) mod dialog;
pub(crate) mod session_timer;

use crate::digest::Login;
use crate::event::RequestId;
use crate::flow::Flow;
use crate::msg::Headers;
use crate::transaction::TxId;
use dialog::Dialog;
use session_timer::SessionTimer;
use std::time::Duration;

/// Where a leg stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Their INVITE waits for our final answer.
    Offered,
    /// Our 2xx waits for their ACK.
    Accepted,
    /// Our INVITE waits for their final answer.
    Calling,
    /// Both ends agree that there is a session.
    Connected,
    /// The hub was told the end; our CANCEL or BYE has yet to find its own.
    Closing,
}

/// One leg. Parts that only live for a moment are boxed, to keep an idle leg small.
#[derive(Debug)]
pub(crate) struct Leg {
    pub state: State,
    /// We placed the call: the Call-ID is ours (RFC 3261 14.1).
    pub caller: bool,
    pub dialog: Dialog,
    /// Where our requests go.
    pub flow: Flow,
    /// Requests keep to `flow` whatever the Contact says: a stream, a registered phone, NAT.
    pub pinned: bool,
    /// The INVITE that has no final answer, theirs or ours.
    pub invite: Option<Box<Invite>>,
    /// A 2xx of ours that has no ACK.
    pub accepted: Option<Box<Unacked>>,
    /// The ACK to repeat when their 2xx comes again (RFC 3261 13.2.2.4), and its `CSeq`.
    pub ack: Option<(u32, Box<[u8]>)>,
    /// Their offer, waiting for the hub.
    pub theirs: Option<Box<TheirOffer>>,
    /// Our offer or refresh, waiting for the peer.
    pub ours: Option<Box<OurOffer>>,
    /// Their REFER, waiting for the hub: its transaction and response.
    pub refer: Option<Box<(RequestId, TxId, Headers)>>,
    pub timer: Option<SessionTimer>,
    pub login: Option<Box<Login>>,
    /// Our last SDP, for a refresh by re-INVITE.
    pub sdp: Option<Box<[u8]>>,
    /// The peer understands UPDATE (RFC 3311).
    pub updates: bool,
    /// Remote tags of early dialogs of our INVITE; one that is not ours in the end is hung up.
    pub forks: Vec<Box<str>>,
}

/// An INVITE under way.
#[derive(Debug)]
pub(crate) struct Invite {
    pub tx: TxId,
    /// Theirs: the headers every response copies. Ours: empty.
    pub headers: Headers,
    /// Theirs: what they ask about session timers.
    pub asked: Option<session_timer::Asked>,
    /// Ours: `CSeq`; theirs: theirs.
    pub seq: u32,
    /// Ours: a provisional answer came, so a CANCEL may go (RFC 3261 9.1).
    pub answered: bool,
    /// Ours: the branch, which a CANCEL repeats.
    pub branch: Box<str>,
    /// Ours: the shortest session interval somebody on the way takes.
    pub min_se_s: u32,
    /// The INVITE carried an offer.
    pub has_offer: bool,
}

/// A 2xx that is repeated until its ACK comes (RFC 3261 13.3.1.4).
#[derive(Debug)]
pub(crate) struct Unacked {
    pub bytes: Box<[u8]>,
    pub flow: Flow,
    pub seq: u32,
    pub pause: Duration,
    pub give_up: Duration,
    /// The answer is in the ACK, because the 2xx held our offer.
    pub late: bool,
    /// The first 2xx of the leg, not one of a re-INVITE.
    pub first: bool,
}

/// A re-INVITE or UPDATE of theirs that the hub has to answer.
#[derive(Debug)]
pub(crate) struct TheirOffer {
    pub request: RequestId,
    pub tx: TxId,
    pub invite: bool,
    pub headers: Headers,
    pub contact: Option<Box<str>>,
    pub asked: session_timer::Asked,
    pub seq: u32,
    pub has_offer: bool,
}

/// A re-INVITE or UPDATE of ours.
#[derive(Debug)]
pub(crate) struct OurOffer {
    pub seq: u32,
    /// What we sent; kept to send it again after 491 or a challenge.
    pub sdp: Option<Vec<u8>>,
    /// Sent by the session timer: the hub knows nothing of it.
    pub refresh: bool,
    pub update: bool,
    pub stage: Stage,
}

/// What an offer of ours waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The final answer.
    Sent,
    /// The end of the pause after a 491 (RFC 3261 14.1).
    Glare,
    /// The hub: their 2xx held the offer, the answer goes into the ACK.
    Late,
}

impl Leg {
    /// A leg at its beginning.
    pub fn new(state: State, dialog: Dialog, flow: Flow, pinned: bool) -> Self {
        Self {
            state,
            caller: state == State::Calling,
            dialog,
            flow,
            pinned,
            invite: None,
            accepted: None,
            ack: None,
            theirs: None,
            ours: None,
            refer: None,
            timer: None,
            login: None,
            sdp: None,
            updates: false,
            forks: Vec::new(),
        }
    }

    /// True when a request with this From tag belongs to the leg.
    pub fn knows_tag(&self, tag: &str) -> bool {
        *self.dialog.remote_tag == *tag || self.forks.iter().any(|fork| **fork == *tag)
    }

    /// An offer is under way, so a further one has to wait (RFC 3264 4).
    pub fn is_busy(&self) -> bool {
        self.ours.is_some() || self.theirs.is_some() || self.accepted.is_some()
    }
}
