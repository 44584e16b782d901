//! What is due when time passes.

use super::Core;
use super::wire::{LegWait, Wait};
use crate::event::{End, Event, LegId, Unbind};
use std::time::Duration;

impl Core {
    pub(super) fn on_time(&mut self, now: Duration) {
        while let Some(told) = self.wire.transactions.run_due(now, &mut self.wire.out) {
            if let Some(told) = told {
                self.on_told(told, None, now);
            }
        }
        while let Some(wait) = self.wire.waits.pop_due(now) {
            match wait {
                Wait::Leg(id, wait) => self.leg_due(id, wait, now),
                Wait::Registration(id) => self.registration_due(id, now),
            }
        }
        for (address, contact) in self.registrar.expire(now) {
            self.emit(Event::Unbound {
                address,
                contact,
                why: Unbind::Expired,
            });
        }
    }

    fn leg_due(&mut self, id: LegId, wait: LegWait, now: Duration) {
        match wait {
            LegWait::Ring => drop(self.hangup(id, End::RingLimit, now)),
            LegWait::Resend => self.resend_answer(id, now),
            LegWait::Hub => self.offer_wait_over(id, now),
            LegWait::Refer => drop(self.answer_refer(id, None, false, now)),
            LegWait::Glare => self.glare_over(id, now),
            LegWait::Session => self.session_due(id, now),
            LegWait::Ack => {
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.ack = None;
                }
            }
            LegWait::Close => {
                if let Some(invite) = self.drop_leg(id).and_then(|leg| leg.invite) {
                    self.wire.transactions.abandon(invite.tx);
                }
            }
        }
    }
}
