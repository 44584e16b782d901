//! The set of live transactions: drives the tables with messages, time and transport errors.

use super::ack::ack_of_refusal;
use super::table::{Do, Kind, On, State, Timer, row, start};
use crate::deadlines::Deadlines;
use crate::flow::{Flow, LinkId};
use crate::msg::Response;
use crate::output::Outbox;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Names one transaction; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TxId(u64);

/// The two timers a transaction can have running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TxTimer {
    Retransmit(TxId),
    End(TxId),
}

/// What the owner of a client transaction is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told<O> {
    /// The response is the owner's to handle.
    Response(O),
    /// Nobody answered: to be treated as a 408 (RFC 3261 8.1.3.1).
    TimedOut(O),
    /// The transport failed: to be treated as a 503 (RFC 3261 8.1.3.1).
    Failed(O),
}

/// How a new transaction begins.
pub(crate) struct New<'a, O> {
    pub kind: Kind,
    pub flow: Flow,
    pub reliable: bool,
    /// Client: the branch of our Via. Server: [`super::server_key`].
    pub key: Box<str>,
    /// Server: the identity by which a merged request is known (RFC 3261 8.2.2.2).
    pub merged: Option<Box<str>>,
    /// Client: how long after a provisional answer the final one is waited for; `None`: for ever.
    pub limit: Option<Duration>,
    /// Client: the request.
    pub message: &'a [u8],
    pub owner: O,
}

struct Transaction<O> {
    kind: Kind,
    state: State,
    flow: Flow,
    reliable: bool,
    /// The running retransmission timer and its last pause.
    pause: Option<(Timer, Duration)>,
    key: Box<str>,
    merged: Option<Box<str>>,
    limit: Option<Duration>,
    message: Box<[u8]>,
    owner: O,
}

impl<O> Transaction<O> {
    fn is_client(&self) -> bool {
        matches!(self.kind, Kind::Client | Kind::InviteClient)
    }
}

/// All transactions, clients and servers.
pub(crate) struct Layer<O> {
    next: u64,
    live: BTreeMap<TxId, Transaction<O>>,
    clients: BTreeMap<Box<str>, TxId>,
    servers: BTreeMap<Box<str>, TxId>,
    merged: BTreeMap<Box<str>, TxId>,
    /// Those that end when their flow does: clients, and servers on a stream.
    by_flow: BTreeSet<(Flow, TxId)>,
    timers: Deadlines<TxTimer>,
    unanswered: usize,
}

impl<O: Copy> Layer<O> {
    pub fn new() -> Self {
        Self {
            next: 1,
            live: BTreeMap::new(),
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            merged: BTreeMap::new(),
            by_flow: BTreeSet::new(),
            timers: Deadlines::new(),
            unanswered: 0,
        }
    }

