"""What is not from a bridge of ours is counted and otherwise nobody's; no bytes stop the door."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters._kit.counters import Counters
from adapters.radio import control as controls
from adapters.radio.bridge import Bridge
from adapters.radio.config import RadioChannel
from adapters.radio.control import Broker, Control, Identity, Message
from adapters.radio.edge import Edge
from adapters.radio.registry import COUNTERS, Registry
from tests.contract.radio.fake_edge import FakeEdge

NOWHERE = Broker("127.0.0.1", 1, Identity("hub"), Identity("hub-ctl"))
STATE = msgpack.packb({"v": 1, "on": True, "sid": "7K3F9QXA"})
KINDS = ("up/state", "up/birth", "up/re", "up/ch/vhf1/st", "up/ch/vhf1/ev", "dn/cfg", "up/ch/vhf1/rx")


@dataclass
class Door:
    registry: Registry
    counters: Counters
    edge: FakeEdge


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    fake, counters = FakeEdge(), Counters(*COUNTERS, *controls.COUNTERS)
    edge, control = Edge(fake), Control(NOWHERE, "rb", counters)
    hill = Bridge("hill", (RadioChannel("hill", "vhf1", "ops"),), 1)
    yield Door(Registry({"hill": hill}, (), edge, control, counters, root="rb", epoch=1), counters, fake)
    await edge.stop()


async def test_a_bridge_that_is_not_configured_is_ignored_and_counted(door: Door) -> None:
    door.registry.message(Message("rb/1/valley/up/state", STATE))
    assert door.counters.read()["messages_unknown_bridge_total"] == 1
    assert not door.edge.orders


async def test_a_topic_that_is_not_of_the_contract_is_counted(door: Door) -> None:
    for topic in ("rb/2/hill/up/state", "rb/1/hill/dn/cfg", "rb/1/hill/up/nonsense", "x"):
        door.registry.message(Message(topic, STATE))
    assert door.counters.read()["messages_foreign_total"] == 4


async def test_a_retained_event_is_bad(door: Door) -> None:
    event = msgpack.packb({"v": 1, "sid": "7K3F9QXA", "n": 1, "t": 1, "k": "talk"})
    door.registry.message(Message("rb/1/hill/up/ch/vhf1/ev", event, retained=True))
    assert door.counters.read()["messages_bad_total"] == 1


async def test_a_retained_message_that_was_removed_is_nothing(door: Door) -> None:
    door.registry.message(Message("rb/1/hill/up/birth", b"", retained=True))
    assert door.counters.read()["messages_bad_total"] == 0


async def test_what_is_for_the_broker_waits_within_a_bound_while_it_is_away(door: Door) -> None:
    birth = msgpack.packb({"v": 1, "sid": "7K3F9QXA", "pv": [1, 1], "ch": [{"id": "vhf1"}]})
    door.registry.message(Message("rb/1/hill/up/state", STATE))
    for _ in range(controls.OUT_LEN_MAX + 3):
        door.registry.message(Message("rb/1/hill/up/birth", birth))
    assert door.counters.read()["control_dropped_out_total"] == 3


@settings(deadline=None)
@given(said=st.lists(st.tuples(st.sampled_from(KINDS), st.binary(max_size=60), st.booleans()), max_size=30))
def test_no_bytes_stop_the_door(said: list[tuple[str, bytes, bool]]) -> None:
    async def story() -> None:
        fake, counters = FakeEdge(), Counters(*COUNTERS, *controls.COUNTERS)
        edge, control = Edge(fake), Control(NOWHERE, "rb", counters)
        hill = Bridge("hill", (RadioChannel("hill", "vhf1", "ops"),), 1)
        registry = Registry({"hill": hill}, (), edge, control, counters, root="rb", epoch=1)
        for topic, payload, retained in said:
            registry.message(Message(f"rb/1/hill/{topic}", payload, retained=retained))
        assert counters.read()["messages_total"] == len(said)
        await edge.stop()

    asyncio.run(story())
