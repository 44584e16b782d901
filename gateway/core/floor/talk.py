"""The reactions of a floor: pure, one a line of the table, effects in the order in which they must run."""

from dataclasses import replace

from gateway.core.floor import queue
from gateway.core.floor.inputs import (
    Cancel,
    CarrierOff,
    CarrierOn,
    Closed,
    Due,
    Heard,
    LegGone,
    LimitHit,
    Opened,
    Release,
    Request,
    Serve,
)
from gateway.core.floor.judge import Verdict, judge
from gateway.core.floor.state import Floor, FloorState, Turn
from gateway.model.effects import Answer, Effect, OpenGate, Publish, ShutGate, Tell
from gateway.model.events import FloorEnd, FloorIdle, FloorRevoked, FloorTaken, FloorWarned
from gateway.model.ids import LegId, TalkspurtId
from gateway.model.refusal import Refusal, RefusalCode

Outcome = tuple[Floor, list[Effect]]

_UNSERVED = {FloorEnd.MUTED: RefusalCode.MUTED, FloorEnd.LEG_LOST: RefusalCode.NO_MEDIA}
"""Why who waited and is gone was not served; whoever left is not in the room."""
_LATE_S = 0.5
_DETAILS = {
    RefusalCode.FLOOR_BUSY: "another leg talks",
    RefusalCode.QUEUE_FULL: "another leg talks, and no more may wait",
    RefusalCode.PENALTY: "it talked beyond the limit a moment ago",
}


# -- asking ------------------------------------------------------------------------------------


def ask(floor: Floor, request: Request, now: float) -> Outcome:
    """Somebody wants the floor; whoever was cut off by the limit a moment ago is denied."""
    turn = floor.turn
    if turn is not None and request.leg == turn.leg:
        # 6.3.4.4.7: the holder asks again (its Granted or its Release was lost): granted again, and
        # T2 goes on: asking twice buys no time.
        left_ms = max(0, turn.limit_ms - int((now - turn.since) * 1000))
        return floor, [Answer(request.leg, request.id, talkspurt=turn.talkspurt, limit_ms=left_ms)]
    wait_ms = floor.penalty_ms(request.leg, now)
    if wait_ms > 0:
        return floor, _denied(floor, request, RefusalCode.PENALTY, wait_ms)
    return _grant(floor, request, now) if turn is None else _ask_beside(floor, turn, request, now)


def _ask_beside(floor: Floor, turn: Turn, request: Request, now: float) -> Outcome:
    """Another leg holds it."""
    waits_already = queue.place(floor, request.leg) > 0
    decision = judge(request, turn, len(floor.queue) - waits_already, floor.terms)
    if decision.verdict is Verdict.REVOKE:
        return _take_over(floor, request, now)
    if decision.why is not None and not waits_already:
        return floor, _denied(floor, request, decision.why)
    waiting, told = (floor, []) if waits_already else queue.enter(floor, request, now)
    # What was said since the press is dropped: a grant from the queue starts with no head (DESIGN 3.6).
    shut = ShutGate(floor.room, request.leg)
    answer = Answer(request.leg, request.id, place=queue.place(waiting, request.leg))
    return waiting, [shut, answer, *told]


def _grant(floor: Floor, request: Request, now: float) -> Outcome:
    """Floor Granted, Floor Taken."""
    taken, begun = _begin(floor, _turn_of(floor, request.leg, request.talkspurt, request.rank, now))
    answer = Answer(request.leg, request.id, talkspurt=request.talkspurt, limit_ms=floor.limit_ms)
    headless: list[Effect] = [ShutGate(floor.room, request.leg)] if request.streams else []
    return taken, [*headless, begun[0], answer, *begun[1:]]


def _take_over(floor: Floor, request: Request, now: float) -> Outcome:
    waiting, left = queue.leave(floor, request.leg)
    idle, ended = _end(waiting, FloorEnd.PREEMPTED, now)
    taken, begun = _grant(idle, request, now)
    return taken, [*left, *ended, *begun]


