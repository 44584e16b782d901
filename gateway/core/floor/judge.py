"""What becomes of a request while others hold the floor: one pure function, the group's policy.

Inputs: who asks (rank, whether it can wait, whether it overrides), the weakest of those who hold, how many
wait, the room's terms. The reason of a denial is what the one who asked is shown; it is in the log with the
answer, as is the end ``preempted`` of the talkspurt that was taken over.
"""

from dataclasses import dataclass
from enum import Enum

from gateway.core.floor.inputs import Request
from gateway.core.floor.state import Turn
from gateway.model.refusal import RefusalCode
from gateway.model.room import FloorTerms, Preemption


class Verdict(Enum):
    """What becomes of it. A floor with room for one more is granted without asking here."""

    REVOKE = "revoke"
    """The weakest talker is cut off, and who asks talks."""
    QUEUE = "queue"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Decision:
    """``why`` is set on a denial."""

    verdict: Verdict
    why: RefusalCode | None = None


def judge(request: Request, held: Turn | None, waiting: int, terms: FloorTerms) -> Decision:
    """``held``: None while only radios talk, which cannot be cut off. Equal ranks wait their turn."""
    if held is not None and takes_over(request, held.rank, terms.preemption):
        return Decision(Verdict.REVOKE)
    if not request.waits or terms.queue_max == 0:
        return Decision(Verdict.DENY, RefusalCode.FLOOR_BUSY)
    if waiting >= terms.queue_max:
        return Decision(Verdict.DENY, RefusalCode.QUEUE_FULL)
    return Decision(Verdict.QUEUE)


def takes_over(request: Request, held_rank: int, by: Preemption) -> bool:
    """The room lets this request cut off a holder of that rank."""
    overrides = request.overrides and request.rank >= held_rank
    match by:
        case Preemption.NEVER:
            return False
        case Preemption.OVERRIDE:
            return overrides
        case Preemption.RANK:
            return overrides or request.rank > held_rank
        case Preemption.CUT_IN:
            return request.rank >= held_rank
