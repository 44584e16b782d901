"""Three pages, one floor: who waits sees its place and is served; a dispatcher cuts in, or takes out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from sim.browser.chromium import open_page
from sim.browser.dispatcher import Dispatcher
from sim.browser.page import InstrumentedPage
from sim.browser.responder import Responder
from sim.gateway import gateway

ROOM = "fire"
PATIENT = f'[[rooms]]\nid = "{ROOM}"\nname = "Fire"\nqueue_wait_ms = 60_000\nunheard_ms = 8_000\n'
FRAMES = 80
LEAD_MS = 300


@dataclass(frozen=True)
class Scene:
    talker: Responder
    waiter: Responder
    seat: Dispatcher

    def waiting(self, leg: str) -> Locator:
        """The chip of somebody in the queue, on the console."""
        return self.seat.strip(ROOM).locator(f"[data-testid=waiting][data-leg='{leg}']")

    async def seat_sees_waiting(self, leg: str, place: int) -> None:
        await expect(self.waiting(leg)).to_have_attribute("data-place", str(place))

    async def says(self, page: InstrumentedPage, first: int, *listeners: InstrumentedPage) -> None:
        """Everybody hears the frames from ``first`` on, whole and in order."""
        for one in listeners:
            await one.forget()
        await page.say(first, FRAMES, lead_ms=LEAD_MS)
        for one in listeners:
            await one.heard_out(loud_ms=FRAMES * 15)
            heard = [track.heard(near=first) for track in await one.played()]
            assert any(report.whole(first, first + FRAMES - 1) for report in heard), heard


@asynccontextmanager
async def three_in_a_room(browser: Browser, folder: Path) -> AsyncIterator[Scene]:
    """The first responder talks."""
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(gateway(folder, more=PATIENT))
        seat = Dispatcher(await stack.enter_async_context(open_page(browser)))
        await seat.sit(hub.url, await hub.token(grants="listen,talk,data,dispatch"), "Seat 02")
        token = await hub.token()
        pages = []
        for name in ("Engine 7", "Medic 2"):
            pages.append(Responder(await stack.enter_async_context(open_page(browser))))
            await pages[-1].join(hub.url, token, ROOM, name)
        await pages[0].press()
        yield Scene(*pages, seat)


async def test_who_waits_is_seen_in_its_place_and_heard_when_its_turn_has_come(
    browser: Browser, tmp_path: Path
) -> None:
    async with three_in_a_room(browser, tmp_path) as scene:
        talker, waiter, seat = scene.talker, scene.waiter, scene.seat
        await waiter.slab.hover()
        await waiter.push()
        await waiter.waits_at(1)
        await scene.seat_sees_waiting(await waiter.leg(), 1)
        await seat.select(ROOM)
        await seat.press()
        await seat.strip_is(ROOM, "queued")
        # A dispatcher's rank is higher.
        await waiter.waits_at(2)
        await scene.seat_sees_waiting(await waiter.leg(), 2)
        await seat.let_go()
        await waiter.waits_at(1)
        await asyncio.gather(
            scene.says(talker.heard_here, 0, seat.heard_here),
            waiter.heard_here.say(3000, FRAMES, lead_ms=LEAD_MS),
        )
        # Of who waits, and talks meanwhile, nothing is heard.
        assert sum(track.heard().frames > 0 for track in await seat.heard_here.played()) == 1
        await talker.let_go()
        await waiter.slab_is("talking")
        await scene.says(waiter.heard_here, 1000, talker.heard_here, seat.heard_here)
        await waiter.release()


async def test_a_dispatcher_cuts_off_who_talks_and_is_heard_at_once(browser: Browser, tmp_path: Path) -> None:
    async with three_in_a_room(browser, tmp_path) as scene:
        talker, waiter, seat = scene.talker, scene.waiter, scene.seat
        await seat.strip(ROOM).get_by_test_id("talk-over").hover()
        await seat.page.mouse.down()
        await seat.strip_is(ROOM, "talking")
        await talker.slab_is("revoked")
        assert await talker.why() == "preempted"
        await scene.says(seat.heard_here, 2000, talker.heard_here, waiter.heard_here)
        await talker.let_go()
        await seat.let_go()
        await waiter.slab_is("idle")


async def test_a_dispatcher_takes_a_page_out_of_the_queue_by_pointer_and_by_keyboard(
    browser: Browser, tmp_path: Path
) -> None:
    async with three_in_a_room(browser, tmp_path) as scene:
        waiter, seat = scene.waiter, scene.seat
        leg = await waiter.leg()
        await waiter.slab.hover()
        for by_keyboard in (False, True):
            await waiter.push()
            await waiter.waits_at(1)
            chip = scene.waiting(leg).get_by_test_id("unqueue")
            if by_keyboard:
                await chip.focus()
                await seat.page.keyboard.press("Enter")
            else:
                await chip.click()
            await waiter.slab_is("denied")
            assert await waiter.why() == "cancelled"
            await expect(scene.waiting(leg)).to_have_count(0)
            await waiter.let_go()


async def test_a_page_that_is_served_and_says_nothing_gives_the_floor_back(
    browser: Browser, tmp_path: Path
) -> None:
    async with three_in_a_room(browser, tmp_path) as scene:
        talker, waiter = scene.talker, scene.waiter
        await waiter.slab.hover()
        await waiter.push()
        await waiter.waits_at(1)
        await talker.let_go()
        await waiter.slab_is("revoked")
        assert await waiter.why() == "unheard"
        await waiter.let_go()