def _denied(floor: Floor, request: Request, why: RefusalCode, wait_ms: int = 0) -> list[Effect]:
    # The gate is shut already: what waits behind it, spoken since the press, is dropped.
    refusal = Refusal(why, _DETAILS[why])
    shut = ShutGate(floor.room, request.leg)
    return [shut, Answer(request.leg, request.id, refusal, wait_ms=wait_ms)]


def deny_no_floor(floor: Floor, request: Request, _now: float) -> Outcome:
    return floor, [Answer(request.leg, request.id, Refusal(RefusalCode.NO_FLOOR, "the room is open"))]


def serve(floor: Floor, what: Serve, now: float) -> Outcome:
    """The first of the queue talks, from now: what it said while it waited is not let in."""
    first = floor.queue[0]
    waiting, told = queue.leave(floor, first.leg)
    turn = _turn_of(floor, first.leg, what.talkspurt, first.rank, now)
    if floor.terms.unheard_ms:
        turn = replace(turn, heard_by=now + floor.terms.unheard_ms / 1000)
    taken, begun = _begin(waiting, turn)
    return taken, [ShutGate(floor.room, first.leg), *told, *begun]


# -- giving back -------------------------------------------------------------------------------


def release(floor: Floor, what: Release, now: float) -> Outcome:
    if what.leg != floor.holder:
        left, told = queue.leave(floor, what.leg)
        return left, [Answer(what.leg, what.id), *told]
    idle, effects = _end(floor, FloorEnd.RELEASED, now)
    return idle, [effects[0], Answer(what.leg, what.id), *effects[1:]]


def release_nothing(floor: Floor, what: Release, _now: float) -> Outcome:
    return floor, [Answer(what.leg, what.id)]


def cancel(floor: Floor, what: Cancel, _now: float) -> Outcome:
    return queue.turn_away(floor, what.leg, RefusalCode.CANCELLED)


# -- the air -----------------------------------------------------------------------------------


def carry(floor: Floor, carrier: CarrierOn, now: float) -> Outcome:
    limit_ms = carrier.limit_ms or floor.limit_ms
    return _begin(floor, Turn(carrier.leg, carrier.talkspurt, now, limit_ms, by_carrier=True))


def collide(floor: Floor, carrier: CarrierOn, now: float) -> Outcome:
    if floor.by_carrier:  # two radios: who was first talks on
        return floor, []
    idle, ended = _end(floor, FloorEnd.CARRIER, now)
    taken, begun = carry(idle, carrier, now)
    return taken, [*ended, *begun]


def carrier_off(floor: Floor, carrier: CarrierOff, now: float) -> Outcome:
    return _end(floor, FloorEnd.RELEASED, now) if carrier.leg == floor.holder else (floor, [])


def heard(floor: Floor, what: Heard, _now: float) -> Outcome:
    turn = _turn(floor)
    return (replace(floor, turn=replace(turn, heard_by=None)) if what.leg == turn.leg else floor), []


# -- time --------------------------------------------------------------------------------------


def due(floor: Floor, _what: Due, now: float) -> Outcome:
    """Whatever is due: the queue's waits, the warning, T2, T3. A late call does them all at once."""
    floor, effects = queue.expire(floor, now)
    turn = _turn(floor)
    if now >= turn.cut_at:
        idle, ended = _end(floor, FloorEnd.TIMED_OUT, now)
        return idle, [*effects, *ended]
    if floor.state is FloorState.TAKEN and now >= turn.limit_at:
        told = FloorRevoked(floor.room, turn.leg, turn.talkspurt, round((turn.cut_at - now) * 1000))
        revoking = replace(floor, state=FloorState.REVOKING, turn=replace(turn, heard_by=None))
        return revoking, [*effects, Tell(turn.leg, told)]
    if turn.heard_by is not None and now >= turn.heard_by:
        if now - turn.heard_by > _LATE_S:
            # Whoever calls so late has stood still: that the talker is heard may be told behind this.
            return replace(floor, turn=replace(turn, heard_by=now + _LATE_S)), effects
        idle, ended = _end(floor, FloorEnd.UNHEARD, now)
        return idle, [*effects, *ended]
    if turn.warned_at is not None and now >= turn.warned_at:
        warned = replace(floor, turn=replace(turn, warn_ms=0))
        left = FloorWarned(floor.room, turn.leg, turn.talkspurt, round((turn.limit_at - now) * 1000))
        return warned, [*effects, Tell(turn.leg, left)]
    return floor, effects


