"""The legs that adapters have attached: who is called for which."""

import secrets
from collections.abc import Callable

import structlog

from gateway.model.ids import LegId
from gateway.ports.hub import LegSink, TooManyLegs

_log = structlog.get_logger("legs")


class Legs:
    """Sinks by leg, at most ``legs_max``."""

    def __init__(self, legs_max: int) -> None:
        self._legs_max = legs_max
        self._sinks: dict[LegId, LegSink] = {}
        self._open = True
        self.counters = {"attached_total": 0, "refused_total": 0, "sink_errors_total": 0}

    def attach(self, sink: LegSink) -> LegId:
        """A new leg with an id that cannot be guessed. Raises TooManyLegs, also while shutting down."""
        if not self._open or len(self._sinks) >= self._legs_max:
            self.counters["refused_total"] += 1
            raise TooManyLegs(f"at most {self._legs_max} legs" if self._open else "shutting down")
        leg = LegId(secrets.token_hex(8))
        self._sinks[leg] = sink
        self.counters["attached_total"] += 1
        return leg

    def take(self, leg: LegId) -> LegSink | None:
        """Detach: the sink, if the leg was attached."""
        return self._sinks.pop(leg, None)

    def call(self, leg: LegId, method: Callable[[LegSink], None]) -> None:
        """Call a leg's sink, if there still is one; a sink that raises is counted, not believed."""
        sink = self._sinks.get(leg)
        if sink is None:
            return
        try:
            method(sink)
        except Exception:  # noqa: BLE001 - an adapter's fault stays its own
            self.counters["sink_errors_total"] += 1
            _log.exception("a leg's sink raised", leg=leg)

    def close(self) -> None:
        """Attach no more."""
        self._open = False

    def __contains__(self, leg: LegId) -> bool:
        return leg in self._sinks

    def __len__(self) -> int:
        return len(self._sinks)

    def all(self) -> tuple[LegId, ...]:
        """Every attached leg, oldest first."""
        return tuple(self._sinks)
