"""Floor messages on the data channel: the same path, answered on both ways, carried out once."""

import msgpack
import pytest

from gateway.model.ids import LegId
from gateway.ports.media import Channel
from tests.contract.web.world import Page, World, until


def _send(world: World, page: Page, **message: object) -> None:
    world.media.receive(LegId(page.leg), Channel.FAST, msgpack.packb(message))


def _answers(world: World, page: Page) -> list[dict[str, object]]:
    """What the page's fast channel was sent."""
    return [
        msgpack.unpackb(data)
        for leg, channel, data in world.media.sent
        if leg == page.leg and channel is Channel.FAST
    ]


async def test_a_press_on_the_fast_channel_is_answered_on_both(world: World) -> None:
    async with world.page() as page:
        await page.with_media()
        await page.join()
        _send(world, page, type="floor_request", id=7, room="ops")
        answer = await page.hear_type("answer")
        assert (answer["id"], answer["ok"]) == (7, True)
        assert _answers(world, page) == [answer]


async def test_the_first_copy_wins_and_the_second_is_counted(world: World) -> None:
    async with world.page() as page:
        await page.with_media()
        await page.join()
        _send(world, page, type="floor_request", id=7, room="ops")
        answer = await page.ask("floor_request", id=7, room="ops")
        assert answer["ok"]
        assert len(page.changes("floor_taken")) == 1
        await until(lambda: world.counter("command_copies_total") >= 1)
        assert world.counter("data_channel_messages_total") == 1


async def test_a_release_that_overtakes_nothing_is_harmless(world: World) -> None:
    async with world.page() as page:
        await page.with_media()
        await page.join()
        _send(world, page, type="floor_release", id=9, room="ops")
        assert (await page.hear_type("answer"))["ok"]


async def test_a_press_while_the_socket_is_lost_is_answered_on_the_channel(world: World) -> None:
    async with world.page() as page:
        await page.with_media()
        await page.join()
        page.socket.transport.abort()
        await until(lambda: world.counter("sessions_on_hold") == 1)
        _send(world, page, type="floor_request", id=7, room="ops")
        await until(lambda: len(_answers(world, page)) == 1)
        assert _answers(world, page)[0]["ok"] is True


@pytest.mark.parametrize("kind", ["join", "goodbye", "ping"])
async def test_only_floor_messages_are_taken_there(world: World, kind: str) -> None:
    async with world.page() as page:
        await page.with_media()
        _send(world, page, type=kind, id=7, room="ops")
        assert (await page.ask("ping", id=8))["ok"]
        assert [one["id"] for one in page.heard if one["type"] == "answer"] == [1, 8]
        assert world.counter("ignored_messages_total") == 1


async def test_garbage_there_ends_the_session(world: World) -> None:
    async with world.page() as page:
        await page.with_media()
        world.media.receive(LegId(page.leg), Channel.RELIABLE, b"\xc1")
        assert (await page.hear_type("bye"))["code"] == "invalid"
