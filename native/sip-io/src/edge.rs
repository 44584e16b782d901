//! The surface: starts the thread, hands orders in and reports out.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use mio::{Poll, Token, Waker};
use nix::sys::resource::{Resource, getrlimit};
use sip::{Core, Random, Transport};

use crate::bell::Bell;
use crate::config::{EdgeConfig, Listen, StartError};
use crate::datagrams::Datagrams;
use crate::listener::Listener;
use crate::order::Order;
use crate::shared::{Busy, Report, Shared};
use crate::tls::{Tls, seed};
use crate::worker::{Doors, WAKER, Worker};

/// The running SIP thread.
pub struct Edge {
    shared: Arc<Shared>,
    waker: Waker,
    doors: Vec<(Transport, SocketAddr)>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Edge {
    /// Binds every door and starts the thread.
    pub fn start(config: EdgeConfig) -> Result<Self, StartError> {
        let tls = Tls::new(config.identity.as_ref(), config.authorities.as_deref())?;
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let (doors, addresses) = open(&poll, &config)?;
        let mut limits = config.limits;
        limits.connections = limits.connections.min(descriptors() / 2);
        let shared = Arc::new(Shared::new(Bell::new()?, limits.orders, limits.reports));
        let core = Core::new(config.core, Random::from_seed(seed()?));
        let worker = Worker::new(poll, core, Arc::clone(&shared), doors, tls, limits);
        let guard = EndGuard(Arc::clone(&shared));
        let thread = std::thread::Builder::new()
            .name("sip".into())
            .spawn(move || {
                // Told also when the thread panics: the hub sees a bell and an edge that has ended.
                let _guard = guard;
                let _ = worker.run();
            })?;
        Ok(Self {
            shared,
            waker,
            doors: addresses,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Gives an order; refused while too many wait.
    pub fn order(&self, order: Order) -> Result<(), Busy> {
        if self.shared.give_order(order)? {
            // A waker that cannot be written to is rung already.
            let _ = self.waker.wake();
        }
        Ok(())
    }

    /// At most `count` reports. `None` when the thread has ended and all were taken: start another edge.
    pub fn drain(&self, count: usize) -> Option<Vec<Report>> {
        let (reports, was_full) = self.shared.drain(count);
        if was_full {
            let _ = self.waker.wake();
        }
        (!reports.is_empty() || !self.shared.ended.load(Ordering::Acquire)).then_some(reports)
    }

    /// Readable while reports wait; ours, not to be closed.
    pub fn event_fd(&self) -> RawFd {
        self.shared.bell.fd()
    }

    /// The doors as bound, in the order they were given.
    pub fn doors(&self) -> &[(Transport, SocketAddr)] {
        &self.doors
    }

    /// Counters and present sizes by name.
    pub fn counters(&self) -> BTreeMap<&'static str, u64> {
        self.shared.counters().by_name()
    }

    /// Ends the thread after the orders that wait; waits for it.
    pub fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        let _ = self.waker.wake();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.stop();
    }
}

struct EndGuard(Arc<Shared>);

impl Drop for EndGuard {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
        self.0.bell.ring();
    }
}

/// How many descriptors the process may have now (`RLIMIT_NOFILE` of getrlimit(2)).
fn descriptors() -> usize {
    let soft = getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(soft, _)| soft);
    usize::try_from(soft).unwrap_or(usize::MAX)
}

fn open(
    poll: &Poll,
    config: &EdgeConfig,
) -> Result<(Doors, Vec<(Transport, SocketAddr)>), StartError> {
    if config.listen.is_empty() {
        return Err(StartError::Config("listen: no address".into()));
    }
    let mut doors = Doors::default();
    let mut addresses = Vec::new();
    for (link, listen) in (1_u64..).zip(&config.listen) {
        let bound = bind(poll, &mut doors, link, listen, config)?;
        addresses.push((listen.transport, bound));
    }
    Ok((doors, addresses))
}

fn bind(
    poll: &Poll,
    doors: &mut Doors,
    link: u64,
    listen: &Listen,
    config: &EdgeConfig,
) -> Result<SocketAddr, StartError> {
    let (registry, token) = (poll.registry(), Token(link as usize));
    let named = |error: io::Error| {
        let text = format!("{}/{}: {error}", listen.address, listen.transport.as_str());
        io::Error::new(error.kind(), text)
    };
    let announced = |bound: SocketAddr| match listen.announce {
        Some(ip) => SocketAddr::new(ip, bound.port()),
        None => bound,
    };
    match listen.transport {
        Transport::Udp => {
            if listen.address.ip().is_unspecified() && listen.announce.is_none() {
                let reason = "listen: UDP on all addresses needs an address to announce";
                return Err(StartError::Config(reason.into()));
            }
            let mut door = Datagrams::bind(registry, token, listen.address).map_err(named)?;
            let bound = door.local;
            door.local = announced(bound);
            doors.datagrams.insert(link, door);
            Ok(bound)
        }
        Transport::Tcp | Transport::Tls => {
            if listen.transport == Transport::Tls && config.identity.is_none() {
                let reason = "listen: a TLS door needs a certificate and its key";
                return Err(StartError::Config(reason.into()));
            }
            let address = listen.address;
            let mut door =
                Listener::bind(registry, token, address, listen.transport).map_err(named)?;
            let bound = door.local;
            door.local = announced(bound);
            doors.listeners.insert(link, door);
            Ok(bound)
        }
        Transport::Ws | Transport::Wss => Err(StartError::Config(
            "listen: SIP over WebSocket has no door".into(),
        )),
    }
}
