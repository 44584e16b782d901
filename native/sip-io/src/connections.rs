//! Who has how many stream connections, and which of ours lead where.

use std::net::{IpAddr, SocketAddr};

use rustc_hash::FxHashMap;

/// Counts by source, and our own connections by where they lead.
#[derive(Debug)]
pub(crate) struct Connections {
    by_source: FxHashMap<IpAddr, usize>,
    outgoing: FxHashMap<(bool, SocketAddr), u64>,
    open: usize,
    open_max: usize,
    per_source_max: usize,
}

impl Connections {
    pub fn new(open_max: usize, per_source_max: usize) -> Self {
        Self {
            by_source: FxHashMap::default(),
            outgoing: FxHashMap::default(),
            open: 0,
            open_max,
            per_source_max,
        }
    }

    /// Counts a connection that came in, unless it is one too many.
    pub fn enter(&mut self, source: IpAddr) -> bool {
        let own = self.by_source.get(&source).copied().unwrap_or(0);
        if self.open >= self.open_max || own >= self.per_source_max {
            return false;
        }
        self.by_source.insert(source, own + 1);
        self.open += 1;
        true
    }

    pub fn leave(&mut self, source: IpAddr) {
        self.open -= 1;
        if let Some(own) = self.by_source.get_mut(&source) {
            *own -= 1;
            if *own == 0 {
                self.by_source.remove(&source);
            }
        }
    }

    /// The link of the connection that we made to `remote`.
    pub fn to(&self, tls: bool, remote: SocketAddr) -> Option<u64> {
        self.outgoing.get(&(tls, remote)).copied()
    }

    pub fn add_outgoing(&mut self, tls: bool, remote: SocketAddr, link: u64) {
        self.outgoing.insert((tls, remote), link);
    }

    pub fn remove_outgoing(&mut self, tls: bool, remote: SocketAddr) {
        self.outgoing.remove(&(tls, remote));
    }
}
