"""Who waits for a floor: by rank, then in the order of arrival, so that nobody starves inside a rank.

One place a leg: who asks again keeps its place and its time. Whoever waits gets one outcome: Floor Taken
with its own leg, its own release, or ``FloorUnserved`` with the reason.
"""

from dataclasses import replace

from gateway.core.floor.inputs import Request
from gateway.core.floor.state import Floor, Waiting
from gateway.model.effects import Effect, Publish, Tell
from gateway.model.events import FloorUnserved, QueueChanged
from gateway.model.ids import LegId
from gateway.model.refusal import RefusalCode


def place(floor: Floor, leg: LegId) -> int:
    """1 is the next to be served; 0: it does not wait."""
    return next((n for n, one in enumerate(floor.queue, start=1) if one.leg == leg), 0)


def enter(floor: Floor, request: Request, now: float) -> tuple[Floor, list[Effect]]:
    """Behind everybody of its rank or a higher one."""
    entry = Waiting(request.leg, request.rank, now + floor.terms.queue_wait_ms / 1000)
    queue = (
        *(one for one in floor.queue if one.rank >= entry.rank),
        entry,
        *(one for one in floor.queue if one.rank < entry.rank),
    )
    return _with(floor, queue)


def leave(floor: Floor, leg: LegId) -> tuple[Floor, list[Effect]]:
    """Take a leg out without a word to it; one that does not wait: no effect."""
    if not place(floor, leg):
        return floor, []
    return _with(floor, tuple(one for one in floor.queue if one.leg != leg))


def turn_away(floor: Floor, leg: LegId, why: RefusalCode) -> tuple[Floor, list[Effect]]:
    """Take a leg out and tell it why; one that does not wait: no effect."""
    return _turn_away(floor, {leg}, why)


def expire(floor: Floor, now: float) -> tuple[Floor, list[Effect]]:
    """Turn away who has waited too long."""
    late = {one.leg for one in floor.queue if one.until <= now}
    return _turn_away(floor, late, RefusalCode.WAITED_TOO_LONG)


def clear(floor: Floor, why: RefusalCode) -> tuple[Floor, list[Effect]]:
    """Turn everybody away."""
    return _turn_away(floor, {one.leg for one in floor.queue}, why)


def _turn_away(floor: Floor, legs: set[LegId], why: RefusalCode) -> tuple[Floor, list[Effect]]:
    gone = [one.leg for one in floor.queue if one.leg in legs]
    if not gone:
        return floor, []
    left, effects = _with(floor, tuple(one for one in floor.queue if one.leg not in legs))
    return left, [*effects, *(Tell(leg, FloorUnserved(floor.room, leg, why)) for leg in gone)]


def _with(floor: Floor, queue: tuple[Waiting, ...]) -> tuple[Floor, list[Effect]]:
    told = QueueChanged(floor.room, tuple(one.leg for one in queue))
    return replace(floor, queue=queue), [Publish(floor.room, told)]
