//! The sessions of a shard: found by number, by ufrag or by address; each step behind a guard.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use engine::{Forward, SessionId};
use peer::demux::{Paths, local_ufrag};
use peer::{Datagram, Datagrams, Output, Written};
use rustc_hash::FxHashMap;

use super::timers::{Timer, Timers};

/// Things a session may want done in one step: beyond this it is stuck in a loop.
const STEP_OUTPUTS_MAX: usize = 20_000;
/// Least time between two wakes of a session by its own timer, so that one that always wants to be
/// woken at once cannot stop the others.
const REST_MIN: Duration = Duration::from_millis(1);

/// A step panicked, or went round in circles. The session must not be used again.
#[derive(Debug)]
pub(super) struct Panicked;

/// Run something of a session's so that a panic stays with the session.
pub(super) fn guard<T>(act: impl FnOnce() -> T) -> Result<T, Panicked> {
    // Whatever the panic left half done belongs to a session that is dropped right after.
    catch_unwind(AssertUnwindSafe(act)).map_err(|_| Panicked)
}

/// A random number for the session's timelines: keyed by the process, so not to be guessed.
pub(super) fn seed(ufrag: &str) -> u64 {
    RandomState::new().hash_one(ufrag)
}

#[derive(Default)]
pub(super) struct Sessions {
    by_id: FxHashMap<SessionId, Entry>,
    ufrags: FxHashMap<String, SessionId>,
    paths: FxHashMap<SocketAddr, SessionId>,
    timers: Timers,
    /// Sessions with packets that have not left yet.
    written: Vec<SessionId>,
}

struct Entry {
    session: Box<peer::Session>,
    /// Its name in `ufrags`.
    ufrag: String,
    paths: Paths,
    timer: Timer,
    written: bool,
}

impl Sessions {
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn demux_entries(&self) -> usize {
        self.ufrags.len() + self.paths.len()
    }

    pub fn timers(&self) -> usize {
        self.timers.len()
    }

    pub fn contains(&self, id: SessionId) -> bool {
        self.by_id.contains_key(&id)
    }

    pub fn ids(&self) -> Vec<SessionId> {
        self.by_id.keys().copied().collect()
    }

    pub fn add(&mut self, id: SessionId, session: peer::Session) {
        let ufrag = session.ufrag().to_owned();
        self.ufrags.insert(ufrag.clone(), id);
        let entry = Entry {
            session: Box::new(session),
            ufrag,
            paths: Paths::default(),
            timer: Timer::default(),
            written: false,
        };
        self.by_id.insert(id, entry);
    }

    /// Forget a session; false when it is not there.
    pub fn remove(&mut self, id: SessionId) -> bool {
        let Some(entry) = self.by_id.remove(&id) else {
            return false;
        };
        self.ufrags.remove(&entry.ufrag);
        for path in entry.paths.iter() {
            self.remove_path(id, path);
        }
        true
    }

    /// A session may have another ufrag: find it by that one from now on.
    pub fn rename(&mut self, id: SessionId) {
        let Some(entry) = self.by_id.get_mut(&id) else {
            return;
        };
        if entry.session.ufrag() != entry.ufrag {
            self.ufrags.remove(&entry.ufrag);
            entry.session.ufrag().clone_into(&mut entry.ufrag);
            self.ufrags.insert(entry.ufrag.clone(), id);
        }
    }

    pub fn by_ufrag(&self, stun: &[u8]) -> Option<SessionId> {
        self.ufrags.get(local_ufrag(stun)?).copied()
    }

    pub fn by_path(&self, from: SocketAddr) -> Option<SessionId> {
        self.paths.get(&from).copied()
    }

    /// The peer proved to be at this address. A later proof takes it over: addresses are used again.
    pub fn add_path(&mut self, id: SessionId, address: SocketAddr) {
        let Some(entry) = self.by_id.get_mut(&id) else {
            return;
        };
        let displaced = entry.paths.note(address).flatten();
        self.paths.insert(address, id);
        if let Some(displaced) = displaced {
            self.remove_path(id, displaced);
        }
    }

    fn remove_path(&mut self, id: SessionId, address: SocketAddr) {
        if self.paths.get(&address) == Some(&id) {
            self.paths.remove(&address);
        }
    }

    /// Let a session do something and collect what it then wants done; what it counted meanwhile.
    pub fn step(
        &mut self,
        id: SessionId,
        now: Instant,
        act: impl FnOnce(&mut peer::Session),
        datagrams: &mut Vec<Datagram>,
        reports: &mut Vec<peer::Event>,
    ) -> Result<peer::Stats, Panicked> {
        let Some(Entry { session, timer, .. }) = self.by_id.get_mut(&id) else {
            return Ok(peer::Stats::default());
        };
        let deadline = guard(|| {
            act(session);
            collect(session, datagrams, reports)
        })??;
        if let Some(deadline) = deadline {
            self.timers.set(id, timer, deadline.max(now + REST_MIN));
        }
        Ok(session.take_stats())
    }

    /// Let a session send a packet: sealed into `media` at once, or with its next step. False: dropped.
    pub fn write(
        &mut self,
        forward: &Forward,
        media: &mut Datagrams,
        now: Instant,
    ) -> Result<bool, Panicked> {
        let Some(entry) = self.by_id.get_mut(&forward.to) else {
            return Ok(false);
        };
        let written = guard(|| entry.session.write(forward, media, now))?;
        if written == Written::Waits && !entry.written {
            entry.written = true;
            self.written.push(forward.to);
        }
        Ok(written != Written::Not)
    }

    /// Let a session take something that leaves with its next step. `None`: it is not here.
    pub fn queue<T>(
        &mut self,
        id: SessionId,
        act: impl FnOnce(&mut peer::Session) -> T,
    ) -> Result<Option<T>, Panicked> {
        let Some(entry) = self.by_id.get_mut(&id) else {
            return Ok(None);
        };
        let done = guard(|| act(&mut entry.session))?;
        if !entry.written {
            entry.written = true;
            self.written.push(id);
        }
        Ok(Some(done))
    }

    /// A session with packets that have not left yet.
    pub fn take_written(&mut self) -> Option<SessionId> {
        while let Some(id) = self.written.pop() {
            if let Some(entry) = self.by_id.get_mut(&id) {
                entry.written = false;
                return Some(id);
            }
        }
        None
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// A session whose deadline has come.
    pub fn due(&mut self, now: Instant) -> Option<SessionId> {
        while let Some((at, id)) = self.timers.pop(now) {
            if let Some(entry) = self.by_id.get_mut(&id)
                && self.timers.fired(id, &mut entry.timer, at, now)
            {
                return Some(id);
            }
        }
        None
    }
}

fn collect(
    session: &mut peer::Session,
    datagrams: &mut Vec<Datagram>,
    reports: &mut Vec<peer::Event>,
) -> Result<Option<Instant>, Panicked> {
    for _ in 0..STEP_OUTPUTS_MAX {
        match session.poll() {
            Output::Transmit(datagram) => datagrams.push(datagram),
            Output::Event(event) => {
                let over = matches!(event, peer::Event::Down(_));
                reports.push(event);
                if over {
                    return Ok(None);
                }
            }
            Output::Timeout(at) => return Ok(Some(at)),
        }
    }
    Err(Panicked)
}
