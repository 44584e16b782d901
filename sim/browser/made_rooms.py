"""Rooms that a dispatcher makes on the console."""

from playwright.async_api import expect

from sim.browser.dispatcher import Dispatcher

_DEADLINE_MS = 30_000


async def make_room(seat: Dispatcher, name: str) -> str:
    """Its id, when its strip is there; what is looked at stays."""
    await seat.page.get_by_test_id("new-room").click()
    await seat.page.get_by_test_id("room-name").fill(name)
    await seat.page.get_by_test_id("make-room").click()
    return await made_room(seat, name)


async def made_room(seat: Dispatcher, name: str) -> str:
    """Wait for the strip of a room that was made by that name; its id."""
    strip = seat.page.locator("[data-testid=strip][data-room^=made-]").filter(has_text=name)
    await expect(strip).to_have_count(1, timeout=_DEADLINE_MS)
    return await strip.get_attribute("data-room") or ""
