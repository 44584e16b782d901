"""One WebSocket as an Outlet: a bounded queue, one writer, a goodbye that cannot hang.

A peer that reads slower than the hub writes fills its queue and is closed (4005), never anybody
else's memory or time; its session goes on hold and can be resumed with nothing lost.
"""

import asyncio
from collections import deque

from aiohttp import WSMsgType, web

from adapters._kit.counters import Counters
from adapters.web.config import WebConfig
from gateway.wire import server
from gateway.wire.closing import CLOSE_CODES
from gateway.wire.codec import Encoding, encode

CLOSE_TIMEOUT_S = 2.0
"""A peer gets this long to take the last message and answer the close."""


_CLOSED = (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED)


class Unreadable(Exception):
    """The peer broke RFC 6455, sent the wrong kind of message, or too long a one."""


class Socket:
    """Implements adapters.web.session.Outlet."""

    def __init__(
        self,
        ws: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        encoding: Encoding,
        counters: Counters,
        config: WebConfig,
    ) -> None:
        self.encoding = encoding
        self._ws = ws
        self._transport = transport
        self._opcode = WSMsgType.BINARY if encoding is Encoding.MSGPACK else WSMsgType.TEXT
        self._counters = counters
        self._outbox: deque[bytes] = deque()
        self._outbox_bytes = 0
        self._messages_max = config.outbox_messages_max
        self._bytes_max = config.outbox_bytes_max
        self._wake = asyncio.Event()
        self._bye: server.Bye | None = None
        self._over = False

    # -- Outlet --------------------------------------------------------------------------

    def send(self, message: server.ServerMessage) -> None:
        """Outlet: queued; a full queue closes the socket."""
        if self._bye is not None:
            return
        data = encode(message, self.encoding)
        full = len(self._outbox) >= self._messages_max or self._outbox_bytes + len(data) > self._bytes_max
        if full and self._outbox:  # one message alone is always taken, however long
            self._counters.add("slow_readers_total")
            self._outbox.clear()
            self.finish(server.Bye(code=server.ByeCode.SLOW, detail="read faster, then resume"))
            return
        self._outbox.append(data)
        self._outbox_bytes += len(data)
        self._wake.set()

    def finish(self, bye: server.Bye) -> None:
        """Outlet: the writer sends what is queued, the bye, and closes."""
        if self._bye is not None:
            return
        self._bye = bye
        self._wake.set()
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, self._abort)

    # -- the socket's own tasks ----------------------------------------------------------

    async def receive(self, timeout_s: float | None) -> bytes | str | None:
        """The next message; None when the peer closed or was told goodbye.

        Raises TimeoutError, Unreadable.
        """
        message = await self._ws.receive(timeout_s)
        if message.type in _CLOSED:
            return None
        if message.type is not self._opcode:
            raise Unreadable
        data: bytes | str = message.data
        return data

    def hang_up(self) -> None:
        """The reader has ended: the writer sends what is left, if it can, and ends too."""
        self._over = True
        self._wake.set()

    async def write(self) -> None:
        """Send until ``finish`` or ``hang_up``."""
        try:
            while not (self._over or self._bye is not None):
                await self._wake.wait()
                self._wake.clear()
                await self._drain_outbox()
            await self._say_bye()
        except ConnectionError:
            pass  # the reader sees the end of the connection as well, and acts on it

    async def _drain_outbox(self) -> None:
        while self._outbox:
            data = self._outbox.popleft()
            self._outbox_bytes -= len(data)
            await self._ws.send_frame(data, self._opcode)

    async def _say_bye(self) -> None:
        bye = self._bye
        if bye is None or self._ws.closed:
            return
        await self._drain_outbox()
        await self._ws.send_frame(encode(bye, self.encoding), self._opcode)
        await self._ws.close(code=CLOSE_CODES[bye.code], message=bye.code.encode())

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
