//! Changes we want: re-INVITE, UPDATE, session refresh, glare (RFC 3261 14.1, RFC 4028 10).

use super::Core;
use super::invite_in::{is_sdp, next_hop};
use super::wire::{LegWait, Owner, Wait, put_sdp};
use crate::event::{End, Event, LegId, Rejection};
use crate::leg::dialog::contact;
use crate::leg::session_timer::SessionTimer;
use crate::leg::{OurOffer, Stage, State};
use crate::msg::{ALLOW, Head, Method, Response};
use crate::transaction::table::T1;
use std::time::Duration;

impl Core {
    /// Command `Offer`.
    pub(super) fn offer(
        &mut self,
        id: LegId,
        sdp: Option<Vec<u8>>,
        now: Duration,
    ) -> Result<(), Rejection> {
        let leg = self.legs.get_mut(&id).ok_or(Rejection::UnknownLeg)?;
        if leg.state != State::Connected {
            return Err(Rejection::WrongState);
        }
        if leg.is_busy() {
            return Err(Rejection::Busy);
        }
        leg.ours = Some(Box::new(OurOffer {
            seq: 0,
            sdp,
            refresh: false,
            update: false,
            stage: Stage::Sent,
        }));
        if let Some(login) = &mut leg.login {
            login.begin();
        }
        self.send_offer(id, now);
        Ok(())
    }

    /// Sends the offer or refresh that stands in the leg.
    pub(super) fn send_offer(&mut self, id: LegId, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let Some(mut ours) = leg.ours.take() else {
            return;
        };
        let method = if ours.update {
            Method::Update
        } else {
            Method::Invite
        };
        let mut request = leg.dialog.request(method);
        ours.seq = leg.dialog.seq;
        ours.stage = Stage::Sent;
        request
            .headers
            .push("Contact", self.wire.contact(leg.flow, ""));
        request.headers.push("Allow", ALLOW);
        request.headers.push("Supported", "timer");
        if let Some(timer) = leg.timer {
            // Who refreshes goes on doing so; as the sender we are `uac` here (RFC 4028 7.4).
            let who = if timer.ours { "uac" } else { "uas" };
            request.headers.push(
                "Session-Expires",
                format!("{};refresher={who}", timer.interval.as_secs()),
            );
        }
        if let Some(sdp) = &ours.sdp {
            put_sdp(&mut request.headers, &mut request.body, sdp);
        }
        leg.ours = Some(ours);
        if self
            .wire
            .in_dialog(leg, request, Owner::Offer(id), now)
            .is_none()
        {
            self.end(id, End::ConnectionLost, 503);
            self.drop_leg(id);
        }
    }

