//! RTCP: a report every 5 s, BYE at the end (RFC 3550 section 6).
//!
//! The leg has no wall clock, so NTP time counts from its beginning, as section 4 allows.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rtp::reception::Reception;
use rtp::rtcp::{SenderInfo, Writer};

use crate::leg::{Datagram, PhoneLeg, Socket};

/// Between two reports (section 6.2: 5 s for a session of two).
const EVERY: Duration = Duration::from_secs(5);
/// Room for SR with one block, SDES and BYE.
const BYTES_MAX: usize = 128;

#[derive(Debug)]
pub(crate) struct Reports {
    start: Instant,
    next: Instant,
    cname: String,
    /// The phone's stream; another SSRC starts over.
    stream: Option<(u32, Reception)>,
    /// Where the phone's RTCP comes from, and to which socket of ours.
    peer: Option<(Socket, SocketAddr)>,
    /// Packets sent when the last report left.
    reported: u32,
}

impl Reports {
    pub fn new(seed: u64, now: Instant) -> Self {
        Self {
            start: now,
            next: now + EVERY,
            cname: format!(
                "{:016x}",
                seed.rotate_left(17).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ),
            stream: None,
            peer: None,
            reported: 0,
        }
    }

    pub fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.start)
    }

    pub fn received(&mut self, ssrc: u32, sequence: u16, timestamp: i64, arrival: i64) {
        if self.stream.as_ref().is_none_or(|(known, _)| *known != ssrc) {
            self.stream = Some((ssrc, Reception::default()));
        }
        if let Some((_, reception)) = &mut self.stream {
            reception.packet(sequence, timestamp, arrival);
        }
    }

    pub fn came_from(&mut self, socket: Socket, from: SocketAddr) {
        self.peer = Some((socket, from));
    }

    pub fn sender_report(&mut self, ssrc: u32, ntp: u64, now: Instant) {
        let now = self.ntp(now) >> 16;
        if let Some((_, reception)) = self.stream.as_mut().filter(|(known, _)| *known == ssrc) {
            reception.sender_report(ntp, now);
        }
    }

    /// 32.32 fixed point, from the leg's beginning.
    fn ntp(&self, now: Instant) -> u64 {
        let elapsed = self.elapsed(now);
        (elapsed.as_secs() << 32) | ((u64::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000)
    }
}

impl PhoneLeg {
    /// The report that is due, if one is.
    pub fn send_report(&mut self, tick: u64, now: Instant) -> Option<Datagram> {
        if now < self.reports.next {
            return None;
        }
        self.reports.next = now + EVERY;
        self.compound(tick, now, false)
    }

    /// The leg's last words.
    pub fn send_goodbye(&mut self, tick: u64, now: Instant) -> Option<Datagram> {
        self.compound(tick, now, true)
    }

    fn compound(&mut self, tick: u64, now: Instant, goodbye: bool) -> Option<Datagram> {
        let target = self.agreed.as_ref()?.latch.target();
        let (ssrc, reports) = (self.outbound.ssrc, &mut self.reports);
        let ntp = reports.ntp(now);
        let block = reports
            .stream
            .as_mut()
            .map(|(stream, reception)| reception.report(*stream, ntp >> 16));
        let mut bytes = vec![0; BYTES_MAX];
        let mut writer = Writer::new(&mut bytes);
        if self.outbound.packets == reports.reported {
            writer.receiver_report(ssrc, block.as_slice()).ok()?;
        } else {
            let info = SenderInfo {
                ntp,
                rtp_timestamp: self.outbound.timestamp(tick),
                packets: self.outbound.packets,
                bytes: self.outbound.bytes,
            };
            writer.sender_report(ssrc, &info, block.as_slice()).ok()?;
        }
        reports.reported = self.outbound.packets;
        writer.cname(ssrc, &reports.cname).ok()?;
        if goodbye {
            writer.goodbye(ssrc).ok()?;
        }
        let len = writer.finish();
        bytes.truncate(len);
        let beside = SocketAddr::new(target.ip(), target.port().saturating_add(1));
        let (socket, to) = reports.peer.unwrap_or((Socket::Rtcp, beside));
        Some(Datagram { socket, to, bytes })
    }
}
