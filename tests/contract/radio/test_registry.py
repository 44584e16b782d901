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
from adapters.radio.contract.limits import MESSAGES_PER_S_MAX
from adapters.radio.contract.topics import Address, Kind
from adapters.radio.control import Broker, Control, Identity, Message
from adapters.radio.edge import Edge, EdgeLost
from adapters.radio.registry import COUNTERS, Registry
from tests.contract.radio.fake_edge import FakeEdge

NOWHERE = Broker("127.0.0.1", 1, Identity("hub"), Identity("hub-ctl"))
STATE = msgpack.packb({"v": 1, "on": True, "sid": "7K3F9QXA"})
KINDS = ("up/state", "up/birth", "up/re", "up/ch/vhf1/st", "up/ch/vhf1/ev", "dn/cfg", "up/ch/vhf1/rx")


@dataclass
class Door:
    registry: Registry
    counters: Counters
    edges: Edge
    edge: FakeEdge


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    fake, counters = FakeEdge(), Counters(*COUNTERS, *controls.COUNTERS)
    edge, control = Edge(fake), Control(NOWHERE, "rb", counters)
    hill = Bridge("hill", (RadioChannel("hill", "vhf1", "ops"),), 1)
    registry = Registry({"hill": hill}, (), edge, control, counters, root="rb", epoch=1)
    yield Door(registry, counters, edge, fake)
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


async def test_what_is_for_the_broker_waits_within_a_bound_while_it_is_away() -> None:
    counters = Counters(*controls.COUNTERS)
    control, kind = Control(NOWHERE, "rb", counters), Address("hill", up=False, kind=Kind.CONFIG)
    for _ in range(controls.OUT_LEN_MAX + 3):
        control.publish(Message("rb/1/hill/dn/cfg", b""), kind.delivery)
    assert counters.read()["control_dropped_out_total"] == 3


async def test_a_bridge_that_says_more_than_it_can_have_to_say_is_not_taken(door: Door) -> None:
    status = msgpack.packb({"v": 1, "sid": "7K3F9QXA", "n": 1, "t": 1})
    for _ in range(20 * MESSAGES_PER_S_MAX):
        door.registry.message(Message("rb/1/hill/up/ch/vhf1/st", status))
    counted = door.counters.read()
    taken = counted["messages_stale_total"]
    assert 2 * MESSAGES_PER_S_MAX <= taken < 10 * MESSAGES_PER_S_MAX
    assert counted["messages_excess_total"] == 20 * MESSAGES_PER_S_MAX - taken
    assert counted["messages_bad_total"] == 0


async def test_an_edge_whose_news_were_lost_is_given_up(door: Door) -> None:
    running = asyncio.create_task(door.edges.run(door.registry.event))
    door.edge.tell(("lost", 3))
    with pytest.raises(EdgeLost, match="3 of its events were lost"):
        await asyncio.wait_for(running, 5)


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
