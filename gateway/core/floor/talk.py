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
    turn = floor.turn_of(request.leg)
    if turn is not None:
        # 6.3.4.4.7: who talks asks again (its Granted or its Release was lost): granted again, and T2
        # goes on: asking twice buys no time.
        left_ms = max(0, turn.limit_ms - int((now - turn.since) * 1000))
        return floor, [Answer(request.leg, request.id, talkspurt=turn.talkspurt, limit_ms=left_ms)]
    wait_ms = floor.penalty_ms(request.leg, now)
    if wait_ms > 0:
        return floor, _denied(floor, request, RefusalCode.PENALTY, wait_ms)
    return _ask_beside(floor, request, now) if floor.full else _grant(floor, request, now)


def _ask_beside(floor: Floor, request: Request, now: float) -> Outcome:
    """As many as may talk."""
    waits_already = queue.place(floor, request.leg) > 0
    decision = judge(request, floor.weakest, len(floor.queue) - waits_already, floor.terms)
    if decision.verdict is Verdict.REVOKE and floor.weakest is not None:
        return _take_over(floor, floor.weakest, request, now)
    if decision.why is not None and not waits_already:
        return floor, _denied(floor, request, decision.why)
    waiting, told = (floor, []) if waits_already else queue.enter(floor, request, now)
    # What was said since the press is dropped: a grant from the queue starts with no head (DESIGN 3.6).
    shut = ShutGate(floor.room, request.leg)
    answer = Answer(request.leg, request.id, place=queue.place(waiting, request.leg))
    return waiting, [shut, answer, *told]


def _grant(floor: Floor, request: Request, now: float) -> Outcome:
    """Floor Granted, Floor Taken."""
    waiting, left = queue.leave(floor, request.leg)
    taken, begun = _begin(waiting, _turn_of(floor, request.leg, request.talkspurt, request.rank, now))
    answer = Answer(request.leg, request.id, talkspurt=request.talkspurt, limit_ms=floor.limit_ms)
    headless: list[Effect] = [ShutGate(floor.room, request.leg)] if request.streams else []
    return taken, [*left, *headless, begun[0], answer, *begun[1:]]


def _take_over(floor: Floor, held: Turn, request: Request, now: float) -> Outcome:
    freed, ended = _end(floor, held, FloorEnd.PREEMPTED, now)
    taken, begun = _grant(freed, request, now)
    return taken, [*ended, *begun]


def _denied(floor: Floor, request: Request, why: RefusalCode, wait_ms: int = 0) -> list[Effect]:
    # The gate is shut already: what waits behind it, spoken since the press, is dropped.
    refusal = Refusal(why, _DETAILS[why])
    shut = ShutGate(floor.room, request.leg)
    return [shut, Answer(request.leg, request.id, refusal, wait_ms=wait_ms)]


def deny_no_floor(floor: Floor, request: Request, _now: float) -> Outcome:
    return floor, [Answer(request.leg, request.id, Refusal(RefusalCode.NO_FLOOR, "the room is open"))]


def serve(floor: Floor, what: Serve, now: float) -> Outcome:
    """The first of the queue talks, from now: what it said while it waited is not let in."""
    if floor.full or not floor.queue:
        return floor, []
    first = floor.queue[0]
    waiting, told = queue.leave(floor, first.leg)
    turn = _turn_of(floor, first.leg, what.talkspurt, first.rank, now)
    if floor.terms.unheard_ms:
        turn = replace(turn, heard_by=now + floor.terms.unheard_ms / 1000)
    taken, begun = _begin(waiting, turn)
    return taken, [ShutGate(floor.room, first.leg), *told, *begun]


# -- giving back -------------------------------------------------------------------------------


def release(floor: Floor, what: Release, now: float) -> Outcome:
    turn = floor.turn_of(what.leg)
    if turn is None:
        left, told = queue.leave(floor, what.leg)
        return left, [Answer(what.leg, what.id), *told]
    freed, effects = _end(floor, turn, FloorEnd.RELEASED, now)
    return freed, [effects[0], Answer(what.leg, what.id), *effects[1:]]


def release_nothing(floor: Floor, what: Release, _now: float) -> Outcome:
    return floor, [Answer(what.leg, what.id)]


def cancel(floor: Floor, what: Cancel, _now: float) -> Outcome:
    return queue.turn_away(floor, what.leg, RefusalCode.CANCELLED)


# -- the air -----------------------------------------------------------------------------------


def carry(floor: Floor, carrier: CarrierOn, now: float) -> Outcome:
    """Who talks on the air talks: beside others where there is a place, else in the place of one of them."""
    if floor.turn_of(carrier.leg) is not None:
        return floor, []
    freed, ended = floor, list[Effect]()
    if floor.full:
        if floor.weakest is None:  # only radios talk: who was first talks on
            return floor, []
        freed, ended = _end(floor, floor.weakest, FloorEnd.CARRIER, now)
    limit_ms = carrier.limit_ms or floor.limit_ms
    taken, begun = _begin(freed, Turn(carrier.leg, carrier.talkspurt, now, limit_ms, by_carrier=True))
    return taken, [*ended, *begun]


def carrier_off(floor: Floor, carrier: CarrierOff, now: float) -> Outcome:
    turn = floor.turn_of(carrier.leg)
    return (floor, []) if turn is None else _end(floor, turn, FloorEnd.RELEASED, now)


def heard(floor: Floor, what: Heard, _now: float) -> Outcome:
    turn = floor.turn_of(what.leg)
    return (floor, []) if turn is None else (_with(floor, replace(turn, heard_by=None)), [])


# -- time --------------------------------------------------------------------------------------


