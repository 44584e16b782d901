"""The webhook adapter over the real hub and a fake media plane, telling a real HTTP server."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from adapters._kit.secret_file import SecretUnusable
from adapters.webhook import WebhookAdapter
from adapters.webhook.config import WebhookConfig, WebhookTarget
from adapters.webhook.kinds import Kind
from adapters.webhook.signature import BadKey
from gateway.app.assembly import assembled
from gateway.app.config import Config, RoomConfig, StoreConfig
from gateway.app.hub import Hub
from gateway.model.grants import Grants, Verb
from gateway.model.ids import CommandId, LegId, MessageId, RoomId
from gateway.model.inputs import CreateRoom, JoinRoom, LeaveRoom, SendMessage
from gateway.model.participant import LegKind, Participant
from gateway.model.room import RoomMode
from sim.fakes.media import FakeMediaPlane
from tests.contract.adapter import counter, opened, until
from tests.unit.app.values import Ear

OPS, FIRE = RoomId("ops"), RoomId("fire")
ALL = Grants("tester", frozenset(Verb), None, time.time() + 3600)
KEY = bytes(range(32))
EXAMPLE = Path(__file__).parents[3] / "examples/python-client/webhook_receiver.py"


@dataclass
class Receiver:
    """A program that is told: keeps what it accepted; answers as ``answers`` says, then 204."""

    url: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    unsigned: int = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        name, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        wanted = hmac.new(KEY, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
        given = request.headers["webhook-signature"].removeprefix("v1,")
        self.unsigned += not hmac.compare_digest(base64.b64decode(given), wanted)
        self.ids.append(name)
        status = self.answers.pop(0) if self.answers else 204
        if status < 300:
            self.told.append(json.loads(body))
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    def kinds(self) -> list[str]:
        return [one["type"] for one in self.told]


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/hook", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield made
    finally:
        await runner.cleanup()


@dataclass
class Person:
    """Somebody in rooms."""

    hub: Hub
    leg: LegId
    commands: int = 0

    def next_id(self) -> CommandId:
        self.commands += 1
        return CommandId(self.commands)

    async def join(self, room: RoomId = OPS) -> None:
        who = Participant(self.leg, "Ana", "Pump 3", LegKind.BROWSER)
        await self.hub.command(JoinRoom(self.next_id(), self.leg, room, who, ALL, time.time()))

    async def leave(self, room: RoomId = OPS) -> None:
        await self.hub.command(LeaveRoom(self.next_id(), self.leg, room))

    async def say(self, text: str, room: RoomId = OPS) -> None:
        number = self.next_id()
        name = MessageId(f"m-{number}")
        await self.hub.command(SendMessage(number, self.leg, room, name, text, time.time()))


def secret(folder: Path, text: str = "whsec_" + base64.b64encode(KEY).decode()) -> Path:
    path = folder / "webhook.secret"
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


@asynccontextmanager
async def telling(
    folder: Path, url: str, *, kinds: tuple[Kind, ...] = (), rooms: tuple[str, ...] = (), queue: int = 1000
) -> AsyncIterator[Person]:
    """A gateway that tells one target, and a person at its doors."""
    target = WebhookTarget(url, secret(folder), kinds, rooms)
    config = Config(
        rooms=(RoomConfig("ops", "Operations"), RoomConfig("fire", "Fire")),
        store=StoreConfig(dir=folder / "var"),
        adapters={"webhook": WebhookConfig((target,), queue_len_max=queue)},
    )
    async with assembled(config, FakeMediaPlane()) as hub, opened(WebhookAdapter(), hub):
        yield Person(hub, hub.attach(Ear()))


async def test_what_happens_in_a_room_is_told_in_order_and_signed(tmp_path: Path) -> None:
    async with receiver() as program, telling(tmp_path, program.url) as ana:
        await ana.join()
        await ana.say("water rises")
        await ana.leave()
        await until(lambda: len(program.told) == 3)
        assert program.kinds() == ["member.joined", "message.posted", "member.left"]
        joined, posted, _ = (one["data"] for one in program.told)
        assert (joined["room"], joined["name"], joined["kind"]) == ("ops", "Ana", "browser")
        assert (posted["text"], posted["leg"]) == ("water rises", ana.leg)
        assert program.unsigned == 0


async def test_a_target_hears_of_its_rooms_and_kinds_only(tmp_path: Path) -> None:
    kinds, rooms = (Kind.MESSAGE_POSTED,), ("fire",)
    async with receiver() as program, telling(tmp_path, program.url, kinds=kinds, rooms=rooms) as ana:
        for room in (OPS, FIRE):
            await ana.join(room)
            await ana.say(f"in {room}", room)
        await until(lambda: program.told)
        assert [one["data"]["text"] for one in program.told] == ["in fire"]


async def test_a_room_that_is_made_is_told_though_nobody_is_in_it(tmp_path: Path) -> None:
    async with receiver() as program, telling(tmp_path, program.url) as ana:
        mode = RoomMode.CONFERENCE
        await ana.hub.command(CreateRoom(ana.next_id(), ana.leg, "Burst pipe", mode, ALL, time.time()))
        await until(lambda: program.told)
        assert program.kinds() == ["room.made"]
        assert program.told[0]["data"]["name"] == "Burst pipe"


async def test_what_was_not_taken_is_tried_again_under_the_same_id(tmp_path: Path) -> None:
    async with receiver() as program:
        program.answers = [503, 429]
        async with telling(tmp_path, program.url) as ana:
            await ana.join()
            await until(lambda: program.told)
            assert program.kinds() == ["member.joined"]
            assert len(program.ids) == 3
            assert len(set(program.ids)) == 1
            assert counter(ana.hub, "webhook", "attempts_failed_total") == 2


@pytest.mark.parametrize("status", [302, 400, 410])
async def test_what_is_refused_is_not_tried_again_and_the_next_one_says_how_many_are_missing(
    tmp_path: Path, status: int
) -> None:
    async with receiver() as program:
        program.answers = [status]
        async with telling(tmp_path, program.url) as ana:
            await ana.join()
            await ana.leave()
            await until(lambda: program.told)
            assert (program.kinds(), program.told[0]["dropped"]) == (["member.left"], 1)
            assert counter(ana.hub, "webhook", "refused_total") == 1


async def test_a_target_that_is_away_costs_its_own_queue_and_no_more_than_that(tmp_path: Path) -> None:
    async with telling(tmp_path, "http://127.0.0.1:9/hook", queue=10) as ana:
        for _ in range(10):
            await ana.join()
            await ana.leave()
        assert counter(ana.hub, "webhook", "waiting") == 10
        assert counter(ana.hub, "webhook", "overflow_total") == 10


@pytest.mark.parametrize("text", ["", "plain words", "whsec_" + base64.b64encode(b"short").decode()])
async def test_a_secret_that_is_none_is_refused_with_what_to_type(tmp_path: Path, text: str) -> None:
    target = WebhookTarget("https://example.org/hook", secret(tmp_path, text))
    config = Config(store=StoreConfig(dir=tmp_path / "var"), adapters={"webhook": WebhookConfig((target,))})
    async with assembled(config, FakeMediaPlane()) as hub:
        with pytest.raises((BadKey, SecretUnusable), match=r"whsec_|secret"):
            await asyncio.wait_for(WebhookAdapter().run(hub), 5)


@pytest.mark.parametrize(
    "url", ["http://example.org/hook", "ftp://127.0.0.1/", "https://", "https://me:word@example.org/"]
)
def test_an_address_that_is_not_safe_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        WebhookTarget(url, Path("secret"))


async def test_the_example_prints_what_it_is_told_once_and_only_by_who_knows_the_secret(
    tmp_path: Path,
) -> None:
    words = secret(tmp_path).read_text().strip()
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLE),
        "--port",
        "0",
        env={**os.environ, "SECRET": words},
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    try:
        url = (await program.stdout.readline()).decode().split()[-1]
        async with telling(tmp_path, url) as ana, ClientSession() as stranger:
            async with stranger.post(url, json={"type": "member.left", "data": {}}) as answer:
                assert answer.status == 401
            await ana.join()
            await ana.say("水位上涨")
            lines = [(await program.stdout.readline()).decode().split(" ", 1) for _ in range(2)]
        assert [kind for kind, _ in lines] == ["member.joined", "message.posted"]
        assert json.loads(lines[1][1])["text"] == "水位上涨"
    finally:
        program.kill()
        await program.wait()
