"""What the floors of all rooms count for /metrics: who asked, who got it, how it ended, how long it took."""

from collections import Counter
from collections.abc import Callable, Mapping

from gateway.model.effects import Answer
from gateway.model.events import Event, FloorEnd, FloorIdle, FloorTaken, QueueChanged
from gateway.model.ids import CommandId, LegId, RoomId
from gateway.model.inputs import FloorRequest

_BUCKETS = {"decided_us": 24, "waited_ms": 20, "talked_ms": 20}
"""Histograms and their last bucket: 8 s, and 8 minutes."""


class FloorMeter:
    """Hears every event and every answer to a request; ``now`` gives seconds of a monotonic clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._counts: Counter[str] = Counter(
            dict.fromkeys(
                ["granted_total", "queued_total", "denied_total", "talkspurts_total"]
                + [f"ended_{why.value}_total" for why in FloorEnd]
                + [f"{name}_bucket_{k}" for name, last in _BUCKETS.items() for k in range(last + 1)]
                + [f"{name}_sum" for name in _BUCKETS],
                0,
            )
        )
        self._asked: dict[LegId, CommandId] = {}
        """The last request of each leg: it comes more than once."""
        self._waiting: dict[RoomId, dict[LegId, float]] = {}
        """Since when; rooms where nobody waits are not in it."""
        self._left: tuple[RoomId, dict[LegId, float]] | None = None
        """Who left the queue just now, and since when they had waited; one who is served talks next."""
        self._talking: dict[tuple[RoomId, LegId], float] = {}

    def read(self) -> Mapping[str, int]:
        """By name, without the part."""
        return {
            **self._counts,
            "talking": len(self._talking),
            "waiting": sum(map(len, self._waiting.values())),
        }

    def answered(self, request: FloorRequest, answer: Answer, took_s: float) -> None:
        """A request was decided; copies of it count once."""
        if self._asked.get(request.leg) == request.id:
            return
        self._asked[request.leg] = request.id
        self._measure("decided_us", took_s * 1e6)
        if answer.refusal is not None:
            self._counts["denied_total"] += 1
        else:
            self._counts["queued_total" if answer.place else "granted_total"] += 1

    def gone(self, leg: LegId) -> None:
        """It asks no more."""
        self._asked.pop(leg, None)

    def hear(self, event: Event) -> None:
        """Something happened in a room."""
        match event:
            case QueueChanged(room, legs):
                self._queue_changed(room, legs)
            case FloorTaken(room, leg):
                self._counts["talkspurts_total"] += 1
                self._talking[room, leg] = self._now()
                if self._left is not None and self._left[0] == room and leg in self._left[1]:
                    self._measure("waited_ms", (self._now() - self._left[1][leg]) * 1e3)
                self._left = None
            case FloorIdle(room, leg, _, why):
                self._counts[f"ended_{why.value}_total"] += 1
                began = self._talking.pop((room, leg), self._now())
                self._measure("talked_ms", (self._now() - began) * 1e3)
            case _:
                pass

    def _queue_changed(self, room: RoomId, legs: tuple[LegId, ...]) -> None:
        before = self._waiting.pop(room, {})
        self._left = room, {leg: since for leg, since in before.items() if leg not in legs}
        if legs:
            self._waiting[room] = {leg: before.get(leg, self._now()) for leg in legs}

    def _measure(self, name: str, value: float) -> None:
        whole = max(0, int(value))
        self._counts[f"{name}_bucket_{min(whole.bit_length(), _BUCKETS[name])}"] += 1
        self._counts[f"{name}_sum"] += whole
