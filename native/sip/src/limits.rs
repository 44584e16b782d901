//! Every bound on what a peer can make us hold, in one place.

/// Bounds of one message. A message beyond them is refused, never cut.
pub mod message {
    /// Longest message, head and body together: the most a UDP datagram can carry.
    pub const BYTES: usize = 65_535;
    /// Longest head (start line and headers) that a stream may send without ending it.
    pub const HEAD_BYTES: usize = 16_384;
    /// Most header lines after unfolding.
    pub const HEADERS: usize = 128;
    /// Longest URI.
    pub const URI_BYTES: usize = 2_048;
    /// Most elements of one list header (Via, Route, Contact).
    pub const LIST: usize = 64;
    /// Most parameters of one header element or URI.
    pub const PARAMS: usize = 32;
}

/// Bounds of the core's tables; the embedder sets them, [`Limits::default`] suits one site.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Legs alive at once; a further INVITE gets 503 with Retry-After, statelessly.
    pub legs: usize,
    /// Server transactions without a final answer at once (answered ones do not count); then 503.
    pub unanswered: usize,
    /// Addresses of record; a further one gets 503.
    pub addresses: usize,
    /// Bindings of one address of record; the one closest to its end makes room.
    pub bindings: usize,
    /// Digest nonces whose count is remembered; the oldest go stale together.
    pub nonces: usize,
    /// Early dialogs of one forked outgoing INVITE; further ones are ignored.
    pub forks: usize,
    /// Sources with a rate bucket; beyond it new sources share one bucket.
    pub sources: usize,
    /// Requests a second and source allowed in the long run.
    pub rate_per_s: u32,
    /// Requests a source may send at once after a pause.
    pub burst: u32,
    /// The same for a trusted source and for phones that are registered; twice as many at once.
    pub known_rate_per_s: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            legs: 20_000,
            unanswered: 4_096,
            addresses: 20_000,
            bindings: 8,
            nonces: 65_536,
            forks: 8,
            sources: 8_192,
            rate_per_s: 200,
            burst: 400,
            known_rate_per_s: 4_000,
        }
    }
}
