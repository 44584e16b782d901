//! The whole edge: bytes, commands and times in; bytes and events out.

mod commands;
mod config;
mod hangup;
mod in_dialog;
mod invite_in;
mod invite_out;
mod links;
mod offer_in;
mod offer_out;
mod refer;
mod register_in;
mod register_out;
mod requests;
mod responses;
mod timers;
mod wire;

pub use config::Config;

use crate::command::Command;
use crate::event::{Event, LegId, RegistrationId, RequestId};
use crate::flow::{Flow, LinkId, Transport};
use crate::guard::Guard;
use crate::leg::Leg;
use crate::output::Output;
use crate::random::Random;
use crate::registrar::Registrar;
use register_out::Registration;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use wire::Wire;

/// What happens to the core.
#[derive(Debug)]
pub enum Input<'a> {
    /// A UDP socket is bound, or a stream connection is being made or was accepted.
    LinkOpened {
        /// A number that was not used before.
        link: LinkId,
        /// What carries it.
        transport: Transport,
        /// The address that Via and Contact name.
        local: SocketAddr,
    },
    /// A datagram, or a piece of a stream.
    Bytes {
        /// Where it came from.
        flow: Flow,
        /// As it came.
        bytes: &'a [u8],
    },
    /// A stream connection is gone, or could not be made.
    FlowClosed(LinkId),
    /// ICMP says that nobody is there (RFC 3261 18.4).
    Unreachable(Flow),
    /// The hub wants something.
    Command(Command),
    /// The deadline of the last [`Output::Timeout`] has come.
    Timeout,
}

/// What the core counts, for metrics and for tests of leftovers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Legs alive, ending ones included.
    pub legs: usize,
    /// Transactions alive, finished ones that absorb copies included.
    pub transactions: usize,
    /// Contacts registered here.
    pub bindings: usize,
    /// Timers of legs and registrations.
    pub waits: usize,
    /// Messages dropped because they were none.
    pub malformed: u64,
    /// Requests dropped because their source sends too many.
    pub limited: u64,
    /// Requests refused with 401.
    pub challenged: u64,
    /// Responses nobody waited for.
    pub stray: u64,
}

/// The SIP edge of one hub.
///
/// Give it an [`Input`] with the present time, then poll until [`Output::Timeout`]. Times are
/// durations since any fixed moment and never go back.
pub struct Core {
    wire: Wire,
    legs: BTreeMap<LegId, Leg>,
    /// Call-ID and local tag, by which a request finds its dialog.
    dialogs: BTreeMap<Box<str>, LegId>,
    /// Legs by connection; what must end with it.
    legs_by_link: BTreeSet<(LinkId, LegId)>,
    registrar: Registrar,
    registrations: BTreeMap<RegistrationId, Registration>,
    guard: Guard,
    /// For sources that are trusted and flows with a registration.
    known_guard: Guard,
    public: BTreeSet<Box<str>>,
    trusted: BTreeSet<IpAddr>,
    next_leg: u64,
    next_request: u64,
    last_placed: u64,
    counts: Counts,
}

impl Core {
    /// An edge without links. `random` decides every tag, branch and nonce.
    pub fn new(config: Config, random: Random) -> Self {
        let limits = &config.limits;
        let guard = Guard::new(limits.sources, limits.rate_per_s, limits.burst);
        let known_guard = Guard::new(
            limits.sources,
            limits.known_rate_per_s,
            limits.known_rate_per_s.saturating_mul(2),
        );
        let registrar = Registrar::new(limits.addresses, limits.bindings);
        Self {
            wire: Wire::new(config, random),
            legs: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            legs_by_link: BTreeSet::new(),
            registrar,
            registrations: BTreeMap::new(),
            guard,
            known_guard,
            public: BTreeSet::new(),
            trusted: BTreeSet::new(),
            next_leg: 2,
            next_request: 1,
            last_placed: 0,
            counts: Counts::default(),
        }
    }

    /// Takes one input. What it leads to is polled.
    pub fn handle(&mut self, input: Input<'_>, now: Duration) {
        match input {
            Input::LinkOpened {
                link,
                transport,
                local,
            } => self.link_opened(link, transport, local),
            Input::Bytes { flow, bytes } => self.on_bytes(flow, bytes, now),
            Input::FlowClosed(link) => self.link_closed(link, now),
            Input::Unreachable(flow) => self.unreachable(flow, now),
            Input::Command(command) => self.on_command(command, now),
            Input::Timeout => self.on_time(now),
        }
    }

    /// The next thing to do; ends with [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        self.wire
            .out
            .pop()
            .unwrap_or_else(|| Output::Timeout(self.next_deadline()))
    }

    /// When [`Input::Timeout`] is due.
    pub fn next_deadline(&self) -> Option<Duration> {
        let deadlines = [
            self.wire.transactions.next_deadline(),
            self.wire.waits.next(),
            self.registrar.next_deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Present sizes and running counts.
    pub fn counts(&self) -> Counts {
        Counts {
            legs: self.legs.len(),
            transactions: self.wire.transactions.len(),
            bindings: self.registrar.len(),
            waits: self.wire.waits.len(),
            ..self.counts
        }
    }

    fn next_request(&mut self) -> RequestId {
        self.next_request += 1;
        RequestId(self.next_request)
    }

    /// Enters a leg into every index.
    fn add_leg(&mut self, id: LegId, leg: Leg) {
        self.dialogs
            .insert(dialog_key(&leg.dialog.call_id, &leg.dialog.local_tag), id);
        if self.wire.is_reliable(leg.flow.link) {
            self.legs_by_link.insert((leg.flow.link, id));
        }
        self.legs.insert(id, leg);
    }

    /// Removes a leg with its timers.
    fn drop_leg(&mut self, id: LegId) -> Option<Leg> {
        use wire::{LegWait, Wait};
        let leg = self.drop_index(id)?;
        for wait in [
            LegWait::Ring,
            LegWait::Resend,
            LegWait::Hub,
            LegWait::Refer,
            LegWait::Glare,
            LegWait::Session,
            LegWait::Ack,
            LegWait::Close,
        ] {
            self.wire.waits.cancel(Wait::Leg(id, wait));
        }
        Some(leg)
    }

    /// Takes a leg out of every index.
    fn drop_index(&mut self, id: LegId) -> Option<Leg> {
        let leg = self.legs.remove(&id)?;
        self.dialogs
            .remove(&dialog_key(&leg.dialog.call_id, &leg.dialog.local_tag));
        self.legs_by_link.remove(&(leg.flow.link, id));
        Some(leg)
    }

    fn emit(&mut self, event: Event) {
        self.wire.event(event);
    }
}

/// The key of a dialog: the remote tag is checked, not looked up, because it comes late.
fn dialog_key(call_id: &str, local_tag: &str) -> Box<str> {
    format!("{local_tag} {call_id}").into()
}
