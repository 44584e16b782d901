"""From the console an officer, a radio channel and a caller are taken from one room into another.

Real programs at every end: Chromium twice, pjsua2, Mosquitto and the bridge process.
"""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, expect

from sim.browser.dispatcher import Dispatcher
from tests.e2e.test_console_joint import (
    FRAMES,
    PATIENCE_MS,
    ROOM,
    SPOILT,
    Scene,
    best,
    bring_the_caller,
    scene,
)

OTHER = "command"
"""Of the default rooms; a conference at first."""
AUDIBLE_S = 1.0
"""From the start of the drag (domain.md C2)."""


async def leg_of(seat: Dispatcher, kind: str) -> str:
    """Of the one member of this kind in the room that is looked at."""
    return await seat.members(kind).get_attribute("data-leg") or ""


async def take_all_there(stage: Scene) -> float:
    """The officer by the list, the others by drag; how long until both pages hear the caller."""
    seat, officer = stage.seat, stage.officer
    await seat.send_to(await officer.leg(), OTHER)
    await expect(officer.heard_here.page.get_by_test_id("room")).to_have_attribute("data-room", OTHER)
    await seat.drag(await leg_of(seat, "radio"), OTHER)
    await seat.sees_members(2)
    caller = await leg_of(seat, "phone")
    pages = (seat.heard_here, officer.heard_here)
    for page in pages:
        await page.forget()
    began = asyncio.get_running_loop().time()
    await seat.drag(caller, OTHER)
    await asyncio.gather(*(page.heard_out(loud_ms=100, quiet_ms=0) for page in pages))
    return asyncio.get_running_loop().time() - began


async def test_three_legs_are_dragged_into_another_room_and_hear_each_other_within_a_second(
    tmp_path: Path, browser: Browser
) -> None:
    async with scene(tmp_path, browser) as stage:
        await bring_the_caller(stage)
        seat, officer = stage.seat, stage.officer
        took_s = await take_all_there(stage)
        assert took_s < AUDIBLE_S
        await expect(officer.heard_here.page.get_by_test_id("news")).to_be_visible()
        await seat.sees_members(1)
        await seat.select(OTHER)
        await seat.sees_members(4)

        await seat.set_mode("talkgroup")
        await officer.press()
        await stage.phone.take()
        await asyncio.gather(
            officer.heard_here.say(0, FRAMES, lead_ms=300), stage.phone.do("wait", seconds=3.0)
        )
        assert (await best(seat.heard_here, 0)).frames >= FRAMES - SPOILT
        assert (await stage.phone.take()).heard(near=0).frames >= FRAMES - SPOILT
        await officer.release()
        assert stage.aired().frames >= FRAMES - SPOILT

        pages = (seat.heard_here, officer.heard_here)
        for page in pages:
            await page.forget()
        await asyncio.gather(
            stage.radio_says(1000), expect(seat.strip(OTHER)).to_contain_text("Unit 12", timeout=PATIENCE_MS)
        )
        for page in pages:
            assert (await best(page, 1000)).frames >= FRAMES - SPOILT
        await seat.strip_is(ROOM, "idle")
