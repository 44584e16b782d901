"""The table that a floor runs on: in which state what does what."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.core.floor import talk
from gateway.core.floor.inputs import (
    Cancel,
    CarrierOff,
    CarrierOn,
    Closed,
    Due,
    FloorInput,
    Heard,
    LegGone,
    LimitHit,
    Opened,
    Release,
    Request,
    Serve,
)
from gateway.core.floor.state import Floor, FloorState
from gateway.core.floor.talk import Outcome


def step(floor: Floor, what: FloorInput, now: float) -> Outcome:
    """The next state and the effects, in the order in which they must run."""
    transition = TRANSITIONS.get((floor.state, type(what)))
    return (floor, []) if transition is None else transition.handler(floor, what, now)


@dataclass(frozen=True, slots=True)
class Transition:
    """What one input does in one state. ``to``: the states it can end in (checked by the tests)."""

    handler: Callable[[Floor, Any, float], Outcome]
    label: str
    to: tuple[FloorState, ...]


_CLOSED, _IDLE = FloorState.CLOSED, FloorState.IDLE
_TAKEN, _REVOKING = FloorState.TAKEN, FloorState.REVOKING

_ASK = "request / Deny, Queue Position Info, or Idle preempted and Granted, Taken (holder: Granted again)"
_RELEASE = "release / Idle released (who waits: leaves the queue; anybody else: ok)"
_CANCEL = "a dispatcher cancels a request / Queue Position Info"
_COLLIDE = "carrier / Idle carrier, Taken (a radio holds it: stay)"
_CARRIER_OFF = "carrier is gone / Idle released (not the holder: stay)"
_LIMIT_HIT = "media core shut the gate / Idle timed_out (old talkspurt: stay)"
_LEG_GONE = "holder lost, left or muted / Idle (another leg: it waits no longer)"

TRANSITIONS: dict[tuple[FloorState, type], Transition] = {
    (_IDLE, Request): Transition(talk.ask, "request / Granted, Taken (penalty: Deny)", (_TAKEN, _IDLE)),
    (_TAKEN, Request): Transition(talk.ask, _ASK, (_TAKEN,)),
    (_REVOKING, Request): Transition(talk.ask, _ASK, (_REVOKING, _TAKEN)),
    (_CLOSED, Request): Transition(talk.deny_no_floor, "request / Deny no_floor", (_CLOSED,)),
    (_TAKEN, Release): Transition(talk.release, _RELEASE, (_IDLE, _TAKEN)),
    (_REVOKING, Release): Transition(talk.release, _RELEASE, (_IDLE, _REVOKING)),
    (_IDLE, Release): Transition(talk.release_nothing, "release / ok", (_IDLE,)),
    (_CLOSED, Release): Transition(talk.release_nothing, "release / ok", (_CLOSED,)),
    (_TAKEN, Cancel): Transition(talk.cancel, _CANCEL, (_TAKEN,)),
    (_REVOKING, Cancel): Transition(talk.cancel, _CANCEL, (_REVOKING,)),
    (_IDLE, Serve): Transition(talk.serve, "somebody waits / Taken", (_TAKEN,)),
    (_IDLE, CarrierOn): Transition(talk.carry, "carrier / Taken", (_TAKEN,)),
    (_TAKEN, CarrierOn): Transition(talk.collide, _COLLIDE, (_TAKEN,)),
    (_REVOKING, CarrierOn): Transition(talk.collide, _COLLIDE, (_TAKEN,)),
    (_TAKEN, CarrierOff): Transition(talk.carrier_off, _CARRIER_OFF, (_IDLE, _TAKEN)),
    (_TAKEN, Heard): Transition(talk.heard, "holder is heard", (_TAKEN,)),
    (_TAKEN, Due): Transition(
        talk.due,
        "T2 expires / Revoke (warning: told; without grace: Idle timed_out; unheard: Idle unheard)",
        (_REVOKING, _IDLE, _TAKEN),
    ),
    (_REVOKING, Due): Transition(talk.due, "T3 expires / Idle timed_out", (_IDLE, _REVOKING)),
    (_TAKEN, LimitHit): Transition(talk.limit_hit, _LIMIT_HIT, (_IDLE, _TAKEN)),
    (_REVOKING, LimitHit): Transition(talk.limit_hit, _LIMIT_HIT, (_IDLE, _REVOKING)),
    (_TAKEN, LegGone): Transition(talk.leg_gone, _LEG_GONE, (_IDLE, _TAKEN)),
    (_REVOKING, LegGone): Transition(talk.leg_gone, _LEG_GONE, (_IDLE, _REVOKING)),
    (_IDLE, LegGone): Transition(talk.forgive, "a leg is gone (its penalty too)", (_IDLE,)),
    (_IDLE, Closed): Transition(talk.close, "mode becomes conference", (_CLOSED,)),
    (_TAKEN, Closed): Transition(talk.close_taken, "mode becomes conference / Idle mode_changed", (_CLOSED,)),
    (_REVOKING, Closed): Transition(
        talk.close_taken, "mode becomes conference / Idle mode_changed", (_CLOSED,)
    ),
    (_CLOSED, Opened): Transition(talk.open_floor, "mode becomes talkgroup or broadcast", (_IDLE,)),
    (_TAKEN, Opened): Transition(talk.reopen, "mode changes / Idle mode_changed", (_IDLE,)),
    (_REVOKING, Opened): Transition(talk.reopen, "mode changes / Idle mode_changed", (_IDLE,)),
}

DISCARDED: frozenset[tuple[FloorState, type]] = frozenset(
    {
        # Late news of a talkspurt that has ended, or of a leg that does not hold the floor.
        (_IDLE, Due),
        (_CLOSED, Due),
        (_IDLE, LimitHit),
        (_CLOSED, LimitHit),
        (_CLOSED, LegGone),
        # It is looked for only in a turn that may be taken back for silence.
        (_IDLE, Heard),
        (_CLOSED, Heard),
        (_REVOKING, Heard),
        # In an open room a carrier opens the radio's own gate.
        (_CLOSED, CarrierOn),
        (_CLOSED, CarrierOff),
        (_IDLE, CarrierOff),
        # A carrier has no grace.
        (_REVOKING, CarrierOff),
        # Nobody waits, or it is not the time to be served.
        (_IDLE, Cancel),
        (_CLOSED, Cancel),
        (_TAKEN, Serve),
        (_REVOKING, Serve),
        (_CLOSED, Serve),
        # Already so.
        (_IDLE, Opened),
        (_CLOSED, Closed),
    }
)
"""The only pairs that may come without having an effect."""
