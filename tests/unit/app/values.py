"""Values and small machines that the shell's tests share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.app.config import Config, LimitsConfig, StoreConfig
from gateway.model.effects import Answer, Effect
from gateway.model.events import Event
from gateway.model.grants import Grants, Verb
from gateway.model.ids import CommandId, LegId, RoomId
from gateway.model.inputs import FloorRequest, JoinRoom
from gateway.model.participant import LegKind, Participant
from gateway.ports.media import Channel

OPS = RoomId("ops")
COMMAND = RoomId("command")
ANN = LegId("ann")
UTC_0 = 1_800_000_000.0
EVERYTHING = Grants("tester", frozenset(Verb), None, UTC_0 + 1e9)
OFFER = "v=0\r\na=ice-ufrag:far\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Spool bounds small enough to be reached."""

    spool_bytes_max: int = 1 << 20
    segment_bytes: int = 1 << 16
    keep_bytes: int = 1 << 18
    sync_interval_ms: int = 1


class HandClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.offset = UTC_0

    def now(self) -> float:
        return self.seconds

    def utc(self) -> float:
        return self.seconds + self.offset


class Ear:
    """A leg's sink that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.messages: list[tuple[Channel, bytes]] = []
        self.digits = ""
        self.media_news: list[tuple[bool, str]] = []
        self.ends: list[str] = []

    def event(self, event: Event) -> None:
        self.events.append(event)

    def data(self, channel: Channel, data: bytes) -> None:
        self.messages.append((channel, data))

    def digit(self, digit: str) -> None:
        self.digits += digit

    def media(self, *, up: bool, why: str) -> None:
        self.media_news.append((up, why))

    def ended(self, why: str) -> None:
        self.ends.append(why)


def config(directory: Path, *, legs: int = 100, queue_len_max: int = 1000) -> Config:
    return Config(
        store=StoreConfig(dir=directory), limits=LimitsConfig(legs=legs, queue_len_max=queue_len_max)
    )


def join(leg: LegId, number: int, room: RoomId = OPS, grants: Grants = EVERYTHING) -> JoinRoom:
    person = Participant(leg, "Ann", "Medic 7", LegKind.BROWSER)
    return JoinRoom(CommandId(number), leg, room, person, grants, UTC_0)


def request(leg: LegId, number: int, room: RoomId = OPS) -> FloorRequest:
    return FloorRequest(CommandId(number), leg, room, UTC_0)


def answer(leg: LegId = ANN, number: int = 1) -> list[Effect]:
    return [Answer(leg, CommandId(number))]


async def eventually(holds: Callable[[], bool], within_s: float = 5.0) -> None:
    """Wait until something holds, a loop turn at a time; fails when it takes too long."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.001)
