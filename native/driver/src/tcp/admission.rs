//! How many connections there may be: in all, and from one address.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

/// Shared by the shards: each takes connections, and hands them on with their place.
#[derive(Debug)]
pub(crate) struct Admission {
    places: Mutex<Places>,
    open_max: usize,
    per_address_max: usize,
}

#[derive(Debug, Default)]
struct Places {
    open: usize,
    by_address: FxHashMap<IpAddr, usize>,
}

/// One connection's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Arc<Admission>,
    address: IpAddr,
}

impl Admission {
    pub fn new(open_max: usize, per_address_max: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Mutex::default(),
            open_max,
            per_address_max,
        })
    }

    /// A place for one more connection from the address. `None`: it is one too many.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let mut places = self.lock();
        let own = places.by_address.get(&address).copied().unwrap_or(0);
        if places.open >= self.open_max || own >= self.per_address_max {
            return None;
        }
        places.open += 1;
        places.by_address.insert(address, own + 1);
        Some(Place {
            admission: Arc::clone(self),
            address,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.admission.lock();
        places.open -= 1;
        if let Some(own) = places.by_address.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                places.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_of_an_address_or_in_all_is_refused_until_one_leaves() {
        let admission = Admission::new(3, 2);
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let first = admission.enter(one).unwrap();
        let _second = admission.enter(one).unwrap();
        assert!(admission.enter(one).is_none());
        let _third = admission.enter(other).unwrap();
        assert!(admission.enter(other).is_none());
        drop(first);
        assert!(admission.enter(other).is_some());
    }
}
