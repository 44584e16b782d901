"""A burst pipe (domain.md C2): a new room, into which a caller, a radio channel and an officer are taken.

Real programs at every end: Chromium twice, pjsua2, Mosquitto and the bridge process.
"""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, expect

from sim.browser.dispatcher import Dispatcher
from sim.browser.made_rooms import make_room
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

NAME = "爆管 Burst pipe"
AUDIBLE_S = 1.0
"""From the start of the drag."""


async def leg_of(seat: Dispatcher, kind: str) -> str:
    """Of the one member of this kind in the room that is looked at."""
    return await seat.members(kind).get_attribute("data-leg") or ""


async def open_room(seat: Dispatcher) -> str:
    """An open room with the console in it, and the old one looked at again."""
    room = await make_room(seat, NAME)
    await seat.select(room)
    await seat.set_mode("conference")
    await seat.select(ROOM)
    return room


async def take_all_there(stage: Scene, room: str) -> float:
    """The officer by the list, the others by drag; how long until both pages hear the caller."""
    seat, officer = stage.seat, stage.officer
    await seat.send_to(await officer.leg(), room)
    await expect(officer.heard_here.page.get_by_test_id("room")).to_have_attribute("data-room", room)
    await seat.drag(await leg_of(seat, "radio"), room)
    await seat.sees_members(2)
    caller = await leg_of(seat, "phone")
    pages = (seat.heard_here, officer.heard_here)
    for page in pages:
        await page.forget()
    began = asyncio.get_running_loop().time()
    await seat.drag(caller, room)
    await asyncio.gather(*(page.heard_out(loud_ms=100, quiet_ms=0) for page in pages))
    return asyncio.get_running_loop().time() - began


async def test_three_legs_are_taken_into_a_new_room_and_hear_each_other_within_a_second(
    tmp_path: Path, browser: Browser
) -> None:
    async with scene(tmp_path, browser) as stage:
        await bring_the_caller(stage)
        seat, officer = stage.seat, stage.officer
        room = await open_room(seat)
        assert await take_all_there(stage, room) < AUDIBLE_S
        await expect(officer.heard_here.page.get_by_test_id("news")).to_contain_text(NAME)
        await seat.sees_members(1)
        await seat.select(room)
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
            stage.radio_says(1000), expect(seat.strip(room)).to_contain_text("Unit 12", timeout=PATIENCE_MS)
        )
        for page in pages:
            assert (await best(page, 1000)).frames >= FRAMES - SPOILT

        await seat.set_mode("conference")
        for page in pages:
            await page.forget()
        await asyncio.gather(*(page.heard_out(loud_ms=1000, quiet_ms=0) for page in pages))


async def test_a_made_room_is_closed_when_nobody_is_left_in_it_and_not_before(
    tmp_path: Path, browser: Browser
) -> None:
    async with scene(tmp_path, browser) as stage:
        seat = stage.seat
        room = await open_room(seat)
        await seat.send_to(await stage.officer.leg(), room)
        await seat.select(room)
        await seat.sees_members(2)
        close = seat.page.get_by_test_id("close-room")
        await close.dblclick()
        await expect(seat.page.get_by_test_id("failed")).to_contain_text(NAME)
        await seat.send_to(await stage.officer.leg(), ROOM)
        await seat.sees_members(1)
        await close.dblclick()
        await expect(seat.strip(room)).to_have_count(0)
        await stage.officer.press()
        await stage.officer.slab_is("talking")
        await stage.officer.release()
