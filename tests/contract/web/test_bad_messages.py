"""Bad messages end at most their own session; a newer client is told what is not understood."""

import asyncio
from pathlib import Path

import msgpack
import pytest
import structlog

from adapters.web.config import WebConfig
from gateway.model.grants import Verb
from gateway.model.ids import CommandId, LegId, RoomId
from gateway.model.inputs import JoinRoom
from gateway.model.participant import LegKind, Participant
from tests.contract.web.world import JSON, MSGPACK, World, running, until

GARBAGE = [
    pytest.param(MSGPACK, b"", id="nothing"),
    pytest.param(MSGPACK, b"\xc1", id="no-msgpack"),
    pytest.param(MSGPACK, msgpack.packb([1, 2]), id="no-map"),
    pytest.param(MSGPACK, msgpack.packb({"id": 1}), id="no-type"),
    pytest.param(MSGPACK, msgpack.packb({"type": 7, "id": 1}), id="type-no-string"),
    pytest.param(MSGPACK, msgpack.packb({"type": "join", "room": "ops"}), id="no-id"),
    pytest.param(MSGPACK, msgpack.packb({"type": "join", "id": 0, "room": "ops"}), id="id-zero"),
    pytest.param(MSGPACK, b"\x91" * 60_000, id="nested"),
    pytest.param(MSGPACK, b"\xdd\xff\xff\xff\xff", id="claims-4-billion"),
    pytest.param(MSGPACK, b"\x81\xa4type\xa5hel\xffo", id="no-utf8"),
    pytest.param(MSGPACK, b"\x82\x91\x01\x01\xa4type\xa4ping", id="list-as-key"),
    pytest.param(MSGPACK, '{"type":"ping","id":1}', id="text-on-msgpack"),
    pytest.param(JSON, b"\x80", id="bytes-on-json"),
    pytest.param(JSON, "{", id="half-json"),
    pytest.param(JSON, "[" * 60_000, id="nested-json"),
    pytest.param(JSON, "null", id="null"),
]


@pytest.mark.parametrize(("subprotocol", "data"), GARBAGE)
async def test_garbage_ends_the_session_with_bye_invalid(
    world: World, subprotocol: str, data: bytes | str
) -> None:
    async with world.page("Wei") as wei, world.page("Ana", subprotocol=subprotocol) as ana:
        await wei.join()
        await ana.join()
        await ana.socket.send(data)
        assert (await ana.hear_type("bye"))["code"] == "invalid"
        assert await ana.closed() == (1008, "invalid")
        assert (await wei.hear_change("left"))["change"]["leg"] == ana.leg
        assert (await wei.ask("ping"))["ok"]
    assert world.counter("malformed_messages_total") == 1


@pytest.mark.parametrize(("subprotocol", "data"), GARBAGE)
async def test_garbage_instead_of_hello_is_told_invalid(
    world: World, subprotocol: str, data: bytes | str
) -> None:
    async with world.socket(subprotocol) as page:
        await page.socket.send(data)
        assert (await page.hear())["code"] == "invalid"
        assert (await page.closed())[0] == 1008


async def test_a_message_beyond_the_limit_closes_with_1009(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(message_bytes_max=1000)) as world, world.page() as page:
        await page.say(type="ping", id=1, more="x" * 2000)
        assert (await page.closed())[0] == 1009


async def test_a_type_of_a_newer_client_is_answered_invalid_and_the_link_stays(world: World) -> None:
    async with world.page() as page:
        answer = await page.ask("beam_up", room="ops")
        assert (answer["ok"], answer["code"]) == (False, "invalid")
        assert (await page.ask("ping"))["ok"]
    assert world.counter("unknown_messages_total") == 1


async def test_a_type_of_a_newer_client_without_an_id_is_counted_and_ignored(world: World) -> None:
    async with world.page() as page:
        await page.say(type="beam_up")
        assert (await page.ask("ping"))["ok"]
    assert world.counter("ignored_messages_total") == 1


async def test_fields_of_a_newer_client_are_skipped(world: World) -> None:
    async with world.page() as page:
        answer = await page.ask("join", room="ops", mood="calm")
        assert answer["ok"]


