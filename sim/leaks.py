"""Leak accounting: after a story a gateway holds as much as before it."""

import asyncio
from dataclasses import dataclass

from sim.gateway import Gateway

_DEADLINE_S = 30.0
"""Longer than a lost page's session and media may be held (5 s each)."""
_LOOK_S = 0.1
_GROWS = ("_total", "_created", "_sum", "_bytes")


class Leaked(Exception):
    """What is still held, as ``name: before -> after``."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a gateway holds at one moment."""

    gauges: dict[str, float]
    open_files: int
    threads: int

    def differences(self, after: "Held") -> list[str]:
        names = sorted(self.gauges.keys() | after.gauges.keys())
        rows = [(name, self.gauges.get(name, 0.0), after.gauges.get(name, 0.0)) for name in names]
        rows.append(("open files", self.open_files, after.open_files))
        rows.append(("threads", self.threads, after.threads))
        return [f"{name}: {first:g} -> {last:g}" for name, first, last in rows if first != last]


async def holds(gateway: Gateway) -> Held:
    """Count now: live things in /metrics, file descriptors, threads."""
    metrics = await gateway.metrics()
    return Held(
        {name: value for name, value in metrics.items() if _is_live(name)},
        gateway.open_files(),
        gateway.threads(),
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
    """Gauges that count things held. Counters, sums and logs only ever grow."""
    return name.startswith("crosspatch_") and "_bucket" not in name and not name.endswith(_GROWS)
