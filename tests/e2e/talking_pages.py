"""Two responder pages in one talkgroup, and one talkspurt between them."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import Gateway

ROOM = "ops"
FRAMES = 150
LEAD_MS = 300
"""As a person who waits for the tone."""


@asynccontextmanager
async def two_in_a_room(hub: Gateway, browser: Browser) -> AsyncIterator[tuple[Responder, Responder]]:
    """Both are in the room, can be heard and see each other."""
    token = await hub.token()
    async with open_page(browser) as first, open_page(browser) as second:
        pages = Responder(first), Responder(second)
        for name, page in zip(("Engine 7", "Medic 2"), pages, strict=True):
            await page.join(hub.url, token, ROOM, name)
        for page in pages:
            await page.sees_members(2)
        yield pages


async def talk(
    talker: Responder, listener: Responder, first: int, meanwhile: Coroutine[None, None, None] | None = None
) -> None:
    """One talkspurt, heard from first to last index by the other page and not by the talker's own.

    ``meanwhile`` runs beside the speech and ends before the talker lets go.
    """
    for page in (talker, listener):
        await page.heard_here.forget()
    await talker.press()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(talker.heard_here.say(first, FRAMES, lead_ms=LEAD_MS))
        if meanwhile is not None:
            tasks.create_task(meanwhile)
    await listener.heard_here.heard_out(loud_ms=FRAMES * 15)
    await talker.release()
    heard = [track.heard(near=first) for track in await listener.heard_here.played()]
    stats = await listener.heard_here.inbound_audio()
    by_slot = sorted(heard, key=lambda report: report.frames, reverse=True)
    assert by_slot[0].whole(first, first + FRAMES - 1), (by_slot[0], stats)
    assert all(report.frames == 0 for report in by_slot[1:]), by_slot
    assert stats.packets_lost == 0, stats
    assert all(track.heard().frames == 0 for track in await talker.heard_here.played())
