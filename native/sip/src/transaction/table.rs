//! The four transaction machines of RFC 3261 17 with the corrections of RFC 6026, as tables.
//!
//! A (state, input) pair without a row is discarded: nothing is sent, the state stays.

use std::time::Duration;

/// Estimate of the round trip (RFC 3261 17.1.1.1).
pub const T1: Duration = Duration::from_millis(500);
/// Longest pause between two retransmissions of all but INVITE (RFC 3261 17.1.2.2).
pub const T2: Duration = Duration::from_secs(4);
/// Longest time a message stays in the network (RFC 3261 17.1.2.2).
pub const T4: Duration = Duration::from_secs(5);

/// Which of the four machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RFC 3261 figure 5, RFC 6026 figure 5.
    InviteClient,
    /// RFC 3261 figure 7, RFC 6026 figure 3.
    InviteServer,
    /// RFC 3261 figure 6.
    Client,
    /// RFC 3261 figure 8.
    Server,
}

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// INVITE sent, nothing heard.
    Calling,
    /// Request sent or received, nothing answered.
    Trying,
    /// A provisional answer passed.
    Proceeding,
    /// A final answer passed (for INVITE: not a 2xx).
    Completed,
    /// The ACK of a refusal came; copies of it are absorbed.
    Confirmed,
    /// A 2xx to INVITE passed; copies belong to the dialog (RFC 6026).
    Accepted,
    /// Gone.
    Terminated,
}

/// What happens to a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// The request came again.
    Request,
    /// An ACK came.
    Ack,
    /// 1xx came, or is to be sent.
    Provisional,
    /// 2xx came, or is to be sent.
    Success,
    /// 300 to 699 came, or is to be sent.
    Failure,
    /// Timer A, E or G.
    Retransmit,
    /// Timer B, F or H, or one of the timers that only end a state: D, I, J, K, L, M.
    End,
    /// The transport failed (RFC 3261 17.1.4, 17.2.4).
    TransportError,
}

/// What a step does, in order. A start of an ending timer comes last: it may be of zero length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do {
    /// Sends the stored message: our request, or our last response.
    Send,
    /// Sends the ACK of a refusal (RFC 3261 17.1.1.3).
    SendAck,
    /// Passes the message to the owner.
    Up,
    /// Tells the owner that no answer came.
    TimedOut,
    /// Tells the owner that the transport failed.
    Failed,
    /// Starts a timer.
    Start(Timer),
    /// Starts the retransmission timer again with a longer pause.
    Again(Timer),
    /// Stops retransmissions.
    Quiet,
    /// Stops Timer B; the owner's own limit runs from here, if it set one.
    Unlimited,
    /// Forgets the stored message: nobody will ask for it again.
    Forget,
}

/// The timers of RFC 3261 table 4 and RFC 6026.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Timer {
    A,
    B,
    D,
    E,
    F,
    G,
    H,
    I,
    J,
    K,
    L,
    M,
}

impl Timer {
    /// First duration on an unreliable (UDP) or reliable transport. `None`: not used there.
    pub fn duration(self, reliable: bool) -> Option<Duration> {
        let unreliable_only = |d| {
            if reliable {
                Some(Duration::ZERO)
            } else {
                Some(d)
            }
        };
        match self {
            Self::A | Self::E | Self::G => (!reliable).then_some(T1),
            Self::B | Self::F | Self::H | Self::L | Self::M => Some(64 * T1),
            Self::D => unreliable_only(Duration::from_secs(32)),
            Self::I | Self::K => unreliable_only(T4),
            Self::J => unreliable_only(64 * T1),
        }
    }

    /// The pause after `last`: A doubles without bound, E and G up to T2.
    pub fn next_pause(self, last: Duration) -> Duration {
        if self == Self::A {
            last * 2
        } else {
            (last * 2).min(T2)
        }
    }
}

/// One row: in `state`, on `on`, go to `next` and do `acts`.
pub struct Row {
    /// The state it is for.
    pub state: State,
    /// The input it is for.
    pub on: On,
    /// The state after it.
    pub next: State,
    /// What is done.
    pub acts: &'static [Do],
}

/// The row of a pair, if the table has one.
pub fn row(kind: Kind, state: State, on: On) -> Option<&'static Row> {
    table(kind)
        .iter()
        .find(|row| row.state == state && row.on == on)
}

/// What a machine does when it is made: the request goes out, or nothing.
pub fn start(kind: Kind) -> (State, &'static [Do]) {
    match kind {
        Kind::InviteClient => (
            State::Calling,
            &[Do::Send, Do::Start(Timer::A), Do::Start(Timer::B)],
        ),
        Kind::Client => (
            State::Trying,
            &[Do::Send, Do::Start(Timer::E), Do::Start(Timer::F)],
        ),
        Kind::InviteServer => (State::Proceeding, &[]),
        Kind::Server => (State::Trying, &[]),
    }
}

