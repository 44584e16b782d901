"""Keeps the adapters alive: each in a task of its own, restarted with backoff when it fails.

An adapter that raises or returns costs its own doors until it is back, and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

import structlog

from gateway.app.backoff import Backoff
from gateway.ports.adapter import Adapter, Addressed
from gateway.ports.hub import Hub

_log = structlog.get_logger("supervisor")

HEALTHY_S = 60.0
"""An adapter that ran so long starts again at the first delay."""


class LinkState(StrEnum):
    """How an adapter is."""

    DOWN = "down"
    """Failed, waiting for its next start."""
    STARTING = "starting"
    """Running, its doors not open yet."""
    UP = "up"
    """Its doors are open."""


class _Kept:
    """One adapter and its life. A restart makes a fresh one: nothing of the failed run is trusted."""

    def __init__(self, make: Callable[[], Adapter]) -> None:
        self.make = make
        self.adapter: Adapter | None = None
        self.failures = 0

    @property
    def state(self) -> LinkState:
        if self.adapter is None:
            return LinkState.DOWN
        return LinkState.UP if self.adapter.ready else LinkState.STARTING


class Supervisor:
    """Runs adapters until cancelled."""

    def __init__(
        self,
        adapters: Mapping[str, Callable[[], Adapter]],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self._kept = {name: _Kept(make) for name, make in adapters.items()}
        self._pause = pause
        self._backoff = backoff

    async def run(self, hub: Hub) -> None:
        """Start all and keep them; cancelling closes their doors."""
        async with asyncio.TaskGroup() as tasks:
            for name, kept in self._kept.items():
                tasks.create_task(self._keep(name, kept, hub), name=f"adapter-{name}")

    def states(self) -> dict[str, LinkState]:
        """State by adapter."""
        return {name: kept.state for name, kept in self._kept.items()}

    @property
    def settled(self) -> bool:
        """Every adapter's doors are open, or it failed at least once."""
        return all(kept.state is LinkState.UP or kept.failures for kept in self._kept.values())

    def counters(self) -> dict[str, int]:
        """For /metrics."""
        up = {f"{name}_up": int(kept.state is LinkState.UP) for name, kept in self._kept.items()}
        return up | {f"{name}_failures_total": kept.failures for name, kept in self._kept.items()}

    def address(self) -> str:
        """The address that people type, of the first adapter that has one and is ready; or empty."""
        for kept in self._kept.values():
            if isinstance(kept.adapter, Addressed) and kept.adapter.address:
                return kept.adapter.address
        return ""

    async def _keep(self, name: str, kept: _Kept, hub: Hub) -> None:
        backoff = self._backoff()
        clock = asyncio.get_running_loop().time
        while True:
            started = clock()
            try:
                kept.adapter = kept.make()
                await kept.adapter.run(hub)
                _log.error("an adapter ended by itself", adapter=name)
            except Exception:  # noqa: BLE001 - that is what a supervisor is for
                _log.exception("an adapter failed", adapter=name)
            finally:
                kept.adapter = None
            kept.failures += 1
            if clock() - started >= HEALTHY_S:
                backoff.reset()
            delay_s = backoff.next_delay_s()
            _log.info("the adapter starts again", adapter=name, in_s=round(delay_s, 1))
            await self._pause(delay_s)
