"""A cancellation that something swallowed is still known."""

import asyncio
import contextlib

from adapters._kit.ending import told_to_end


async def test_a_swallowed_cancellation_ends_a_loop_that_asks() -> None:
    begun = asyncio.Event()

    async def turns() -> None:
        while not told_to_end():
            begun.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    task = asyncio.create_task(turns())
    await begun.wait()
    task.cancel()
    async with asyncio.timeout(5):
        await task
