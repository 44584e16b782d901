//! Ports for phones: an even one for RTP, the next for RTCP (RFC 3550 section 11).

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Mutex, PoisonError};

use crate::sys::{self, Room};

/// Pairs tried before giving up: others on this machine may hold some.
const TRIES: usize = 32;

/// The free pairs of the configured range, shared by all shards. Any free port without a range.
#[derive(Debug)]
pub(crate) struct PortPool(Option<Mutex<VecDeque<u16>>>);

/// The two sockets of a phone.
#[derive(Debug)]
pub(crate) struct Pair {
    pub rtp: UdpSocket,
    pub rtcp: UdpSocket,
    pub port: u16,
}

impl PortPool {
    /// All pairs in `first ..= last`; (0, 0) for any.
    pub fn new((first, last): (u16, u16)) -> Self {
        let pairs = || {
            (first.next_multiple_of(2)..last)
                .step_by(2)
                .collect::<VecDeque<u16>>()
        };
        Self((last != 0).then(|| Mutex::new(pairs())))
    }

    /// Bind a pair. The one that was free for longest comes first, so that late packets of an old call
    /// find nobody.
    pub fn bind(&self, address: IpAddr) -> io::Result<Pair> {
        for _ in 0..TRIES {
            let bound = match &self.0 {
                None => bind_any(address),
                Some(free) => {
                    let next = free
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop_front();
                    let Some(port) = next else { break };
                    bind_at(address, port).inspect_err(|_| self.give_back(port))
                }
            };
            match bound {
                Ok(pair) => return Ok(pair),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }

    /// A pair is free again.
    pub fn give_back(&self, port: u16) {
        if let Some(free) = &self.0 {
            let mut free = free.lock().unwrap_or_else(PoisonError::into_inner);
            free.push_back(port);
        }
    }
}

fn bind_at(address: IpAddr, port: u16) -> io::Result<Pair> {
    Ok(Pair {
        rtp: sys::bind(SocketAddr::new(address, port), Room::Phone)?,
        rtcp: sys::bind(SocketAddr::new(address, port + 1), Room::Phone)?,
        port,
    })
}

/// Take what the kernel gives and its neighbour.
fn bind_any(address: IpAddr) -> io::Result<Pair> {
    let one = sys::bind(SocketAddr::new(address, 0), Room::Phone)?;
    let port = one.local_addr()?.port();
    let other = sys::bind(SocketAddr::new(address, port ^ 1), Room::Phone)?;
    let (rtp, rtcp) = if port % 2 == 0 {
        (one, other)
    } else {
        (other, one)
    };
    Ok(Pair {
        rtp,
        rtcp,
        port: port & !1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_pair_is_an_even_port_and_the_next() {
        let pair = PortPool::new((0, 0)).bind(LOCAL).unwrap();
        assert_eq!(pair.port % 2, 0);
        assert_eq!(pair.rtp.local_addr().unwrap().port(), pair.port);
        assert_eq!(pair.rtcp.local_addr().unwrap().port(), pair.port + 1);
    }

    #[test]
    fn a_range_ends_and_a_pair_given_back_is_used_again() {
        // A free pair shows where nobody else is.
        let free = PortPool::new((0, 0)).bind(LOCAL).unwrap().port;
        let pool = PortPool::new((free, free + 1));
        let pair = pool.bind(LOCAL).unwrap();
        assert!(pool.bind(LOCAL).is_err());
        drop(pair);
        pool.give_back(free);
        assert_eq!(pool.bind(LOCAL).unwrap().port, free);
    }
}
