"""A console session over ``/ws`` by independent libraries: websockets and msgpack, JSON at will."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgpack  # type: ignore[import-untyped]  # publishes no types
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

MSGPACK = Subprotocol("crosspatch.v1.msgpack")
JSON = Subprotocol("crosspatch.v1.json")
_DEADLINE_S = 20.0

Message = dict[str, Any]
"""A message of the console protocol, as its schema describes it."""


class SessionEnded(Exception):
    """The hub said bye, or the link broke, while something was awaited."""


@dataclass
class Session:
    """A signed-in session. ``answers`` holds every answer that arrived, by command id."""

    link: ClientConnection
    subprotocol: Subprotocol
    welcome: Message = field(default_factory=dict)
    answers: dict[int, Message] = field(default_factory=dict)
    changes: list[Message] = field(default_factory=list)
    """What the deltas told, in order."""
    bye: Message | None = None
    ended: bool = False
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def tell(self, kind: str, /, **fields: Any) -> int:  # noqa: ANN401 - as the schema says
        """Send a command; its id."""
        number = next(self._ids)
        await self._send({"type": kind, "id": number, **fields})
        return number

    async def ask(self, kind: str, /, **fields: Any) -> Message:  # noqa: ANN401 - as the schema says
        """Send a command and wait for its answer. Raises SessionEnded, TimeoutError."""
        number = await self.tell(kind, **fields)
        await self.until(lambda: number in self.answers)
        return self.answers[number]

    async def saw(self, kind: str, **fields: Any) -> Message:  # noqa: ANN401 - as the schema says
        """Wait for a change with these fields, now or earlier."""

        def found() -> list[Message]:
            wanted = {"type": kind, **fields}
            return [change for change in self.changes if wanted.items() <= change.items()]

        await self.until(lambda: bool(found()))
        return found()[0]

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(_DEADLINE_S):
            while not reached():
                if self.ended:
                    raise SessionEnded(str(self.bye))
                self._news.clear()
                await self._news.wait()

    def forget(self) -> None:
        """Let go of what has arrived, for a session that lasts; not while something is awaited."""
        self.answers.clear()
        self.changes.clear()

    async def hello(self, token: str, name: str, unit: str = "") -> None:
        await self._send({"type": "hello", "token": token, "name": name, "unit": unit})
        await self.until(lambda: bool(self.welcome))

    async def read(self) -> None:
        """Take messages until the link ends."""
        try:
            async for data in self.link:
                self._take(json.loads(data) if self.subprotocol == JSON else msgpack.unpackb(data))
        except ConnectionClosed:
            pass
        finally:
            self.ended = True
            self._news.set()

    def _take(self, message: Message) -> None:
        match message["type"]:
            case "welcome":
                self.welcome = message
            case "answer":
                self.answers[message["id"]] = message
            case "delta":
                self.changes.append(message["change"])
            case "bye":
                self.bye = message
        self._news.set()

    async def _send(self, message: Message) -> None:
        data = json.dumps(message) if self.subprotocol == JSON else msgpack.packb(message)
        try:
            await self.link.send(data)
        except ConnectionClosed as closed:
            raise SessionEnded(str(closed)) from closed


@asynccontextmanager
async def session(
    url: str, token: str, name: str, *, unit: str = "", subprotocol: Subprotocol = MSGPACK
) -> AsyncIterator[Session]:
    """Signed in at the gateway's HTTP ``url``; says goodbye at the end."""
    async with connect(url.replace("http", "ws", 1) + "/ws", subprotocols=[subprotocol]) as link:
        signed_in = Session(link, subprotocol)
        reader = asyncio.create_task(signed_in.read(), name="session-reader")
        try:
            await signed_in.hello(token, name, unit)
            yield signed_in
            if not signed_in.ended:
                await signed_in.tell("goodbye")
        finally:
            await link.close()
            await reader
