"""Leak accounting: after a story a gateway holds as much as before it."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass

from sim.gateway import Gateway

_DEADLINE_S = 45.0
"""Longer than a lost page's session and media may be held (5 s each)."""
_LOOK_S = 0.1
_PYTHON = "python"
_POOL_THREADS_MAX = min(32, (os.cpu_count() or 1) + 4)
"""asyncio's default pool starts its threads as they are needed and keeps them."""
_GROWS = ("_total", "_created", "_sum", "_count", "_bytes")


class Leaked(Exception):
    """What is still held, as ``name: before -> after``."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a gateway holds at one moment."""

    gauges: dict[str, float]
    open_files: int
    threads: Counter[str]

    def differences(self, after: "Held") -> list[str]:
        """Gauges must be equal; a file or thread fewer is a connection or a pool at rest, not a leak."""
        names = sorted(self.gauges.keys() | after.gauges.keys())
        rows = [(name, self.gauges.get(name, 0), after.gauges.get(name, 0)) for name in names]
        rows.append(("open files", self.open_files, max(self.open_files, after.open_files)))
        for name, count in after.threads.items():
            held = self.threads[name] + (_POOL_THREADS_MAX if name.startswith(_PYTHON) else 0)
            if count > held:
                rows.append((f"threads {name}", self.threads[name], count))
        return [f"{name}: {first:g} -> {last:g}" for name, first, last in rows if first != last]


async def holds(gateway: Gateway) -> Held:
    """Count now: live things in /metrics, file descriptors, threads."""
    metrics = await gateway.metrics()
    open_files, before = gateway.open_files(), -1
    while open_files != before:  # the connection that brought the metrics is closed in the gateway's own time
        await asyncio.sleep(_LOOK_S)
        open_files, before = gateway.open_files(), open_files
    return Held(
        {name: value for name, value in metrics.items() if _is_live(name)}, open_files, gateway.threads()
    )


async def released(gateway: Gateway, before: Held) -> None:
    """Wait until the gateway holds what it held before. Raises Leaked after 30 s."""
    differences: list[str] = []
    try:
        async with asyncio.timeout(_DEADLINE_S):
            while differences := before.differences(await holds(gateway)):  # noqa: ASYNC110 - a page to poll
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise Leaked("; ".join(differences)) from None


def _is_live(name: str) -> bool:
    """Gauges that count things held. Counters and sums only grow; whether the store is up is no count."""
    counts = name.startswith("crosspatch_") and "_bucket" not in name and name != "crosspatch_store_up"
    return counts and not name.endswith(_GROWS)