@pytest.mark.parametrize(
    "fields",
    [{"room": 5}, {"room": ""}, {"room": "x" * 64}, {}, {"room": "../etc"}],
    ids=["number", "empty", "long", "missing", "path"],
)
async def test_a_field_out_of_bounds_is_answered_invalid(world: World, fields: dict[str, object]) -> None:
    async with world.page() as page:
        answer = await page.ask("join", **fields)
        assert (answer["ok"], answer["code"]) == (False, "invalid")
        assert (await page.ask("ping"))["ok"]


async def test_a_second_hello_ends_the_session(world: World) -> None:
    token = world.token()
    async with world.page(token=token) as page:
        await page.say(type="hello", token=token, name="Ana")
        assert (await page.hear_type("bye"))["code"] == "invalid"


async def test_a_command_before_hello_ends_the_socket(world: World) -> None:
    async with world.socket() as page:
        await page.say(type="join", id=1, room="ops")
        assert (await page.hear())["code"] == "invalid"


async def test_messages_beyond_the_rate_are_refused_then_the_session_is_closed(tmp_path: Path) -> None:
    limits = WebConfig(messages_per_s=1.0, messages_burst=5)
    async with running(tmp_path, limits) as world, world.page() as page:
        for number in range(1, 20):
            await page.say(type="ping", id=number)
        assert await page.closed() == (1013, "too_many")
        codes = [one.get("code", "done") for one in page.heard if one["type"] == "answer"]
        assert codes == ["done"] * 5 + ["too_many"] * 5
        assert page.heard[-1]["code"] == "too_many"


async def test_one_session_more_than_allowed_is_told_too_many(tmp_path: Path) -> None:
    async with running(tmp_path, WebConfig(sessions_max=1)) as world, world.page(), world.socket() as page:
        await page.say(type="hello", token=world.token(), name="Bo")
        assert (await page.hear())["code"] == "too_many"
        assert (await page.closed())[0] == 1013


async def test_a_slow_reader_is_closed_and_can_resume_with_nothing_lost(tmp_path: Path) -> None:
    limits = WebConfig(outbox_messages_max=32, messages_burst=10_000)
    async with running(tmp_path, limits) as world:
        crowd = await _crowd(world, 150)
        token = world.token()
        async with world.page("Ana", token=token) as ana:
            await ana.join()
            resume = ana.resume
            ana.socket.transport.pause_reading()
            number = 100
            while world.counter("slow_readers_total") == 0:  # each answer is a snapshot of 150 people
                number += 1
                await ana.say(type="join", id=number, room="ops")
                await asyncio.sleep(0)
            await until(lambda: world.counter("sessions_on_hold") == 1)
            async with world.page("Ana", token=token, resume=resume) as back:
                assert back.welcome["resumed"] is True
                assert back.leg == ana.leg
            ana.socket.transport.abort()
        for leg in crowd:
            world.hub.detach(leg, "test over")


async def test_no_token_and_no_name_is_ever_logged(world: World) -> None:
    token = world.token(subject="secret-subject")
    with structlog.testing.capture_logs() as logged:
        async with world.page("Secret Name", token=token) as page:
            await page.join()
            await page.socket.send(b"\xc1")
            await page.closed()
        async with world.socket() as forged:
            await forged.say(type="hello", token=token[:-2] + "xx", name="Secret Name")
            await forged.closed()
    text = repr(logged).lower()
    assert logged
    assert token[:20].lower() not in text
    assert "secret" not in text


async def _crowd(world: World, size: int) -> list[LegId]:
    """Legs without pages, so that a snapshot of ``ops`` is large."""

    class Deaf:
        def event(self, event: object) -> None: ...
        def data(self, channel: object, data: bytes) -> None: ...
        def digit(self, digit: str) -> None: ...
        def media(self, *, up: bool, why: str) -> None: ...
        def ended(self, why: str) -> None: ...

    grants = world.hub.grants(world.token(Verb.LISTEN))
    legs = []
    for number in range(size):
        leg = LegId(world.hub.attach(Deaf()))
        who = Participant(leg, f"{number} " + "x" * 60, "y" * 64, LegKind.APPLICATION)
        legs.append(leg)
        await world.hub.command(JoinRoom(CommandId(1), leg, RoomId("ops"), who, grants, 0.0))
    return legs