/// All rows of one machine.
pub fn table(kind: Kind) -> &'static [Row] {
    match kind {
        Kind::InviteClient => INVITE_CLIENT,
        Kind::InviteServer => INVITE_SERVER,
        Kind::Client => CLIENT,
        Kind::Server => SERVER,
    }
}

macro_rules! rows {
    ($($state:ident, $on:ident => $next:ident: [$($act:expr),*];)*) => {
        &[$(Row { state: State::$state, on: On::$on, next: State::$next, acts: &[$($act),*] }),*]
    };
}

use Do::{Again, Failed, Forget, Quiet, Send, SendAck, Start, TimedOut, Unlimited, Up};

const INVITE_CLIENT: &[Row] = rows! {
    Calling, Retransmit => Calling: [Send, Again(Timer::A)];
    Calling, End => Terminated: [TimedOut];
    Calling, Provisional => Proceeding: [Quiet, Unlimited, Up];
    Calling, Success => Accepted: [Quiet, Forget, Up, Start(Timer::M)];
    Calling, Failure => Completed: [Quiet, SendAck, Up, Start(Timer::D)];
    Calling, TransportError => Terminated: [Failed];
    Proceeding, Provisional => Proceeding: [Up];
    // Not in the RFC: only a transaction whose owner set a limit has an end here.
    Proceeding, End => Terminated: [TimedOut];
    Proceeding, Success => Accepted: [Forget, Up, Start(Timer::M)];
    Proceeding, Failure => Completed: [SendAck, Up, Start(Timer::D)];
    Proceeding, TransportError => Terminated: [Failed];
    Completed, Failure => Completed: [SendAck];
    Completed, End => Terminated: [];
    Completed, TransportError => Terminated: [];
    Accepted, Success => Accepted: [Up];
    Accepted, End => Terminated: [];
};

const INVITE_SERVER: &[Row] = rows! {
    Proceeding, Request => Proceeding: [Send];
    Proceeding, Provisional => Proceeding: [Send];
    Proceeding, Success => Accepted: [Send, Forget, Start(Timer::L)];
    Proceeding, Failure => Completed: [Send, Start(Timer::G), Start(Timer::H)];
    Proceeding, TransportError => Terminated: [Failed];
    Completed, Request => Completed: [Send];
    Completed, Retransmit => Completed: [Send, Again(Timer::G)];
    Completed, Ack => Confirmed: [Quiet, Forget, Start(Timer::I)];
    Completed, End => Terminated: [];
    Completed, TransportError => Terminated: [];
    Confirmed, End => Terminated: [];
    Accepted, Ack => Accepted: [Up];
    Accepted, End => Terminated: [];
};

const CLIENT: &[Row] = rows! {
    Trying, Retransmit => Trying: [Send, Again(Timer::E)];
    Trying, End => Terminated: [TimedOut];
    Trying, Provisional => Proceeding: [Up];
    Trying, Success => Completed: [Quiet, Forget, Up, Start(Timer::K)];
    Trying, Failure => Completed: [Quiet, Forget, Up, Start(Timer::K)];
    Trying, TransportError => Terminated: [Failed];
    Proceeding, Retransmit => Proceeding: [Send, Again(Timer::E)];
    Proceeding, End => Terminated: [TimedOut];
    Proceeding, Provisional => Proceeding: [Up];
    Proceeding, Success => Completed: [Quiet, Forget, Up, Start(Timer::K)];
    Proceeding, Failure => Completed: [Quiet, Forget, Up, Start(Timer::K)];
    Proceeding, TransportError => Terminated: [Failed];
    Completed, End => Terminated: [];
};

const SERVER: &[Row] = rows! {
    Trying, Provisional => Proceeding: [Send];
    Trying, Success => Completed: [Send, Start(Timer::J)];
    Trying, Failure => Completed: [Send, Start(Timer::J)];
    Trying, TransportError => Terminated: [Failed];
    Proceeding, Request => Proceeding: [Send];
    Proceeding, Provisional => Proceeding: [Send];
    Proceeding, Success => Completed: [Send, Start(Timer::J)];
    Proceeding, Failure => Completed: [Send, Start(Timer::J)];
    Proceeding, TransportError => Terminated: [Failed];
    Completed, Request => Completed: [Send];
    Completed, End => Terminated: [];
    Completed, TransportError => Terminated: [];
};
