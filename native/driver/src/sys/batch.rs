//! Many datagrams a system call: recvmmsg(2) and sendmmsg(2).

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::RawFd;

use super::address::RawAddress;
use super::is_transient;

/// Datagrams a call.
const BATCH: usize = 64;
/// Longest datagram taken: above any MTU that WebRTC uses. Longer ones are cut and marked.
const DATAGRAM_BYTES: usize = 2_048;

/// Buffers for one recvmmsg call, used again and again.
pub(crate) struct ReceiveBatch {
    buffers: Vec<[u8; DATAGRAM_BYTES]>,
    addresses: Vec<RawAddress>,
    received: Vec<Received>,
}

#[derive(Clone, Copy)]
struct Received {
    length: usize,
    cut: bool,
}

/// One received datagram.
pub(crate) struct Inbound<'a> {
    /// `None`: neither IPv4 nor IPv6.
    pub from: Option<SocketAddr>,
    pub bytes: &'a [u8],
    /// It was longer than the buffer.
    pub cut: bool,
}

impl ReceiveBatch {
    pub fn new() -> Self {
        Self {
            buffers: vec![[0; DATAGRAM_BYTES]; BATCH],
            addresses: vec![RawAddress::zeroed(); BATCH],
            received: Vec::with_capacity(BATCH),
        }
    }

    /// Take what waits, at most a batch; the number taken, 0 when nothing waits. A full batch
    /// ([`ReceiveBatch::is_full`]) means more may wait.
    pub fn receive(&mut self, fd: RawFd) -> io::Result<usize> {
        self.received.clear();
        let mut vectors: [MaybeUninit<libc::iovec>; BATCH] =
            [const { MaybeUninit::uninit() }; BATCH];
        let mut messages: [MaybeUninit<libc::mmsghdr>; BATCH] =
            [const { MaybeUninit::uninit() }; BATCH];
        let parts = self
            .buffers
            .iter_mut()
            .zip(&mut self.addresses)
            .zip(&mut vectors)
            .zip(&mut messages);
        for (((buffer, address), vector), header) in parts {
            let part = libc::iovec {
                iov_base: buffer.as_mut_ptr().cast(),
                iov_len: DATAGRAM_BYTES,
            };
            let vector = vector.write(part);
            header.write(message((&raw mut *address).cast(), RawAddress::LEN, vector));
        }
        // SAFETY: all BATCH headers are written above; each points to one vector, one address and one
        // buffer of the stated lengths, all of which outlive the call and are not aliased.
        let result = unsafe {
            libc::recvmmsg(
                fd,
                messages.as_mut_ptr().cast(),
                BATCH as libc::c_uint,
                0,
                std::ptr::null_mut(),
            )
        };
        match super::count(result) {
            Ok(count) => {
                for message in &messages[..count] {
                    // SAFETY: all headers were initialised above.
                    let message = unsafe { message.assume_init_ref() };
                    let length = (message.msg_len as usize).min(DATAGRAM_BYTES);
                    let cut = message.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
                    self.received.push(Received { length, cut });
                }
                Ok(count)
            }
            Err(error) if is_transient(&error) => Ok(0),
            Err(error) => Err(error),
        }
    }

    pub fn is_full(&self) -> bool {
        self.received.len() == BATCH
    }

    pub fn iter(&self) -> impl Iterator<Item = Inbound<'_>> {
        self.received
            .iter()
            .enumerate()
            .map(|(k, received)| Inbound {
                from: self.addresses[k].to_address(),
                bytes: &self.buffers[k][..received.length],
                cut: received.cut,
            })
    }
}

/// Buffers for sendmmsg calls.
pub(crate) struct SendBatch {
    addresses: Vec<RawAddress>,
}

/// What became of the datagrams.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub sent: u64,
    pub dropped: u64,
    pub calls: u64,
}

impl SendBatch {
    pub fn new() -> Self {
        Self {
            addresses: vec![RawAddress::zeroed(); BATCH],
        }
    }

