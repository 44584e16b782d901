"""Builds a hub from a configuration, runs its tasks, and takes it down in order."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.app.clock import Clock, SystemClock
from gateway.app.config import Config
from gateway.app.hub import Hub
from gateway.app.metrics import Metrics
from gateway.app.spool import Spool
from gateway.app.tokens import Tokens
from gateway.model.ids import BootId
from gateway.model.inputs import Booted
from gateway.ports.media import MediaPlane


@asynccontextmanager
async def assembled(config: Config, media: MediaPlane, clock: Clock | None = None) -> AsyncIterator[Hub]:
    """A running hub. Raises OSError, Exposed, NotASpoolFile if the data directory cannot be used."""
    clock = clock or SystemClock()
    boot = BootId(secrets.token_hex(8))
    tokens = Tokens(config.store.dir)
    spool = Spool(config.store.dir / "spool", config.store, boot, config.digest)
    spool.open()
    metrics = Metrics()
    booted = Booted(boot, tuple(room.spec() for room in config.rooms))
    hub = Hub(booted, config, media, spool, tokens, metrics, clock)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hub.runtime.run(), name="runtime")
        sync = tasks.create_task(spool.run(), name="spool-sync")
        try:
            yield hub
        finally:
            hub.runtime.close()
            sync.cancel()
            await media.stop()
    await spool.close()
