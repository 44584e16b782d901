"""A session on ``/ws``: hello, welcome, commands, deltas, goodbye."""

import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import websockets
from websockets.typing import Origin

from adapters.web.config import WebConfig
from gateway.model.grants import Verb
from tests.contract.web.world import JSON, MSGPACK, PAGE_OFFER, World, running, until

BOTH = pytest.mark.parametrize("subprotocol", [MSGPACK, JSON])


@BOTH
async def test_hello_is_answered_with_the_rooms_that_the_token_may_see(
    world: World, subprotocol: str
) -> None:
    token = world.token(Verb.LISTEN, rooms=("ops",))
    async with world.page(token=token, subprotocol=subprotocol) as page:
        assert [room["id"] for room in page.welcome["visible"]] == ["ops"]
        assert page.welcome["verbs"] == ["listen"]
        assert page.welcome["rooms"] == []
        assert page.welcome["seq"] == 0
        assert page.welcome["resumed"] is False


@BOTH
async def test_join_is_answered_with_the_room_as_it_stands(world: World, subprotocol: str) -> None:
    async with world.page("Ana") as ana, world.page("Wei", unit="Ladder 7", subprotocol=subprotocol) as wei:
        await ana.join()
        answer = await wei.join()
        assert [one["name"] for one in answer["room"]["members"]] == ["Ana", "Wei"]
        assert answer["room"]["members"][1] == {
            "leg": wei.leg,
            "name": "Wei",
            "unit": "Ladder 7",
            "kind": "browser",
            "media_up": False,
        }


async def test_deltas_are_numbered_without_gaps(world: World) -> None:
    async with world.page("Ana") as ana:
        await ana.join("ops")
        await ana.join("command")
        for name in ("Bo", "Cy", "Di"):
            async with world.page(name) as guest:
                await guest.join("ops")
                await guest.ask("goodbye")
        while len(ana.changes("left")) < 3:
            await ana.hear()
        assert [one["seq"] for one in ana.heard if one["type"] == "delta"] == list(range(1, ana.seq + 1))


async def test_a_floor_press_is_granted_and_everybody_is_told(world: World) -> None:
    async with world.page("Ana") as ana, world.page("Wei") as wei:
        for page in (ana, wei):
            await page.with_media()
            await page.join()
        answer = await ana.ask("floor_request", room="ops")
        assert answer["ok"]
        assert answer["limit_ms"] == 30_000
        taken = await wei.hear_change("floor_taken")
        assert taken["change"]["leg"] == ana.leg
        assert taken["change"]["talkspurt"] == answer["talkspurt"]
        refused = await wei.ask("floor_request", room="ops")
        assert refused["code"] == "floor_busy"


async def test_a_repeated_id_gets_the_first_answer_and_changes_nothing(world: World) -> None:
    async with world.page() as page:
        await page.with_media()
        await page.join()
        first = await page.ask("floor_request", id=90, room="ops")
        assert (await page.ask("floor_release", id=91, room="ops"))["ok"]
        assert await page.ask("floor_request", id=90, room="ops") == first
        assert len(page.changes("floor_taken")) == 1
        assert world.counter("command_copies_total") == 1


async def test_a_repeated_join_gets_a_snapshot_of_now(world: World) -> None:
    async with world.page("Ana") as ana, world.page("Wei") as wei:
        await ana.ask("join", id=50, room="ops")
        await wei.join()
        again = await ana.ask("join", id=50, room="ops")
        assert [one["name"] for one in again["room"]["members"]] == ["Ana", "Wei"]


async def test_ids_that_the_memory_has_lost_are_refused_not_repeated(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(messages_burst=1000)) as world, world.page() as page:
        await page.join()
        for number in range(1000, 1300):
            await page.ask("leave", id=number, room="command")
        answer = await page.ask("leave", id=1, room="ops")
        assert (answer["ok"], answer["code"]) == (False, "invalid")


@pytest.mark.parametrize(
    ("room", "code"), [("nowhere", "unknown_room"), ("command", "not_allowed"), ("Not A Name", "invalid")]
)
async def test_a_join_that_cannot_be_is_refused_by_code(world: World, room: str, code: str) -> None:
    async with world.page(token=world.token(rooms=("ops", "nowhere"))) as page:
        answer = await page.ask("join", room=room)
        assert (answer["ok"], answer["code"]) == (False, code)


async def test_a_full_room_says_so(world: World) -> None:
    async with world.page("Ana") as ana, world.page("Wei") as wei:
        await ana.join("small")
        assert (await wei.ask("join", room="small"))["code"] == "room_full"


