"""A dispatcher without a page: one session of the console protocol, in JSON."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

_PATIENCE_S = 20.0
_PING_EVERY_S = 3.0


class Console:
    """Made by ``console``."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self.changes: list[dict[str, Any]] = []
        """Every delta's change so far."""

    async def ask(self, kind: str, **fields: object) -> dict[str, Any]:
        """Send a command, return its answer. Raises TimeoutError."""
        number = next(self._ids)
        await self._say(type=kind, id=number, **fields)
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                message = await self._hear()
                if message["type"] == "answer" and message["id"] == number:
                    return message

    async def call_reaches(self, *states: str) -> str:
        """The first of these states that a call of the room reaches. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                for change in self.changes:
                    if change["type"] == "call_changed" and change["state"] in states:
                        return str(change["state"])
                await self._hear()

    async def told(self, kind: str) -> dict[str, Any]:
        """The first change of this kind. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_S):
            while not (found := [change for change in self.changes if change["type"] == kind]):
                await self._hear()
        return found[0]

    async def follow(self) -> AsyncIterator[dict[str, Any]]:
        """Every change from now on, as it comes. Nothing else may be asked or waited for beside it."""
        while True:
            message = await self._hear()
            if message["type"] == "delta":
                yield message["change"]

    async def hello(self, token: str, name: str) -> None:
        await self._say(type="hello", token=token, name=name)
        async with asyncio.timeout(_PATIENCE_S):
            while (await self._hear())["type"] != "welcome":
                pass

    async def stay(self) -> None:
        """Say that it is there, for ever."""
        while True:
            await self._say(type="ping", id=next(self._ids))
            await asyncio.sleep(_PING_EVERY_S)

    async def _say(self, **message: object) -> None:
        await self._socket.send(json.dumps(message))

    async def _hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self._socket.recv())
        if message["type"] == "delta":
            self.changes.append(message["change"])
        return message


@asynccontextmanager
async def console(
    url: str, token: str, room: str, name: str = "Dispatch", *, source: str | None = None
) -> AsyncIterator[Console]:
    """In a room of the gateway at ``url``; ``source``: the address that it comes from."""
    where = url.replace("http", "ws", 1) + "/ws"
    address = None if source is None else (source, 0)
    subprotocols = [Subprotocol("crosspatch.v1.json")]
    async with websockets.connect(where, subprotocols=subprotocols, local_addr=address) as socket:
        session = Console(socket)
        await session.hello(token, name)
        answer = await session.ask("join", room=room)
        if not answer["ok"]:
            raise PermissionError(f"the room refused: {answer}")
        staying = asyncio.create_task(session.stay(), name="console ping")
        try:
            yield session
        finally:
            staying.cancel()
