"""Who may ask what at ``/api/v1``, how often, in what form; and what a repeated POST does."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from adapters.web.config import WebConfig
from gateway.model.grants import Verb
from tests.contract.web.application import Application, application
from tests.contract.web.world import World, running

FULL = tuple(Verb)
OPERATIONS = (
    ("GET", "/rooms", None, Verb.LISTEN, 200),
    ("POST", "/rooms", {"name": "New"}, Verb.DISPATCH, 201),
    ("GET", "/rooms/ops", None, Verb.LISTEN, 200),
    ("DELETE", "/rooms/ops", None, Verb.DISPATCH, 409),
    ("PUT", "/rooms/ops/mode", {"mode": "talkgroup"}, Verb.DISPATCH, 204),
    ("POST", "/rooms/ops/calls", {"number": "101"}, Verb.DISPATCH, 202),
    ("POST", "/rooms/ops/links", {"grants": ["dispatch"]}, Verb.DISPATCH, 403),
    ("POST", "/rooms/ops/messages", {"text": "x"}, Verb.DATA, 201),
    ("GET", "/rooms/ops/floor", None, Verb.LISTEN, 200),
    ("PUT", "/rooms/ops/floor/none", {}, Verb.TALK, 404),
    ("DELETE", "/rooms/ops/floor/none", None, Verb.TALK, 404),
    ("DELETE", "/rooms/ops/queue/none", None, Verb.DISPATCH, 404),
    ("DELETE", "/rooms/ops/members/none", None, Verb.DISPATCH, 404),
    ("PUT", "/rooms/ops/members/none/muted", {"muted": True}, Verb.DISPATCH, 404),
)
"""Method, path, body, the verb that it needs, and the status with that verb, ``api`` and nothing else."""


async def test_each_operation_takes_the_right_api_and_its_own_and_no_other(world: World) -> None:
    async with aiohttp.ClientSession() as http:
        for method, path, body, needs, status in OPERATIONS:
            for verbs in ({verb} for verb in Verb if verb not in (Verb.API, Verb.ADMIN)):
                for with_api in (False, True):
                    token = world.token(*verbs, *([Verb.API] if with_api else []))
                    one = Application(f"{world.url}api/v1", token, http)
                    got, told = await one.ask(method, path, body)
                    expected = status if with_api and needs in verbs else 403
                    assert got == expected, (method, path, verbs, with_api, told)


async def test_the_table_above_has_every_operation(world: World) -> None:
    async with application(world, "") as one:
        _, document = await one.ask("GET", "/openapi.json")
        described = sum(len(methods) for methods in document["paths"].values())
        assert described == len(OPERATIONS)


@pytest.mark.parametrize("token", ["", "junk", "a.b", "x" * 5000])
async def test_without_a_good_token_nothing_is_told(world: World, token: str) -> None:
    async with application(world, token) as one:
        for method, path, body, _, _ in OPERATIONS:
            status, _ = await one.ask(method, path, body)
            assert status == 401, (method, path)


async def test_a_room_outside_the_token_is_refused_whether_it_exists_or_not(world: World) -> None:
    async with application(world, world.token(Verb.API, Verb.LISTEN, rooms=("ops",))) as one:
        answers = [await one.ask("GET", f"/rooms/{room}") for room in ("command", "nowhere")]
        assert answers[0] == answers[1]
        assert answers[0][0] == 403


async def test_a_repeated_post_with_a_key_is_done_once_and_answered_alike(world: World) -> None:
    async with application(world, world.token(*FULL)) as one:
        first = await one.ask("POST", "/rooms", {"name": "Flood"}, key="k-1")
        assert await one.ask("POST", "/rooms", {"name": "Flood"}, key="k-1") == first
        assert (await one.ask("POST", "/rooms", {"name": "Fire"}, key="k-1"))[0] == 409
        assert (await one.ask("POST", "/rooms", {"name": "Flood"}, key="k-2"))[1] != first[1]
        _, page = await one.ask("GET", "/rooms")
        assert [room["name"] for room in page["rooms"]].count("Flood") == 2


async def test_a_key_of_one_token_says_nothing_to_another(world: World) -> None:
    made = []
    for subject in ("one", "other"):
        async with application(world, world.token(*FULL, subject=subject)) as one:
            made.append((await one.ask("POST", "/rooms", {"name": "Flood"}, key="same"))[1]["id"])
    assert made[0] != made[1]


async def test_two_copies_at_once_are_done_once(world: World) -> None:
    async with application(world, world.token(*FULL)) as one:
        asked = (one.ask("POST", "/rooms", {"name": "Flood"}, key="k") for _ in range(4))
        statuses = [status for status, _ in await asyncio.gather(*asked)]
        assert set(statuses) <= {201, 409}
        _, page = await one.ask("GET", "/rooms")
        assert [room["name"] for room in page["rooms"]].count("Flood") == 1


@pytest.mark.parametrize("key", ["a b", "x" * 65, "é"])
async def test_a_key_of_another_form_is_refused(world: World, key: str) -> None:
    async with application(world, world.token(*FULL)) as one:
        assert (await one.ask("POST", "/rooms", {"name": "Flood"}, key=key))[0] == 400


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"[" * 30_000, 400),
        (b'{"text": "x", "txt": "y"}', 400),
        (b'{"text": ""}', 400),
        (b'{"text": 1}', 400),
        (b'{"text": "\xff"}', 400),
        (b'{"text": "' + b"x" * 2001 + b'"}', 400),
        (b'{"text": "' + b"x" * 70_000 + b'"}', 413),
    ],
)
async def test_a_bad_body_is_refused_and_nothing_of_it_is_said_back(
    world: World, raw: bytes, status: int
) -> None:
    async with application(world, world.token(*FULL)) as one:
        got, problem = await one.ask("POST", "/rooms/ops/messages", raw=raw)
        assert (got, problem["status"]) == (status, status)
        assert "txt" not in problem["detail"]
        assert len(world.hub.legs) == 0


async def test_a_body_of_another_kind_is_refused(world: World) -> None:
    async with application(world, world.token(*FULL)) as one:
        assert (await one.ask("POST", "/rooms", {"name": "x"}, kind="text/plain"))[0] == 415


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "cursor=A", "more=1"]
)
async def test_a_bad_query_is_refused(world: World, query: str) -> None:
    async with application(world, world.token(*FULL)) as one:
        assert (await one.ask("GET", f"/rooms?{query}"))[0] == 400


async def test_other_methods_and_addresses_are_answered_as_problems(world: World) -> None:
    async with application(world, world.token(*FULL)) as one:
        assert (await one.ask("PATCH", "/rooms"))[0] == 405
        assert (await one.ask("GET", "/nothing"))[1]["status"] == 404


async def test_a_token_that_asks_too_often_is_told_so_and_others_are_not(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(api_requests_per_s=0.01, api_requests_burst=3)) as world:
        async with application(world, world.token(*FULL, subject="one")) as one:
            assert [(await one.ask("GET", "/rooms"))[0] for _ in range(4)] == [200, 200, 200, 429]
        async with application(world, world.token(*FULL, subject="other")) as other:
            assert (await other.ask("GET", "/rooms"))[0] == 200
        assert world.counter("api_refused_total") == 1


async def test_at_a_limit_of_the_gateway_it_is_said_when_to_come_again(tmp_path: Path) -> None:
    async with (
        running(tmp_path, WebConfig(api_requests_per_s=1e5, api_requests_burst=100_000)) as world,
        application(world, world.token(*FULL)) as one,
    ):
        status = 201
        while status == 201:
            status, _ = await one.ask("POST", "/rooms", {"name": "Flood"})
        headers = {"Authorization": f"Bearer {one.token}"}
        async with one.http.post(f"{one.url}/rooms", json={"name": "Flood"}, headers=headers) as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "5")


async def test_the_table_of_tokens_is_bounded_and_who_is_forgotten_leaves(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(api_tokens_max=2)) as world:
        for number in range(5):
            async with application(world, world.token(*FULL, subject=f"desk {number}")) as one:
                assert (await one.ask("POST", "/rooms/ops/messages", {"text": "x"}))[0] == 201
        assert (world.counter("api_tokens"), world.counter("api_legs")) == (2, 2)
        assert len(world.hub.legs) == 2
