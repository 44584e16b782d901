//! The head of a talkspurt that was held back until it might be heard, and then comes faster than it was spoken.
//!
//! Seen from here its packets were ever less long under way. That says nothing about the network, so they are
//! left out of the delay's statistics; and what piles up by them is delay that speech keeps until it pauses.

/// A head (at most 500 ms, three packets in the time of one) has come this long after its first packet, ms.
const HEAD_MS: i64 = 1_000;
/// So many packets without a fall of the transit, and the head is over, if it was one.
const FLAT_PACKETS: u32 = 4;

/// All values in timestamp units of the stream.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// Arrival after which packets are no head any more.
    until: i64,
    first: i64,
    least: i64,
    flat: u32,
}

impl Head {
    /// A talkspurt begins with a packet of this transit.
    pub(crate) fn begin(&mut self, transit: i64, arrival: i64, per_ms: i64) {
        *self = Self {
            until: arrival + HEAD_MS * per_ms,
            first: transit,
            least: transit,
            flat: 0,
        };
    }

    /// Whether the packet may be one of the head; call for each in order of arrival.
    pub(crate) fn takes(&mut self, transit: i64, arrival: i64, duration: i64) -> bool {
        if arrival >= self.until {
            return false;
        }
        if transit <= self.least - duration / 2 {
            (self.least, self.flat) = (transit, 0);
        } else {
            self.flat += 1;
        }
        if self.flat > FLAT_PACKETS {
            self.until = arrival;
            return false;
        }
        true
    }

    /// How much delay the head of this talkspurt leaves behind, over the fastest packets.
    pub(crate) fn piled_up(&self, fastest: i64) -> i64 {
        (self.first - fastest).max(0)
    }
}