    /// Transactions alive, finished ones that absorb copies included.
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Server transactions that wait for our final answer: what a limit must count.
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    pub fn next_deadline(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// The server transaction of a request.
    pub fn server(&self, key: &str) -> Option<TxId> {
        self.servers.get(key).copied()
    }

    /// The server transaction that a request with another branch repeats (RFC 3261 8.2.2.2).
    pub fn is_merged(&self, identity: &str) -> bool {
        self.merged.contains_key(identity)
    }

    /// True until a final answer passed.
    pub fn is_open(&self, id: TxId) -> bool {
        let open = |tx: &Transaction<O>| {
            matches!(tx.state, State::Calling | State::Trying | State::Proceeding)
        };
        self.live.get(&id).is_some_and(open)
    }

    /// Who is told of a transaction.
    pub fn owner(&self, id: TxId) -> Option<O> {
        self.live.get(&id).map(|tx| tx.owner)
    }

    /// Where a transaction sends to.
    pub fn flow(&self, id: TxId) -> Option<Flow> {
        self.live.get(&id).map(|tx| tx.flow)
    }

    pub fn start(&mut self, new: New<'_, O>, now: Duration, out: &mut Outbox) -> TxId {
        let id = TxId(self.next);
        self.next += 1;
        let is_client = matches!(new.kind, Kind::Client | Kind::InviteClient);
        let index = if is_client {
            &mut self.clients
        } else {
            &mut self.servers
        };
        index.insert(new.key.clone(), id);
        if let Some(merged) = &new.merged {
            self.merged.insert(merged.clone(), id);
        }
        if new.reliable || is_client {
            self.by_flow.insert((new.flow, id));
        }
        self.unanswered += usize::from(!is_client);
        let (state, acts) = start(new.kind);
        self.live.insert(
            id,
            Transaction {
                kind: new.kind,
                state,
                flow: new.flow,
                reliable: new.reliable,
                pause: None,
                key: new.key,
                merged: new.merged,
                limit: new.limit,
                message: new.message.into(),
                owner: new.owner,
            },
        );
        self.run(id, acts, None, now, out);
        id
    }

    /// A request came again, or an ACK; true when it belongs above (the ACK of a 2xx).
    pub fn on_request(&mut self, id: TxId, ack: bool, now: Duration, out: &mut Outbox) -> bool {
        let on = if ack { On::Ack } else { On::Request };
        self.step(id, on, None, now, out).is_some()
    }

    /// Sends a response through its server transaction; later copies of the request get it again.
    pub fn respond(&mut self, id: TxId, response: &Response, now: Duration, out: &mut Outbox) {
        let on = On::of(response.status);
        if let Some(tx) = self
            .live
            .get_mut(&id)
            .filter(|tx| row(tx.kind, tx.state, on).is_some())
        {
            tx.message = response.to_bytes().into();
            self.step(id, on, None, now, out);
        }
    }

    /// A response with our `branch` came. `None`: absorbed, or nobody waits for it.
    pub fn on_response(
        &mut self,
        branch: &str,
        invite: bool,
        response: &Response,
        now: Duration,
        out: &mut Outbox,
    ) -> Option<Told<O>> {
        let id = *self.clients.get(branch)?;
        if self
            .live
            .get(&id)
            .is_none_or(|tx| (tx.kind == Kind::InviteClient) != invite)
        {
            return None;
        }
        self.step(id, On::of(response.status), Some(response), now, out)
    }

    /// Runs the first timer that is due; `None` when none is.
    #[allow(clippy::option_option)]
    pub fn run_due(&mut self, now: Duration, out: &mut Outbox) -> Option<Option<Told<O>>> {
        let timer = self.timers.pop_due(now)?;
        Some(match timer {
            TxTimer::Retransmit(id) => self.step(id, On::Retransmit, None, now, out),
            TxTimer::End(id) => self.step(id, On::End, None, now, out),
        })
    }

    /// The link is gone: ends what ran over it. The owners of clients are told.
    pub fn fail_link(&mut self, link: LinkId, now: Duration, out: &mut Outbox) -> Vec<Told<O>> {
        let ids: Vec<TxId> = self
            .by_flow
            .range((first_of(link), TxId(0))..(first_of(LinkId(link.0 + 1)), TxId(0)))
            .map(|(_, id)| *id)
            .collect();
        let mut told = Vec::new();
        for id in ids {
            told.extend(self.step(id, On::TransportError, None, now, out));
            self.remove(id);
        }
        told
    }

    /// An ICMP error for a datagram flow: ends the clients that wait for an answer from there.
    pub fn fail_flow(&mut self, flow: Flow, now: Duration, out: &mut Outbox) -> Vec<Told<O>> {
        let ids: Vec<TxId> = self
            .by_flow
            .range((flow, TxId(0))..=(flow, TxId(u64::MAX)))
            .map(|(_, id)| *id)
            .filter(|id| self.live.get(id).is_some_and(Transaction::is_client))
            .collect();
        ids.into_iter()
            .filter_map(|id| self.step(id, On::TransportError, None, now, out))
            .collect()
    }

    /// Forgets a transaction whose end nobody waits for any more.
    pub fn abandon(&mut self, id: TxId) {
        self.remove(id);
    }

    fn step(
        &mut self,
        id: TxId,
        on: On,
        response: Option<&Response>,
        now: Duration,
        out: &mut Outbox,
    ) -> Option<Told<O>> {
        let tx = self.live.get_mut(&id)?;
        let row = row(tx.kind, tx.state, on)?;
        let is_server = matches!(tx.kind, Kind::Server | Kind::InviteServer);
        let open = |state| matches!(state, State::Trying | State::Proceeding);
        self.unanswered -= usize::from(is_server && open(tx.state) && !open(row.next));
        tx.state = row.next;
        let told = self.run(id, row.acts, response, now, out);
        if row.next == State::Terminated {
            self.remove(id);
        }
        told
    }

    fn run(
        &mut self,
        id: TxId,
        acts: &[Do],
        response: Option<&Response>,
        now: Duration,
        out: &mut Outbox,
    ) -> Option<Told<O>> {
        let mut told = None;
        for act in acts {
            let tx = self.live.get_mut(&id)?;
            match *act {
                Do::Send if tx.message.is_empty() => {}
                Do::Send => out.send(tx.flow, tx.message.to_vec()),
                Do::SendAck => {
                    if let Some(ack) = response.and_then(|r| ack_of_refusal(&tx.message, r)) {
                        out.send(tx.flow, ack);
                    }
                }
                Do::Up => told = Some(Told::Response(tx.owner)),
                Do::TimedOut => told = Some(Told::TimedOut(tx.owner)),
                Do::Failed => told = Some(Told::Failed(tx.owner)),
                Do::Forget => tx.message = Box::default(),
                Do::Quiet => {
                    tx.pause = None;
                    self.timers.cancel(TxTimer::Retransmit(id));
                }
                Do::Unlimited => match tx.limit {
                    Some(limit) => self.timers.set(TxTimer::End(id), now + limit),
                    None => self.timers.cancel(TxTimer::End(id)),
                },
                Do::Start(timer) => self.start_timer(id, timer, now),
                Do::Again(timer) => {
                    let last = tx.pause.map_or(super::table::T1, |(_, pause)| pause);
                    // After a provisional answer E runs at T2 (RFC 3261 17.1.2.2).
                    let slow = tx.state == State::Proceeding;
                    let pause = if slow {
                        super::table::T2
                    } else {
                        timer.next_pause(last)
                    };
                    tx.pause = Some((timer, pause));
                    self.timers.set(TxTimer::Retransmit(id), now + pause);
                }
            }
        }
        told
    }

    fn start_timer(&mut self, id: TxId, timer: Timer, now: Duration) {
        let Some(tx) = self.live.get_mut(&id) else {
            return;
        };
        let Some(pause) = timer.duration(tx.reliable) else {
            return;
        };
        if matches!(timer, Timer::A | Timer::E | Timer::G) {
            tx.pause = Some((timer, pause));
            self.timers.set(TxTimer::Retransmit(id), now + pause);
        } else if pause.is_zero() {
            // Timers of zero length end the state at once (RFC 3261 17.1.2.2, 17.2.2).
            tx.state = State::Terminated;
            self.remove(id);
        } else {
            self.timers.set(TxTimer::End(id), now + pause);
        }
    }

    fn remove(&mut self, id: TxId) {
        let Some(tx) = self.live.remove(&id) else {
            return;
        };
        let is_client = tx.is_client();
        let index = if is_client {
            &mut self.clients
        } else {
            &mut self.servers
        };
        // The key may belong to a younger transaction by now.
        if index.get(&tx.key) == Some(&id) {
            index.remove(&tx.key);
        }
        if let Some(merged) = tx.merged.filter(|m| self.merged.get(m) == Some(&id)) {
            self.merged.remove(&merged);
        }
        if !is_client && matches!(tx.state, State::Trying | State::Proceeding) {
            self.unanswered -= 1;
        }
        self.by_flow.remove(&(tx.flow, id));
        self.timers.cancel(TxTimer::Retransmit(id));
        self.timers.cancel(TxTimer::End(id));
    }
}

/// Not after any flow of the link.
fn first_of(link: LinkId) -> Flow {
    let remote = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    Flow { link, remote }
}

impl On {
    /// The input that a response of `status` is.
    fn of(status: u16) -> Self {
        match status {
            ..200 => Self::Provisional,
            200..300 => Self::Success,
            _ => Self::Failure,
        }
    }
}
