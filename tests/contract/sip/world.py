"""The SIP adapter over the real hub and a fake media plane, and simulated phones on the real wire."""

import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.sip import SipAdapter
from adapters.sip.config import SipConfig, SipRoom, SipUser
from adapters.sip.push_to_talk import PttStyle
from adapters.sip.resolver import Resolve, addresses
from gateway.app.assembly import assembled
from gateway.app.config import Config, RoomConfig, StoreConfig
from gateway.app.hub import Hub
from gateway.model.events import Event
from gateway.model.grants import Grants, Verb
from gateway.model.ids import CommandId, LegId, RoomId
from gateway.model.inputs import CancelRequest, FloorRelease, FloorRequest, JoinRoom
from gateway.model.participant import LegKind, Participant
from gateway.model.room import RoomMode
from gateway.model.snapshot import RoomView
from gateway.ports.media import Channel
from sim.fakes.media import FakeMediaPlane
from sim.phone import Phone
from tests.contract.adapter import counter, opened, until

OPS, COMMAND = RoomId("ops"), RoomId("command")
STRICT, TIMED = RoomId("strict"), RoomId("timed")
ROOMS = (
    RoomConfig("ops", "Operations", talk_limit_ms=300, grace_ms=0, penalty_ms=0),
    RoomConfig("command", "Command", RoomMode.CONFERENCE),
    RoomConfig("small", "Small", capacity=1),
    RoomConfig("strict", "Strict", queue_max=0),
    RoomConfig("timed", "Timed", talk_limit_ms=400, warn_ms=200, grace_ms=200),
)
ALL = Grants("watcher", frozenset(Verb), None, 1e12)


PASSWORD = "secret"
NAMES = {"101": "Ann", "102": "Bert"}


def ha1(number: str) -> str:
    return hashlib.sha256(f"{number}:crosspatch:{PASSWORD}".encode()).hexdigest()


def sip_config(**more: object) -> SipConfig:
    """Two phones, their numbers, loopback only."""
    users = tuple(SipUser(number, name, ha1=ha1(number)) for number, name in NAMES.items())
    rooms = (
        SipRoom("8001", "ops"),
        SipRoom("8002", "command", public=True),
        SipRoom("8003", "small"),
        SipRoom("8004", "nowhere"),
        SipRoom("8006", "strict", ptt=PttStyle.TOGGLE),
        SipRoom("8007", "timed"),
        SipRoom("8101", "ops", ptt=PttStyle.TOGGLE),
    )
    given: dict[str, Any] = {
        "listen_udp": ("127.0.0.1:0",),
        "listen_tcp": ("127.0.0.1:0",),
        "users": users,
        "rooms": rooms,
    }
    return SipConfig(**given | more)


@dataclass
class World:
    """One running gateway, as far as its phones see it."""

    hub: Hub
    media: FakeMediaPlane
    adapter: SipAdapter

    def address(self, kind: str) -> tuple[str, int]:
        return next((ip, port) for name, ip, port in self.adapter.doors if name == kind)

    def phone(
        self, number: str = "101", *, password: str = PASSWORD, kind: str = "udp", name: str = ""
    ) -> AbstractAsyncContextManager[Phone]:
        return Phone.open(self.address(kind), number, password, kind=kind, name=name)

    def room(self, room: RoomId) -> RoomView:
        view = self.hub.room(room, ALL)
        assert isinstance(view, RoomView)
        return view

    def names(self, room: RoomId) -> list[str]:
        return [member.participant.name for member in self.room(room).members]

    def leg(self, room: RoomId) -> LegId:
        """The first phone in the room."""
        return next(
            member.participant.leg
            for member in self.room(room).members
            if member.participant.kind is LegKind.PHONE
        )

    def counter(self, name: str) -> int:
        return counter(self.hub, "sip", name)

    async def until(self, reached: Callable[[], object]) -> None:
        await until(reached)

    async def member(self, room: RoomId, name: str = "Olga") -> "Member":
        """Somebody in the room who is no phone."""
        member = Member(self.hub, room)
        member.leg = self.hub.attach(member)
        who = Participant(member.leg, name, "", LegKind.BROWSER)
        join = JoinRoom(CommandId(1), member.leg, room, who, ALL, time.time())
        assert (await self.hub.command(join)).refusal is None
        await self.media.open_phone(member.leg, "127.0.0.1")
        self.media.connect(member.leg)
        await self.until(lambda: self.media.hearers(room) >= {member.leg})
        return member


@dataclass
class Member:
    hub: Hub
    room: RoomId
    events: list[Event] = field(default_factory=list)
    leg: LegId = field(default=LegId(""))

    async def press(self, *, overrides: bool = False) -> bool:
        number = CommandId(len(self.events) + 10)
        request = FloorRequest(number, self.leg, self.room, time.time(), overrides=overrides)
        return (await self.hub.command(request)).refusal is None

    async def release(self) -> None:
        await self.hub.command(FloorRelease(CommandId(len(self.events) + 1000), self.leg, self.room))

    async def cancel(self, waiting: LegId) -> None:
        number = CommandId(len(self.events) + 2000)
        await self.hub.command(CancelRequest(number, self.leg, self.room, waiting, time.time()))

    def event(self, event: Event) -> None:
        self.events.append(event)

    def data(self, channel: Channel, data: bytes) -> None: ...

    def digit(self, digit: str) -> None: ...

    def media(self, *, up: bool, why: str) -> None: ...

    def ended(self, why: str) -> None: ...


@asynccontextmanager
async def world(
    folder: Path,
    config: SipConfig | None = None,
    resolve: Resolve = addresses,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[World]:
    """A gateway with SIP doors; the loop is the test's."""
    sip = config or sip_config()
    media = FakeMediaPlane()
    settings = Config(store=StoreConfig(dir=folder / "var"), rooms=ROOMS, adapters={"sip": sip})
    adapter = SipAdapter(resolve, clock)
    async with assembled(settings, media) as hub, opened(adapter, hub):
        yield World(hub, media, adapter)
