"""A storm of presses, lost legs and broken media through the whole hub: it ends where it began."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from gateway.app.assembly import assembled
from gateway.app.config import Config, RoomConfig, StoreConfig
from gateway.app.replay import read_log, replay
from gateway.model.grants import Grants, Verb
from gateway.model.ids import CommandId, LegId, RoomId
from gateway.model.inputs import FloorRelease, FloorRequest, JoinRoom, LeaveRoom, SetRoomMode
from gateway.model.participant import LegKind, Participant
from gateway.model.room import RoomMode
from gateway.ports.hub import Hub
from gateway.ports.media import LegProfile
from sim.fakes.media import FakeMediaPlane
from tests.unit.app.values import OFFER, Ear

ROOMS = tuple(RoomId(f"room-{n}") for n in range(5))
PEOPLE = 40
STEPS = 60
SEEDS = (1, 7, 1234)
ALL = Grants("tester", frozenset(Verb), None, time.time() + 3600)


async def person(hub: Hub, media: FakeMediaPlane, dice: random.Random) -> None:
    """Comes, does anything, and goes."""
    leg = hub.attach(Ear())
    for number in range(1, STEPS):
        act = dice.random()
        room = dice.choice(ROOMS)
        if act < 0.05:
            media.fail(leg)
        elif act < 0.15:
            await hub.media.accept(leg, OFFER, LegProfile(3, publishes=True))
        else:
            await hub.command(command(act, CommandId(number), leg, room, dice))
        if dice.random() < 0.1:
            await asyncio.sleep(0)
    hub.detach(leg, "left")


def command(
    act: float, number: CommandId, leg: LegId, room: RoomId, dice: random.Random
) -> JoinRoom | LeaveRoom | FloorRequest | FloorRelease | SetRoomMode:
    if act < 0.35:
        who = Participant(leg, "Ann", "", LegKind.BROWSER)
        return JoinRoom(number, leg, room, who, ALL, time.time())
    if act < 0.4:
        return LeaveRoom(number, leg, room)
    if act < 0.75:
        return FloorRequest(number, leg, room, time.time())
    if act < 0.95:
        return FloorRelease(number, leg, room)
    return SetRoomMode(number, leg, room, dice.choice(list(RoomMode)), time.time())


def gates_are_right(hub: Hub, media: FakeMediaPlane) -> bool:
    for view in hub.rooms(ALL):
        gates = set(media.open_gates(view.id))
        if view.mode is RoomMode.CONFERENCE:
            allowed = {member.participant.leg for member in view.members if member.media_up}
        else:
            allowed = {view.holder} if view.holder else set()
        if gates != allowed:
            return False
    return True


@pytest.mark.parametrize("seed", SEEDS)
async def test_after_a_storm_rooms_gates_sessions_and_timers_are_as_before(tmp_path: Path, seed: int) -> None:
    media = FakeMediaPlane()
    rooms = tuple(RoomConfig(room) for room in ROOMS)
    config = Config(store=StoreConfig(dir=tmp_path), rooms=rooms)
    async with assembled(config, media) as hub:
        async with asyncio.timeout(60), asyncio.TaskGroup() as people:
            for number in range(PEOPLE):
                people.create_task(person(hub, media, random.Random(seed * 1000 + number)))
            for _ in range(50):
                await hub.runtime.idle()
                assert gates_are_right(hub, media)
                await asyncio.sleep(0)
        await hub.runtime.idle()
        assert all(view.members == () and view.holder is None for view in hub.rooms(ALL))
        assert media.counters()["sessions"] == 0
        assert hub.runtime.switchboard.next_deadline() is None
        assert hub.runtime.counters["errors_total"] == 0
    assert replay(read_log(tmp_path / "spool")).difference is None
