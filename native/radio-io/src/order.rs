//! What the hub wants.

use std::net::UdpSocket;

use radio::hub::{Ask, ChannelId};

/// What a channel speaks, on the wire and as RTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// 48 kHz clock, payload type 111.
    Opus,
    /// 8 kHz, payload type 0.
    Pcmu,
}

impl Codec {
    /// As the contract names it.
    pub fn contract(self) -> &'static str {
        match self {
            Self::Opus => "opus/48000/1",
            Self::Pcmu => "pcmu/8000/1",
        }
    }

    pub(crate) fn payload_type(self) -> u8 {
        match self {
            Self::Opus => 111,
            Self::Pcmu => 0,
        }
    }
}

/// One wish of the hub.
#[derive(Debug)]
pub(crate) enum Order {
    Expect(String, String),
    Forget(String),
    Open {
        channel: ChannelId,
        bridge: String,
        name: String,
        codec: Codec,
        socket: UdpSocket,
    },
    Aim(ChannelId, u16),
    Shut(ChannelId),
    Key(ChannelId, Box<Ask>),
    Release(ChannelId),
    Abort(ChannelId),
    Hear(ChannelId, u32),
    Drop(ChannelId, u32),
    Pulse,
}
