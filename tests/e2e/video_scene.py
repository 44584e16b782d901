"""Pages of both browsers with cameras in one conference, and what is asked of what they saw."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

from playwright.async_api import Browser

from sim.browser.chromium import chromium, open_page
from sim.browser.firefox import firefox
from sim.browser.firefox_responder import FirefoxResponder
from sim.browser.page import Instruments
from sim.browser.pictures import Pictures
from sim.browser.responder import Responder
from sim.browser.sights import Record
from sim.gateway import Gateway

ROOM = "command"
SHAPE = {"width": 160, "height": 120, "rate": 8}
FRAMES = 40
_DEAF = "instruments.recorder.tap = () => undefined"
"""Without the recorder of sound, which takes an eighth of what a page costs: two cores draw all of them."""


class Page(Protocol):
    """A page of either browser."""

    heard_here: Instruments
    pictures: Pictures

    async def join(self, url: str, token: str, room: str, name: str) -> None: ...
    async def leg(self) -> str: ...
    async def sees_members(self, count: int) -> None: ...
    async def press(self) -> None: ...
    async def let_go(self) -> None: ...


@asynccontextmanager
async def conference(hub: Gateway, *, chromiums: int, firefoxes: int) -> AsyncIterator[dict[str, Page]]:
    """The pages by leg, the Firefoxes last; the room sees all their cameras, numbered in this order."""
    token = await hub.token(grants="listen,talk,video")
    async with AsyncExitStack() as leaving:
        blink = await leaving.enter_async_context(chromium(loopback=False))
        gecko = await leaving.enter_async_context(firefox())
        pages: list[Page] = [
            *[await _small(leaving, blink) for _ in range(chromiums)],
            *[
                FirefoxResponder(*await leaving.enter_async_context(gecko.open_page(script=_DEAF)))
                for _ in range(firefoxes)
            ],
        ]
        for number, page in enumerate(pages):
            await page.join(hub.url, token, ROOM, f"Engine {number}")
            await page.pictures.carry(number, **SHAPE)
        for page in pages:
            await page.sees_members(len(pages))
            await page.pictures.show()
        yield {await page.leg(): page for page in pages}


async def _small(leaving: AsyncExitStack, browser: Browser) -> Responder:
    """As on a phone."""
    page = await leaving.enter_async_context(open_page(browser))
    await page.page.add_init_script(_DEAF)
    await page.page.set_viewport_size({"width": 360, "height": 640})
    return Responder(page)


async def all_see_all(pages: Mapping[str, Page]) -> dict[str, Record]:
    """What they saw, when each has been shown FRAMES frames of every other since all see all."""
    for page in pages.values():
        await page.pictures.sees(len(pages) - 1)
    for page in pages.values():
        await page.pictures.write_down()
    for leg, page in pages.items():
        for other in pages.keys() - {leg}:
            await page.pictures.presented(other, FRAMES)
    return await written(pages)


async def written(pages: Mapping[str, Page]) -> dict[str, Record]:
    return {leg: await page.pictures.written() for leg, page in pages.items()}


def in_their_place(records: Mapping[str, Record], sources: Mapping[tuple[str, str], int]) -> None:
    """No page has shown anybody under another's name, or gone back in time."""
    for leg, record in records.items():
        assert record.wrong(sources) == [], (leg, sources)
        assert record.falling() == [], leg
