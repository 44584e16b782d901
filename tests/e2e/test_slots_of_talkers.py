"""Five pages in a conference, two of them Firefox, three audio slots each: who is played is who is named.

Two at a time sing their pilots, so that every page's slots change hands, without another offer. Each page's
tracks are judged against the name that the page gives the slot at that moment (DESIGN 3.5).
"""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest

from sim import own_network
from sim.browser.chromium import chromium, open_page
from sim.browser.firefox import firefox
from sim.browser.firefox_responder import FirefoxResponder
from sim.browser.page import Instruments
from sim.browser.responder import Responder
from sim.gateway import Gateway, gateway
from sim.leaks import holds, released
from sim.signal.named import Naming
from sim.signal.pilot import pilot
from tests.e2e.inside import told_inside

SEED = 6_035
ROOM = "command"
CHROMIUMS, FIREFOXES = 3, 2
PAGES = CHROMIUMS + FIREFOXES
SONG_MS = 1_200
NAMED_MS = 600
"""Of each song: from when on the name is sure, on a machine that is busy with five pages."""


class Page(Protocol):
    """A page of either browser."""

    heard_here: Instruments

    async def join(self, url: str, token: str, room: str, name: str) -> None: ...
    async def leg(self) -> str: ...
    async def sees_members(self, count: int) -> None: ...
    async def press(self) -> None: ...
    async def let_go(self) -> None: ...


@asynccontextmanager
async def conference(hub: Gateway) -> AsyncIterator[dict[str, Page]]:
    """The pages by leg; all of them hear all others."""
    token = await hub.token()
    async with AsyncExitStack() as leaving:
        blink = await leaving.enter_async_context(chromium(loopback=False))
        gecko = await leaving.enter_async_context(firefox())
        pages: list[Page] = [
            *[Responder(await leaving.enter_async_context(open_page(blink))) for _ in range(CHROMIUMS)],
            *[
                FirefoxResponder(*await leaving.enter_async_context(gecko.open_page()))
                for _ in range(FIREFOXES)
            ],
        ]
        for number, page in enumerate(pages):
            await page.join(hub.url, token, ROOM, f"Engine {number}")
        for page in pages:
            await page.sees_members(PAGES)
        yield {await page.leg(): page for page in pages}


async def sing(page: Page, number: int) -> None:
    await page.press()
    await page.heard_here.play(pilot(number, SONG_MS, seed=SEED))
    await page.let_go()


async def duets(pages: Mapping[str, Page], pilots: Mapping[str, int], count: int) -> dict[str, list[Naming]]:
    """Everybody sings with two others in turn (``count`` times); how each page named its slots meanwhile."""
    chance = random.Random(SEED)
    order = chance.sample(list(pages), PAGES)
    for page in pages.values():
        await page.heard_here.forget()
    for first, second in list(zip(order, order[1:] + order[:1], strict=True))[:count]:
        async with asyncio.TaskGroup() as tasks:
            for leg in (first, second):
                tasks.create_task(sing(pages[leg], pilots[leg]))
    return {
        leg: [track.judged(pilots) for track in await page.heard_here.named()] for leg, page in pages.items()
    }


def right_ms(slots: Sequence[Naming], leg: str) -> int:
    return sum(slot.right[leg] for slot in slots)


async def test_nobody_is_played_in_anothers_place(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if await told_inside(request):
        return
    async with gateway(tmp_path, listen=own_network.ADDRESS) as hub:
        before = await holds(hub)
        async with conference(hub) as pages:
            pilots = {leg: number for number, leg in enumerate(pages)}
            offers = {leg: await page.heard_here.transports() for leg, page in pages.items()}
            heard = await duets(pages, pilots, PAGES)
            for leg, slots in heard.items():
                assert [slot.wrong for slot in slots if slot.wrong] == [], (pilots[leg], pilots, slots)
                for other in pages.keys() - {leg}:
                    assert right_ms(slots, other) >= 2 * NAMED_MS, (pilots[leg], pilots[other], slots)
                changed = [slot for slot in slots if sum(ms > 0 for ms in slot.right.values()) > 1]
                assert changed, "four talkers in three slots: one of them was of two"
                assert await pages[leg].heard_here.transports() == offers[leg], (
                    "the slots changed by an offer"
                )
        await released(hub, before)


async def test_with_forwarding_off_nobody_is_played_or_named(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if await told_inside(request):
        return
    async with (
        gateway(tmp_path, listen=own_network.ADDRESS, forwarding=False) as hub,
        conference(hub) as pages,
    ):
        pilots = {leg: number for number, leg in enumerate(pages)}
        heard = await duets(pages, pilots, 1)
        for slots in heard.values():
            assert all(right_ms(slots, other) == 0 and not slot.unsure for slot in slots for other in pages)
