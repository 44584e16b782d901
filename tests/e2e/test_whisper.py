"""A dispatcher speaks to one alone, in a room with an officer's page, a telephone and a radio channel.

Real programs at every end: Chromium twice, pjsua2, Mosquitto and the bridge process.
"""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, expect

from sim.browser.dispatcher import Dispatcher
from sim.signal.encode import numbered, write_wav
from sim.signal.played import Heard, Played
from tests.e2e.test_console_joint import PATIENCE_MS, SPOILT, Scene, bring_the_caller, scene
from tests.e2e.test_radio_in_room import CHANNEL

FRAMES = 70
RADIO_FROM = 80
"""Both within one cycle of the signal, so that an index says who spoke."""

BLENDED_MS = FRAMES * 20 / 3
"""Two voices on top of each other are unclear for longer; a telephone's own tones are not."""


async def radio_says(stage: Scene) -> None:
    write_wav(stage.speech, numbered(RADIO_FROM, FRAMES, rate_hz=8000), 8000)
    await stage.site.order("receive", CHANNEL, file=str(stage.speech), wait=True)


async def hold_the_ear(seat: Dispatcher, leg: str) -> None:
    """Hold a member's own key; returns when only that member hears the page."""
    key = seat.member(leg).get_by_test_id("whisper")
    await key.hover()
    await seat.page.mouse.down()
    await expect(key).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)


async def whispered(stage: Scene, leg: str, *, over_radio: bool) -> Played:
    """A whisper from its first word to its last; what the telephone heard meanwhile."""
    seat, officer = stage.seat, stage.officer
    await stage.phone.take()
    await officer.heard_here.forget()
    await hold_the_ear(seat, leg)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(seat.heard_here.say(0, FRAMES, lead_ms=300))
        tasks.create_task(stage.phone.do("wait", seconds=4.0))
        if over_radio:
            tasks.create_task(radio_says(stage))
    await seat.let_go()
    await officer.heard_here.listened(4000)
    return await stage.phone.take()


async def officer_heard(stage: Scene) -> list[Heard]:
    """Each voice that the page played, first the one that began with the lowest index."""
    tracks = [track.heard() for track in await stage.officer.heard_here.played()]
    return sorted((one for one in tracks if one.frames), key=lambda one: one.first or 0)


def is_from(heard: Heard, first: int) -> bool:
    """All of it and nothing else."""
    ours = range(first, first + FRAMES)
    return heard.first in ours and heard.last in ours and heard.frames >= FRAMES - SPOILT


async def test_one_hears_the_whisper_over_its_room_and_the_others_hear_their_room_alone(
    tmp_path: Path, browser: Browser
) -> None:
    async with scene(tmp_path, browser) as stage:
        await bring_the_caller(stage)
        seat, leg = stage.seat, await stage.officer.leg()

        by_phone = (await whispered(stage, leg, over_radio=True)).heard()
        by_page = await officer_heard(stage)
        assert len(by_page) == 2, by_page
        assert is_from(by_page[0], 0), by_page
        assert is_from(by_page[1], RADIO_FROM), by_page
        assert is_from(by_phone, RADIO_FROM), by_phone
        assert by_phone.unclear_ms < BLENDED_MS, by_phone

        caller = await seat.members("phone").get_attribute("data-leg") or ""
        by_phone = (await whispered(stage, caller, over_radio=False)).heard()
        assert is_from(by_phone, 0), by_phone
        assert await officer_heard(stage) == []

        assert stage.aired().frames == 0
        await expect(seat.members("radio").get_by_test_id("whisper")).to_have_count(0)


async def test_who_is_whispered_to_reads_by_whom_and_the_dispatcher_that_it_is_over(
    tmp_path: Path, browser: Browser
) -> None:
    async with scene(tmp_path, browser) as stage:
        seat, officer = stage.seat, stage.officer
        await hold_the_ear(seat, await officer.leg())
        await expect(officer.card).to_have_attribute("data-state", "whispered")
        await expect(officer.card).to_contain_text("Seat 02")
        await officer.heard_here.page.close()
        await expect(seat.page.get_by_test_id("failed")).to_contain_text("Officer Wang")
        await seat.let_go()