    pub(super) fn on_offer_response(
        &mut self,
        id: LegId,
        response: &Response,
        head: &Head,
        now: Duration,
    ) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if response.status < 200 {
            return;
        }
        let awaited = leg
            .ours
            .as_deref()
            .is_some_and(|ours| ours.seq == head.seq && ours.stage == Stage::Sent);
        if !awaited {
            return self.on_offer_answered_again(id, response, head, now);
        }
        self.wire.waits.cancel(Wait::Leg(id, LegWait::Hub));
        match response.status {
            200..300 => self.on_offer_answered(id, response, now),
            401 | 407
                if leg
                    .login
                    .as_mut()
                    .is_some_and(|login| login.learn(response)) =>
            {
                self.send_offer(id, now);
            }
            // The leg is gone at the far end (RFC 3261 12.2.1.2).
            408 | 481 => self.gone(id, now),
            491 => {
                // The owner of the Call-ID waits 2.1 to 4 s, the other up to 2 s (RFC 3261 14.1).
                let tens = if leg.caller {
                    210 + self.wire.random.below(191)
                } else {
                    self.wire.random.below(201)
                };
                if let Some(ours) = leg.ours.as_deref_mut() {
                    ours.stage = Stage::Glare;
                }
                self.wire.waits.set(
                    Wait::Leg(id, LegWait::Glare),
                    now + Duration::from_millis(tens * 10),
                );
            }
            status => self.offer_refused(id, status),
        }
    }

    fn on_offer_answered(&mut self, id: LegId, response: &Response, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let Some(mut ours) = leg.ours.take() else {
            return;
        };
        if let Some(target) = contact(&response.headers) {
            leg.dialog.target = target;
            if !leg.pinned {
                leg.flow = next_hop(leg.flow, &leg.dialog);
            }
        }
        let again = leg.timer.map(|timer| SessionTimer {
            sent: false,
            ..timer
        });
        leg.timer = SessionTimer::of_answer(&response.headers).or(again);
        if let Some(timer) = leg.timer {
            self.wire
                .waits
                .set(Wait::Leg(id, LegWait::Session), timer.due(now));
        }
        let body =
            (!response.body.is_empty() && is_sdp(&response.headers)).then(|| response.body.clone());
        let late = !ours.update && ours.sdp.is_none();
        if ours.sdp.is_some() {
            leg.sdp = ours.sdp.take().map(Into::into);
        }
        let (seq, refresh, update) = (ours.seq, ours.refresh, ours.update);
        if late {
            ours.stage = Stage::Late;
            leg.ours = Some(ours);
            self.wire.waits.set(
                Wait::Leg(id, LegWait::Hub),
                now + self.wire.config.hub_limit,
            );
        } else if !update {
            self.ack_leg(id, seq, None, now);
        }
        if !refresh {
            self.emit(Event::OfferAnswered { leg: id, sdp: body });
        }
    }

    /// A 2xx that is no news: its ACK was lost, or we gave up on it; it is confirmed either way.
    fn on_offer_answered_again(
        &mut self,
        id: LegId,
        response: &Response,
        head: &Head,
        now: Duration,
    ) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let late = leg
            .ours
            .as_deref()
            .is_some_and(|ours| ours.stage == Stage::Late);
        if head.method != Method::Invite || response.status >= 300 || late {
            return;
        }
        match leg.ack.as_ref().filter(|(seq, _)| *seq == head.seq) {
            Some((_, ack)) => self.wire.out.send(leg.flow, ack.to_vec()),
            None => self.ack_leg(id, head.seq, None, now),
        }
    }

    /// Command `Acknowledge`: our answer to an offer in a 2xx.
    pub(super) fn acknowledge(
        &mut self,
        id: LegId,
        sdp: &[u8],
        now: Duration,
    ) -> Result<(), Rejection> {
        let leg = self.legs.get_mut(&id).ok_or(Rejection::UnknownLeg)?;
        let ours = leg
            .ours
            .take_if(|ours| ours.stage == Stage::Late)
            .ok_or(Rejection::WrongState)?;
        leg.sdp = Some(sdp.into());
        self.wire.waits.cancel(Wait::Leg(id, LegWait::Hub));
        self.ack_leg(id, ours.seq, Some(sdp), now);
        Ok(())
    }

    /// The pause after a 491 is over; theirs may have come first and still be under way.
    pub(super) fn glare_over(&mut self, id: LegId, now: Duration) {
        let Some(leg) = self.legs.get(&id) else {
            return;
        };
        if leg.theirs.is_some() || leg.accepted.is_some() {
            return self.wire.waits.set(Wait::Leg(id, LegWait::Glare), now + T1);
        }
        self.send_offer(id, now);
    }

    pub(super) fn offer_refused(&mut self, id: LegId, status: u16) {
        let Some(ours) = self.legs.get_mut(&id).and_then(|leg| leg.ours.take()) else {
            return;
        };
        if !ours.refresh {
            self.emit(Event::OfferRefused { leg: id, status });
        }
    }

    /// The hub owes an answer too long: to their offer, or to the one in their 2xx.
    pub(super) fn offer_wait_over(&mut self, id: LegId, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        match leg.ours.as_deref() {
            _ if leg.theirs.is_some() => self.offer_expired(id, now),
            Some(ours) if ours.stage == Stage::Late => {
                // The hub owes the ACK: without an answer to their offer there is no session.
                let seq = ours.seq;
                self.ack_leg(id, seq, None, now);
                self.end(id, End::HubTooSlow, 500);
                self.send_bye(id, now);
            }
            _ => {}
        }
    }

    /// The session timer fired.
    pub(super) fn session_due(&mut self, id: LegId, now: Duration) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let Some(timer) = leg.timer.as_mut() else {
            return;
        };
        if !timer.ours || timer.sent {
            self.end(id, End::SessionExpired, 408);
            return self.send_bye(id, now);
        }
        timer.sent = true;
        let due = timer.due(now);
        self.wire.waits.set(Wait::Leg(id, LegWait::Session), due);
        if leg.state != State::Connected || leg.is_busy() {
            // The change under way refreshes the session as well.
            return;
        }
        let sdp = if leg.updates {
            None
        } else {
            leg.sdp.as_ref().map(|sdp| sdp.to_vec())
        };
        let update = leg.updates || sdp.is_none();
        leg.ours = Some(Box::new(OurOffer {
            seq: 0,
            sdp,
            refresh: true,
            update,
            stage: Stage::Sent,
        }));
        self.send_offer(id, now);
    }

    /// The far end no longer knows the dialog, or no longer answers in it.
    pub(super) fn gone(&mut self, id: LegId, now: Duration) {
        self.end(id, End::Gone, 481);
        self.send_bye(id, now);
    }
}
