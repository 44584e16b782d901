"""WebDriver BiDi (W3C) as a client: one WebSocket, numbered commands, no driver program between."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

_ANSWER_S = 30.0
_MESSAGE_BYTES_MAX = 256 * 1024 * 1024
"""A recording comes back as one message."""


class BidiError(Exception):
    """The browser refused a command or a script raised; the text is the browser's own."""


class Bidi:
    """One session. Commands may be given from many tasks at once."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._count = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def command(self, method: str, *, within_s: float = _ANSWER_S, **params: object) -> dict[str, Any]:
        """Raises BidiError, or TimeoutError when no answer came."""
        self._count += 1
        number = self._count
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within_s):
                await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
                result: dict[str, Any] = await answer
                return result
        finally:
            del self._waiting[number]

    async def listen(self) -> None:
        """Take answers until the socket closes; events are not asked for."""
        with suppress(ConnectionClosed):
            async for text in self._socket:
                self._take(json.loads(text))
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(BidiError("the browser has closed the connection"))

    def _take(self, message: dict[str, Any]) -> None:
        answer = self._waiting.get(message.get("id", -1))
        if answer is None or answer.done():
            return
        if message["type"] == "success":
            answer.set_result(message["result"])
        else:
            answer.set_exception(BidiError(f"{message['error']}: {message['message']}"))


@asynccontextmanager
async def session(url: str) -> AsyncIterator[Bidi]:
    """A session at ``ws://host:port`` of the browser's remote agent. Raises OSError, TimeoutError."""
    async with connect(f"{url}/session", max_size=_MESSAGE_BYTES_MAX) as socket:
        bidi = Bidi(socket)
        listening = asyncio.create_task(bidi.listen())
        try:
            await bidi.command("session.new", capabilities={})
            yield bidi
            with suppress(BidiError, TimeoutError):
                await bidi.command("session.end")
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
