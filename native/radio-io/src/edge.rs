//! The surface: starts the thread, hands orders in and reports out.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::RawFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use mio::{Poll, Waker};
use radio::hub::{Ask, ChannelId, Hub, is_name};

use crate::bell::Bell;
use crate::broker::Broker;
use crate::clock::now;
use crate::config::{EdgeConfig, StartError};
use crate::order::{Codec, Order};
use crate::shared::{Report, Shared, lock};
use crate::stream::Identity;
use crate::worker::{BROKER, WAKER, Worker};

/// Why an order was not taken.
#[derive(Debug)]
pub enum OrderError {
    /// Too many wait: nothing was done, and the same call can succeed later.
    Busy,
    /// Values that cannot work; the text says which.
    Invalid(String),
    /// A socket.
    Io(io::Error),
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the radio thread has too many orders waiting"),
            Self::Invalid(reason) => f.write_str(reason),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OrderError {}

/// The running radio thread.
pub struct Edge {
    shared: Arc<Shared>,
    waker: Waker,
    channels_max: usize,
    /// Channels that are open, so that a wrong order is refused where it was given.
    channels: Mutex<BTreeMap<ChannelId, (String, String)>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Edge {
    /// Starts the thread; it connects by itself, now and whenever the connection is lost.
    pub fn start(config: EdgeConfig) -> Result<Self, StartError> {
        check(&config)?;
        let identity = config.tls.as_ref().map(Identity::new).transpose()?;
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let shared = Arc::new(Shared::new(Bell::new()?, config.limits));
        let hub = Hub::new(config.epoch, config.bounds, now());
        let (root, channels_max) = (config.root.clone(), config.bounds.channels);
        let broker = Broker::new(config, identity, BROKER);
        let worker = Worker::new(poll, hub, broker, root, Arc::clone(&shared));
        let guard = EndGuard(Arc::clone(&shared));
        let thread = std::thread::Builder::new()
            .name("radio-io".into())
            .spawn(move || {
                // Told also when the thread panics: the hub sees a bell and an edge that has ended.
                let _guard = guard;
                let _ = worker.run();
            })?;
        Ok(Self {
            shared,
            waker,
            channels_max,
            channels: Mutex::default(),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// At most `count` reports. `None` when the thread has ended and all were taken: start another edge.
    pub fn drain(&self, count: usize) -> Option<Vec<Report>> {
        let reports = self.shared.drain(count);
        (!reports.is_empty() || !self.shared.ended.load(Ordering::Acquire)).then_some(reports)
    }

    /// Readable while reports wait; ours, not to be closed.
    pub fn event_fd(&self) -> RawFd {
        self.shared.bell.fd()
    }

    /// Counters and present sizes by name.
    pub fn counters(&self) -> BTreeMap<&'static str, u64> {
        self.shared.by_name()
    }

    /// Take this session of a bridge.
    pub fn expect(&self, bridge: &str, session: &str) -> Result<(), OrderError> {
        name("bridge", bridge)?;
        self.order(Order::Expect(bridge.into(), session.into()))
    }

    /// Listen to a bridge no more.
    pub fn forget(&self, bridge: &str) -> Result<(), OrderError> {
        self.order(Order::Forget(bridge.into()))
    }

    /// Make a channel; the UDP port on 127.0.0.1 where its RTP goes.
    pub fn open(
        &self,
        channel: ChannelId,
        bridge: &str,
        name: &str,
        codec: Codec,
    ) -> Result<u16, OrderError> {
        crate::edge::name("bridge", bridge)?;
        crate::edge::name("channel name", name)?;
        let mut channels = lock(&self.channels);
        let place = (bridge.to_owned(), name.to_owned());
        if channels.contains_key(&channel) || channels.values().any(|known| *known == place) {
            let reason = format!("channel {channel}, {bridge}/{name}: is open");
            return Err(OrderError::Invalid(reason));
        }
        if channels.len() >= self.channels_max {
            return Err(OrderError::Invalid("channels: no more allowed".into()));
        }
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(OrderError::Io)?;
        socket.set_nonblocking(true).map_err(OrderError::Io)?;
        let port = socket.local_addr().map_err(OrderError::Io)?.port();
        self.order(Order::Open {
            channel,
            bridge: bridge.into(),
            name: name.into(),
            codec,
            socket,
        })?;
        channels.insert(channel, place);
        Ok(port)
    }

    /// What is received goes to this port of 127.0.0.1.
    pub fn aim(&self, channel: ChannelId, port: u16) -> Result<(), OrderError> {
        self.order(Order::Aim(channel, port))
    }

    /// Close a channel.
    pub fn shut(&self, channel: ChannelId) -> Result<(), OrderError> {
        self.order(Order::Shut(channel))?;
        lock(&self.channels).remove(&channel);
        Ok(())
    }

    /// Ask for air.
    pub fn key(&self, channel: ChannelId, ask: Ask) -> Result<(), OrderError> {
        if ask.token == 0 || ask.retry_token == 0 || ask.token == ask.retry_token {
            let reason = "token, retry_token: two numbers from 1";
            return Err(OrderError::Invalid(reason.into()));
        }
        self.order(Order::Key(channel, Box::new(ask)))
    }

    /// The over ends.
    pub fn release(&self, channel: ChannelId) -> Result<(), OrderError> {
        self.order(Order::Release(channel))
    }

    /// Unkey now.
    pub fn abort(&self, channel: ChannelId) -> Result<(), OrderError> {
        self.order(Order::Abort(channel))
    }

    /// Let a received stream out.
    pub fn hear(&self, channel: ChannelId, stream: u32) -> Result<(), OrderError> {
        self.order(Order::Hear(channel, stream))
    }

    /// Discard a received stream.
    pub fn drop_stream(&self, channel: ChannelId, stream: u32) -> Result<(), OrderError> {
        self.order(Order::Drop(channel, stream))
    }

    /// The embedder's event loop lives.
    pub fn pulse(&self) -> Result<(), OrderError> {
        self.order(Order::Pulse)
    }

    /// Unkeys everything, says that the hub is off, ends the thread; waits for it.
    pub fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        let _ = self.waker.wake();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    fn order(&self, order: Order) -> Result<(), OrderError> {
        if self.shared.give_order(order).ok_or(OrderError::Busy)? {
            // A waker that cannot be written to is rung already.
            let _ = self.waker.wake();
        }
        Ok(())
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

fn name(what: &str, text: &str) -> Result<(), OrderError> {
    if is_name(text) {
        return Ok(());
    }
    let reason = format!("{what}: 1 to 32 of a-z, 0-9 and hyphen, not {text:?}");
    Err(OrderError::Invalid(reason))
}

fn check(config: &EdgeConfig) -> Result<(), StartError> {
    let wrong = |reason: &str| Err(StartError::Config(reason.into()));
    if config.host.is_empty() || config.port == 0 {
        return wrong("host, port: where the broker is");
    }
    if config.root.is_empty() || config.root.contains(['+', '#', '\0']) {
        return wrong("root: the first part of topics, without + and #");
    }
    if config.client_id.len() > 64 || config.root.len() > 64 {
        return wrong("client_id, root: at most 64 bytes");
    }
    Ok(())
}
