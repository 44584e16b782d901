"""What a floor is at a moment: its state, the turn of its holder, who waits, who has to wait longer."""

from dataclasses import dataclass
from enum import Enum

from gateway.model.ids import LegId, RoomId, TalkspurtId
from gateway.model.room import DEFAULT_TERMS, FloorTerms

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
    REVOKING = "revoking"
    """Its holder's time is over; the gate is still open for the grace."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One talkspurt under way."""

    leg: LegId
    talkspurt: TalkspurtId
    since: float
    limit_ms: int
    """T2 of this talkspurt."""
    rank: int = 0
    grace_ms: int = 0
    """T3 of it; 0 of a carrier, which nobody can tell."""
    warn_ms: int = 0
    """So long before T2 its talker is warned; 0: never, or warned already."""
    by_carrier: bool = False
    """A radio that was heard, not somebody who asked."""
    heard_by: float | None = None
    """Of one who was served and has not been heard yet: when that has lasted too long."""

    @property
    def warned_at(self) -> float | None:
        """When the warning is due."""
        return self.since + (self.limit_ms - self.warn_ms) / 1000 if self.warn_ms else None

    @property
    def limit_at(self) -> float:
        """When T2 expires."""
        return self.since + self.limit_ms / 1000

    @property
    def cut_at(self) -> float:
        """When T3 expires."""
        return self.since + (self.limit_ms + self.grace_ms) / 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """One who waits for the floor."""

    leg: LegId
    rank: int
    until: float
    """Then it has waited too long."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The machine's state. There is a ``turn`` exactly while it is TAKEN or REVOKING."""

    room: RoomId
    limit_ms: int
    """Longest talkspurt; never 0."""
    state: FloorState = FloorState.IDLE
    terms: FloorTerms = DEFAULT_TERMS
    turn: Turn | None = None
    queue: tuple[Waiting, ...] = ()
    """First to be served first; nobody waits while the floor is idle or closed."""
    penalties: tuple[tuple[LegId, float], ...] = ()
    """Who talked beyond the limit, and until when it is denied."""

    @property
    def holder(self) -> LegId | None:
        return self.turn.leg if self.turn else None

    @property
    def talkspurt(self) -> TalkspurtId | None:
        return self.turn.talkspurt if self.turn else None

    @property
    def by_carrier(self) -> bool:
        """A radio holds it by its carrier."""
        return self.turn is not None and self.turn.by_carrier

    @property
    def deadline(self) -> float | None:
        """When ``Due`` is wanted."""
        due = [one.until for one in self.queue]
        if self.turn and self.state is FloorState.REVOKING:
            due.append(self.turn.cut_at)
        elif self.turn:
            due.append(self.turn.warned_at or self.turn.limit_at)
            due += [] if self.turn.heard_by is None else [self.turn.heard_by]
        return min(due, default=None)

    def penalty_ms(self, leg: LegId, now: float) -> int:
        """How long this leg is still denied for talking beyond its limit."""
        return max((round((until - now) * 1000) for who, until in self.penalties if who == leg), default=0)
