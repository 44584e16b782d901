"""The text of /metrics: what each part counts, under ``crosspatch_{part}_{name}``.

A part gives a mapping of plain integers when it is read. A name that ends in ``_total`` is a counter,
``{name}_bucket_{k}`` with ``{name}_sum`` are a log2 histogram (bucket 0 counts zeros, bucket k counts
2^(k-1) to 2^k - 1, the last one everything above too), any other is a gauge.
"""

import re
from collections.abc import Callable, Iterator, Mapping

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

Read = Callable[[], Mapping[str, int]]

_log = structlog.get_logger("metrics")
_BUCKET = re.compile(r"(.+)_bucket_(\d+)")


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
        """Read every part; one that cannot be read is left out and logged."""
        for part, read in tuple(self._parts.items()):
            try:
                values = read()
            except Exception:  # noqa: BLE001 - the other parts must stay visible
                _log.exception("a part's numbers cannot be read", part=part)
            else:
                yield from _families(part, values)


def _families(part: str, values: Mapping[str, int]) -> Iterator[Metric]:
    histograms: dict[str, dict[int, int]] = {}
    for name, value in values.items():
        bucket = _BUCKET.fullmatch(name)
        if bucket is not None:
            histograms.setdefault(bucket[1], {})[int(bucket[2])] = value
    for name, value in sorted(values.items()):
        full, text = f"crosspatch_{part}_{name}", f"{part}: {name}"
        if name.removesuffix("_sum") in histograms or _BUCKET.fullmatch(name):
            continue
        if name.endswith("_total"):
            yield CounterMetricFamily(full, text, value=value)
        else:
            yield GaugeMetricFamily(full, text, value=value)
    for name, counts in sorted(histograms.items()):
        total = values.get(f"{name}_sum", 0)
        yield HistogramMetricFamily(
            f"crosspatch_{part}_{name}", f"{part}: {name}", buckets=_cumulative(counts), sum_value=total
        )


def _cumulative(counts: Mapping[int, int]) -> list[tuple[str, float]]:
    """Prometheus counts everything up to a bound, not only the bucket's own."""
    buckets: list[tuple[str, float]] = []
    seen = 0
    for k in sorted(counts):
        seen += counts[k]
        last = k == max(counts)
        buckets.append(("+Inf" if last else str(float(2**k - 1)), float(seen)))
    return buckets
