"""The radio adapter's life: broker, both connections, channels into their rooms; all off when cancelled."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from adapters._kit.counters import Counters
from adapters.radio import control as controls
from adapters.radio.bridge import Bridge
from adapters.radio.broker import EmbeddedBroker
from adapters.radio.broker_choice import chosen
from adapters.radio.channel import RoomChannel
from adapters.radio.checkup import radio_checks
from adapters.radio.config import BRIDGES_MAX, RadioConfig
from adapters.radio.contract.limits import CHANNELS_MAX
from adapters.radio.control import Broker, Control
from adapters.radio.edge import Edge, Radio
from adapters.radio.epoch import next_epoch
from adapters.radio.native import RadioEdge
from adapters.radio.registry import COUNTERS, Registry
from gateway.ports.checkup import Check, Door
from gateway.ports.hub import Hub

MakeRadio = Callable[[Broker, RadioConfig, int], Radio]
"""(broker, configuration, epoch) -> the native edge."""

log = structlog.get_logger("radio")


def native_edge(broker: Broker, config: RadioConfig, epoch: int) -> Radio:
    """The real one."""
    identity = broker.timed
    return RadioEdge(
        host=broker.host,
        port=broker.port,
        client_id=identity.username,
        username=identity.username,
        password=identity.password,
        tls=None
        if broker.authorities is None
        else (broker.authorities, *(identity.certificate or (b"", b""))),
        server_name=None if broker.authorities is None else broker.host,
        root=config.root,
        epoch=epoch,
        limits={"channels": BRIDGES_MAX * CHANNELS_MAX, "bridges": BRIDGES_MAX},
    )


class RadioAdapter:
    """Implements gateway.ports.adapter.Adapter and gateway.ports.checkup.Examined.

    ``make_radio``: for tests that have no native edge.
    """

    name = "radio"
    config_type: type = RadioConfig

    def __init__(self, make_radio: MakeRadio = native_edge) -> None:
        self._make_radio = make_radio
        self._ready = False
        self.broker: Broker | None = None
        """The one in use; None until ready."""

    @property
    def ready(self) -> bool:
        """Every channel is in its room, or there is none."""
        return self._ready

    def wanted_doors(self, config: Callable[[str], Any]) -> list[Door]:  # noqa: ARG002 - the broker has the door
        """None: our own broker takes any free port."""
        return []

    def checks(self, config: Callable[[str], Any], *, sign_in: bool) -> list[Check]:
        """The broker."""
        return radio_checks(config(self.name), sign_in=sign_in)

    async def run(self, hub: Hub) -> None:
        """Serve until cancelled. Raises BrokerMissing, NoRoom, ValueError, OSError: what must be mended."""
        config: RadioConfig = hub.config(self.name)
        if not config.channels:
            self._ready = True
            await asyncio.Event().wait()
        folder = Path(hub.config("store").dir) / "radio"
        epoch = next_epoch(folder / "epoch")
        async with chosen(config, folder) as (broker, embedded):
            edge = Edge(self._make_radio(broker, config, epoch))
            try:
                await self._serve(hub, config, epoch, (broker, embedded, edge))
            finally:
                self._ready, self.broker = False, None
                await edge.stop()

    async def _serve(
        self, hub: Hub, config: RadioConfig, epoch: int, doors: tuple[Broker, EmbeddedBroker | None, Edge]
    ) -> None:
        broker, embedded, edge = doors
        counters = Counters(*COUNTERS, *controls.COUNTERS)
        control = Control(broker, config.root, counters)
        channels = tuple(
            RoomChannel(number, channel, hub, edge, counters)
            for number, channel in enumerate(config.channels, start=1)
        )
        bridges = {
            name: Bridge(name, tuple(c for c in config.channels if c.bridge == name), epoch)
            for name in config.bridges
        }
        registry = Registry(bridges, channels, edge, control, counters, root=config.root, epoch=epoch)
        hub.gauge(self.name, lambda: _all(counters, edge, embedded))
        entered: list[RoomChannel] = []
        try:
            for channel in channels:
                await channel.enter()
                entered.append(channel)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(edge.run(registry.event), name="radio edge")
                tasks.create_task(control.run(registry.message), name="radio control")
                tasks.create_task(registry.tick(), name="radio registry")
                if embedded is not None:
                    tasks.create_task(embedded.keep(), name="radio broker")
                self.broker, self._ready = broker, True
                log.info("radio door open", channels=len(channels), embedded=embedded is not None)
        finally:
            for channel in entered:
                channel.leave()


def _all(counters: Counters, edge: Edge, embedded: EmbeddedBroker | None) -> Mapping[str, int]:
    own = {} if embedded is None else {f"broker_{name}": n for name, n in embedded.counters().items()}
    return {**counters.read(), **edge.counters(), **own}
