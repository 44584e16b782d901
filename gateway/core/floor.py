"""The floor of one room: who holds the right to talk.

Theory of operation (words and defaults of 3GPP TS 24.380, clause 6.3.4, the part that one talkgroup
needs). There is one machine a room, as the standard keeps one general floor control machine a call::

    CLOSED   the room is open (conference): no floor, a request is denied with no_floor
    IDLE     "G: Floor Idle": nobody talks, the next request is granted
    TAKEN    "G: Floor Taken": one holder; every other request is denied with floor_busy

The carrier of a radio is no request: who talks on the air talks already. It takes an idle floor, and it
takes the floor from anybody but another radio; ``core/carrier`` decides when a carrier counts.

Two clocks end a talkspurt: T2 here ("stop talking"), and the limit that the media core armed at the
grant, so that a stopped Python cannot hold the floor open. Whichever is first wins; the other names a
talkspurt that has ended and is discarded. Queue, pre-emption and revoke with grace (T3, T8) come with
the arbiter of step 6.

Two rules keep this file readable: every change of state is in ``TRANSITIONS``, and the pairs in
``DISCARDED`` are the only ones that may come without having an effect. Who may ask at all is decided
before (``policy``); a request that reaches this file is allowed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from gateway.model.effects import Answer, Effect, OpenGate, Publish, ShutGate
from gateway.model.events import FloorEnd, FloorIdle, FloorTaken
from gateway.model.ids import CommandId, LegId, RoomId, TalkspurtId
from gateway.model.refusal import Refusal, RefusalCode

T2_DEFAULT_MS = 30_000
"""TS 24.380 table 11.1.3-1, timer T2; used where a room without a limit gets a floor."""


class FloorState(Enum):
    """Where a room's floor can be."""

    CLOSED = "closed"
    """The room has no floor: whoever may talk is heard."""
    IDLE = "idle"
    """Nobody holds it."""
    TAKEN = "taken"
    """One leg holds it and its gate is open."""


@dataclass(frozen=True, slots=True)
class Request:
    """Floor Request. ``talkspurt`` is the number of the talkspurt if it is granted."""

    id: CommandId
    leg: LegId
    talkspurt: TalkspurtId


@dataclass(frozen=True, slots=True)
class Release:
    """Floor Release; from a leg that does not hold the floor it says ok and changes nothing."""

    id: CommandId
    leg: LegId


@dataclass(frozen=True, slots=True)
class CarrierOn:
    """Somebody talks on the air of a radio leg. ``limit_ms`` 0: the room's limit."""

    leg: LegId
    talkspurt: TalkspurtId
    limit_ms: int = 0


@dataclass(frozen=True, slots=True)
class CarrierOff:
    """Nobody talks on the air of a radio leg any more."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class T2Expired:
    """The core's own clock: the talkspurt has lasted as long as it may."""


@dataclass(frozen=True, slots=True)
class LimitHit:
    """The media core shut the gate of this talkspurt by itself."""

    talkspurt: TalkspurtId


@dataclass(frozen=True, slots=True)
class LegGone:
    """A leg can no longer be heard here: lost, left, or its media went down."""

    leg: LegId
    why: FloorEnd


@dataclass(frozen=True, slots=True)
class Opened:
    """The room now has a floor (talkgroup, broadcast); a talkspurt under the old mode ends."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The room now has no floor (conference)."""


FloorInput = Request | Release | CarrierOn | CarrierOff | T2Expired | LimitHit | LegGone | Opened | Closed


@dataclass(frozen=True, slots=True)
class Floor:
    """The machine's state. What follows ``state`` is set in TAKEN only."""

    room: RoomId
    limit_ms: int
    """Longest talkspurt; never 0."""
    state: FloorState = FloorState.IDLE
    holder: LegId | None = None
    talkspurt: TalkspurtId | None = None
    since: float = 0.0
    granted_ms: int = 0
    """T2 of this talkspurt."""
    by_carrier: bool = False
    """The holder is a radio that was heard, not somebody who asked."""

    @property
    def deadline(self) -> float | None:
        """When T2 expires."""
        return self.since + self.granted_ms / 1000 if self.state is FloorState.TAKEN else None


Outcome = tuple[Floor, list[Effect]]


