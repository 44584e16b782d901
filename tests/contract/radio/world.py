"""The radio adapter over the real hub, a fake media plane and a fake edge; Mosquitto and MQTT are real."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import msgpack

from adapters.radio.adapter import RadioAdapter
from adapters.radio.config import RadioChannel, RadioConfig
from gateway.app.assembly import assembled
from gateway.app.config import Config, RoomConfig, StoreConfig
from gateway.app.hub import Hub
from gateway.model.events import Event
from gateway.model.grants import Grants, Verb
from gateway.model.ids import CommandId, LegId, RoomId
from gateway.model.inputs import FloorRelease, FloorRequest, JoinRoom
from gateway.model.participant import LegKind, Participant
from gateway.model.radio import Air
from gateway.model.room import RoomMode
from gateway.model.snapshot import Member, RoomView
from gateway.ports.media import Channel
from sim.fakes.media import FakeMediaPlane
from tests.contract.adapter import counter, opened, until
from tests.contract.radio.fake_edge import FakeEdge

OPS, COMMAND = RoomId("ops"), RoomId("command")
ROOMS = (
    RoomConfig("ops", "Operations", talk_limit_ms=30_000),
    RoomConfig("command", "Command", RoomMode.CONFERENCE),
)
ALL = Grants("watcher", frozenset(Verb), None, 1e12)
HILL = (
    RadioChannel("hill", "vhf1", "ops", tx=True, hang_ms=50, tail_ms=100),
    RadioChannel("hill", "vhf2", "command", tx=True, hang_ms=50),
    RadioChannel("hill", "uhf3", "ops", name="Fire ground"),
)
VHF1, VHF2, UHF3 = 1, 2, 3
"""Numbers of the channels at the edge."""
SID = "7K3F9QXA"
OPUS, PCMU = "opus/48000/1", "pcmu/8000/1"


def described(name: str, **more: object) -> dict[str, Any]:
    """A channel as a birth has it."""
    return {"id": name, "nm": f"Radio {name}", "rx": [OPUS, PCMU], "tx": [OPUS, PCMU], **more}


@dataclass
class Site:
    """A bridge, as far as its untimed messages go. Encodes with another library than the product."""

    client: aiomqtt.Client
    name: str
    configs: list[dict[str, Any]] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, topic: str, message: object, *, retain: bool = False) -> None:
        payload = message if isinstance(message, bytes) else msgpack.packb(message)
        await self.client.publish(f"rb/1/{self.name}/up/{topic}", payload, qos=1, retain=retain)

    async def state(self, *, on: bool = True, sid: str = SID, **more: object) -> None:
        await self.say("state", {"v": 1, "on": on, "sid": sid, **more}, retain=True)

    async def birth(self, *channels: dict[str, Any], sid: str = SID, **more: object) -> None:
        there = list(channels or (described("vhf1"), described("vhf2"), described("uhf3")))
        await self.say("birth", {"v": 1, "sid": sid, "pv": [1, 1], "ch": there, **more}, retain=True)

    async def listen(self) -> None:
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            seen = msgpack.unpackb(message.payload)
            (self.configs if str(message.topic).endswith("cfg") else self.commands).append(seen)


@dataclass
class Person:
    """Somebody in a room who is no radio."""

    hub: Hub
    room: RoomId
    events: list[Event] = field(default_factory=list)
    leg: LegId = field(default=LegId(""))
    commands: int = 1

    async def press(self) -> bool:
        self.commands += 1
        request = FloorRequest(CommandId(self.commands), self.leg, self.room, time.time())
        return (await self.hub.command(request)).refusal is None

    async def release(self) -> None:
        self.commands += 1
        await self.hub.command(FloorRelease(CommandId(self.commands), self.leg, self.room))

    def event(self, event: Event) -> None:
        self.events.append(event)

    def data(self, channel: Channel, data: bytes) -> None: ...

    def digit(self, digit: str) -> None: ...

    def media(self, *, up: bool, why: str) -> None: ...

    def ended(self, why: str) -> None: ...


@dataclass
class World:
    """One running gateway with radios."""

    hub: Hub
    media: FakeMediaPlane
    adapter: RadioAdapter
    edge: FakeEdge
    folder: Path

    def room(self, room: RoomId) -> RoomView:
        view = self.hub.room(room, ALL)
        assert isinstance(view, RoomView)
        return view

    def radio(self, name: str, room: RoomId = OPS) -> Member:
        return next(m for m in self.room(room).members if m.participant.name == name)

    def air(self, name: str = "vhf1", room: RoomId = OPS) -> Air:
        air = self.radio(name, room).air
        assert air is not None
        return air

    def counter(self, name: str) -> int:
        return counter(self.hub, "radio", name)

    async def until(self, reached: Callable[[], object]) -> None:
        await until(reached)

    async def taken(self) -> None:
        """Everything that was said so far has been decided."""
        await self.hub.runtime.idle()

    async def person(self, room: RoomId = OPS, name: str = "Olga") -> Person:
        person = Person(self.hub, room)
        person.leg = self.hub.attach(person)
        who = Participant(person.leg, name, "", LegKind.BROWSER)
        join = JoinRoom(CommandId(1), person.leg, room, who, ALL, time.time())
        assert (await self.hub.command(join)).refusal is None
        await self.media.open_phone(person.leg, "127.0.0.1")
        self.media.connect(person.leg)
        await self.until(lambda: self.media.hearers(room) >= {person.leg})
        return person

    @asynccontextmanager
    async def site(self, name: str = "hill") -> AsyncIterator[Site]:
        """The bridge's program, connected with the login that the broker made for it."""
        url = urlsplit((self.folder / "var/radio/bridges" / name).read_text(encoding="utf-8").strip())
        assert url.hostname is not None
        assert url.port is not None
        async with aiomqtt.Client(
            url.hostname,
            url.port,
            username=url.username,
            password=url.password,
            identifier=name,
            protocol=aiomqtt.ProtocolVersion.V5,
        ) as client:
            site = Site(client, name)
            await client.subscribe(f"rb/1/{name}/dn/#", qos=1)
            listening = asyncio.create_task(site.listen())
            try:
                yield site
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    @asynccontextmanager
    async def online(self) -> AsyncIterator[Site]:
        """The same, with state and birth told and taken."""
        async with self.site() as site:
            await site.state()
            await site.birth()
            await self.until(lambda: self.edge.of("expect") and len(self.edge.of("open")) == len(HILL))
            await self.until(lambda: self.radio("vhf1").media_up and self.radio("vhf2", COMMAND).media_up)
            yield site


@asynccontextmanager
async def world(folder: Path, config: RadioConfig | None = None) -> AsyncIterator[World]:
    """A gateway with radios; the loop is the test's."""
    media, edge = FakeMediaPlane(), FakeEdge()
    radio = config or RadioConfig(channels=HILL)
    settings = Config(store=StoreConfig(dir=folder / "var"), rooms=ROOMS, adapters={"radio": radio})
    adapter = RadioAdapter(lambda _broker, _config, _epoch: edge)
    async with assembled(settings, media) as hub, opened(adapter, hub):
        here = World(hub, media, adapter, edge, folder)
        await here.until(lambda: here.counter("control_connects_total"))
        yield here
