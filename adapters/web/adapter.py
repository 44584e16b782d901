"""The web adapter's life: open the doors, serve, close them when cancelled."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from adapters._kit.counters import Counters
from adapters.web.checkup import web_checks
from adapters.web.config import WebConfig
from adapters.web.server import COUNTERS, Doors
from gateway.ports.checkup import Check, Door
from gateway.ports.hub import Hub


class WebAdapter:
    """Implements gateway.ports.adapter.Adapter and Addressed, and gateway.ports.checkup.Examined."""

    name = "web"
    config_type: type = WebConfig

    def __init__(self) -> None:
        self._address = ""

    @property
    def ready(self) -> bool:
        """The doors are open."""
        return bool(self._address)

    @property
    def address(self) -> str:
        """Such as ``http://127.0.0.1:8080/``; empty until ready."""
        return self._address

    def wanted_doors(self, config: Callable[[str], Any]) -> list[Door]:  # noqa: ARG002 - the hub names [http] itself
        """None of its own."""
        return []

    def checks(self, config: Callable[[str], Any], *, sign_in: bool) -> list[Check]:  # noqa: ARG002 - it signs in nowhere
        """Page files, TURN."""
        return web_checks(config(self.name))

    async def run(self, hub: Hub) -> None:
        """Serve until cancelled. Raises OSError when the address cannot be used."""
        counters = Counters(*COUNTERS)
        hub.gauge(self.name, counters.read)
        async with asyncio.TaskGroup() as tasks:

            def spawn(work: Coroutine[None, None, None], name: str) -> None:
                tasks.create_task(work, name=name)

            doors = Doors(hub, hub.config("http"), hub.config(self.name), counters, spawn)
            try:
                self._address = await doors.open()
                await asyncio.Event().wait()
            finally:
                self._address = ""
                await doors.close()
