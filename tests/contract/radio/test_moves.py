"""A radio channel that a dispatcher takes to another room transmits that room, and is heard there."""

import time
from dataclasses import dataclass
from typing import Any

from gateway.model.ids import CommandId, RoomId
from gateway.model.inputs import Command, JoinRoom, MoveMember, SetRoomMode
from gateway.model.participant import LegKind, Participant
from gateway.model.radio import AirState
from gateway.model.room import RoomMode
from tests.contract.radio.test_talking import closed, opened
from tests.contract.radio.world import ALL, COMMAND, OPS, VHF1, Person, World


@dataclass
class Mover:
    """A dispatcher in both rooms; the second is made a talkgroup."""

    who: Person
    commands: int = 100

    async def enter(self) -> None:
        leg = self.who.leg
        person = Participant(leg, "Wei", "", LegKind.BROWSER)
        await self._do(JoinRoom(self._id(), leg, COMMAND, person, ALL, time.time(), monitor=True))
        await self._do(SetRoomMode(self._id(), leg, COMMAND, RoomMode.TALKGROUP, time.time()))

    async def take(self, gateway: World, channel: str, room: RoomId, to: RoomId) -> None:
        member = gateway.radio(channel, room).participant.leg
        await self._do(MoveMember(self._id(), self.who.leg, room, member, to, time.time()))

    async def _do(self, command: Command) -> None:
        assert (await self.who.hub.command(command)).refusal is None

    def _id(self) -> CommandId:
        self.commands += 1
        return CommandId(self.commands)


def keys(gateway: World) -> list[tuple[Any, ...]]:
    """Of the channel that is moved; the other room has a radio of its own."""
    return [key for key in gateway.edge.of("key") if key[0] == VHF1]


async def mover(gateway: World) -> Mover:
    made = Mover(await gateway.person(name="Wei"))
    await made.enter()
    return made


async def test_its_key_is_let_go_with_the_move_and_then_it_transmits_who_talks_in_the_other_room(
    gateway: World,
) -> None:
    async with gateway.online():
        wei, olga, bo = await mover(gateway), await gateway.person(), await gateway.person(COMMAND, "Bo")
        assert await olga.press()
        await gateway.until(lambda: gateway.edge.of("key"))
        gateway.edge.tell(("granted", VHF1, gateway.edge.token, 120, 60_000))
        await gateway.until(lambda: gateway.air().state is AirState.ON_AIR)
        await wei.take(gateway, "vhf1", OPS, COMMAND)
        await gateway.until(lambda: gateway.edge.of("release") or gateway.edge.of("abort"))
        gateway.edge.tell(("idle", VHF1, gateway.edge.token, 3480, 174, 0, 1))
        await gateway.until(lambda: gateway.air("vhf1", COMMAND).state is AirState.READY)
        assert await bo.press()
        await gateway.until(lambda: len(keys(gateway)) == 2)
        assert [source for _, _, _, _, source, *_ in keys(gateway)][1] == ("web", bo.leg, "Bo")


async def test_who_talks_on_the_air_is_heard_on_in_the_other_room_and_nothing_of_the_old_one_is_left(
    gateway: World,
) -> None:
    async with gateway.online():
        wei = await mover(gateway)
        leg = gateway.radio("vhf1").participant.leg
        gateway.edge.tell(opened())
        await gateway.until(lambda: gateway.edge.of("hear"))
        await wei.take(gateway, "vhf1", OPS, COMMAND)
        assert (gateway.room(OPS).holder, gateway.room(COMMAND).holder) == (None, leg)
        assert not gateway.edge.of("drop")
        gateway.edge.tell(closed())
        await gateway.until(lambda: gateway.room(COMMAND).holder is None)
        await wei.take(gateway, "vhf1", COMMAND, OPS)
        gateway.edge.tell(opened())
        await gateway.until(lambda: gateway.room(OPS).holder == leg)
