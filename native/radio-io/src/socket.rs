//! One channel's RTP on 127.0.0.1.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use mio::net::UdpSocket;
use radio::Micros;
use radio::hub::{Packet, Sound};
use rtp::{RtpHeader, RtpView};

use crate::order::Codec;

/// Fixed RTP header (RFC 3550 section 5.1).
const HEADER: usize = 12;
/// Longest datagram of interest.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 2_048;

#[derive(Debug)]
pub(crate) struct ChannelSocket {
    pub socket: UdpSocket,
    codec: Codec,
    /// Where the media plane's leg is; port 0: nowhere.
    target: SocketAddr,
}

/// What a read gave.
#[derive(Debug)]
pub(crate) enum Received {
    Packet(Packet),
    /// Not RTP of ours, or not from where it must come.
    Foreign,
    Nothing,
}

impl ChannelSocket {
    pub fn new(socket: std::net::UdpSocket, codec: Codec) -> Self {
        Self {
            socket: UdpSocket::from_std(socket),
            codec,
            target: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }

    pub fn aim(&mut self, port: u16) {
        self.target.set_port(port);
    }

    pub fn receive(&mut self, buffer: &mut [u8], now: Micros) -> Received {
        let (length, from) = match self.socket.recv_from(buffer) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Received::Nothing,
            // The error of an earlier datagram (ICMP); the socket itself is fine.
            Err(_) => return Received::Foreign,
        };
        let view = RtpView::parse(&buffer[..length]).ok();
        let view = view.filter(|view| {
            let is_audio = view.payload_type == self.codec.payload_type();
            from == self.target && is_audio && !view.payload().is_empty()
        });
        view.map_or(Received::Foreign, |view| {
            Received::Packet(Packet {
                sequence: view.sequence,
                timestamp: view.timestamp,
                payload: view.payload().to_vec(),
                arrived: now,
            })
        })
    }

    /// False: the kernel did not take it, or nobody is there.
    pub fn send(&self, sound: &Sound) -> bool {
        if self.target.port() == 0 {
            return false;
        }
        let header = RtpHeader {
            marker: sound.marker,
            payload_type: self.codec.payload_type(),
            sequence: sound.sequence,
            timestamp: sound.timestamp,
            ssrc: sound.stream,
            csrcs: &[],
            extensions: &[],
        };
        let mut datagram = vec![0; HEADER + sound.payload.len()];
        // A fixed header always fits.
        let _ = header.write(&mut datagram);
        datagram[HEADER..].copy_from_slice(&sound.payload);
        self.socket.send_to(&datagram, self.target).is_ok()
    }
}
