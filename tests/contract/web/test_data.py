"""Messages, receipts, status codes and positions as pages see them."""

import math

import msgpack

from gateway.model.grants import Verb
from gateway.model.ids import LegId
from gateway.ports.media import Channel
from tests.contract.web.world import Page, World, until

TEXT = "Pumpe 2 läuft 🚒 \u200fאב"


def _writer(world: World, subject: str) -> str:
    return world.token(Verb.LISTEN, Verb.DATA, subject=subject)


async def _write(page: Page, message: str) -> dict[str, object]:
    return await page.ask("send_message", room="ops", message=message, text=TEXT)


async def test_a_message_its_receipts_and_the_snapshot_agree(world: World) -> None:
    async with (
        world.page("Ana", token=_writer(world, "ana")) as ana,
        world.page("Wei", token=_writer(world, "wei")) as wei,
    ):
        await ana.join()
        await wei.join()
        assert (await _write(ana, "m1"))["ok"]
        posted = (await wei.hear_change("message_posted"))["change"]["message"]
        assert (posted["text"], posted["name"], posted["id"]) == (TEXT, "Ana", "m1")
        await wei.ask("send_receipt", room="ops", message="m1", state="seen")
        receipt = (await ana.hear_change("receipt_changed"))["change"]
        assert (receipt["message"], receipt["delivered"], receipt["seen"]) == ("m1", 1, 1)
        async with world.page("Bo") as bo:
            (kept,) = (await bo.join())["room"]["messages"]
            assert kept == posted | {"delivered": 1, "seen": 1}


async def test_a_message_that_came_while_the_link_was_broken_comes_once(world: World) -> None:
    token = _writer(world, "ana")
    async with world.page("Ana", token=token) as ana, world.page("Wei", token=_writer(world, "wei")) as wei:
        await ana.join()
        await wei.join()
        resume = ana.resume
        ana.socket.transport.abort()
        await until(lambda: world.counter("sessions_on_hold") == 1)
        await _write(wei, "m1")
        await _write(wei, "m1")
        async with world.page("Ana", token=token, resume=resume) as back:
            await back.hear_change("message_posted")
            await back.ask("ping")
            assert [change["message"]["id"] for change in back.changes("message_posted")] == ["m1"]


async def test_a_message_on_the_reliable_channel_is_answered_on_both(world: World) -> None:
    async with world.page(token=_writer(world, "ana")) as page:
        await page.with_media()
        await page.join()
        message = {"type": "send_message", "id": 70, "room": "ops", "message": "m1", "text": TEXT}
        world.media.receive(LegId(page.leg), Channel.FAST, msgpack.packb(message))
        await until(lambda: world.counter("ignored_messages_total") == 1)
        world.media.receive(LegId(page.leg), Channel.RELIABLE, msgpack.packb(message))
        answer = await page.hear_type("answer")
        assert (answer["id"], answer["ok"]) == (70, True)
        assert [
            msgpack.unpackb(data) for _, channel, data in world.media.sent if channel is Channel.RELIABLE
        ] == [answer]


async def test_an_absurd_position_is_answered_and_the_session_goes_on(world: World) -> None:
    async with world.page(token=_writer(world, "ana")) as page:
        await page.join()
        for lat in (math.nan, math.inf, 90.5):
            answer = await page.ask("send_position", room="ops", lat=lat, lon=1.0, accuracy_m=5.0)
            assert (answer["ok"], answer["code"]) == (False, "invalid")
        taken = await page.ask("send_position", room="ops", lat=52.5, lon=13.25, accuracy_m=8, age_ms=400)
        assert taken["ok"]
        (told,) = page.changes("position_changed")
        assert told["position"] == {"lat": 52.5, "lon": 13.25, "accuracy_m": 8.0, "age_ms": 400}


async def test_who_is_not_in_the_room_reads_neither_its_messages_nor_where_people_are(world: World) -> None:
    async with world.page(token=_writer(world, "ana")) as page:
        await page.join()
        await _write(page, "m1")
        await page.ask("send_status", room="ops", code="need_help")
        async with world.page("Bo") as bo:
            (ops,) = [room for room in bo.welcome["visible"] if room["id"] == "ops"]
            assert "messages" not in ops
            assert "status" not in ops["members"][0]
