//! What the core tells the hub: past-tense facts as plain values.

use crate::flow::Flow;

/// One dialog of ours with one far end. Even numbers are given by the core to calls that come in;
/// whoever places a call picks an odd number that was not used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u64);

/// A question the hub has to answer by a command that repeats this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// A registration of ours at somebody else's registrar; the number is the embedder's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId(pub u64);

/// A fact. Bodies are bytes as they came; [`crate::sdp`] reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the text of a variant tells its fields
pub enum Event {
    /// A call came in and waits for Ring, Answer or Refuse.
    Incoming(Box<Incoming>),
    /// Our call got a provisional answer above 100; `sdp` is early media.
    Progress {
        leg: LegId,
        status: u16,
        sdp: Option<Vec<u8>>,
    },
    /// Our call was answered. When we called without an offer, `sdp` is the peer's offer and
    /// `Acknowledge` must follow.
    Answered { leg: LegId, sdp: Option<Vec<u8>> },
    /// The caller confirmed our answer; `sdp` is its answer when we had to make the offer.
    Established { leg: LegId, sdp: Option<Vec<u8>> },
    /// The peer wants to change the session (hold, moved address): `AcceptOffer` or `RefuseOffer`.
    /// Without `sdp` we are asked to make the offer.
    Offered {
        leg: LegId,
        request: RequestId,
        sdp: Option<Vec<u8>>,
    },
    /// The peer took its offer back, or it waited too long for the hub.
    OfferWithdrawn { leg: LegId, request: RequestId },
    /// The peer answered our change; after an empty offer of ours this is the peer's offer and
    /// `Acknowledge` must follow. After `AcceptOffer` of an empty offer: the peer's answer.
    OfferAnswered { leg: LegId, sdp: Option<Vec<u8>> },
    /// The peer refused our change; the session goes on as it was.
    OfferRefused { leg: LegId, status: u16 },
    /// INFO came and was answered (RFC 6086); DTMF of old phones.
    Info {
        leg: LegId,
        content_type: Box<str>,
        body: Vec<u8>,
    },
    /// The peer asks us to call `target` (RFC 3515): `AnswerRefer`.
    Refer {
        leg: LegId,
        request: RequestId,
        target: Box<str>,
    },
    /// A probe was answered: the far end lives, whatever the status.
    ProbeAnswered { leg: LegId, status: u16 },
    /// The leg is over; nothing follows for it.
    Ended { leg: LegId, why: End, status: u16 },
    /// A phone registered or refreshed a contact here.
    Bound(Box<Bound>),
    /// A contact is registered here no longer.
    Unbound {
        address: Box<str>,
        contact: Box<str>,
        why: Unbind,
    },
    /// The state of a registration of ours elsewhere changed.
    Registration {
        id: RegistrationId,
        state: Registered,
    },
    /// A ping outside of any call was answered; 408 and 503 also when nobody did.
    Pong { id: u64, status: u16 },
    /// A command could not be done.
    Rejected { id: u64, why: Rejection },
}

/// A call that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its leg.
    pub leg: LegId,
    /// Where it came from.
    pub flow: Flow,
    /// The digest user, proven; `None` for a trusted source and for an anonymous caller.
    pub user: Option<Box<str>>,
    /// The source address is a trusted trunk.
    pub trusted: bool,
    /// Request-URI: who is called.
    pub target: Box<str>,
    /// URI of From: what the caller says of itself, unproven.
    pub from: Box<str>,
    /// Display name of From, unproven.
    pub name: Box<str>,
    /// P-Asserted-Identity, only from a trusted source (RFC 3325).
    pub asserted: Option<Box<str>>,
    /// Replaces, when the call wants to take the place of another (RFC 3891).
    pub replaces: Option<Box<str>>,
    /// The offer; `None`: we are asked to make it in the answer.
    pub sdp: Option<Vec<u8>>,
}

/// Why a leg is over, and by that whose doing it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The hub hung up, cancelled or refused.
    Hangup,
    /// The peer hung up.
    RemoteHangup,
    /// The caller gave up before we answered.
    Cancelled,
    /// The peer refused our call; `status` says how (486 busy, 603 declined).
    Refused,
    /// Nobody answered within the ring limit.
    RingLimit,
    /// No response at all to our call.
    NoResponse,
    /// The peer never confirmed our answer.
    NoAck,
    /// The hub did not finish an offer/answer in time.
    HubTooSlow,
    /// The session timer ran out (RFC 4028).
    SessionExpired,
    /// The peer no longer knows the dialog, or no longer answers in it.
    Gone,
    /// The connection, or the address, is gone.
    ConnectionLost,
}

/// A contact registered here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// User of the address of record.
    pub address: Box<str>,
    /// Contact URI: the target of a call to it.
    pub contact: Box<str>,
    /// Where a call to it is sent (RFC 5626 in spirit).
    pub flow: Flow,
    /// Seconds until it ends unless refreshed.
    pub expires_s: u32,
    /// `+sip.instance`, which stays the same over restarts of the phone.
    pub instance: Option<Box<str>>,
    /// Path to put into the Route of a call (RFC 3327).
    pub path: Vec<Box<str>>,
    /// User-Agent, for people.
    pub agent: Box<str>,
}

/// Why a contact is registered no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unbind {
    /// The phone said so.
    Removed,
    /// Its time ran out.
    Expired,
    /// Its connection is gone.
    ConnectionLost,
    /// A newer contact took its place.
    Replaced,
}

/// The state of a registration of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the text of a variant tells its fields
pub enum Registered {
    /// Registered for this many seconds; refreshed before they are over.
    Active { expires_s: u32 },
    /// Refused or unanswered; tried again by itself after `retry_s`.
    Failed { status: u16, retry_s: u32 },
    /// The connection is gone: give Register again with a new flow.
    ConnectionLost,
    /// Removed as asked.
    Removed,
}

/// Why a command could not be done. Always a matter of timing or of the caller, never of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// No such leg (any more).
    UnknownLeg,
    /// No such question (any more).
    UnknownRequest,
    /// The leg number is even or was used before.
    BadLegId,
    /// Not possible in the state the leg is in.
    WrongState,
    /// Another change of this session is under way: wait for its end.
    Busy,
    /// A URI in the command is none.
    BadUri,
    /// The link is not open.
    NoLink,
    /// Too many legs.
    Full,
}
