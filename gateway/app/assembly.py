"""Builds a hub from a configuration, runs its tasks, and takes it down in order."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress

import structlog

from gateway.app.clock import Clock, SystemClock
from gateway.app.config import Config
from gateway.app.data_dir import data_dir
from gateway.app.feeder import Feeder
from gateway.app.hub import Hub
from gateway.app.metrics import Metrics
from gateway.app.restore import booted
from gateway.app.shutdown import Step, run_steps
from gateway.app.spool import Spool
from gateway.app.store import FILE_NAME, Store, StoreDown
from gateway.app.supervisor import LinkState, Supervisor
from gateway.app.tokens import Tokens
from gateway.model.ids import BootId
from gateway.model.inputs import LegLost
from gateway.ports.media import MediaPlane

_log = structlog.get_logger("shutdown")

LAST_FEED_S = 3.0
"""How long the end of the process waits for the store: less than a step of the shutdown may take."""


@asynccontextmanager
async def assembled(
    config: Config,
    media: MediaPlane,
    *,
    supervisor: Supervisor | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Hub]:
    """A running hub, with the supervisor's adapters if there are any; taken down on leaving.

    Raises OSError, Exposed, InUse, NotASpoolFile if the data directory cannot be used.
    """
    with data_dir(config.store.dir) as directory:
        boot = BootId(secrets.token_hex(8))
        tokens = Tokens(directory)
        spool = Spool(directory / "spool", config.store, boot, config.digest)
        spool.open()
        store = Store(directory / FILE_NAME)
        feeder = Feeder(spool, store)
        first = await booted(boot, [room.spec() for room in config.rooms], directory / "spool", store)
        hub = Hub(first, config, media, spool, tokens, Metrics(), clock or SystemClock())
        supervisor = supervisor or Supervisor({})
        _observe(hub, spool, feeder, supervisor)
        runtime = _task(hub.runtime.run(), "runtime")
        runtime.add_done_callback(lambda _ended: hub.failed.set())
        log = (_task(spool.run(), "spool-sync"), _task(feeder.run(), "store-feeder"))
        doors = _task(supervisor.run(hub), "adapters")
        try:
            await hub.runtime.idle()  # the rooms stand before anybody looks
            yield hub
        finally:
            steps = (
                Step("stop accepting", lambda: _stop_accepting(hub)),
                Step("release floors", lambda: _release_floors(hub)),
                Step("end legs", lambda: _end_legs(hub)),
                Step("close doors", lambda: _cancelled(doors)),
                Step("stop media", media.stop),
                Step("close core", lambda: _close_core(hub, runtime)),
                Step("flush log", lambda: _flush(spool, feeder, log)),
                Step("close log", lambda: _close_log(spool, store)),
            )
            await run_steps(steps)


def _observe(hub: Hub, spool: Spool, feeder: Feeder, supervisor: Supervisor) -> None:
    hub.readiness("spool", lambda: not spool.failing)
    hub.readiness("store", lambda: feeder.up)
    for name in supervisor.states():
        hub.readiness(name, lambda name=name: supervisor.states()[name] is LinkState.UP)  # type: ignore[misc]
    hub.gauge("media", hub.media.counters)
    hub.gauge("spool", lambda: spool.counters | {"used_bytes": spool.used_bytes, "roomy": int(spool.roomy)})
    hub.gauge("store", lambda: feeder.counters | {"up": int(feeder.up)})
    hub.gauge("adapters", supervisor.counters)


def _task(work: Coroutine[object, object, None], name: str) -> "asyncio.Task[None]":
    return asyncio.create_task(work, name=name)


async def _stop_accepting(hub: Hub) -> None:
    hub.legs.close()


async def _release_floors(hub: Hub) -> None:
    for leg in hub.legs.all():
        hub.fact(LegLost(leg, "shutdown"))
    await hub.runtime.idle()


async def _end_legs(hub: Hub) -> None:
    for leg in hub.legs.all():
        hub.end(leg, "shutdown")
    await hub.runtime.idle()


async def _close_core(hub: Hub, runtime: "asyncio.Task[None]") -> None:
    hub.runtime.close()
    await runtime


async def _flush(spool: Spool, feeder: Feeder, tasks: Iterable["asyncio.Task[None]"]) -> None:
    for task in tasks:
        await _cancelled(task)
    await spool.sync()
    try:
        async with asyncio.timeout(LAST_FEED_S):
            await feeder.feed()
    except (StoreDown, TimeoutError):
        # Nothing is lost: the records are on the disk, in the spool.
        _log.warning("the store is behind the spool and catches up at the next start")


async def _close_log(spool: Spool, store: Store) -> None:
    await spool.close()
    await store.close()


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
