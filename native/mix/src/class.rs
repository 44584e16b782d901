//! The encoders of one codec class: one for all who listen, a few for those who need a mix of their own.

use codec_api::{CodecError, Encoder};

use crate::{MixError, Outbound};

/// Legs with equal keys get equal packets: codec, rate and settings, numbered by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClassKey(pub u32);

#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) key: ClassKey,
    pub(crate) shared: Outbound,
    solos: Vec<Solo>,
    pub(crate) legs: usize,
}

/// An encoder lent to one leg.
#[derive(Debug)]
struct Solo {
    outbound: Outbound,
    leg: Option<u32>,
    used: bool,
}

impl Class {
    /// All encoders of a class, made at once so that no tick allocates.
    pub(crate) fn new(
        key: ClassKey,
        solos: usize,
        rate_hz: u32,
        make: &mut dyn FnMut() -> Result<Box<dyn Encoder>, CodecError>,
    ) -> Result<Self, MixError> {
        let shared = Outbound::new(make()?, rate_hz)?;
        let solos = (0..solos)
            .map(|_| {
                Ok(Solo {
                    outbound: Outbound::new(make()?, rate_hz)?,
                    leg: None,
                    used: false,
                })
            })
            .collect::<Result<_, MixError>>()?;
        Ok(Self {
            key,
            shared,
            solos,
            legs: 0,
        })
    }

    /// The encoder of `leg`'s own mix; the one it has, or a free one that goes on from the shared state.
    pub(crate) fn solo(&mut self, leg: u32) -> Option<&mut Outbound> {
        let own = self.solos.iter().position(|solo| solo.leg == Some(leg));
        let at = own.or_else(|| self.solos.iter().position(|solo| solo.leg.is_none()))?;
        let solo = &mut self.solos[at];
        if solo.leg.is_none() {
            solo.outbound.take_over(&self.shared);
        }
        (solo.leg, solo.used) = (Some(leg), true);
        Some(&mut solo.outbound)
    }

    /// End the tick: encoders that nobody used are free again.
    pub(crate) fn end_tick(&mut self) {
        for solo in &mut self.solos {
            if !core::mem::take(&mut solo.used) {
                solo.leg = None;
            }
        }
    }
}
