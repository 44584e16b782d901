"""Carries plain TCP connections into TLS, for a caller that speaks none."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_BLOCK = 65_536


@asynccontextmanager
async def tls_relay(server: tuple[str, int]) -> AsyncIterator[tuple[str, int]]:
    """Where to connect to reach ``server`` in TLS. The certificate is not looked at: it is the test's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection(*server, ssl=context)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_copy(reader, outer))
            tasks.create_task(_copy(inner, writer))

    listening = await asyncio.start_server(carry, server[0], 0)
    try:
        host, port = listening.sockets[0].getsockname()[:2]
        yield host, port
    finally:
        listening.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Until either side closes; then the other one is closed too."""
    try:
        while block := await source.read(_BLOCK):
            sink.write(block)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()
