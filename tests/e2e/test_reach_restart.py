"""A page whose path dies under it finds another one and goes on in the transport that it has."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from sim import own_network
from sim.browser.chromium import chromium
from sim.browser.responder import Responder
from sim.gateway import gateway
from tests.e2e.inside import told_inside
from tests.e2e.talking_pages import talk, two_in_a_room

NOTICED_WITHIN_MS = 15_000
ACCEPTED = "crosspatch_media_sessions_accepted_total"


async def test_a_page_whose_path_died_restarts_ice_and_keeps_its_session(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_inside(request):
        return
    async with (
        chromium(loopback=False) as browser,
        gateway(tmp_path, listen=own_network.ADDRESS) as hub,
        two_in_a_room(hub, browser) as (one, other),
    ):
        await talk(one, other, 0)
        before = await hub.metrics()
        offered = {page: await page.heard_here.transports() for page in (one, other)}
        await own_network.filter_packets("meta l4proto udp drop")
        noticed = await _first_to_notice(one, other)
        await own_network.filter_packets()  # at once: who finds no path for 3 s begins anew
        for page in (one, other):
            await page.is_up()
        await talk(one, other, 1000)
        await talk(other, one, 2000)
        after = await hub.metrics()
        assert after[ACCEPTED] == before[ACCEPTED], "the same sessions, not new ones"
        offered_now = await noticed.heard_here.transports()
        assert len(offered_now) == len(offered[noticed]), "the same transport"
        assert offered_now != offered[noticed], "by another offer"


async def _first_to_notice(*pages: Responder) -> Responder:
    noticing = {
        asyncio.create_task(
            expect(page.room).not_to_have_attribute("data-voice", "up", timeout=NOTICED_WITHIN_MS)
        ): page
        for page in pages
    }
    done, waiting = await asyncio.wait(noticing, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    first = done.pop()
    first.result()
    return noticing[first]