def step(floor: Floor, what: FloorInput, now: float) -> Outcome:
    """The next state and the effects, in the order in which they must run."""
    transition = TRANSITIONS.get((floor.state, type(what)))
    return (floor, []) if transition is None else transition.handler(floor, what, now)


# -- handlers: pure, one a reaction ----------------------------------------------------------


def _grant(floor: Floor, request: Request, now: float) -> Outcome:
    taken = replace(
        floor,
        state=FloorState.TAKEN,
        holder=request.leg,
        talkspurt=request.talkspurt,
        since=now,
        granted_ms=floor.limit_ms,
    )
    return taken, [
        OpenGate(floor.room, request.leg, request.talkspurt, floor.limit_ms),
        Answer(request.leg, request.id, talkspurt=request.talkspurt, limit_ms=floor.limit_ms),
        Publish(floor.room, FloorTaken(floor.room, request.leg, request.talkspurt, floor.limit_ms)),
    ]


def _deny(floor: Floor, request: Request, now: float) -> Outcome:
    if request.leg == floor.holder:
        # 6.3.4.4.7: the holder asks again (its Granted or its Release was lost): granted again, and
        # T2 goes on: asking twice buys no time.
        left_ms = max(0, floor.granted_ms - int((now - floor.since) * 1000))
        return floor, [Answer(request.leg, request.id, talkspurt=floor.talkspurt, limit_ms=left_ms)]
    # The gate is shut already: what waits behind it, spoken since the press, is dropped.
    refusal = Refusal(RefusalCode.FLOOR_BUSY, "another leg talks")
    return floor, [ShutGate(floor.room, request.leg), Answer(request.leg, request.id, refusal)]


def _deny_no_floor(floor: Floor, request: Request, _now: float) -> Outcome:
    return floor, [Answer(request.leg, request.id, Refusal(RefusalCode.NO_FLOOR, "the room is open"))]


def _release(floor: Floor, release: Release, now: float) -> Outcome:
    if release.leg != floor.holder:
        return _release_nothing(floor, release, now)
    idle, effects = _end(floor, FloorEnd.RELEASED)
    return idle, [effects[0], Answer(release.leg, release.id), *effects[1:]]


def _release_nothing(floor: Floor, release: Release, _now: float) -> Outcome:
    return floor, [Answer(release.leg, release.id)]


def _carry(floor: Floor, carrier: CarrierOn, now: float) -> Outcome:
    limit_ms = carrier.limit_ms or floor.limit_ms
    taken = replace(
        floor,
        state=FloorState.TAKEN,
        holder=carrier.leg,
        talkspurt=carrier.talkspurt,
        since=now,
        granted_ms=limit_ms,
        by_carrier=True,
    )
    return taken, [
        OpenGate(floor.room, carrier.leg, carrier.talkspurt, limit_ms),
        Publish(floor.room, FloorTaken(floor.room, carrier.leg, carrier.talkspurt, limit_ms)),
    ]


def _collide(floor: Floor, carrier: CarrierOn, now: float) -> Outcome:
    if floor.by_carrier:  # two radios: who was first talks on
        return floor, []
    idle, ended = _end(floor, FloorEnd.CARRIER)
    taken, begun = _carry(idle, carrier, now)
    return taken, [*ended, *begun]


def _carrier_off(floor: Floor, carrier: CarrierOff, _now: float) -> Outcome:
    return _end(floor, FloorEnd.RELEASED) if carrier.leg == floor.holder else (floor, [])


def _time_out(floor: Floor, _what: T2Expired, _now: float) -> Outcome:
    return _end(floor, FloorEnd.TIMED_OUT)


def _limit_hit(floor: Floor, hit: LimitHit, _now: float) -> Outcome:
    # A hit of an earlier talkspurt crossed its release on the way up.
    return _end(floor, FloorEnd.TIMED_OUT) if hit.talkspurt == floor.talkspurt else (floor, [])


def _leg_gone(floor: Floor, gone: LegGone, _now: float) -> Outcome:
    return _end(floor, gone.why) if gone.leg == floor.holder else (floor, [])


def _open(floor: Floor, _what: Opened, _now: float) -> Outcome:
    return replace(floor, state=FloorState.IDLE), []


