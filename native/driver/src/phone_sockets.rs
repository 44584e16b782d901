//! The sockets of a shard's phones, by the token that the poller reports and by session.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use engine::SessionId;
use phone::Socket;
use rustc_hash::FxHashMap;

use crate::phone_ports::Pair;
use crate::sys::Epoll;
use crate::worker::Common;

/// Set in the tokens of phones; the other sockets of a shard are few.
const PHONE: u64 = 1 << 32;

/// Closing gives the ports back.
pub(crate) struct PhoneSockets {
    common: Arc<Common>,
    slots: Vec<Option<(SessionId, Pair)>>,
    by_session: FxHashMap<SessionId, usize>,
}

impl PhoneSockets {
    pub fn new(common: Arc<Common>) -> Self {
        Self {
            common,
            slots: Vec::new(),
            by_session: FxHashMap::default(),
        }
    }

    /// Whether the token is of a phone's socket.
    pub fn owns(token: u64) -> bool {
        token & PHONE != 0 && token != u64::MAX
    }

    /// Bind a pair for the session and have it polled; its port.
    pub fn open(
        &mut self,
        session: SessionId,
        address: std::net::IpAddr,
        epoll: &Epoll,
    ) -> io::Result<u16> {
        let pair = self.common.phone_ports.bind(address)?;
        let slot = self.slots.iter().position(Option::is_none);
        let slot = slot.unwrap_or(self.slots.len());
        let token = PHONE | (slot as u64) << 1;
        let polled = epoll
            .add(pair.rtp.as_raw_fd(), token)
            .and_then(|()| epoll.add(pair.rtcp.as_raw_fd(), token | 1));
        let port = pair.port;
        if let Err(error) = polled {
            drop(pair);
            self.common.phone_ports.give_back(port);
            return Err(error);
        }
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        self.slots[slot] = Some((session, pair));
        self.by_session.insert(session, slot);
        Ok(port)
    }

    pub fn close(&mut self, session: SessionId) {
        if let Some(slot) = self.by_session.remove(&session)
            && let Some((_, pair)) = self.slots[slot].take()
        {
            let port = pair.port;
            drop(pair);
            self.common.phone_ports.give_back(port);
        }
    }

    /// Whose socket is readable. `None`: it was closed since the poller spoke.
    pub fn by_token(&self, token: u64) -> Option<(SessionId, Socket, &UdpSocket)> {
        let slot = ((token & !PHONE) >> 1) as usize;
        let (session, pair) = self.slots.get(slot)?.as_ref()?;
        Some(if token & 1 == 0 {
            (*session, Socket::Rtp, &pair.rtp)
        } else {
            (*session, Socket::Rtcp, &pair.rtcp)
        })
    }

    pub fn get(&self, session: SessionId, socket: Socket) -> Option<&UdpSocket> {
        let (_, pair) = self.slots[*self.by_session.get(&session)?].as_ref()?;
        Some(match socket {
            Socket::Rtp => &pair.rtp,
            Socket::Rtcp => &pair.rtcp,
        })
    }
}
