//! What the hub's thread and the radio thread share: two bounded queues, a bell, the counters.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use radio::hub::Event;

use crate::bell::Bell;
use crate::config::IoLimits;
use crate::counters::Counters;
use crate::order::Order;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The connection to the broker came or went, and why.
    Link(bool, Box<str>),
    /// Something at a bridge or channel.
    Event(Event),
    /// So many reports were dropped.
    Lost(u64),
}

#[derive(Default)]
struct Reports {
    waiting: VecDeque<Report>,
    lost: u64,
    lost_total: u64,
}

pub(crate) struct Shared {
    orders: Mutex<VecDeque<Order>>,
    reports: Mutex<Reports>,
    counters: Mutex<Counters>,
    pub bell: Bell,
    pub stopping: AtomicBool,
    /// Set when the thread ends, for whatever reason.
    pub ended: AtomicBool,
    limits: IoLimits,
}

impl Shared {
    pub fn new(bell: Bell, limits: IoLimits) -> Self {
        Self {
            orders: Mutex::default(),
            reports: Mutex::default(),
            counters: Mutex::default(),
            bell,
            stopping: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            limits,
        }
    }

    /// `None`: full. True: the queue was empty, the worker must be woken.
    pub fn give_order(&self, order: Order) -> Option<bool> {
        let mut orders = lock(&self.orders);
        if orders.len() >= self.limits.orders || self.ended.load(Ordering::Acquire) {
            return None;
        }
        orders.push_back(order);
        Some(orders.len() == 1)
    }

    pub fn take_orders(&self) -> VecDeque<Order> {
        std::mem::take(&mut lock(&self.orders))
    }

    /// Rings only when nothing waited, so that a burst costs one wake.
    pub fn report(&self, report: Report) {
        let mut reports = lock(&self.reports);
        if reports.waiting.len() >= self.limits.reports {
            reports.lost += 1;
            reports.lost_total += 1;
            return;
        }
        reports.waiting.push_back(report);
        if reports.waiting.len() == 1 {
            self.bell.ring();
        }
    }

    /// At most `count` reports; what was lost is told after those before it.
    pub fn drain(&self, count: usize) -> Vec<Report> {
        let mut reports = lock(&self.reports);
        let count = count.min(reports.waiting.len());
        let mut taken: Vec<Report> = reports.waiting.drain(..count).collect();
        if reports.waiting.is_empty() {
            if reports.lost > 0 {
                taken.push(Report::Lost(std::mem::take(&mut reports.lost)));
            }
            // Under the lock: a ring after it belongs to a report after it.
            self.bell.hush();
            if self.ended.load(Ordering::Acquire) {
                self.bell.ring();
            }
        }
        taken
    }

    pub fn by_name(&self) -> BTreeMap<&'static str, u64> {
        let lost = lock(&self.reports).lost_total;
        lock(&self.counters).by_name(lost)
    }

    pub fn set_counters(&self, counters: Counters) {
        *lock(&self.counters) = counters;
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
