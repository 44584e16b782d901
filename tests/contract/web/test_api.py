"""What an application does by ``/api/v1``, and what people in the room see of it."""

import time
from pathlib import Path

import aiohttp
import pytest

from adapters.web.config import WebConfig
from gateway.model.grants import Verb
from tests.contract.web.application import application
from tests.contract.web.world import World, running, until

FULL = (Verb.API, Verb.LISTEN, Verb.TALK, Verb.DATA, Verb.DISPATCH)
PERSON = (Verb.LISTEN, Verb.TALK, Verb.DATA)


async def test_rooms_are_listed_in_pages_that_join_without_a_gap(world: World) -> None:
    async with application(world, world.token(*FULL)) as one:
        found, cursor = [], ""
        while cursor is not None:
            behind = f"&cursor={cursor}" if cursor else ""
            status, page = await one.ask("GET", f"/rooms?limit=1{behind}")
            assert status == 200
            found += [room["id"] for room in page["rooms"]]
            cursor = page["next"]
        assert found == ["command", "ops", "small"]


async def test_a_list_shows_only_rooms_that_the_token_covers(world: World) -> None:
    async with application(world, world.token(*FULL, rooms=("ops",))) as one:
        _, page = await one.ask("GET", "/rooms")
        assert [room["id"] for room in page["rooms"]] == ["ops"]


async def test_looking_at_a_room_does_not_put_the_application_into_it(world: World) -> None:
    async with application(world, world.token(*FULL)) as one, world.page(name="Ana") as ana:
        await ana.join("ops")
        status, room = await one.ask("GET", "/rooms/ops")
        assert (status, room["mode"], room["floor"]["holder"]) == (200, "talkgroup", None)
        assert [(member["name"], member["kind"]) for member in room["members"]] == [("Ana", "browser")]


async def test_a_message_is_read_in_the_room_under_the_tokens_subject(world: World) -> None:
    token = world.token(*FULL, subject="weather desk")
    async with application(world, token) as one, world.page(token=world.token(*PERSON)) as ana:
        await ana.join("ops")
        status, posted = await one.ask("POST", "/rooms/ops/messages", {"text": "Storm at six"})
        joined = (await ana.hear_change("joined"))["change"]["person"]
        message = (await ana.hear_change("message_posted"))["change"]["message"]
        assert (status, posted["id"]) == (201, message["id"])
        assert (message["name"], message["text"]) == ("weather desk", "Storm at six")
        assert (joined["kind"], joined["media_up"]) == ("application", False)


async def test_a_message_of_the_applications_own_id_is_posted_once(world: World) -> None:
    async with application(world, world.token(*FULL)) as one, world.page(token=world.token(*PERSON)) as ana:
        await ana.join("ops")
        for text in ("first", "first", "second"):
            await one.ask("POST", "/rooms/ops/messages", {"text": text, "id": text})
        while ana.changes("message_posted")[-1:] == [] or len(ana.changes("message_posted")) < 2:
            await ana.hear_change("message_posted")
        assert [change["message"]["text"] for change in ana.changes("message_posted")] == ["first", "second"]


async def test_a_mode_a_mute_and_a_removal_take_effect_in_the_room(world: World) -> None:
    async with application(world, world.token(*FULL)) as one, world.page() as ana:
        await ana.join("ops")
        assert await one.ask("PUT", "/rooms/ops/mode", {"mode": "conference"}) == (204, {})
        assert (await ana.hear_change("mode_changed"))["change"]["mode"] == "conference"
        assert (await one.ask("PUT", f"/rooms/ops/members/{ana.leg}/muted", {"muted": True}))[0] == 204
        assert (await ana.hear_change("member_muted"))["change"]["muted"] is True
        assert (await one.ask("DELETE", f"/rooms/ops/members/{ana.leg}"))[0] == 204
        assert (await ana.closed())[0] == 4007
        status, problem = await one.ask("DELETE", f"/rooms/ops/members/{ana.leg}")
        assert (status, problem["code"]) == (404, "unknown_member")


async def test_a_call_is_told_to_the_room(world: World) -> None:
    async with application(world, world.token(*FULL)) as one, world.page() as ana:
        await ana.join("ops")
        status, call = await one.ask("POST", "/rooms/ops/calls", {"number": "101"})
        told = (await ana.hear_change("call_changed"))["change"]
        assert (status, call["state"]) == (202, "dialling")
        assert (told["call"], told["number"]) == (call["call"], "101")


