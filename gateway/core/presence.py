"""Which legs there are: whether their media is up, which rooms they are in, what they were answered."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.model.effects import Answer
from gateway.model.ids import CommandId, LegId, RoomId

ANSWERS_KEPT = 64
"""Answers remembered a leg; the oldest goes first. A client repeats a command within 240 ms (DESIGN 3.7)."""


@dataclass(slots=True)
class LegPresence:
    """What the core knows of one leg, whatever room it is in."""

    media_up: bool = False
    rooms: dict[RoomId, None] = field(default_factory=dict)
    """In the order in which it joined them."""
    released: dict[RoomId, CommandId] = field(default_factory=dict)
    """Newest FloorRelease of each room it is in."""
    answers: dict[CommandId, Answer] = field(default_factory=dict)
    """First answers by command id, oldest first."""


class Presence:
    """The table of legs. A leg enters with its first input and goes with LegLost."""

    def __init__(self) -> None:
        self._legs: dict[LegId, LegPresence] = {}

    def of(self, leg: LegId) -> LegPresence:
        """The leg's entry, made if this is the first that is heard of it."""
        return self._legs.setdefault(leg, LegPresence())

    def find(self, leg: LegId) -> LegPresence | None:
        """The leg's entry, if it is known."""
        return self._legs.get(leg)

    def forget(self, leg: LegId) -> None:
        """The leg is gone; unknown legs are fine."""
        self._legs.pop(leg, None)

    def remember(self, answer: Answer) -> None:
        """Keep a first answer, so that a repeated command gets it again."""
        answers = self.of(answer.leg).answers
        answers[answer.id] = answer
        if len(answers) > ANSWERS_KEPT:
            del answers[next(iter(answers))]

    def __iter__(self) -> Iterator[LegId]:
        return iter(self._legs)

    def __len__(self) -> int:
        return len(self._legs)
