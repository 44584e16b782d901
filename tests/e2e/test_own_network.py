"""Story 1 without the switch that lets Chromium use loopback: gateway and pages meet at a real address."""

import asyncio
import sys
from pathlib import Path

import pytest

from sim import own_network
from sim.browser.chromium import chromium
from sim.gateway import gateway
from tests.e2e.talking_pages import talk, two_in_a_room

DEADLINE_S = 120.0


async def test_two_pages_hear_each_other_at_an_address_that_is_not_loopback(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if not own_network.inside():
        await _told_inside(request.node.nodeid)
        return
    async with (
        chromium(loopback=False) as browser,
        gateway(tmp_path, listen=own_network.ADDRESS) as hub,
        two_in_a_room(hub, browser) as (one, other),
    ):
        await talk(one, other, 0)
        await talk(other, one, 1000)


async def _told_inside(story: str) -> None:
    """The same story in a process of its own, inside the namespace."""
    pytest_again = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    line, environment = own_network.command((*pytest_again, story))
    process = await asyncio.create_subprocess_exec(
        *line, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        told, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, told.decode()