    /// Send all datagrams. When the socket's buffer is full the rest is dropped: waiting would stop
    /// the shard, and late audio is of no use.
    pub fn send<'a>(
        &mut self,
        fd: RawFd,
        datagrams: impl Iterator<Item = (SocketAddr, &'a [u8])>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let mut datagrams = datagrams.peekable();
        while datagrams.peek().is_some() {
            let mut vectors: [MaybeUninit<libc::iovec>; BATCH] =
                [const { MaybeUninit::uninit() }; BATCH];
            let mut messages: [MaybeUninit<libc::mmsghdr>; BATCH] =
                [const { MaybeUninit::uninit() }; BATCH];
            let parts = self
                .addresses
                .iter_mut()
                .zip(&mut vectors)
                .zip(&mut messages);
            let mut filled = 0;
            // The parts first: a datagram taken from its iterator must find a place.
            for (((address, vector), header), (to, bytes)) in parts.zip(datagrams.by_ref()) {
                let length;
                (*address, length) = RawAddress::from_address(to);
                // sendmmsg only reads the buffer; iovec has no const form.
                let part = libc::iovec {
                    iov_base: bytes.as_ptr().cast_mut().cast(),
                    iov_len: bytes.len(),
                };
                header.write(message(
                    (&raw mut *address).cast(),
                    length,
                    vector.write(part),
                ));
                filled += 1;
            }
            transmit(fd, &mut messages[..filled], &mut outcome);
        }
        outcome
    }
}

/// Send messages that are all written, with addresses, vectors and datagrams that are still alive.
fn transmit(fd: RawFd, messages: &mut [MaybeUninit<libc::mmsghdr>], outcome: &mut Outcome) {
    let mut rest = messages;
    while !rest.is_empty() {
        outcome.calls += 1;
        // SAFETY: the caller wrote all of `rest`; what the headers point to outlives the call.
        let result =
            unsafe { libc::sendmmsg(fd, rest.as_mut_ptr().cast(), rest.len() as libc::c_uint, 0) };
        let done = match super::count(result) {
            Ok(count) => {
                outcome.sent += count as u64;
                count
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) if is_transient(&error) => {
                outcome.dropped += rest.len() as u64;
                return;
            }
            Err(_) => {
                // One address that cannot be reached must not stop the others.
                outcome.dropped += 1;
                1
            }
        };
        rest = &mut rest[done..];
    }
}

fn message(
    address: *mut libc::c_void,
    address_length: libc::socklen_t,
    vector: &mut libc::iovec,
) -> libc::mmsghdr {
    // SAFETY: the header is plain integers and pointers, for which zero is a value; some platforms pad
    // it with private fields, so it cannot be written as a literal.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_name = address;
    header.msg_namelen = address_length;
    header.msg_iov = vector;
    header.msg_iovlen = 1;
    libc::mmsghdr {
        msg_hdr: header,
        msg_len: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_hundred_datagrams_arrive_in_two_batches() {
        let one =
            super::super::bind("127.0.0.1:0".parse().unwrap(), super::super::Room::Shard).unwrap();
        let other =
            super::super::bind("127.0.0.1:0".parse().unwrap(), super::super::Room::Shard).unwrap();
        let to = other.local_addr().unwrap();
        let bodies: Vec<Vec<u8>> = (0..100_u8).map(|k| vec![k; usize::from(k)]).collect();
        let sent = SendBatch::new().send(
            one.as_raw_fd(),
            bodies.iter().map(|body| (to, body.as_slice())),
        );
        assert_eq!(
            sent,
            Outcome {
                sent: 100,
                dropped: 0,
                calls: 2
            }
        );
        let mut batch = ReceiveBatch::new();
        let mut heard = Vec::new();
        while batch.receive(other.as_raw_fd()).unwrap() > 0 {
            for inbound in batch.iter() {
                assert_eq!(inbound.from, Some(one.local_addr().unwrap()));
                heard.push(inbound.bytes.to_vec());
            }
        }
        assert_eq!(heard, bodies);
    }

    #[test]
    fn a_datagram_longer_than_the_buffer_is_marked() {
        let one =
            super::super::bind("127.0.0.1:0".parse().unwrap(), super::super::Room::Shard).unwrap();
        let other =
            super::super::bind("127.0.0.1:0".parse().unwrap(), super::super::Room::Shard).unwrap();
        one.send_to(&[7; 3_000], other.local_addr().unwrap())
            .unwrap();
        let mut batch = ReceiveBatch::new();
        assert_eq!(batch.receive(other.as_raw_fd()).unwrap(), 1);
        assert!(batch.iter().all(|inbound| inbound.cut));
    }

    #[test]
    fn an_unreachable_address_does_not_stop_the_others() {
        let one =
            super::super::bind("127.0.0.1:0".parse().unwrap(), super::super::Room::Shard).unwrap();
        let to = one.local_addr().unwrap();
        let nowhere: SocketAddr = "255.255.255.255:9".parse().unwrap();
        let body: &[u8] = b"x";
        let sent = SendBatch::new().send(
            one.as_raw_fd(),
            [(to, body), (nowhere, body), (to, body)].into_iter(),
        );
        assert_eq!((sent.sent, sent.dropped), (2, 1));
    }
}