def _reopen(floor: Floor, _what: Opened, _now: float) -> Outcome:
    return _end(floor, FloorEnd.MODE_CHANGED)


def _close(floor: Floor, _what: Closed, _now: float) -> Outcome:
    return replace(floor, state=FloorState.CLOSED), []


def _close_taken(floor: Floor, _what: Closed, _now: float) -> Outcome:
    idle, effects = _end(floor, FloorEnd.MODE_CHANGED)
    return replace(idle, state=FloorState.CLOSED), effects


def _end(floor: Floor, why: FloorEnd) -> Outcome:
    """TAKEN -> IDLE: shut the gate first, then tell the room (Floor Idle)."""
    if floor.holder is None or floor.talkspurt is None:
        raise ValueError("a talkspurt can end only while the floor is taken")
    return Floor(floor.room, floor.limit_ms), [
        ShutGate(floor.room, floor.holder),
        Publish(floor.room, FloorIdle(floor.room, floor.holder, floor.talkspurt, why)),
    ]


# -- the table -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transition:
    """What one input does in one state. ``to``: the states it can end in (checked by the tests)."""

    handler: Callable[[Floor, Any, float], Outcome]
    label: str
    to: tuple[FloorState, ...]


_CLOSED, _IDLE, _TAKEN = FloorState.CLOSED, FloorState.IDLE, FloorState.TAKEN

TRANSITIONS: dict[tuple[FloorState, type], Transition] = {
    (_IDLE, Request): Transition(_grant, "request / Granted, Taken", (_TAKEN,)),
    (_TAKEN, Request): Transition(_deny, "request / Deny floor_busy (holder: Granted again)", (_TAKEN,)),
    (_CLOSED, Request): Transition(_deny_no_floor, "request / Deny no_floor", (_CLOSED,)),
    (_TAKEN, Release): Transition(_release, "release / Idle released (not the holder: ok)", (_IDLE, _TAKEN)),
    (_IDLE, Release): Transition(_release_nothing, "release / ok", (_IDLE,)),
    (_CLOSED, Release): Transition(_release_nothing, "release / ok", (_CLOSED,)),
    (_IDLE, CarrierOn): Transition(_carry, "carrier / Taken", (_TAKEN,)),
    (_TAKEN, CarrierOn): Transition(
        _collide, "carrier / Idle carrier, Taken (a radio holds it: stay)", (_TAKEN,)
    ),
    (_TAKEN, CarrierOff): Transition(
        _carrier_off, "carrier is gone / Idle released (not the holder: stay)", (_IDLE, _TAKEN)
    ),
    (_TAKEN, T2Expired): Transition(_time_out, "T2 expires / Idle timed_out", (_IDLE,)),
    (_TAKEN, LimitHit): Transition(
        _limit_hit, "media core shut the gate / Idle timed_out (old talkspurt: stay)", (_IDLE, _TAKEN)
    ),
    (_TAKEN, LegGone): Transition(
        _leg_gone, "holder lost or left / Idle leg_lost, left (another leg: stay)", (_IDLE, _TAKEN)
    ),
    (_IDLE, Closed): Transition(_close, "mode becomes conference", (_CLOSED,)),
    (_TAKEN, Closed): Transition(_close_taken, "mode becomes conference / Idle mode_changed", (_CLOSED,)),
    (_CLOSED, Opened): Transition(_open, "mode becomes talkgroup or broadcast", (_IDLE,)),
    (_TAKEN, Opened): Transition(_reopen, "mode changes / Idle mode_changed", (_IDLE,)),
}

DISCARDED: frozenset[tuple[FloorState, type]] = frozenset(
    {
        # Late news of a talkspurt that has ended, or of a leg that does not hold the floor.
        (_IDLE, T2Expired),
        (_CLOSED, T2Expired),
        (_IDLE, LimitHit),
        (_CLOSED, LimitHit),
        (_IDLE, LegGone),
        (_CLOSED, LegGone),
        # In an open room a carrier opens the radio's own gate.
        (_CLOSED, CarrierOn),
        (_CLOSED, CarrierOff),
        (_IDLE, CarrierOff),
        # Already so.
        (_IDLE, Opened),
        (_CLOSED, Closed),
    }
)
