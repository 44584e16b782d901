//! Transactions: retransmission, matching and time-outs of single requests (RFC 3261 17).

mod ack;
mod key;
mod layer;
pub mod table;

pub(crate) use key::server_key;
pub(crate) use layer::{Layer, New, Told, TxId};
