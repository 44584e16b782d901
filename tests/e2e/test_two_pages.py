"""Story 1: two Chromium pages talk both ways through the gateway."""

import os
import signal
import sys
from pathlib import Path

import pytest
from playwright.async_api import Browser

from sim.browser.responder import Responder
from sim.gateway import Gateway, gateway
from sim.leaks import holds, released
from tests.e2e.launcher import HELD
from tests.e2e.talking_pages import FRAMES, LEAD_MS, talk, two_in_a_room

LAUNCHER = (sys.executable, "-m", "tests.e2e.launcher")


async def hold_python(hub: Gateway, listener: Responder) -> None:
    """In the middle of a talkspurt, stop all of the gateway's Python for a second."""
    await listener.heard_here.heard_out(loud_ms=500, quiet_ms=0)
    seen = sum(HELD in line for line in hub.log)
    os.kill(hub.pid, signal.SIGUSR1)
    await hub.saw(HELD, times=seen + 1)


@pytest.mark.parametrize("shards", [1, 3])
async def test_two_pages_hear_each_other_from_first_to_last_index_also_while_python_is_held(
    tmp_path: Path, browser: Browser, shards: int
) -> None:
    async with gateway(tmp_path, shards=shards, program=LAUNCHER) as hub:
        before = await holds(hub)
        async with two_in_a_room(hub, browser) as (one, other):
            await talk(one, other, 0)
            await talk(other, one, 1000)
        await released(hub, before)
        async with two_in_a_room(hub, browser) as (one, other):
            await talk(one, other, 2000, meanwhile=hold_python(hub, other))
            await talk(other, one, 3000, meanwhile=hold_python(hub, one))
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
