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


_CLOSED, _IDLE, _TAKEN = FloorState.CLOSED, FloorState.IDLE, FloorState.TAKEN

_ASK = (
    "request / Granted, Taken (as many talk as may: Deny, Queue Position Info, or Idle preempted and "
    "Granted, Taken; penalty: Deny; who talks: Granted again)"
)

TRANSITIONS: dict[tuple[FloorState, type], Transition] = {
    (_IDLE, Request): Transition(talk.ask, "request / Granted, Taken (penalty: Deny)", (_TAKEN, _IDLE)),
    (_TAKEN, Request): Transition(talk.ask, _ASK, (_TAKEN,)),
    (_CLOSED, Request): Transition(talk.deny_no_floor, "request / Deny no_floor", (_CLOSED,)),
    (_TAKEN, Release): Transition(
        talk.release,
        "release / Idle released (who waits: leaves the queue; anybody else: ok)",
        (_IDLE, _TAKEN),
    ),
    (_IDLE, Release): Transition(talk.release_nothing, "release / ok", (_IDLE,)),
    (_CLOSED, Release): Transition(talk.release_nothing, "release / ok", (_CLOSED,)),
    (_TAKEN, Cancel): Transition(
        talk.cancel, "a dispatcher cancels a request / Queue Position Info", (_TAKEN,)
    ),
    (_IDLE, Serve): Transition(talk.serve, "somebody waits / Taken", (_TAKEN,)),
    (_TAKEN, Serve): Transition(talk.serve, "somebody waits and one more may talk / Taken", (_TAKEN,)),
    (_IDLE, CarrierOn): Transition(talk.carry, "carrier / Taken", (_TAKEN,)),
    (_TAKEN, CarrierOn): Transition(
        talk.carry, "carrier / Taken (as many talk as may: Idle carrier first; all radios: stay)", (_TAKEN,)
    ),
    (_TAKEN, CarrierOff): Transition(
        talk.carrier_off, "carrier is gone / Idle released (no talker: stay)", (_IDLE, _TAKEN)
    ),
    (_TAKEN, Heard): Transition(talk.heard, "a talker is heard", (_TAKEN,)),
    (_TAKEN, Due): Transition(
        talk.due,
        "T2 expires / Revoke; T3 expires / Idle timed_out (warning: told; unheard: Idle unheard)",
        (_IDLE, _TAKEN),
    ),
    (_TAKEN, LimitHit): Transition(
        talk.limit_hit, "media core shut the gate / Idle timed_out (old talkspurt: stay)", (_IDLE, _TAKEN)
    ),
    (_TAKEN, LegGone): Transition(
        talk.leg_gone, "talker lost, left or muted / Idle (another leg: it waits no longer)", (_IDLE, _TAKEN)
    ),
    (_IDLE, LegGone): Transition(talk.forgive, "a leg is gone (its penalty too)", (_IDLE,)),
    (_IDLE, Closed): Transition(talk.close, "mode becomes conference", (_CLOSED,)),
    (_TAKEN, Closed): Transition(talk.close_taken, "mode becomes conference / Idle mode_changed", (_CLOSED,)),
    (_CLOSED, Opened): Transition(talk.open_floor, "mode becomes talkgroup or broadcast", (_IDLE,)),
    (_TAKEN, Opened): Transition(talk.reopen, "mode changes / Idle mode_changed", (_IDLE,)),
}

DISCARDED: frozenset[tuple[FloorState, type]] = frozenset(
    {
        # Late news of a talkspurt that has ended, or of a leg that does not hold the floor.
        (_IDLE, Due),
        (_CLOSED, Due),
        (_IDLE, LimitHit),
        (_CLOSED, LimitHit),
        (_CLOSED, LegGone),
        (_IDLE, Heard),
        (_CLOSED, Heard),
        # In an open room a carrier opens the radio's own gate.
        (_CLOSED, CarrierOn),
        (_CLOSED, CarrierOff),
        (_IDLE, CarrierOff),
        # Nobody waits.
        (_IDLE, Cancel),
        (_CLOSED, Cancel),
        (_CLOSED, Serve),
        # Already so.
        (_IDLE, Opened),
        (_CLOSED, Closed),
    }
)
"""The only pairs that may come without having an effect."""