async def test_a_room_is_made_used_and_closed(world: World) -> None:
    async with application(world, world.token(*FULL)) as one:
        status, made = await one.ask("POST", "/rooms", {"name": "Flood 7", "mode": "conference"})
        assert status == 201
        _, room = await one.ask("GET", f"/rooms/{made['id']}")
        assert (room["name"], room["mode"], room["made"]) == ("Flood 7", "conference", True)
        assert (await one.ask("POST", f"/rooms/{made['id']}/messages", {"text": "here"}))[0] == 201
        assert (await one.ask("DELETE", f"/rooms/{made['id']}"))[0] == 204
        assert (await one.ask("GET", f"/rooms/{made['id']}"))[0] == 404
        status, problem = await one.ask("DELETE", "/rooms/ops")
        assert (status, problem["code"]) == (409, "room_configured")


async def test_a_link_opens_its_room_and_no_other_with_what_was_given(world: World) -> None:
    async with application(world, world.token(*FULL, subject="desk", ttl_s=600)) as one:
        wanted = {"grants": ["listen", "data"], "ttl_s": 166.0}
        status, link = await one.ask("POST", "/rooms/ops/links", wanted)
        path, _, bearer = link["path"].partition("#token=")
        assert (status, path) == (201, "/r/ops")
        assert link["subject"].startswith("desk:")
        assert link["expires_at"] == pytest.approx(time.time() + 166, abs=10)
        async with world.page(token=bearer) as page:
            assert page.welcome["verbs"] == ["data", "listen"]
            await page.join("ops")
            assert (await page.ask("join", room="command"))["code"] == "not_allowed"


async def test_a_link_is_never_wider_nor_longer_than_the_token_that_made_it(world: World) -> None:
    narrow = world.token(Verb.API, Verb.LISTEN, Verb.DISPATCH, rooms=("ops",), ttl_s=90)
    async with application(world, narrow) as one:
        for grants in (["talk"], ["listen", "video"]):
            status, problem = await one.ask("POST", "/rooms/ops/links", {"grants": grants})
            assert (status, problem["code"]) == (403, "not_allowed")
        for grants in (["api"], ["admin"], [], ["listen"] * 9):
            assert (await one.ask("POST", "/rooms/ops/links", {"grants": grants}))[0] == 400
        assert (await one.ask("POST", "/rooms/command/links", {"grants": ["listen"]}))[0] == 403
        _, link = await one.ask("POST", "/rooms/ops/links", {"grants": ["listen"], "ttl_s": 86_400})
        assert link["expires_at"] < time.time() + 91


async def test_a_resting_application_leaves_and_comes_back(tmp_path: Path) -> None:
    async with (
        running(tmp_path, WebConfig(api_idle_s=0.2)) as world,
        application(world, world.token(*FULL)) as one,
    ):
        for text in ("first", "second"):
            assert (await one.ask("POST", "/rooms/ops/messages", {"text": text}))[0] == 201
            assert len(world.hub.legs) == 1
            await until(lambda: len(world.hub.legs) == 0)


async def test_many_requests_of_one_token_share_one_leg(world: World) -> None:
    async with application(world, world.token(*FULL)) as one:
        for room in ("ops", "command", "ops"):
            assert (await one.ask("POST", f"/rooms/{room}/messages", {"text": "x"}))[0] == 201
        assert len(world.hub.legs) == 1


async def test_an_application_that_a_dispatcher_removed_may_act_again_while_its_token_is_good(
    world: World,
) -> None:
    async with application(world, world.token(*FULL)) as one:
        await one.ask("POST", "/rooms/ops/messages", {"text": "x"})
        _, room = await one.ask("GET", "/rooms/ops")
        assert (await one.ask("DELETE", f"/rooms/ops/members/{room['members'][0]['leg']}"))[0] == 204
        assert len(world.hub.legs) == 0
        assert (await one.ask("POST", "/rooms/ops/messages", {"text": "y"}))[0] == 201


async def test_no_page_of_another_origin_may_read_answers(world: World) -> None:
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    async with aiohttp.ClientSession(headers=headers) as http:
        for method in ("OPTIONS", "GET"):
            async with http.request(method, f"{world.url}api/v1/rooms") as response:
                assert response.status in (401, 405)
                assert not [name for name in response.headers if name.lower().startswith("access-control")]
