"""The text of /metrics: what each part counts, under ``crosspatch_{part}_{name}``.

A part gives a mapping of plain integers when it is read. A name that ends in ``_total`` is a counter,
any other is a gauge; log2 histograms come as ``{name}_bucket_{k}`` counters of the media core.
"""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Read = Callable[[], Mapping[str, int]]


class Metrics(Collector):
    """All parts of one hub, in a registry of its own (two hubs in one process do not meet)."""

    def __init__(self) -> None:
        self._parts: dict[str, Read] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def add(self, part: str, read: Read) -> None:
        """Add a part, or replace the one of this name (an adapter that was restarted)."""
        self._parts[part] = read

    def text(self) -> bytes:
        """Prometheus text format 0.0.4."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        for part, read in tuple(self._parts.items()):
            for name, value in sorted(read().items()):
                full = f"crosspatch_{part}_{name}"
                if name.endswith("_total"):
                    yield CounterMetricFamily(full, f"{part}: {name}", value=value)
                else:
                    yield GaugeMetricFamily(full, f"{part}: {name}", value=value)
