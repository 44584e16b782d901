"""Pages with cameras: who shows is seen in a tile, under their own name and under no other's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import Gateway, gateway
from sim.leaks import holds, released

ROOM = "ops"
FRAMES = 40
SHAPE = {"width": 160, "height": 120, "rate": 8}


@asynccontextmanager
async def two_that_show(hub: Gateway, browser: Browser) -> AsyncIterator[tuple[Responder, Responder]]:
    """Both are in the room, and show their cameras."""
    token = await hub.token(grants="listen,talk,video")
    async with open_page(browser) as first, open_page(browser) as second:
        pages = Responder(first), Responder(second)
        for number, (name, page) in enumerate(zip(("Engine 7", "Medic 2"), pages, strict=True)):
            await page.join(hub.url, token, ROOM, name)
            await page.pictures.carry(number, **SHAPE)
        for page in pages:
            await page.sees_members(2)
            await page.pictures.show()
        yield pages


async def test_two_pages_see_each_other_with_rising_frame_numbers(browser: Browser, tmp_path: Path) -> None:
    async with gateway(tmp_path) as hub:
        before = await holds(hub)
        async with two_that_show(hub, browser) as pages:
            sources = {(await page.leg(), "camera"): number for number, page in enumerate(pages)}
            for here, there in (pages, pages[::-1]):
                await here.pictures.sees(1)
                await here.pictures.write_down()
                await here.pictures.presented(await there.leg(), FRAMES)
                record = await here.pictures.written()
                assert record.wrong(sources) == []
                assert record.falling() == []
        await released(hub, before)


async def test_with_forwarding_off_nobody_is_seen(browser: Browser, tmp_path: Path) -> None:
    async with gateway(tmp_path, forwarding=False) as hub, two_that_show(hub, browser) as pages:
        for page in pages:
            await page.pictures.write_down()
            await page.heard_here.listened(3_000)
            assert (await page.pictures.written()).sights == ()
            assert await page.pictures.tiles() == {}