def limit_hit(floor: Floor, hit: LimitHit, now: float) -> Outcome:
    # A hit of an earlier talkspurt crossed its release on the way up.
    return _end(floor, FloorEnd.TIMED_OUT, now) if hit.talkspurt == floor.talkspurt else (floor, [])


# -- the room ----------------------------------------------------------------------------------


def leg_gone(floor: Floor, gone: LegGone, now: float) -> Outcome:
    if gone.leg == floor.holder:
        idle, ended = _end(floor, gone.why, now)
        return _forgiven(idle, gone.leg), ended
    left, told = queue.turn_away(floor, gone.leg, _UNSERVED.get(gone.why, RefusalCode.NOT_IN_ROOM))
    return _forgiven(left, gone.leg), told


def forgive(floor: Floor, gone: LegGone, _now: float) -> Outcome:
    return _forgiven(floor, gone.leg), []


def _forgiven(floor: Floor, leg: LegId) -> Floor:
    return replace(floor, penalties=tuple(one for one in floor.penalties if one[0] != leg))


def open_floor(floor: Floor, _what: Opened, _now: float) -> Outcome:
    return replace(floor, state=FloorState.IDLE), []


def reopen(floor: Floor, _what: Opened, now: float) -> Outcome:
    left, told = queue.clear(floor, RefusalCode.CANCELLED)
    idle, ended = _end(left, FloorEnd.MODE_CHANGED, now)
    return idle, [*told, *ended]


def close(floor: Floor, _what: Closed, _now: float) -> Outcome:
    return replace(floor, state=FloorState.CLOSED, penalties=()), []


def close_taken(floor: Floor, what: Closed, now: float) -> Outcome:
    left, told = queue.clear(floor, RefusalCode.NO_FLOOR)
    idle, ended = _end(left, FloorEnd.MODE_CHANGED, now)
    return close(idle, what, now)[0], [*told, *ended]


# -- shared ------------------------------------------------------------------------------------


def _turn_of(floor: Floor, leg: LegId, talkspurt: TalkspurtId, rank: int, now: float) -> Turn:
    """Of somebody who asked."""
    terms = floor.terms
    warn_ms = terms.warn_ms if terms.warn_ms < floor.limit_ms else 0
    return Turn(leg, talkspurt, now, floor.limit_ms, rank, terms.grace_ms, warn_ms)


def _begin(floor: Floor, turn: Turn) -> Outcome:
    """IDLE -> TAKEN: the gate opens before anything is said. The media core is armed with T2 and T3."""
    return replace(floor, state=FloorState.TAKEN, turn=turn), [
        OpenGate(floor.room, turn.leg, turn.talkspurt, turn.limit_ms + turn.grace_ms),
        Publish(floor.room, FloorTaken(floor.room, turn.leg, turn.talkspurt, turn.limit_ms)),
    ]


def _end(floor: Floor, why: FloorEnd, now: float) -> Outcome:
    """TAKEN, REVOKING -> IDLE: shut the gate first, then tell the room (Floor Idle)."""
    turn = _turn(floor)
    penalties = tuple(one for one in floor.penalties if one[1] > now)
    if why is FloorEnd.TIMED_OUT and not turn.by_carrier and floor.terms.penalty_ms:
        penalties = (*penalties, (turn.leg, now + floor.terms.penalty_ms / 1000))
    return replace(floor, state=FloorState.IDLE, turn=None, penalties=penalties), [
        ShutGate(floor.room, turn.leg),
        Publish(floor.room, FloorIdle(floor.room, turn.leg, turn.talkspurt, why)),
    ]


def _turn(floor: Floor) -> Turn:
    if floor.turn is None:
        raise ValueError("somebody holds a floor that is taken")
    return floor.turn
