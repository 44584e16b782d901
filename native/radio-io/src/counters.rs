//! What the thread counts; every number is a counter from its start or a present size.

use std::collections::BTreeMap;

use radio::hub::Counts;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    pub connections: u64,
    pub connections_blocked: u64,
    pub published: u64,
    pub unpublished: u64,
    pub refused: u64,
    pub rtp_received: u64,
    pub rtp_foreign: u64,
    pub rtp_sent: u64,
    pub rtp_unsent: u64,
    pub linked: bool,
    pub channels: usize,
    pub unsent: usize,
    pub hub: Counts,
}

impl Counters {
    pub fn by_name(&self, reports_lost: u64) -> BTreeMap<&'static str, u64> {
        BTreeMap::from([
            ("connections_total", self.connections),
            ("connections_blocked_total", self.connections_blocked),
            ("published_total", self.published),
            ("unpublished_total", self.unpublished),
            ("refused_total", self.refused),
            ("rtp_received_total", self.rtp_received),
            ("rtp_foreign_total", self.rtp_foreign),
            ("rtp_sent_total", self.rtp_sent),
            ("rtp_unsent_total", self.rtp_unsent),
            ("events_lost_total", reports_lost),
            ("linked", self.linked.into()),
            ("channels", self.channels as u64),
            ("unsent", self.unsent as u64),
            ("messages_received_total", self.hub.received),
            ("messages_bad_total", self.hub.bad),
            ("messages_unexpected_total", self.hub.unexpected),
            ("messages_retained_total", self.hub.retained),
            ("messages_repeated_total", self.hub.repeated),
            ("frames_unheard_total", self.hub.unheard),
            ("keys_total", self.hub.keys),
            ("keys_stale_total", self.hub.stale_retries),
            ("packets_unkeyed_total", self.hub.unkeyed),
            ("packets_stale_total", self.hub.stale_source),
            ("answers_stray_total", self.hub.stray_answers),
        ])
    }
}
