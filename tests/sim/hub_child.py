"""A hub under load that says each answer it got; killed by its parent at any moment."""

import asyncio
import random
import sys
import time
from pathlib import Path

from gateway.app.assembly import assembled
from gateway.app.config import Config, LogLevel, StoreConfig
from gateway.app.logging import configure_logging
from gateway.model.grants import Grants, Verb
from gateway.model.ids import CommandId, LegId, MessageId, RoomId
from gateway.model.inputs import FloorRelease, FloorRequest, JoinRoom, SendMessage, SetRoomMode
from gateway.model.participant import LegKind, Participant
from gateway.model.room import RoomMode
from gateway.ports.hub import Hub
from gateway.ports.media import LegProfile
from sim.fakes.media import FakeMediaPlane

OPS = RoomId("ops")
OFFER = "v=0\r\na=ice-ufrag:far\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
PEOPLE = 5
POSTS_EVERY = 20
"""Each so many commands a person posts a message, named by its leg and the command's number."""
Asked = FloorRequest | FloorRelease | SetRoomMode | SendMessage
ALL = Grants("tester", frozenset(Verb), None, time.time() + 3600)


class Deaf:
    """A sink for a leg that nobody listens to."""

    def event(self, event: object) -> None: ...
    def data(self, channel: object, data: bytes) -> None: ...
    def digit(self, digit: str) -> None: ...
    def media(self, *, up: bool, why: str) -> None: ...
    def ended(self, why: str) -> None: ...


async def person(hub: Hub, dice: random.Random) -> None:
    leg = hub.attach(Deaf())
    joining = JoinRoom(CommandId(1), leg, OPS, Participant(leg, "Ann", "", LegKind.BROWSER), ALL, time.time())
    await say(hub, joining)
    await hub.media.accept(leg, OFFER, LegProfile(3, publishes=True))
    for number in range(2, 1_000_000):
        await say(hub, command(dice, CommandId(number), leg))


def command(dice: random.Random, number: CommandId, leg: LegId) -> Asked:
    if number % POSTS_EVERY == 0:
        return SendMessage(number, leg, OPS, MessageId(f"{leg}-{number}"), "water rises", time.time())
    kind = dice.random()
    if kind < 0.5:
        return FloorRequest(number, leg, OPS, time.time())
    if kind < 0.98:
        return FloorRelease(number, leg, OPS)
    return SetRoomMode(number, leg, OPS, dice.choice(list(RoomMode)), time.time())


async def say(hub: Hub, what: JoinRoom | Asked) -> None:
    answer = await hub.command(what)
    code = answer.refusal.code.value if answer.refusal else "ok"
    sys.stdout.write(f"{answer.leg} {answer.id} {code} {hub.room(OPS, ALL).mode}\n")  # type: ignore[union-attr]
    sys.stdout.flush()


async def main(directory: Path, seed: int) -> None:
    configure_logging(LogLevel.ERROR)  # stdout is for answers
    config = Config(store=StoreConfig(dir=directory))
    async with assembled(config, FakeMediaPlane()) as hub, asyncio.TaskGroup() as people:
        for number in range(PEOPLE):
            people.create_task(person(hub, random.Random(seed + number)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
