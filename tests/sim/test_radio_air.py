"""People, a radio and a bridge that comes and goes, for minutes of virtual time: what must always hold."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgpack
import pytest

from adapters._kit.counters import Counters
from adapters.radio import control as controls
from adapters.radio.bridge import Bridge
from adapters.radio.channel import RoomChannel
from adapters.radio.config import RadioChannel
from adapters.radio.control import Broker, Control, Identity, Message
from adapters.radio.edge import Edge
from adapters.radio.registry import COUNTERS, Registry
from gateway.app.config import Config, RoomConfig
from gateway.app.hub import Hub
from gateway.app.metrics import Metrics
from gateway.app.tokens import Tokens
from gateway.core.switchboard import Switchboard
from gateway.model.effects import Effect
from gateway.model.events import AirChanged, Event, FloorTaken
from gateway.model.grants import Grants, Verb
from gateway.model.ids import BootId, CommandId, LegId, RoomId
from gateway.model.inputs import Booted, FloorRelease, FloorRequest, Input, JoinRoom
from gateway.model.participant import LegKind, Participant
from gateway.model.radio import Air, AirState
from gateway.model.room import RoomMode, RoomSpec
from gateway.model.snapshot import RoomView
from gateway.ports.media import Channel
from sim.fakes.media import FakeMediaPlane
from tests.sim.radio_site import RadioSite
from tests.sim.virtual_time import VirtualClock, VirtualLoop

OPS = RoomId("ops")
ALL = Grants("tester", frozenset(Verb), None, 1e11)
VHF1 = RadioChannel("hill", "vhf1", "ops", tx=True)
SID = "7K3F9QXA"
MINUTES = 5
HEARD_FROM_S = 0.5
"""A stream of this length must have been let out: hang, tail gate and both ways are shorter."""


@dataclass
class Log:
    """The journal, in memory."""

    entries: list[tuple[Input, float, tuple[Effect, ...]]] = field(default_factory=list)
    roomy = True

    def append(self, what: Input, now: float, _at: float, effects: Sequence[Effect], /) -> None:
        self.entries.append((what, now, tuple(effects)))


@dataclass
class Judge:
    """A member of the room who believes nothing."""

    site: RadioSite
    radio: LegId
    on_air: int = 0
    taken_by_radio: int = 0

    def event(self, event: Event) -> None:
        match event:
            case AirChanged(_, _, AirState.ON_AIR):
                assert self.site.told_keyed is not None
                self.on_air += 1
            case FloorTaken(_, leg) if leg == self.radio:
                assert self.site.told_keyed is None, "a transmitter that is on hears nobody"
                self.taken_by_radio += 1

    def data(self, channel: Channel, data: bytes) -> None: ...
    def digit(self, digit: str) -> None: ...
    def media(self, *, up: bool, why: str) -> None: ...
    def ended(self, why: str) -> None: ...


async def member(hub: Hub, media: FakeMediaPlane, sink: Judge) -> LegId:
    leg = hub.attach(sink)
    who = Participant(leg, "Olga", "", LegKind.BROWSER)
    join = JoinRoom(CommandId(1), leg, OPS, who, ALL, time.time())
    assert (await hub.command(join)).refusal is None
    await media.open_phone(leg, "127.0.0.1")
    media.connect(leg)
    return leg


async def talks(hub: Hub, leg: LegId, dice: random.Random, until: float) -> None:
    """Presses now and then, for a word or for long."""
    clock, number = asyncio.get_running_loop().time, 1
    while clock() < until:
        await asyncio.sleep(dice.uniform(0.05, 6.0))
        number += 2
        await hub.command(FloorRequest(CommandId(number), leg, OPS, time.time()))
        await asyncio.sleep(dice.choice((0.01, 0.05, 0.3, 2.0, 8.0)))
        await hub.command(FloorRelease(CommandId(number + 1), leg, OPS))


async def radio_talks(site: RadioSite, dice: random.Random, until: float) -> None:
    clock = asyncio.get_running_loop().time
    while clock() < until:
        await asyncio.sleep(dice.uniform(0.05, 5.0))
        site.open_squelch()
        for _ in range(dice.choice((0, 0, 2))):  # fades
            await asyncio.sleep(dice.uniform(0.1, 1.0))
            site.close_squelch()
            await asyncio.sleep(dice.uniform(0.01, 0.3))
            site.open_squelch()
        await asyncio.sleep(dice.uniform(0.05, 4.0))
        site.close_squelch()


async def bridge_breaks(site: RadioSite, dice: random.Random, until: float) -> None:
    clock = asyncio.get_running_loop().time
    while clock() < until:
        await asyncio.sleep(dice.uniform(5.0, 40.0))
        site.go()
        await asyncio.sleep(dice.uniform(0.5, 5.0))
        site.come()


async def story(loop: VirtualLoop, folder: Path, seed: int) -> None:
    dice, media, log = random.Random(seed), FakeMediaPlane(), Log()
    booted = Booted(BootId("b"), (RoomSpec(OPS, "Operations", RoomMode.TALKGROUP),))
    config = Config(rooms=(RoomConfig("ops"),))
    hub = Hub(booted, config, media, log, Tokens(folder), Metrics(), VirtualClock(loop))
    running = asyncio.create_task(hub.runtime.run())
    site, counters = RadioSite(dice), Counters(*COUNTERS, *controls.COUNTERS)
    edge = Edge(site)
    nowhere = Broker("127.0.0.1", 1, Identity("hub"), Identity("hub-ctl"))
    channel = RoomChannel(1, VHF1, hub, edge, counters)
    bridges = {"hill": Bridge("hill", (VHF1,), 1)}
    control = Control(nowhere, "rb", counters)
    registry = Registry(bridges, (channel,), edge, control, counters, root="rb", epoch=1)
    site.take = registry.event
    await channel.enter()
    judge = Judge(site, channel.leg)
    legs = [await member(hub, media, judge) for _ in range(3)]
    for kind, said in (("state", {"on": True}), ("birth", {"pv": [1, 1], "ch": [_birth_channel()]})):
        registry.message(Message(f"rb/1/hill/up/{kind}", msgpack.packb({"v": 1, "sid": SID, **said})))
    until = loop.time() + 60 * MINUTES
    await asyncio.gather(
        radio_talks(site, dice, until),
        bridge_breaks(site, dice, until),
        *(talks(hub, leg, dice, until) for leg in legs),
    )
    await asyncio.sleep(30)

    view = hub.room(OPS, ALL)
    assert isinstance(view, RoomView)
    assert (site.keyed, view.holder, view.members[0].air) == (None, None, Air(AirState.READY))
    assert hub.legs.counters["sink_errors_total"] == 0, "the judge raised, see the log"
    assert not site.heard & site.tails, "a squelch tail was let out"
    long = {stream for stream, length in site.lengths.items() if length >= HEARD_FROM_S}
    assert long <= site.heard, "somebody on the air was not heard"
    assert judge.on_air > 10
    assert judge.taken_by_radio > 10
    again = Switchboard()
    assert [tuple(again.handle(what, now)) for what, now, _ in log.entries] == [e for *_, e in log.entries]
    channel.leave()
    hub.runtime.close()
    await running


def _birth_channel() -> dict[str, object]:
    opus = ["opus/48000/1"]
    return {"id": "vhf1", "rx": opus, "tx": opus}


@pytest.mark.parametrize("seed", [1, 7, 1234])
def test_minutes_of_talk_over_a_radio_that_comes_and_goes(tmp_path: Path, seed: int) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(asyncio.wait_for(story(loop, tmp_path, seed), 120 * MINUTES))
    finally:
        loop.close()
