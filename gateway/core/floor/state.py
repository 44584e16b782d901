"""What a floor is at a moment: its state, the turns of who talks, who waits, who has to wait longer."""

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
    """Somebody holds it: one leg, or as many as the room lets talk at once. Their gates are open."""


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
    revoking: bool = False
    """Its time is over; its gate is still open for the grace."""

    @property
    def due_at(self) -> float:
        """When something is due with it."""
        if self.revoking:
            return self.cut_at
        next_word = self.limit_at if self.warned_at is None else self.warned_at
        return next_word if self.heard_by is None else min(next_word, self.heard_by)

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
    """The machine's state. There are ``turns`` exactly while it is TAKEN."""

    room: RoomId
    limit_ms: int
    """Longest talkspurt; never 0."""
    state: FloorState = FloorState.IDLE
    terms: FloorTerms = DEFAULT_TERMS
    turns: tuple[Turn, ...] = ()
    """Who began first stands first; never more than ``terms.talkers_max``."""
    queue: tuple[Waiting, ...] = ()
    """First to be served first; nobody waits while another could talk."""
    penalties: tuple[tuple[LegId, float], ...] = ()
    """Who talked beyond the limit, and until when it is denied."""

    @property
    def talkers(self) -> tuple[LegId, ...]:
        """Who holds it."""
        return tuple(turn.leg for turn in self.turns)

    @property
    def full(self) -> bool:
        """Nobody more may talk."""
        return len(self.turns) >= self.terms.talkers_max

    @property
    def yields_to_carrier(self) -> bool:
        """Another radio that talks may take it: there is a place, or somebody to take it from."""
        return not self.full or self.weakest is not None

    @property
    def weakest(self) -> Turn | None:
        """Whom somebody would take the floor from: of people the lowest rank, the latest of it.

        None while only radios talk: those cannot be cut off.
        """
        people = [turn for turn in self.turns if not turn.by_carrier]
        return min(reversed(people), key=lambda turn: turn.rank, default=None)

    @property
    def deadline(self) -> float | None:
        """When ``Due`` is wanted."""
        due = [one.until for one in self.queue] + [turn.due_at for turn in self.turns]
        return min(due, default=None)

    def turn_of(self, leg: LegId) -> Turn | None:
        """The turn of a leg that talks."""
        return next((turn for turn in self.turns if turn.leg == leg), None)

    def penalty_ms(self, leg: LegId, now: float) -> int:
        """How long this leg is still denied for talking beyond its limit."""
        return max((round((until - now) * 1000) for who, until in self.penalties if who == leg), default=0)
