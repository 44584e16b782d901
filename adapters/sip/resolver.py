"""Names to addresses by the system's resolver: A and AAAA, no SRV and no NAPTR (RFC 3263 is not done)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from adapters.sip.trunk_config import is_address

RESOLVE_LIMIT_S = 10.0

Resolve = Callable[[str], Awaitable[tuple[str, ...]]]
"""Every address of a host, the preferred one first (RFC 6724). Raises OSError."""


async def addresses(host: str) -> tuple[str, ...]:
    """Implements Resolve. Off the event loop; an address is its own answer."""
    if is_address(host):
        return (host,)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(RESOLVE_LIMIT_S):
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(where[0]) for *_, where in found))
