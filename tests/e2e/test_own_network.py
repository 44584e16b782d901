"""Story 1 without the switch that lets Chromium use loopback: gateway and pages meet at a real address."""

from pathlib import Path

import pytest

from sim import own_network
from sim.browser.chromium import chromium
from sim.gateway import gateway
from tests.e2e.inside import told_inside
from tests.e2e.talking_pages import talk, two_in_a_room

DEADLINE_S = 120.0


async def test_two_pages_hear_each_other_at_an_address_that_is_not_loopback(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_inside(request, DEADLINE_S):
        return
    async with (
        chromium(loopback=False) as browser,
        gateway(tmp_path, listen=own_network.ADDRESS) as hub,
        two_in_a_room(hub, browser) as (one, other),
    ):
        await talk(one, other, 0)
        await talk(other, one, 1000)
