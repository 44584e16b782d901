"""The SIP adapter's life: open the doors, serve, end every call when cancelled."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from adapters._kit.counters import Counters
from adapters.sip import certificate
from adapters.sip.accounts import introduce
from adapters.sip.calls import COUNTERS, Calls
from adapters.sip.checkup import sip_checks, sip_doors
from adapters.sip.config import SipConfig
from adapters.sip.liveness import watch
from adapters.sip.resolver import Resolve, addresses
from adapters.sip.transport import Transport
from adapters.sip.trunks import COUNTERS as TRUNK_COUNTERS
from adapters.sip.trunks import Trunks
from gateway.ports.checkup import Check, Door
from gateway.ports.hub import Hub

log = structlog.get_logger("sip")


class SipAdapter:
    """Implements gateway.ports.adapter.Adapter and gateway.ports.checkup.Examined."""

    name = "sip"
    config_type: type = SipConfig

    def __init__(self, resolve: Resolve = addresses, clock: Callable[[], float] = time.monotonic) -> None:
        self._resolve = resolve
        self._clock = clock
        self._ready = False
        self._doors: list[tuple[str, str, int]] = []

    @property
    def ready(self) -> bool:
        """The doors are open, or there are none to open."""
        return self._ready

    @property
    def doors(self) -> list[tuple[str, str, int]]:
        """(udp, tcp or tls; address; port) as really bound; empty until ready."""
        return list(self._doors)

    def wanted_doors(self, config: Callable[[str], Any]) -> list[Door]:
        """Where phones are heard."""
        return sip_doors(config(self.name))

    def checks(self, config: Callable[[str], Any], *, sign_in: bool) -> list[Check]:  # noqa: ARG002 - any account may sign in twice
        """Passwords, certificate, trunks."""
        return sip_checks(config(self.name), config)

    async def run(self, hub: Hub) -> None:
        """Serve until cancelled. Raises OSError, ValueError, Unusable for what is wrong with the section."""
        config: SipConfig = hub.config(self.name)
        if not config.listens:
            self._ready = True
            await asyncio.Event().wait()
        counters = Counters(*COUNTERS, *TRUNK_COUNTERS, *certificate.COUNTERS)
        pair = certificate.pair(config, hub.config)
        async with asyncio.TaskGroup() as tasks:

            def spawn(work: Coroutine[None, None, None], name: str) -> None:
                tasks.create_task(_kept(work, counters), name=name)

            calls = Calls(hub, config, counters, spawn)
            transport = calls.transport = calls.outbound.transport = Transport(
                config, certificate.identity(pair) if pair else None, calls.take, counters
            )
            hub.gauge(self.name, lambda: _all(counters, transport))
            try:
                introduce(config, transport)
                trunks = Trunks(config, calls.numbers, transport, self._resolve, counters, self._clock)
                calls.trunks = calls.outbound.trunks = trunks
                for work, name in trunks.tasks():
                    spawn(work, name)
                hub.dialler(calls.outbound)
                self._doors = transport.edge.doors()
                self._ready = True
                log.info("sip doors open", doors=self._doors)
                tasks.create_task(watch(calls.all, hub, calls.silent), name="sip liveness")
                if pair is not None:
                    renewal = certificate.Renewal(pair, transport.edge, counters)
                    tasks.create_task(renewal.watch(), name="sip certificate")
                try:
                    await transport.run()
                finally:
                    trunks.leave()
            finally:
                self._ready, self._doors = False, []
                hub.dialler(None)
                try:
                    calls.end_all()
                finally:
                    await transport.stop()  # or its ports stay taken, and no next start can have them


async def _kept(work: Coroutine[None, None, None], counters: Counters) -> None:
    """A fault in one call is that call's, and ours to find; the others go on."""
    try:
        await work
    except Exception:
        counters.add("faults_total")
        log.exception("a call's task failed")


def _all(counters: Counters, transport: Transport) -> Mapping[str, int]:
    return {**counters.read(), **{f"edge_{name}": n for name, n in transport.edge.counters().items()}}
