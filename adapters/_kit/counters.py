"""An adapter's counters and gauges, read by /metrics through ``Hub.gauge``."""

from collections.abc import Callable, Mapping


class Counters:
    """Names end in ``_total`` for counters; a gauge is read when asked for.

    All names are declared at the start, so that a counter shows 0 before its first event.
    """

    def __init__(self, *names: str) -> None:
        self._counts = dict.fromkeys(names, 0)
        self._gauges: dict[str, Callable[[], int]] = {}

    def add(self, name: str, by: int = 1) -> None:
        """Count; an undeclared name is a KeyError, found by the first test that passes there."""
        self._counts[name] += by

    def gauge(self, name: str, read: Callable[[], int]) -> None:
        """Show ``read()`` under ``name``."""
        self._gauges[name] = read

    def read(self) -> Mapping[str, int]:
        """All values now."""
        return self._counts | {name: read() for name, read in self._gauges.items()}
