"""When the core wants to be called again: named points in time, earliest first."""

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)
_STALE_MAX = 64


class Deadlines(Generic[Name]):
    """A table of named deadlines in the core's own time (monotonic seconds).

    Equal times fall due in the order in which they were set, so that a replay fires them alike.

    A gateway has one for every leg in every room and is asked at each input whether one is due: hence a heap.
    A moved or cleared deadline leaves a stale entry behind, which goes when it comes to the top, or when most
    are stale.
    """

    def __init__(self) -> None:
        self._at: dict[Name, tuple[float, int]] = {}
        self._heap: list[tuple[float, int, Name]] = []
        self._sets = 0

    def __len__(self) -> int:
        return len(self._at)

    def set(self, name: Name, at: float) -> None:
        """Set or move a deadline; one that is at that time already keeps its place."""
        known = self._at.get(name)
        if known is not None and known[0] == at:
            return
        self._sets += 1
        self._at[name] = (at, self._sets)
        heapq.heappush(self._heap, (at, self._sets, name))
        self._drop_stale()

    def clear(self, name: Name) -> None:
        """Forget a deadline; unknown names are fine."""
        if self._at.pop(name, None) is not None:
            self._drop_stale()

    def next(self) -> float | None:
        """The earliest deadline, or None."""
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: float) -> list[Name]:
        """Remove and return what is due at ``now``, earliest first."""
        due: list[Name] = []
        while self._heap and self._heap[0][0] <= now:
            name = heapq.heappop(self._heap)[2]
            del self._at[name]
            due.append(name)
            self._drop_stale()
        return due

    def digested(self) -> list[tuple[Name, float]]:
        """What there is of it in the state's digest: what falls due when, in that order."""
        return [(name, at) for name, (at, _) in sorted(self._at.items(), key=lambda one: one[1])]

    def _drop_stale(self) -> None:
        """Leave the heap with a live deadline on top, and not much larger than the table."""
        heap = self._heap
        while heap and self._at.get(heap[0][2]) != heap[0][:2]:
            heapq.heappop(heap)
        if len(heap) > 2 * len(self._at) + _STALE_MAX:
            self._heap = [(at, number, name) for name, (at, number) in self._at.items()]
            heapq.heapify(self._heap)
