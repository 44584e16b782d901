"""A group in which two may talk at once: both are heard, each whole, and a third waits for a place."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import Browser, expect

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import gateway

ROOM = "fire"
TWO_TALK = (
    f'[[rooms]]\nid = "{ROOM}"\nname = "Fire"\ntalkers_max = 2\nqueue_wait_ms = 60_000\nunheard_ms = 0\n'
)
FRAMES = 80
LEAD_MS = 300
FIRST = (0, 1000)
"""Index of each talker's first frame."""


async def test_two_talk_at_once_and_the_third_is_served_when_one_has_ended(
    browser: Browser, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(gateway(tmp_path, more=TWO_TALK))
        token = await hub.token()
        pages: list[Responder] = []
        for name in ("Engine 7", "Medic 2", "Ladder 4"):
            pages.append(Responder(await stack.enter_async_context(open_page(browser))))
            await pages[-1].join(hub.url, token, ROOM, name)
        *talkers, listener = pages
        for talker in talkers:
            await talker.press()
        await expect(listener.card).to_have_attribute("data-state", "talkers")
        await expect(listener.card).to_contain_text("Medic 2")
        await listener.slab_is("listening")
        await listener.heard_here.forget()
        await asyncio.gather(
            *(
                talker.heard_here.say(first, FRAMES, lead_ms=LEAD_MS)
                for talker, first in zip(talkers, FIRST, strict=True)
            )
        )
        await listener.heard_here.heard_out(loud_ms=FRAMES * 15)
        tracks = await listener.heard_here.played()
        for first in FIRST:
            heard = [track.heard(near=first) for track in tracks]
            assert any(report.whole(first, first + FRAMES - 1) for report in heard), heard
        await listener.slab.hover()
        await listener.push()
        await listener.waits_at(1)
        await talkers[0].let_go()
        await listener.slab_is("talking")
        await listener.let_go()
        await talkers[1].release()
