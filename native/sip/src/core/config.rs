//! What the embedder decides before it starts.

use crate::Limits;
use crate::digest::Algorithm;
use std::time::Duration;

/// Settings of one core.
#[derive(Debug, Clone)]
pub struct Config {
    /// Digest realm; HA1 values are bound to it.
    pub realm: Box<str>,
    /// What we challenge with, in this order. The default is the one of RFC 8760; some old phones
    /// read the first challenge only, and need MD5 alone.
    pub algorithms: Vec<Algorithm>,
    /// Server and User-Agent.
    pub agent: Box<str>,
    /// Bounds of all tables.
    pub limits: Limits,
    /// Session interval we offer and the longest we take, seconds (RFC 4028).
    pub session_s: u32,
    /// Shortest session interval we take, seconds; at least 90.
    pub min_session_s: u32,
    /// A call without a final answer ends after this.
    pub ring_limit: Duration,
    /// The hub has this long to answer an offer or a REFER inside of a call.
    pub hub_limit: Duration,
    /// Shortest registration we take, seconds.
    pub min_expires_s: u32,
    /// Longest registration we give, seconds.
    pub max_expires_s: u32,
    /// REFER is put to the hub; else it is refused with 603.
    pub ask_refer: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            realm: "crosspatch".into(),
            algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
            agent: "Crosspatch".into(),
            limits: Limits::default(),
            session_s: 1_800,
            min_session_s: 90,
            ring_limit: Duration::from_secs(180),
            hub_limit: Duration::from_secs(20),
            min_expires_s: 60,
            max_expires_s: 3_600,
            ask_refer: false,
        }
    }
}
