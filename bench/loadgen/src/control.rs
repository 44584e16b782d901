//! The commands and answers, one JSON object a line each way; one command at a time.

use serde::{Deserialize, Serialize};

use crate::flood::Kind;

/// Which way a session's audio goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It talks.
    Publish,
    /// It hears on one line.
    Subscribe,
}

/// What the driver asks.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Command {
    /// A new session that offers.
    Offer { session: usize, role: Role },
    /// The answer to its offer.
    Answer { session: usize, sdp: String },
    /// A new session that answers an offer, to hear.
    Accept { session: usize, sdp: String },
    /// The session answers another offer, of more lines.
    Reaccept { session: usize, sdp: String },
    /// Wait until the session is connected.
    Connected { session: usize, timeout_s: f64 },
    /// From now on the session sends `pps` packets a second of `bytes` payload bytes.
    Talk {
        session: usize,
        pps: u32,
        bytes: usize,
    },
    /// From now on datagrams like these leave the session's socket too, `pps` a second.
    Flood {
        session: usize,
        kind: Kind,
        pps: u32,
    },
    /// The flood ends.
    Calm,
    /// The session says goodbye; its socket is closed when that has left.
    Close { session: usize },
    /// From now on the time to the session's first packet is taken.
    Expect { session: usize },
    /// Wait until every expected session has heard a packet.
    Heard { timeout_s: f64 },
    /// Counting begins with the next packet sent.
    Mark,
    /// Count for so long, and a little longer for packets on their way.
    Run { seconds: f64 },
}

/// What it is told.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// An offer or an answer.
    Sdp { sdp: String },
    /// Done.
    Done {},
    /// Times from `expect` to the first packet, over the sessions.
    Heard {
        first_packet_ms_p50: f64,
        first_packet_ms_max: f64,
    },
    /// `delivered`: all packets heard since `mark`; `lost`: of the packets sent in the run, those that
    /// some listener did not hear, over all listeners.
    Counted {
        sent: u64,
        delivered: u64,
        lost: u64,
    },
    /// How many datagrams the flood has sent.
    Flooded { flooded: u32 },
    /// It could not be done.
    Error { error: String },
}
