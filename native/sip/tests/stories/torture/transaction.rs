//! RFC 4475 3.2: what the transaction layer must bear.

use super::draft::Draft;

/// 3.2.1: a branch that is the magic cookie and nothing else identifies no transaction.
pub fn badbranch() -> Vec<u8> {
    Draft::options()
        .set("Via: SIP/2.0/UDP 192.0.2.61;branch=z9hG4bK")
        .bytes()
}
