"""A page whose path dies under it finds another one and goes on in the transport that it has."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from sim import own_network
from sim.browser.chromium import chromium
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
        offered = [await page.heard_here.transports() for page in (one, other)]
        await own_network.filter_packets("meta l4proto udp drop")
        for page in (one, other):
            await expect(page.room).not_to_have_attribute("data-voice", "up", timeout=NOTICED_WITHIN_MS)
        await own_network.filter_packets()
        for page in (one, other):
            await page.is_up()
        await talk(one, other, 1000)
        await talk(other, one, 2000)
        after = await hub.metrics()
        assert after[ACCEPTED] == before[ACCEPTED], "the same sessions, not new ones"
        offered_now = [await page.heard_here.transports() for page in (one, other)]
        for was, now in zip(offered, offered_now, strict=True):
            assert len(now) == len(was), "the same transport"
            assert now != was, "by another offer"
