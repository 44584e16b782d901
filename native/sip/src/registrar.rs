//! Who is reachable where: bindings of addresses of record to contacts (RFC 3261 10.3, RFC 5626).

use crate::deadlines::Deadlines;
use crate::event::Bound;
use crate::flow::{Flow, LinkId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

/// The table of bindings, bounded by address and in all.
#[derive(Debug)]
pub(crate) struct Registrar {
    next: u64,
    bindings: BTreeMap<u64, Binding>,
    addresses: BTreeMap<Box<str>, Vec<u64>>,
    flows: BTreeSet<(Flow, u64)>,
    ends: Deadlines<u64>,
    max_addresses: usize,
    max_bindings: usize,
}

#[derive(Debug)]
struct Binding {
    address: Box<str>,
    contact: Box<str>,
    identity: Box<str>,
    flow: Flow,
    call_id: Box<str>,
    seq: u32,
    ends: Duration,
}

/// One contact of a REGISTER.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub bound: Bound,
    /// What makes two contacts the same: instance and reg-id, or the URI in its compared form.
    pub identity: Box<str>,
}

/// What a REGISTER did: contacts that others took the place of.
pub(crate) type Gone = Vec<(Box<str>, Box<str>)>;

impl Registrar {
    pub fn new(max_addresses: usize, max_bindings: usize) -> Self {
        Self {
            next: 1,
            bindings: BTreeMap::new(),
            addresses: BTreeMap::new(),
            flows: BTreeSet::new(),
            ends: Deadlines::new(),
            max_addresses,
            max_bindings: max_bindings.max(1),
        }
    }

    pub fn len(&self) -> usize {
        self.bindings.len()
    }

    pub fn next_deadline(&self) -> Option<Duration> {
        self.ends.next()
    }

    /// True when a phone is registered over this flow.
    pub fn has_flow(&self, flow: Flow) -> bool {
        self.flows
            .range((flow, 0)..=(flow, u64::MAX))
            .next()
            .is_some()
    }

    /// True when a phone is registered over any flow of this link.
    pub fn has_link(&self, link: LinkId) -> bool {
        let first = Flow {
            link,
            remote: SocketAddr::from(([0, 0, 0, 0], 0)),
        };
        let next = self.flows.range((first, 0)..).next();
        next.is_some_and(|(flow, _)| flow.link == link)
    }

    /// Contacts of an address with the seconds they have left.
    pub fn contacts(&self, address: &str, now: Duration) -> Vec<(Box<str>, u64)> {
        let left = |b: &Binding| b.ends.saturating_sub(now).as_secs();
        self.of(address)
            .map(|b| (b.contact.clone(), left(b)))
            .collect()
    }

    /// True when a binding has seen this Call-ID with the same or a later `CSeq`: the request is out
    /// of order and must change nothing (RFC 3261 10.3 step 7).
    pub fn is_old(&self, address: &str, call_id: &str, seq: u32) -> bool {
        self.of(address)
            .any(|b| *b.call_id == *call_id && b.seq >= seq)
    }

    /// True when a further address would be one too many.
    pub fn is_full_for(&self, address: &str) -> bool {
        self.addresses.len() >= self.max_addresses && !self.addresses.contains_key(address)
    }

    /// Binds or refreshes one contact. When the address has too many, the binding closest to its
    /// end makes room.
    pub fn bind(&mut self, change: &Change, call_id: &str, seq: u32, now: Duration) -> Gone {
        let Change { bound, identity } = change;
        self.remove_identity(&bound.address, identity);
        let mut gone = Gone::new();
        while self
            .addresses
            .get(&bound.address)
            .is_some_and(|ids| ids.len() >= self.max_bindings)
        {
            let oldest = self
                .of(&bound.address)
                .min_by_key(|b| b.ends)
                .map(|b| b.identity.clone());
            let Some(oldest) = oldest else { break };
            gone.extend(self.remove_identity(&bound.address, &oldest));
        }
        let id = self.next;
        self.next += 1;
        let ends = now + Duration::from_secs(bound.expires_s.into());
        self.bindings.insert(
            id,
            Binding {
                address: bound.address.clone(),
                contact: bound.contact.clone(),
                identity: identity.clone(),
                flow: bound.flow,
                call_id: call_id.into(),
                seq,
                ends,
            },
        );
        self.addresses
            .entry(bound.address.clone())
            .or_default()
            .push(id);
        self.flows.insert((bound.flow, id));
        self.ends.set(id, ends);
        gone
    }

    /// Removes one contact; `None` when it was not bound.
    pub fn remove_identity(
        &mut self,
        address: &str,
        identity: &str,
    ) -> Option<(Box<str>, Box<str>)> {
        let ids = self.addresses.get(address)?;
        let is_it = |id: &&u64| {
            self.bindings
                .get(id)
                .is_some_and(|b| *b.identity == *identity)
        };
        let id = *ids.iter().find(is_it)?;
        self.remove(id)
    }

    /// Removes every contact of an address.
    pub fn clear(&mut self, address: &str) -> Gone {
        let ids = self.addresses.get(address).cloned().unwrap_or_default();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Removes what has run out.
    pub fn expire(&mut self, now: Duration) -> Gone {
        let mut gone = Gone::new();
        while let Some(id) = self.ends.pop_due(now) {
            gone.extend(self.remove(id));
        }
        gone
    }

    /// Removes what was bound over a connection that is gone.
    pub fn close_link(&mut self, link: LinkId) -> Gone {
        let first = Flow {
            link,
            remote: SocketAddr::from(([0, 0, 0, 0], 0)),
        };
        let on_link = self
            .flows
            .range((first, 0)..)
            .take_while(|(flow, _)| flow.link == link);
        let ids: Vec<u64> = on_link.map(|(_, id)| *id).collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    fn of(&self, address: &str) -> impl Iterator<Item = &Binding> {
        self.addresses
            .get(address)
            .into_iter()
            .flatten()
            .filter_map(|id| self.bindings.get(id))
    }

    fn remove(&mut self, id: u64) -> Option<(Box<str>, Box<str>)> {
        let binding = self.bindings.remove(&id)?;
        self.ends.cancel(id);
        self.flows.remove(&(binding.flow, id));
        if let Some(ids) = self.addresses.get_mut(&binding.address) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.addresses.remove(&binding.address);
            }
        }
        Some((binding.address, binding.contact))
    }
}
