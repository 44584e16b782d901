"""How the bridges are: there or silent, how far away, what they say they lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters._kit.counters import Counters
from adapters.radio.bridge import Bridge

if TYPE_CHECKING:
    from adapters.radio.native import RadioEvent


@dataclass(slots=True)
class _Health:
    """Of one accepted session; the bridge's own numbers are as of its last heartbeat."""

    silent: bool = True
    """Until its first heartbeat: a retained state may be all that is left of it."""
    round_trip_us: int = 0
    offset_us: int = 0
    queued: int = 0
    dropped: int = 0
    late: int = 0
    bad: int = 0


class Supervision:
    """Fed by the registry."""

    def __init__(self, bridges: Mapping[str, Bridge], counters: Counters) -> None:
        self._health: dict[str, _Health] = {}
        counters.gauge("bridges", lambda: len(bridges))
        counters.gauge("bridges_online", self._online)
        counters.gauge("round_trip_us_max", lambda: max((h.round_trip_us for h in self._all()), default=0))
        counters.gauge("clock_offset_us_max", lambda: max((abs(h.offset_us) for h in self._all()), default=0))
        counters.gauge("site_queue_len", lambda: sum(h.queued for h in self._all()))
        counters.gauge("site_frames_dropped", lambda: sum(h.dropped for h in self._all()))
        counters.gauge("site_frames_late", lambda: sum(h.late for h in self._all()))
        counters.gauge("site_messages_bad", lambda: sum(h.bad for h in self._all()))

    def unlinked(self) -> None:
        """The edge's connection to the broker is gone, and with it every bridge."""
        for health in self._health.values():
            health.silent = True

    def expect(self, name: str) -> None:
        """A session was accepted."""
        self._health[name] = _Health()

    def forget(self, name: str) -> None:
        """It is gone."""
        self._health.pop(name, None)

    def silent(self, name: str) -> None:
        """No heartbeat for 3 s."""
        if name in self._health:
            self._health[name].silent = True

    def heartbeat(self, event: "RadioEvent") -> bool:
        """A heartbeat came; True when the bridge was silent before."""
        match event:
            case ("heartbeat", name, round_trip_us, offset_us, queued, dropped, late, bad):
                health = self._health.get(name)
            case _:
                return False
        if health is None:
            return False
        was_silent, health.silent = health.silent, False
        health.round_trip_us, health.offset_us = round_trip_us or 0, offset_us or 0
        health.queued, health.dropped, health.late, health.bad = queued, dropped, late, bad
        return was_silent

    def away(self, name: str) -> bool:
        """It is silent, or was never accepted."""
        health = self._health.get(name)
        return health is None or health.silent

    def round_trip_s(self, name: str) -> float:
        """Least of the last 30 s; 0 when it is not known yet."""
        health = self._health.get(name)
        return 0.0 if health is None else health.round_trip_us / 1e6

    def _all(self) -> tuple[_Health, ...]:
        return tuple(self._health.values())

    def _online(self) -> int:
        return sum(not health.silent for health in self._all())
