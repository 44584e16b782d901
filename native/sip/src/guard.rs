//! A token bucket for every source, before any other work is done for it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Rates by source address. One IPv6 site (/64) is one source.
#[derive(Debug)]
pub(crate) struct Guard {
    buckets: BTreeMap<IpAddr, Bucket>,
    max: usize,
    rate: f64,
    burst: f64,
    /// For new sources while the table is full.
    shared: Bucket,
    next_sweep: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Duration,
}

const SWEEP: Duration = Duration::from_secs(10);

impl Guard {
    pub fn new(max: usize, rate_per_s: u32, burst: u32) -> Self {
        let burst = f64::from(burst.max(1));
        let shared = Bucket {
            tokens: burst,
            at: Duration::ZERO,
        };
        Self {
            buckets: BTreeMap::new(),
            max,
            rate: f64::from(rate_per_s),
            burst,
            shared,
            next_sweep: SWEEP,
        }
    }

    /// Takes one token of `source`; false when it has none and the request is to be dropped.
    pub fn allow(&mut self, source: IpAddr, now: Duration) -> bool {
        let source = site(source);
        if now >= self.next_sweep {
            self.sweep(now);
        }
        let (rate, burst) = (self.rate, self.burst);
        let full = self.buckets.len() >= self.max && !self.buckets.contains_key(&source);
        let bucket = if full {
            &mut self.shared
        } else {
            self.buckets.entry(source).or_insert(Bucket {
                tokens: burst,
                at: now,
            })
        };
        bucket.refill(rate, burst, now);
        let allowed = bucket.tokens >= 1.0;
        if allowed {
            bucket.tokens -= 1.0;
        }
        allowed
    }

    /// Forgets sources whose bucket is full again.
    fn sweep(&mut self, now: Duration) {
        let (rate, burst) = (self.rate, self.burst);
        self.buckets.retain(|_, bucket| {
            bucket.refill(rate, burst, now);
            bucket.tokens < burst
        });
        self.next_sweep = now + SWEEP;
    }
}

impl Bucket {
    fn refill(&mut self, rate: f64, burst: f64, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * rate).min(burst);
        self.at = now;
    }
}

fn site(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or_else(
            || IpAddr::V6(Ipv6Addr::from(u128::from(ip) & !u128::from(u64::MAX))),
            IpAddr::V4,
        ),
    }
}
