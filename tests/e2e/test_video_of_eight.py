"""Eight pages with cameras in one conference, two of them Firefox: everybody sees the seven others.

Then two screens join, so that there are more pictures than slots: by choice and by talk a picture without a
slot gets one. Every frame that any tile presents is held against the name that it bears.

Eight browsers draw, encode and decode some 450 pictures a second, which is more than two cores do: pages draw
half of what they receive, and late. So what is judged here is the way between them: a frame that a camera's
encoder made has come in at each of the seven within half a second. What is drawn without a freeze is judged
with fewer pages, in test_video_in_two_browsers.py.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from sim import own_network
from sim.browser.sights import SCREEN_BIT, Record
from sim.gateway import gateway
from sim.leaks import holds, released
from sim.signal.pilot import pilot
from tests.e2e.inside import told_inside
from tests.e2e.video_scene import Page, all_see_all, conference, in_their_place, written

SEED = 6_201
CHROMIUMS, FIREFOXES = 6, 2
OTHERS = CHROMIUMS + FIREFOXES - 1
WITHHELD_MS = 500
SONG_MS = 3_000
"""Longer than a picture must have stood before a talker may take its slot."""
DEADLINE_S = 400.0


async def test_everybody_of_eight_sees_everybody_and_slots_change_without_an_offer(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_inside(request, DEADLINE_S):
        return
    async with gateway(tmp_path, listen=own_network.ADDRESS) as hub:
        before = await holds(hub)
        async with conference(hub, chromiums=CHROMIUMS, firefoxes=FIREFOXES) as pages:
            sources = {(leg, "camera"): number for number, leg in enumerate(pages)}
            offers = {leg: await page.heard_here.transports() for leg, page in pages.items()}
            records = await all_see_all(pages)
            in_their_place(records, sources)
            assert withheld(records) == []
            await slots_change(pages, sources)
            in_their_place(await written(pages), sources)
            for leg, page in pages.items():
                assert await page.heard_here.transports() == offers[leg], "the slots changed by an offer"
        await released(hub, before)


def withheld(records: Mapping[str, Record]) -> list[str]:
    """Frames that were encoded, and had not come in where they are seen."""
    return [
        f"{viewer} got nothing of {freeze.leg} for {freeze.to_ms - freeze.from_ms:.0f} ms"
        for viewer, record in records.items()
        for freeze in record.withheld(records, WITHHELD_MS)
    ]


async def slots_change(pages: Mapping[str, Page], sources: dict[tuple[str, str], int]) -> None:
    """The last picture of nine has no slot; one page chooses it, others get it with its owner's voice."""
    *_, last = pages
    await pages[last].pictures.toggle("camera")
    for number, leg in enumerate(list(pages)[:2]):
        sources[leg, "screen"] = number | SCREEN_BIT
        await pages[leg].pictures.show("screen")
    others = list(pages)[2:-1]
    for leg in others:
        await pages[leg].pictures.sees(OTHERS + 1)
    await pages[last].pictures.show()
    await chosen(pages[others[0]], last)
    await asyncio.gather(
        sing(pages[last]),
        *(pages[leg].pictures.sees_picture(last) for leg in others[1:]),
    )


async def chosen(page: Page, leg: str) -> None:
    """The one picture without a slot is brought into one, kept there, and let go again."""
    assert await page.pictures.unseen() == [(leg, "camera")]
    await page.pictures.bring(leg, "camera")
    await page.pictures.sees_picture(leg)
    (slot,) = [slot for slot, picture in (await page.pictures.tiles()).items() if picture == (leg, "camera")]
    await page.pictures.keep(slot)
    await page.pictures.sees_picture(leg)


async def sing(page: Page) -> None:
    await page.press()
    await page.heard_here.play(pilot(0, SONG_MS, seed=SEED))
    await page.let_go()
