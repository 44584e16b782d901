//! What the hub's thread and the SIP thread share: two bounded queues, a bell, the counters.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sip::{Event, Transport};

use crate::bell::Bell;
use crate::counters::Counters;
use crate::order::Order;

/// An event of the core, with what only the sockets know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What happened.
    pub event: Event,
    /// For Incoming and Bound: how it came, and the local address that peers there reach.
    pub door: Option<(Transport, SocketAddr)>,
}

/// A bound was reached: nothing was done, and the same call can succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the SIP thread has too many orders waiting")
    }
}

pub(crate) struct Shared {
    orders: Mutex<VecDeque<Order>>,
    reports: Mutex<VecDeque<Report>>,
    counters: Mutex<Counters>,
    pub bell: Bell,
    pub stopping: AtomicBool,
    /// Set by the worker when its thread ends, for whatever reason.
    pub ended: AtomicBool,
    orders_max: usize,
    reports_max: usize,
}

impl Shared {
    pub fn new(bell: Bell, orders_max: usize, reports_max: usize) -> Self {
        Self {
            orders: Mutex::default(),
            reports: Mutex::default(),
            counters: Mutex::default(),
            bell,
            stopping: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            orders_max,
            reports_max,
        }
    }

    /// True when the queue was empty: the worker must be woken.
    pub fn give_order(&self, order: Order) -> Result<bool, Busy> {
        let mut orders = lock(&self.orders);
        if orders.len() >= self.orders_max || self.ended.load(Ordering::Acquire) {
            return Err(Busy);
        }
        orders.push_back(order);
        Ok(orders.len() == 1)
    }

    pub fn take_order(&self) -> Option<Order> {
        lock(&self.orders).pop_front()
    }

    /// Rings only when nothing waited, so that a burst costs one wake.
    pub fn report(&self, report: Report) {
        let mut reports = lock(&self.reports);
        reports.push_back(report);
        if reports.len() == 1 {
            self.bell.ring();
        }
    }

    pub fn is_full(&self) -> bool {
        lock(&self.reports).len() >= self.reports_max
    }

    /// At most `count` reports, and whether that made room.
    pub fn drain(&self, count: usize) -> (Vec<Report>, bool) {
        let mut reports = lock(&self.reports);
        let was_full = reports.len() >= self.reports_max;
        let count = count.min(reports.len());
        let taken = reports.drain(..count).collect();
        if reports.is_empty() {
            // Under the lock: a ring after it belongs to a report after it.
            self.bell.hush();
        }
        (taken, was_full)
    }

    pub fn counters(&self) -> Counters {
        *lock(&self.counters)
    }

    pub fn set_counters(&self, counters: Counters) {
        *lock(&self.counters) = counters;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
