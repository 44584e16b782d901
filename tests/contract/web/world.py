"""The web adapter over the real hub and a fake media plane, and independent clients to knock with.

``websockets`` and ``msgpack`` on the client's side share no code with the doors (aiohttp, msgspec).
"""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Origin, Subprotocol

from adapters.web import WebAdapter
from adapters.web.config import WebConfig
from gateway.app.assembly import assembled
from gateway.app.config import Config, HttpConfig, RoomConfig, StoreConfig
from gateway.app.hub import Hub
from gateway.app.tokens import Tokens
from gateway.model.grants import Grants, Verb
from gateway.model.ids import RoomId
from gateway.model.room import RoomMode
from sim.fakes.media import FakeMediaPlane

MSGPACK = "crosspatch.v1.msgpack"
JSON = "crosspatch.v1.json"
PATIENCE_S = 5.0

ROOMS = (
    RoomConfig("ops", "Operations"),
    RoomConfig("command", "Command", RoomMode.CONFERENCE),
    RoomConfig("small", "Small", capacity=1),
)

PAGE_OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef012345\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendrecv\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n"
)


@dataclass
class World:
    """One running gateway, as far as its web doors see it."""

    hub: Hub
    media: FakeMediaPlane
    adapter: WebAdapter
    tokens: Tokens

    @property
    def url(self) -> str:
        return self.adapter.address

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "ws"

    def token(
        self,
        *verbs: Verb,
        rooms: tuple[str, ...] | None = None,
        ttl_s: float = 60.0,
        subject: str = "tester",
    ) -> str:
        """A bearer; listen and talk unless said otherwise."""
        granted = frozenset(verbs or (Verb.LISTEN, Verb.TALK))
        where = None if rooms is None else frozenset(RoomId(room) for room in rooms)
        return self.tokens.issue(Grants(subject, granted, where, time.time() + ttl_s))

    def counter(self, name: str) -> int:
        """One of the adapter's own, as /metrics would show it."""
        for line in self.hub.metrics().decode().splitlines():
            if line.startswith(f"crosspatch_web_{name} "):
                return int(float(line.split()[1]))
        raise KeyError(name)

    @asynccontextmanager
    async def socket(self, subprotocol: str = MSGPACK, origin: Origin | None = None) -> AsyncIterator["Page"]:
        """A WebSocket that has said nothing yet."""
        async with websockets.connect(
            self.ws_url, subprotocols=[Subprotocol(subprotocol)], origin=origin
        ) as socket:
            yield Page(socket, subprotocol)

    @asynccontextmanager
    async def page(
        self, name: str = "Ana", *, token: str | None = None, subprotocol: str = MSGPACK, **hello: object
    ) -> AsyncIterator["Page"]:
        """A page that has been welcomed."""
        async with self.socket(subprotocol) as page:
            await page.hello(token or self.token(), name, **hello)
            yield page


@dataclass
class Page:
    """A client's side of one socket: everything received is kept in ``heard``."""

    socket: ClientConnection
    subprotocol: str
    welcome: dict[str, Any] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def say(self, **message: object) -> None:
        if self.subprotocol == MSGPACK:
            await self.socket.send(msgpack.packb(message))
        else:
            await self.socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(PATIENCE_S):
            data = await self.socket.recv()
        message = msgpack.unpackb(data) if isinstance(data, bytes) else json.loads(data)
        self.heard.append(message)
        return message

    async def hear_type(self, kind: str) -> dict[str, Any]:
        """The next message of a type; others are kept and skipped."""
        while True:
            message = await self.hear()
            if message["type"] == kind:
                return message

    async def hear_change(self, kind: str) -> dict[str, Any]:
        """The next delta of a kind."""
        while True:
            delta = await self.hear_type("delta")
            if delta["change"]["type"] == kind:
                return delta

    async def hello(self, token: str, name: str = "Ana", **more: object) -> dict[str, Any]:
        await self.say(type="hello", token=token, name=name, **more)
        self.welcome = await self.hear_type("welcome")
        return self.welcome

    async def ask(self, kind: str, /, *, id: int | None = None, **fields: object) -> dict[str, Any]:  # noqa: A002
        """Send a command, return its answer."""
        number = next(self.ids) if id is None else id
        await self.say(type=kind, id=number, **fields)
        while True:
            answer = await self.hear_type("answer")
            if answer["id"] == number:
                return answer

    async def join(self, room: str = "ops") -> dict[str, Any]:
        answer = await self.ask("join", room=room)
        assert answer["ok"], answer
        return answer

    async def with_media(self) -> "Page":
        """Negotiate; returns when the transport is up."""
        answer = await self.ask("media_offer", sdp=PAGE_OFFER)
        assert answer["ok"], answer
        if not self.changes("own_media"):
            await self.hear_change("own_media")
        return self

    async def closed(self) -> tuple[int | None, str]:
        """Close code and reason, once the hub has closed; what came before is in ``heard``."""
        try:
            while True:
                await self.hear()
        except websockets.ConnectionClosed:
            return self.socket.close_code, self.socket.close_reason or ""

    def changes(self, kind: str) -> list[dict[str, Any]]:
        """All changes of a kind heard so far."""
        deltas = [one["change"] for one in self.heard if one["type"] == "delta"]
        return [change for change in deltas if change["type"] == kind]

    @property
    def leg(self) -> str:
        return str(self.welcome["leg"])

    @property
    def seq(self) -> int:
        """Number of the last delta heard."""
        return max([one["seq"] for one in self.heard if one["type"] == "delta"], default=self.welcome["seq"])

    @property
    def resume(self) -> dict[str, Any]:
        """What a page says to come back."""
        return {"session": self.welcome["session"], "key": self.welcome["key"], "seq": self.seq}


@asynccontextmanager
async def running(
    directory: Path, web: WebConfig | None = None, http: HttpConfig | None = None, *, connects: bool = True
) -> AsyncIterator[World]:
    """A gateway with open doors; afterwards no leg and no session may be left."""
    config = Config(
        http=http or HttpConfig(port=0),
        store=StoreConfig(dir=directory / "var"),
        rooms=ROOMS,
        adapters={"web": web or WebConfig()},
    )
    media = FakeMediaPlane(connects=connects)
    async with assembled(config, media) as hub:
        adapter = WebAdapter()
        life = asyncio.create_task(adapter.run(hub), name="web adapter under test")
        await until(lambda: adapter.ready or life.done())
        if life.done():
            life.result()
        try:
            yield World(hub, media, adapter, Tokens(config.store.dir))
        finally:
            life.cancel()
            await asyncio.wait([life])
        assert not adapter.ready
        await until(lambda: len(hub.legs) == 0)


async def until(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Let the loop run until the condition holds; fails after the deadline."""
    async with asyncio.timeout(patience_s):
        while not condition():  # noqa: ASYNC110 - not all that is waited for has an event
            await asyncio.sleep(0.002)


@contextmanager
def expect_within(most_s: float) -> Iterator[None]:
    """The body takes at most so long."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < most_s