def due(floor: Floor, _what: Due, now: float) -> Outcome:
    """Whatever is due: the queue's waits, and of each turn the warning, T2, T3, or that it is not heard."""
    floor, effects = queue.expire(floor, now)
    for turn in floor.turns:
        floor, told = _turn_due(floor, turn, now)
        effects += told
    return floor, effects


def _turn_due(floor: Floor, turn: Turn, now: float) -> Outcome:
    if now >= turn.cut_at:
        return _end(floor, turn, FloorEnd.TIMED_OUT, now)
    if now >= turn.limit_at:
        if turn.revoking:
            return floor, []
        told = FloorRevoked(floor.room, turn.leg, turn.talkspurt, round((turn.cut_at - now) * 1000))
        return _with(floor, replace(turn, revoking=True)), [Tell(turn.leg, told)]
    if turn.heard_by is not None and now >= turn.heard_by:
        if now - turn.heard_by <= _LATE_S:
            return _end(floor, turn, FloorEnd.UNHEARD, now)
        # Whoever calls so late has stood still: that the talker is heard may be told behind this.
        turn = replace(turn, heard_by=now + _LATE_S)
        floor = _with(floor, turn)
    if turn.warned_at is not None and now >= turn.warned_at:
        left = FloorWarned(floor.room, turn.leg, turn.talkspurt, round((turn.limit_at - now) * 1000))
        return _with(floor, replace(turn, warn_ms=0)), [Tell(turn.leg, left)]
    return floor, []


def limit_hit(floor: Floor, hit: LimitHit, now: float) -> Outcome:
    # A hit of an earlier talkspurt crossed its release on the way up.
    turn = next((turn for turn in floor.turns if turn.talkspurt == hit.talkspurt), None)
    return (floor, []) if turn is None else _end(floor, turn, FloorEnd.TIMED_OUT, now)


# -- the room ----------------------------------------------------------------------------------


def leg_gone(floor: Floor, gone: LegGone, now: float) -> Outcome:
    turn = floor.turn_of(gone.leg)
    if turn is not None:
        freed, ended = _end(floor, turn, gone.why, now)
        return _forgiven(freed, gone.leg), ended
    left, told = queue.turn_away(floor, gone.leg, _UNSERVED.get(gone.why, RefusalCode.NOT_IN_ROOM))
    return _forgiven(left, gone.leg), told


def forgive(floor: Floor, gone: LegGone, _now: float) -> Outcome:
    return _forgiven(floor, gone.leg), []


def _forgiven(floor: Floor, leg: LegId) -> Floor:
    return replace(floor, penalties=tuple(one for one in floor.penalties if one[0] != leg))


def open_floor(floor: Floor, _what: Opened, _now: float) -> Outcome:
    return replace(floor, state=FloorState.IDLE), []


def reopen(floor: Floor, _what: Opened, now: float) -> Outcome:
    return _emptied(floor, RefusalCode.CANCELLED, now)


def close(floor: Floor, _what: Closed, _now: float) -> Outcome:
    return replace(floor, state=FloorState.CLOSED, penalties=()), []


def close_taken(floor: Floor, what: Closed, now: float) -> Outcome:
    idle, effects = _emptied(floor, RefusalCode.NO_FLOOR, now)
    return close(idle, what, now)[0], effects


def _emptied(floor: Floor, why: RefusalCode, now: float) -> Outcome:
    """Nobody talks or waits any more: the room's mode changes."""
    floor, effects = queue.clear(floor, why)
    for turn in floor.turns:
        floor, ended = _end(floor, turn, FloorEnd.MODE_CHANGED, now)
        effects += ended
    return floor, effects


# -- shared ------------------------------------------------------------------------------------


def _turn_of(floor: Floor, leg: LegId, talkspurt: TalkspurtId, rank: int, now: float) -> Turn:
    """Of somebody who asked."""
    terms = floor.terms
    warn_ms = terms.warn_ms if terms.warn_ms < floor.limit_ms else 0
    return Turn(leg, talkspurt, now, floor.limit_ms, rank, terms.grace_ms, warn_ms)


def _with(floor: Floor, turn: Turn) -> Floor:
    """The floor with this turn of a leg that talks."""
    return replace(floor, turns=tuple(turn if one.leg == turn.leg else one for one in floor.turns))


def _begin(floor: Floor, turn: Turn) -> Outcome:
    """One more talks: the gate opens before anything is said. The media core is armed with T2 and T3."""
    return replace(floor, state=FloorState.TAKEN, turns=(*floor.turns, turn)), [
        OpenGate(floor.room, turn.leg, turn.talkspurt, turn.limit_ms + turn.grace_ms),
        Publish(floor.room, FloorTaken(floor.room, turn.leg, turn.talkspurt, turn.limit_ms)),
    ]


def _end(floor: Floor, turn: Turn, why: FloorEnd, now: float) -> Outcome:
    """One less talks: shut the gate first, then tell the room (Floor Idle)."""
    turns = tuple(one for one in floor.turns if one.leg != turn.leg)
    penalties = tuple(one for one in floor.penalties if one[1] > now)
    if why is FloorEnd.TIMED_OUT and not turn.by_carrier and floor.terms.penalty_ms:
        penalties = (*penalties, (turn.leg, now + floor.terms.penalty_ms / 1000))
    state = FloorState.TAKEN if turns else FloorState.IDLE
    return replace(floor, state=state, turns=turns, penalties=penalties), [
        ShutGate(floor.room, turn.leg),
        Publish(floor.room, FloorIdle(floor.room, turn.leg, turn.talkspurt, why)),
    ]
