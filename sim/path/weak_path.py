"""A UDP relay in front of the gateway: a page is led through it by the port in its candidates.

::

    async with weak_path(("127.0.0.1", gateway.media_port), seed=7) as path:
        async with open_page(browser, detour=path.port) as page:
            ...                        # joins as ever
            path.down.loss = 0.03      # of what the gateway sends to this page
            path.down.bits_per_s = 300_000
            await path.rebind()        # as a NAT that forgot the page

The detour writes the relay's port into every candidate that the gateway answers with; addresses stay as they
are. One relay leads to one UDP port, so the gateway has one shard.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from sim.path.lane import STUN, Lane, kind

Address = tuple[str, int]
CALLERS_MAX = 16
"""Sockets of browsers; what one more sends is dropped."""
_COPIES_MAX = 1_000
_CHECK_S = 20.0
"""A browser checks its path every two or three seconds."""


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, Address], None]) -> None:
        self._receive = receive
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self._receive(data, cast("Address", addr[:2]))

    def send(self, data: bytes, to: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, to)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class WeakPath:
    """Made by ``weak_path``. ``up``: from the page to the gateway; ``down``: the other way."""

    def __init__(self, to: Address, seed: int) -> None:
        self._to = to
        self._front: _Socket | None = None
        self._backs: dict[Address, _Socket] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._checked = asyncio.Event()
        self.port = 0
        self.up = Lane(seed)
        self.down = Lane(seed + 1)
        self.copies: deque[bytes] = deque(maxlen=_COPIES_MAX)
        """What pages sent last, as who listens on the path has it."""

    async def open(self) -> None:
        self._front, port = await self._bind(self._from_page)
        self.port = port

    async def rebind(self) -> None:
        """Forget every page, as a NAT does: the gateway sees it at another port from now on.

        What is sent to the old port is lost.
        """
        for page in list(self._backs):
            new = await self._open_back(page)
            old, self._backs[page] = self._backs[page], new
            old.close()

    async def checked(self) -> None:
        """Wait for a page's next connectivity check: none follows for two seconds. Raises TimeoutError."""
        self._checked.clear()
        async with asyncio.timeout(_CHECK_S):
            await self._checked.wait()

    async def close(self) -> None:
        await asyncio.gather(*self._opening)
        for socket in (self._front, *self._backs.values()):
            if socket is not None:
                socket.close()

    def _from_page(self, data: bytes, page: Address) -> None:
        self.copies.append(data)
        if kind(data) == STUN:
            self._checked.set()
        if page in self._backs:
            self._carry(self.up, data, lambda: self._backs[page].send(data, self._to))
        elif len(self._backs) + len(self._opening) < CALLERS_MAX:
            # Its first datagram is lost: STUN asks again.
            opening = self._loop.create_task(self._admit(page))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)

    async def _admit(self, page: Address) -> None:
        back = await self._open_back(page)
        if page in self._backs:
            back.close()
        else:
            self._backs[page] = back

    async def _open_back(self, page: Address) -> _Socket:
        back, _ = await self._bind(lambda data, _: self._from_gateway(data, page))
        return back

    def _from_gateway(self, data: bytes, page: Address) -> None:
        front = self._front
        if front is not None:
            self._carry(self.down, data, lambda: front.send(data, page))

    def _carry(self, lane: Lane, data: bytes, send: Callable[[], None]) -> None:
        now = self._loop.time()
        leaves = lane.fate(data, now)
        if leaves is None:
            return
        if leaves <= now:
            send()
        else:
            self._loop.call_at(leaves, send)

    async def _bind(self, receive: Callable[[bytes, Address], None]) -> tuple[_Socket, int]:
        host = self._to[0]
        transport, socket = await self._loop.create_datagram_endpoint(
            lambda: _Socket(receive), local_addr=(host, 0)
        )
        return socket, transport.get_extra_info("sockname")[1]


@asynccontextmanager
async def weak_path(to: Address, *, seed: int) -> AsyncIterator[WeakPath]:
    """Listens on the gateway's own address, another port, until the end. Raises OSError."""
    path = WeakPath(to, seed)
    await path.open()
    try:
        yield path
    finally:
        await path.close()
