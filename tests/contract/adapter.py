"""What the worlds of all adapters need: one running until it is ready, its counters, waits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gateway.app.hub import Hub
from gateway.ports.adapter import Adapter
from tests.unit.app.values import eventually

PATIENCE_S = 10.0


@asynccontextmanager
async def opened(adapter: Adapter, hub: Hub) -> AsyncIterator[None]:
    """The adapter runs, its doors open; ended at the end. Raises what it raised, and TimeoutError."""
    running = asyncio.create_task(adapter.run(hub))
    try:
        await until(lambda: adapter.ready or running.done())
        if running.done():
            await running
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(reached: Callable[[], object]) -> None:
    """Wait for it; raises TimeoutError."""
    await eventually(lambda: bool(reached()), PATIENCE_S)


def counter(hub: Hub, adapter: str, name: str) -> int:
    """One of the adapter's own counters, as /metrics shows it. Raises KeyError."""
    for line in hub.metrics().decode().splitlines():
        if line.startswith(f"crosspatch_{adapter}_{name} "):
            return int(float(line.split()[1]))
    raise KeyError(name)
