"""What a room is, before anybody is in it."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.ids import RoomId


class RoomMode(StrEnum):
    """How many may talk at once."""

    TALKGROUP = "talkgroup"
    """One talker at a time; the floor machine grants."""
    CONFERENCE = "conference"
    """Open: whoever may talk is heard."""
    BROADCAST = "broadcast"
    """One way: only holders of the dispatch grant may ask for the floor; the rest listen."""


class Preemption(StrEnum):
    """Who may cut off whom, of people: a radio that is heard cuts off everybody, and none cuts it off."""

    NEVER = "never"
    """Nobody."""
    OVERRIDE = "override"
    """A dispatcher who says so."""
    RANK = "rank"
    """Whoever has the higher rank, and a dispatcher who says so."""
    CUT_IN = "cut_in"
    """Whoever has an equal or a higher rank (audio cut-in, TS 22.179, 6.2.3.6)."""


@dataclass(frozen=True, slots=True)
class FloorTerms:
    """How a room's floor is given and taken. All in milliseconds but the numbers of people."""

    talkers_max: int = 1
    """Most who talk at once (multi-talker floor control, TS 22.179, 6.2.3.7)."""
    queue_max: int = 8
    """Most who wait; 0: nobody waits, a busy floor is denied."""
    queue_wait_ms: int = 10_000
    """Who has waited so long is turned away."""
    warn_ms: int = 5_000
    """So long before the limit the talker is warned; 0: never."""
    grace_ms: int = 3_000
    """T3: after the limit the talker may finish; then the media core cuts. 0: it is cut at the limit."""
    penalty_ms: int = 3_000
    """Who was cut by the limit is denied for so long; 0: no penalty."""
    unheard_ms: int = 3_000
    """Who was served from the queue and is not heard for so long gives the floor to the next; 0: never."""
    preemption: Preemption = Preemption.OVERRIDE


DEFAULT_TERMS = FloorTerms()


@dataclass(frozen=True, slots=True)
class RoomSpec:
    """A room before anybody is in it."""

    id: RoomId
    name: str
    mode: RoomMode = RoomMode.TALKGROUP
    talk_limit_ms: int = 30_000
    """Longest talkspurt (TS 24.380 T2 default 30 s); 0 means no limit (conference only)."""
    capacity: int = 200
    """Most participants at once; one more is refused with ``room_full``."""
    floor: FloorTerms = DEFAULT_TERMS
    made: bool = False
    """By a person, while the gateway ran: it is in no configuration."""
