"""Python stands still for a second while people talk: no packet waits for it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from playwright.async_api import Browser

from sim.browser.responder import Responder
from sim.gateway import Gateway, gateway
from tests.e2e.launcher import HELD
from tests.e2e.talking_pages import FRAMES, LEAD_MS, talk, two_in_a_room

LAUNCHER = (sys.executable, "-m", "tests.e2e.launcher")
STOOD_S = 1.0


async def _hold(hub: Gateway, listener: Responder) -> None:
    """In the middle of a talkspurt, stop Python; returns when it runs again."""
    await listener.heard_here.heard_out(loud_ms=500, quiet_ms=0)
    seen = sum(HELD in line for line in hub.log)
    os.kill(hub.pid, signal.SIGUSR1)
    await hub.saw(HELD, times=seen + 1)


async def _freeze(hub: Gateway, listener: Responder) -> None:
    """In the middle of a talkspurt, stop all threads, the media's too."""
    await listener.heard_here.heard_out(loud_ms=500, quiet_ms=0)
    hub.freeze()
    await asyncio.sleep(STOOD_S)
    hub.thaw()


@pytest.mark.parametrize("held", ["loop", "thread"])
async def test_pages_hear_every_index_both_ways_while_python_stands_still(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    """``loop``: the event loop is blocked. ``thread``: another keeps the interpreter's lock in a C call."""
    monkeypatch.setenv("HOLD", held)
    async with (
        gateway(tmp_path, program=LAUNCHER) as hub,
        two_in_a_room(hub, browser) as (one, other),
    ):
        await talk(one, other, 0, meanwhile=_hold(hub, other))
        await talk(other, one, 1000, meanwhile=_hold(hub, one))


async def test_a_media_thread_that_stands_still_is_heard_to(tmp_path: Path, browser: Browser) -> None:
    """What the stories above would see if a packet waited for Python."""
    async with (
        gateway(tmp_path) as hub,
        two_in_a_room(hub, browser) as (talker, listener),
    ):
        await talker.press()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talker.heard_here.say(0, FRAMES, lead_ms=LEAD_MS))
            tasks.create_task(_freeze(hub, listener))
        await listener.heard_here.listened(500)
        await talker.let_go()
        heard = [track.heard(near=0) for track in await listener.heard_here.played()]
        assert not any(report.whole(0, FRAMES - 1) for report in heard), heard
