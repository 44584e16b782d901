"""What outlives a restart: rooms that were made are there again, closed ones are not."""

import time
from dataclasses import replace
from pathlib import Path

from gateway.app.assembly import assembled
from gateway.app.config import Config, RoomConfig, StoreConfig
from gateway.app.hub import Hub
from gateway.model.ids import CommandId, LegId, MessageId, RoomId
from gateway.model.inputs import CreateRoom, DeleteRoom, JoinRoom, SendMessage, SetRoomMode
from gateway.model.participant import LegKind, Participant
from gateway.model.room import RoomMode
from sim.fakes.media import FakeMediaPlane
from tests.unit.app.values import EVERYTHING, Ear

ALL = replace(EVERYTHING, expires_at=time.time() + 3600)


def config(folder: Path) -> Config:
    return Config(rooms=(RoomConfig("ops", "Operations"),), store=StoreConfig(dir=folder))


def seated(hub: Hub) -> LegId:
    return hub.attach(Ear())


async def make(hub: Hub, leg: LegId, number: int = 1) -> RoomId:
    create = CreateRoom(CommandId(number), leg, "Burst pipe", RoomMode.TALKGROUP, ALL, time.time())
    made = (await hub.command(create)).made
    assert made is not None
    return made


async def test_a_made_room_with_its_mode_and_messages_outlives_two_restarts(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        leg = seated(hub)
        room = await make(hub, leg)
        who = Participant(leg, "Wei", "", LegKind.BROWSER)
        await hub.command(JoinRoom(CommandId(2), leg, room, who, ALL, time.time()))
        await hub.command(SetRoomMode(CommandId(3), leg, room, RoomMode.CONFERENCE, time.time()))
        said = SendMessage(CommandId(4), leg, room, MessageId("m-1"), "valve 12 is shut", time.time())
        await hub.command(said)
    for _ in range(2):
        async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
            (_, again) = hub.rooms(ALL)
            assert (again.id, again.name, again.mode, again.made) == (
                room,
                "Burst pipe",
                RoomMode.CONFERENCE,
                True,
            )
            assert [one.message.text for one in again.messages] == ["valve 12 is shut"]


async def test_a_closed_room_stays_closed_and_its_name_is_never_used_again(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        leg = seated(hub)
        room = await make(hub, leg)
        closed = await hub.command(DeleteRoom(CommandId(2), leg, room, ALL, time.time()))
        assert closed.refusal is None
        assert await make(hub, leg, 3) != room
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        assert room not in {view.id for view in hub.rooms(ALL)}
        assert await make(hub, seated(hub)) not in {room, *(view.id for view in hub.rooms(ALL)[:2])}


async def test_a_room_that_the_configuration_names_by_now_is_the_configured_one(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        room = await make(hub, seated(hub))
    named = replace(config(tmp_path), rooms=(RoomConfig("ops", "Operations"), RoomConfig(room, "Configured")))
    async with assembled(named, FakeMediaPlane()) as hub:
        (_, again) = hub.rooms(ALL)
        assert (again.name, again.made) == ("Configured", False)
