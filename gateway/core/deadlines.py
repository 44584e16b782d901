"""When the core wants to be called again: named points in time, earliest first."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)


class Deadlines(Generic[Name]):
    """A small table of named deadlines in the core's own time (monotonic seconds).

    Equal times fall due in the order in which they were set, so that a replay fires them alike.
    """

    def __init__(self) -> None:
        self._at: dict[Name, float] = {}

    def __len__(self) -> int:
        return len(self._at)

    def set(self, name: Name, at: float) -> None:
        """Set or move a deadline."""
        self._at.pop(name, None)
        self._at[name] = at

    def clear(self, name: Name) -> None:
        """Forget a deadline; unknown names are fine."""
        self._at.pop(name, None)

    def next(self) -> float | None:
        """The earliest deadline, or None."""
        return min(self._at.values(), default=None)

    def take_due(self, now: float) -> list[Name]:
        """Remove and return what is due at ``now``, earliest first."""
        due = sorted((name for name, at in self._at.items() if at <= now), key=self._at.__getitem__)
        for name in due:
            del self._at[name]
        return due

    def items(self) -> tuple[tuple[Name, float], ...]:
        """All deadlines, for the state digest."""
        return tuple(self._at.items())
