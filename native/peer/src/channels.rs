//! The data channels a peer opened, and the bounds on them.

use str0m::Rtc;
use str0m::channel::{ChannelData, ChannelId};

use crate::io::Channel;

/// Data channels a peer may open over its life.
const OPENED_MAX: u32 = 16;
/// Data waiting to be acknowledged by the peer, bytes.
const BUFFERED_MAX: usize = 128 * 1024;

/// How much may wait to be acknowledged, so that at least one message fits.
pub(crate) fn buffered_max(message_bytes_max: usize) -> usize {
    BUFFERED_MAX.max(message_bytes_max)
}

#[derive(Debug)]
pub(crate) struct Channels {
    open: Vec<(ChannelId, Channel)>,
    opened: u32,
    message_bytes_max: usize,
}

/// The peer opened more channels than anybody needs.
#[derive(Debug)]
pub(crate) struct TooMany;

impl Channels {
    pub fn new(message_bytes_max: usize) -> Self {
        Self {
            open: Vec::new(),
            opened: 0,
            message_bytes_max,
        }
    }

    /// The peer opened a channel. One with another label, or a second one with the same, is closed.
    pub fn open(&mut self, rtc: &mut Rtc, id: ChannelId, label: &str) -> Result<(), TooMany> {
        self.opened += 1;
        if self.opened > OPENED_MAX {
            return Err(TooMany);
        }
        match Channel::from_label(label) {
            Some(channel) if self.id(channel).is_none() => self.open.push((id, channel)),
            _ => rtc.direct_api().close_data_channel(id),
        }
        Ok(())
    }

    pub fn close(&mut self, id: ChannelId) {
        self.open.retain(|(other, _)| *other != id);
    }

    /// `None`: the message is too long, or came on a channel that is not ours.
    pub fn receive(&self, data: ChannelData) -> Option<(Channel, Vec<u8>)> {
        let (_, channel) = self.open.iter().find(|(id, _)| *id == data.id)?;
        (data.data.len() <= self.message_bytes_max).then_some((*channel, data.data))
    }

    /// False: dropped.
    pub fn send(&self, rtc: &mut Rtc, channel: Channel, message: &[u8]) -> bool {
        if message.len() > self.message_bytes_max {
            return false;
        }
        let Some(mut channel) = self.id(channel).and_then(|id| rtc.channel(id)) else {
            return false;
        };
        channel.write(true, message).unwrap_or(false)
    }

    fn id(&self, channel: Channel) -> Option<ChannelId> {
        self.open
            .iter()
            .find(|(_, other)| *other == channel)
            .map(|(id, _)| *id)
    }
}