async def test_an_offer_is_answered_and_the_media_reported(world: World) -> None:
    async with world.page() as page:
        await page.join()
        answer = await page.ask("media_offer", sdp=PAGE_OFFER)
        assert answer["sdp"].startswith("v=0")
        await page.hear_change("own_media")
        if not page.changes("media_state"):
            await page.hear_change("media_state")
        assert page.changes("media_state") == [
            {"type": "media_state", "room": "ops", "leg": page.leg, "up": True}
        ]


async def test_a_person_who_comes_from_another_room_is_shown_with_media(world: World) -> None:
    async with world.page("Ana") as ana, world.page("Wei") as wei:
        await ana.join("ops")
        await wei.with_media()
        await wei.join("command")
        await wei.join("ops")
        while not (joined := [one for one in ana.changes("joined") if one["person"]["name"] == "Wei"]):
            await ana.hear()
        assert joined[0]["person"]["media_up"] is True


@pytest.mark.parametrize("name", ["", "  ", "A\x00B", "A\nB", "Ana\n", "\u202eAna", "x" * 65])
async def test_a_name_that_cannot_be_shown_is_told_invalid(world: World, name: str) -> None:
    async with world.socket() as page:
        await page.say(type="hello", token=world.token(), name=name)
        assert (await page.hear())["code"] == "invalid"


async def test_a_bad_offer_is_refused_and_the_session_goes_on(world: World) -> None:
    async with world.page() as page:
        assert (await page.ask("media_offer", sdp="nonsense"))["code"] == "bad_offer"
        assert (await page.ask("ping"))["ok"]


async def test_a_bad_token_is_told_not_allowed(world: World) -> None:
    async with world.socket() as page:
        await page.say(type="hello", token="forged", name="Eve")
        assert (await page.hear())["code"] == "not_allowed"
        assert await page.closed() == (4001, "not_allowed")


async def test_an_expired_token_is_told_expired(world: World) -> None:
    async with world.socket() as page:
        await page.say(type="hello", token=world.token(ttl_s=-1), name="Eve")
        assert (await page.hear())["code"] == "expired"
        assert (await page.closed())[0] == 4002


async def test_a_session_ends_when_its_token_does(world: World) -> None:
    async with world.page(token=world.token(ttl_s=0.3)) as page:
        assert (await page.hear_type("bye"))["code"] == "expired"
        assert (await page.closed())[0] == 4002
    await until(lambda: world.counter("sessions") == 0)


async def test_the_administrators_link_opens_once_and_leaves_a_bearer(world: World) -> None:
    link = world.tokens.administrator_link(time.time())
    assert link is not None
    async with world.page(token=link) as page:
        assert "admin" in page.welcome["verbs"]
        bearer = page.welcome["bearer"]
        async with world.page(token=bearer) as again:
            assert again.welcome["bearer"] is None
        async with world.socket() as second:
            await second.say(type="hello", token=link, name="Eve")
            assert (await second.hear())["code"] == "not_allowed"


async def test_goodbye_leaves_the_room_at_once(world: World) -> None:
    async with world.page("Ana") as ana, world.page("Wei") as wei:
        await ana.join()
        await wei.join()
        assert (await wei.ask("goodbye"))["ok"]
        assert await wei.closed() == (1000, "goodbye")
        assert (await ana.hear_change("left"))["change"]["leg"] == wei.leg


async def test_a_leg_that_the_hub_ends_is_told(world: World) -> None:
    async with world.page() as page:
        world.hub.end(world.hub.legs.all()[0], "administrator")
        assert (await page.hear_type("bye"))["detail"] == "administrator"
        assert (await page.closed())[0] == 4006


async def test_a_gateway_that_stops_says_shutdown(tmp_path: Path) -> None:
    async with AsyncExitStack() as client:
        async with running(tmp_path) as world:
            page = await client.enter_async_context(world.page())
        assert (await page.hear_type("bye"))["code"] == "shutdown"
        assert (await page.closed())[0] == 1012


async def test_a_leg_that_ends_because_the_gateway_stops_is_told_shutdown(world: World) -> None:
    async with world.page() as page:
        world.hub.end(world.hub.legs.all()[0], "shutdown")
        assert (await page.closed())[0] == 1012


async def test_a_page_of_another_site_may_not_open_a_session(world: World) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with world.socket(origin=Origin("https://evil.example")):
            pass
    assert refused.value.response.status_code == 403
    assert world.counter("refused_origins_total") == 1


async def test_this_gateways_own_page_may(world: World) -> None:
    async with world.socket(origin=Origin(world.url.rstrip("/"))) as page:
        await page.hello(world.token())


async def test_a_listed_site_may(tmp_path: Path) -> None:
    site = "https://console.example"
    async with (
        running(tmp_path, WebConfig(origins=(site,))) as world,
        world.socket(origin=Origin(site)) as page,
    ):
        await page.hello(world.token())


async def test_a_socket_without_our_subprotocol_is_refused(world: World) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with world.socket("chat"):
            pass
    assert refused.value.response.status_code == 400
