"""Story 1: two Chromium pages talk both ways through the gateway."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import Gateway, gateway
from sim.leaks import holds, released
from tests.e2e.launcher import HELD

LAUNCHER = (sys.executable, "-m", "tests.e2e.launcher")
FRAMES = 150
LEAD_MS = 300
"""As a person who waits for the tone."""


@asynccontextmanager
async def two_in_a_room(hub: Gateway, browser: Browser) -> AsyncIterator[tuple[Responder, Responder]]:
    token = await hub.token()
    async with open_page(browser) as first, open_page(browser) as second:
        pages = Responder(first), Responder(second)
        for name, page in zip(("Engine 7", "Medic 2"), pages, strict=True):
            await page.join(hub.url, token, "ops", name)
        for page in pages:
            await page.sees_members(2)
        yield pages


async def hold_python(hub: Gateway, listener: Responder) -> None:
    """In the middle of a talkspurt, stop all of the gateway's Python for a second."""
    await listener.heard_here.heard_out(loud_ms=500, quiet_ms=0)
    seen = sum(HELD in line for line in hub.log)
    os.kill(hub.pid, signal.SIGUSR1)
    await hub.saw(HELD, times=seen + 1)


async def talk(hub: Gateway, talker: Responder, listener: Responder, first: int, *, held: bool) -> None:
    """One talkspurt, heard from first to last index by the other page and not by the talker's own."""
    for page in (talker, listener):
        await page.heard_here.forget()
    await talker.press()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(talker.heard_here.say(first, FRAMES, lead_ms=LEAD_MS))
        if held:
            tasks.create_task(hold_python(hub, listener))
    await listener.heard_here.heard_out(loud_ms=FRAMES * 15)
    await talker.release()
    heard = [track.heard(near=first) for track in await listener.heard_here.played()]
    stats = await listener.heard_here.inbound_audio()
    assert [report.frames > 0 for report in heard].count(True) == 1, heard
    assert max(heard, key=lambda report: report.frames).whole(first, first + FRAMES - 1), (heard, stats)
    assert stats.packets_lost == 0
    assert all(track.heard().frames == 0 for track in await talker.heard_here.played())


@pytest.mark.parametrize("shards", [1, 3])
async def test_two_pages_hear_each_other_from_first_to_last_index_also_while_python_is_held(
    tmp_path: Path, browser: Browser, shards: int
) -> None:
    async with gateway(tmp_path, shards=shards, program=LAUNCHER) as hub:
        before = await holds(hub)
        for held in (False, True):
            async with two_in_a_room(hub, browser) as (one, other):
                await talk(hub, one, other, 0, held=held)
                await talk(hub, other, one, 1000, held=held)
            await released(hub, before)


async def test_with_forwarding_off_a_page_hears_nothing(tmp_path: Path, browser: Browser) -> None:
    async with (
        gateway(tmp_path, forwarding=False) as hub,
        two_in_a_room(hub, browser) as (talker, listener),
    ):
        await talker.press()
        await talker.heard_here.say(0, FRAMES, lead_ms=LEAD_MS)
        await listener.heard_here.listened(FRAMES * 20)
        await talker.release()
        assert all(track.heard().frames == 0 for track in await listener.heard_here.played())
        assert (await listener.heard_here.inbound_audio()).packets_received == 0
