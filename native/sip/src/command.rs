//! What the hub tells the core: imperative wishes, refused by [`crate::Event::Rejected`].

use crate::digest::{Account, Ha1};
use crate::event::{LegId, RegistrationId, RequestId};
use crate::flow::Flow;
use std::net::IpAddr;

/// A wish of the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the text of a variant tells its fields
pub enum Command {
    /// Places a call.
    Call(Box<Call>),
    /// Sends 180, or 183 with early media, for a call that came in.
    Ring {
        leg: LegId,
        status: u16,
        sdp: Option<Vec<u8>>,
    },
    /// Answers a call that came in; `sdp` is our answer, or our offer when it had none.
    Answer { leg: LegId, sdp: Vec<u8> },
    /// Refuses a call that came in with a status of 300 to 699.
    Refuse { leg: LegId, status: u16 },
    /// Ends a leg: BYE, CANCEL or 603, as its state asks.
    Hangup { leg: LegId },
    /// Offers a change of the session by re-INVITE; without `sdp` the peer makes the offer.
    Offer { leg: LegId, sdp: Option<Vec<u8>> },
    /// Answers the peer's offer, or makes the offer it asked for.
    AcceptOffer {
        leg: LegId,
        request: RequestId,
        sdp: Vec<u8>,
    },
    /// Refuses the peer's offer, usually with 488.
    RefuseOffer {
        leg: LegId,
        request: RequestId,
        status: u16,
    },
    /// Our answer to an offer that came in a 2xx.
    Acknowledge { leg: LegId, sdp: Vec<u8> },
    /// Sends INFO.
    Info {
        leg: LegId,
        content_type: Box<str>,
        body: Vec<u8>,
    },
    /// Sends OPTIONS in the dialog; answered by `ProbeAnswered` or Ended.
    Probe { leg: LegId },
    /// Answers a REFER: 202 and a first NOTIFY, or 603.
    AnswerRefer {
        leg: LegId,
        request: RequestId,
        accept: bool,
    },
    /// Reports how the call a REFER asked for goes; a status from 200 on ends the reports.
    ReferProgress { leg: LegId, status: u16 },
    /// The leg's requests go over another flow from now on (its name was resolved).
    Reroute { leg: LegId, flow: Flow },
    /// Registers, or registers again over a new flow.
    Register(Box<Register>),
    /// Removes a registration of ours.
    Unregister { id: RegistrationId },
    /// Sends OPTIONS outside of any call (RFC 3261 11); answered by Pong.
    Ping {
        id: u64,
        flow: Flow,
        target: Box<str>,
    },
    /// Knows a digest user by these HA1 values from now on; `None`: no longer.
    SetUser { user: Box<str>, ha1: Option<Ha1> },
    /// Anybody may call this user part without digest, or no longer.
    SetPublic { user: Box<str>, public: bool },
    /// Requests from this address need no digest, but those over the flow of a registered phone, and
    /// have a wider rate limit; or no longer.
    SetTrusted { source: IpAddr, trusted: bool },
}

/// A call to place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// An odd number that was not used before.
    pub leg: LegId,
    /// Where the INVITE goes; names are resolved by the embedder.
    pub flow: Flow,
    /// Request-URI and To.
    pub target: Box<str>,
    /// URI of From.
    pub from: Box<str>,
    /// Display name of From; may be empty.
    pub name: Box<str>,
    /// Route set in advance: an outbound proxy, or a phone's Path.
    pub route: Vec<Box<str>>,
    /// The offer; `None`: the peer makes it.
    pub sdp: Option<Vec<u8>>,
    /// Who we are, should the other side ask.
    pub account: Option<Account>,
    /// Gives up after this time without an answer; 0: the configured limit.
    pub ring_limit_ms: u32,
}

/// A registration to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// The embedder's number for it.
    pub id: RegistrationId,
    /// The way to the registrar.
    pub flow: Flow,
    /// Request-URI: the registrar's domain.
    pub registrar: Box<str>,
    /// The address of record, From and To.
    pub address: Box<str>,
    /// User part of the Contact.
    pub user: Box<str>,
    /// Who we are.
    pub account: Option<Account>,
    /// Seconds to ask for.
    pub expires_s: u32,
}
