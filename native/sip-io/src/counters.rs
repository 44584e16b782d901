//! What the thread counts; every number is a counter from its start or a present size.

use std::collections::BTreeMap;

use sip::Counts;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    pub datagrams_received: u64,
    pub datagrams_sent: u64,
    pub datagrams_unsent: u64,
    pub unreachable: u64,
    pub connections: u64,
    pub connections_refused: u64,
    pub connections_mute: u64,
    pub connections_idle: u64,
    pub connections_slow: u64,
    pub connections_failed: u64,
    pub tls_failed: u64,
    pub accept_pauses: u64,
    pub read_pauses: u64,
    pub connections_open: usize,
    pub core: Counts,
}

impl Counters {
    pub fn by_name(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::from([
            ("datagrams_received_total", self.datagrams_received),
            ("datagrams_sent_total", self.datagrams_sent),
            ("datagrams_unsent_total", self.datagrams_unsent),
            ("unreachable_total", self.unreachable),
            ("connections_total", self.connections),
            ("connections_refused_total", self.connections_refused),
            ("connections_mute_total", self.connections_mute),
            ("connections_idle_total", self.connections_idle),
            ("connections_slow_total", self.connections_slow),
            ("connections_failed_total", self.connections_failed),
            ("tls_failed_total", self.tls_failed),
            ("accept_pauses_total", self.accept_pauses),
            ("read_pauses_total", self.read_pauses),
            ("connections", self.connections_open as u64),
            ("legs", self.core.legs as u64),
            ("transactions", self.core.transactions as u64),
            ("bindings", self.core.bindings as u64),
            ("timers", self.core.waits as u64),
            ("malformed_total", self.core.malformed),
            ("limited_total", self.core.limited),
            ("challenged_total", self.core.challenged),
            ("stray_total", self.core.stray),
        ])
    }
}
