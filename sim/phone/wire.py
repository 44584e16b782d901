"""A telephone's socket: whole messages in and out, whatever carries them."""

import asyncio
import re
import ssl
from collections.abc import Callable
from typing import cast

_LENGTH = re.compile(rb"\r\n(?:content-length|l)\s*:\s*(\d+)", re.IGNORECASE)
Receive = Callable[[bytes], None]


class Wire:
    """``local``: (address, port) that the other side sees."""

    kind: str
    local: tuple[str, int]

    def send(self, data: bytes) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class Datagrams(Wire, asyncio.DatagramProtocol):
    """UDP."""

    kind = "UDP"

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.local = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:  # noqa: ARG002
        self._receive(data)

    def send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.sendto(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Stream(Wire, asyncio.Protocol):
    """TCP, or TLS above it."""

    def __init__(self, receive: Receive, kind: str) -> None:
        self.kind = kind
        self._receive = receive
        self._transport: asyncio.Transport | None = None
        self._pending = b""
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.local = transport.get_extra_info("sockname")[:2]

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while True:
            self._pending = self._pending.lstrip(b"\r\n")
            head, end, rest = self._pending.partition(b"\r\n\r\n")
            if not end:
                return
            length = _LENGTH.search(head)
            size = int(length[1]) if length else 0
            if len(rest) < size:
                return
            self._receive(head + end + rest[:size])
            self._pending = rest[size:]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.lost.set()

    def send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def connect(
    kind: str, server: tuple[str, int], receive: Receive, context: ssl.SSLContext | None
) -> Wire:
    """``kind``: udp, tcp or tls. Raises OSError."""
    loop = asyncio.get_running_loop()
    if kind == "udp":
        _, datagrams = await loop.create_datagram_endpoint(lambda: Datagrams(receive), remote_addr=server)
        return datagrams
    tls = context if kind == "tls" else None
    _, stream = await loop.create_connection(
        lambda: Stream(receive, kind.upper()), *server, ssl=tls, server_hostname=server[0] if tls else None
    )
    return stream
