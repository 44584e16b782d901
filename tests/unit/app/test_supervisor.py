"""Adapters that fail, and the hub that does not."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from gateway.app.backoff import Backoff
from gateway.app.supervisor import LinkState, Supervisor
from gateway.ports.hub import Hub
from tests.unit.app.values import eventually


class Door:
    """An adapter that does what its script says, one word a run: fail, return, open or hang."""

    name = "door"
    config_type = object

    def __init__(self, script: Iterator[str]) -> None:
        self._word = next(script)
        self.ready = False
        self.address = ""

    async def run(self, _hub: Hub) -> None:
        if self._word == "fail":
            raise ConnectionError("the network is down")
        if self._word == "return":
            return
        self.ready = self._word == "open"
        self.address = "http://door/" if self.ready else ""
        await asyncio.Event().wait()


class Pauses:
    """Stands for the clock between restarts: keeps how long each pause would have been."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, delay_s: float) -> None:
        self.asked.append(delay_s)
        await asyncio.sleep(0)


@pytest.fixture
def hub() -> Any:  # noqa: ANN401 - the supervisor hands it through, nobody looks at it
    return object()


def doors(*words: str) -> Callable[[], Door]:
    script = iter(words)
    return lambda: Door(script)


async def test_an_adapter_that_fails_is_started_again_until_its_doors_open(hub: Hub) -> None:
    supervisor = Supervisor({"door": doors("fail", "return", "fail", "open")}, pause=Pauses())
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(supervisor.run(hub))
        await eventually(lambda: supervisor.states()["door"] is LinkState.UP)
        assert supervisor.counters() == {"door_up": 1, "door_failures_total": 3}
        running.cancel()


async def test_one_broken_adapter_leaves_the_other_alone(hub: Hub) -> None:
    broken = (word for word in iter(lambda: "fail", None))
    supervisor = Supervisor({"broken": lambda: Door(broken), "fine": doors("open")}, pause=Pauses())
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(supervisor.run(hub))
        await eventually(lambda: supervisor.counters()["broken_failures_total"] > 20)
        assert supervisor.states()["fine"] is LinkState.UP
        running.cancel()


async def test_pauses_double_up_to_their_bound_with_jitter(hub: Hub) -> None:
    pauses = Pauses()
    broken = (word for word in iter(lambda: "fail", None))
    supervisor = Supervisor(
        {"broken": lambda: Door(broken)}, pause=pauses, backoff=lambda: Backoff(chance=lambda: 1.0)
    )
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(supervisor.run(hub))
        await eventually(lambda: len(pauses.asked) >= 8)
        running.cancel()
    assert pauses.asked[:8] == [1, 2, 4, 8, 16, 30, 30, 30]


def test_jitter_spreads_a_pause_over_its_upper_half() -> None:
    chances = count()
    backoff = Backoff(first_s=8, max_s=8, chance=lambda: (next(chances) % 2) * 0.999)
    assert [round(backoff.next_delay_s(), 1) for _ in range(4)] == [4.0, 8.0, 4.0, 8.0]


async def test_an_adapter_whose_doors_are_not_open_yet_is_starting(hub: Hub) -> None:
    supervisor = Supervisor({"slow": doors("hang")})
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(supervisor.run(hub))
        await eventually(lambda: supervisor.states()["slow"] is LinkState.STARTING)
        assert supervisor.address() == ""
        running.cancel()


async def test_the_address_is_that_of_the_adapter_that_is_open(hub: Hub) -> None:
    supervisor = Supervisor({"slow": doors("hang"), "web": doors("open")})
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(supervisor.run(hub))
        await eventually(lambda: supervisor.address() == "http://door/")
        running.cancel()
