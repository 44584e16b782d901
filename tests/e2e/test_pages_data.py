"""What one page writes, signals and shows of its place, the others have, once, whatever breaks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, expect

from sim.browser.chromium import open_page
from sim.browser.panes import Panes
from sim.browser.responder import Responder
from sim.gateway import Gateway, gateway

ROOM = "ops"
HERE = {"latitude": 52.52, "longitude": 13.405, "accuracy": 8.0}
THERE = {"latitude": 52.53, "longitude": 13.405, "accuracy": 30.0}
DEADLINE_MS = 20_000


@asynccontextmanager
async def two_that_write(hub: Gateway, browser: Browser) -> AsyncIterator[tuple[Responder, Responder]]:
    """Both are in the room; the first shares its position, the second has the messages open."""
    token = await hub.token(grants="listen,talk,data")
    async with open_page(browser) as first, open_page(browser) as second:
        one, other = Responder(first), Responder(second)
        await first.page.context.grant_permissions(["geolocation", "microphone"], origin=hub.url)
        await first.page.context.set_geolocation(HERE)
        await one.open_link(f"{hub.url}/r/{ROOM}#token={token}", "Engine 7")
        await first.page.get_by_test_id("join-locate").check()
        await one.click_in()
        await other.join(hub.url, token, ROOM, "Medic 2")
        yield one, other


async def test_a_message_a_status_and_a_position_are_seen_by_the_other_page_and_receipts_come_back(
    tmp_path: Path, browser: Browser
) -> None:
    async with gateway(tmp_path) as hub, two_that_write(hub, browser) as (one, other):
        here, there = Panes(one.heard_here.page), Panes(other.heard_here.page)
        leg = await one.leg()
        await here.open("messages")
        await here.write("Water 1.2 m at the east portal")
        await here.message_is("Water 1.2 m at the east portal", phase="stored", delivered="1", seen="0")
        unread = other.heard_here.page.get_by_test_id("level-messages")
        await expect(unread).to_have_attribute("data-unread", "1", timeout=DEADLINE_MS)
        await there.open("messages")
        await there.message_is("Water 1.2 m at the east portal", own="false")
        await here.message_is("Water 1.2 m at the east portal", seen="1")
        await here.say_status("on_scene")
        await here.status_is("on_scene", "on")
        await here.position_is_told()
        await there.open("map")
        await expect(there.unit(leg)).to_contain_text("On scene", timeout=DEADLINE_MS)
        await expect(there.unit(leg)).to_contain_text("within 8 m", timeout=DEADLINE_MS)
        await one.heard_here.page.context.set_geolocation(THERE)
        await expect(there.unit(leg)).to_contain_text("within 30 m", timeout=DEADLINE_MS)


async def test_a_message_whose_link_breaks_arrives_exactly_once(tmp_path: Path, browser: Browser) -> None:
    async with gateway(tmp_path) as hub, two_that_write(hub, browser) as (one, other):
        here, there = Panes(one.heard_here.page), Panes(other.heard_here.page)
        await here.open("messages")
        await there.open("messages")
        # The gateway has it in its socket and says nothing: whether it is stored nobody here can know.
        hub.freeze()
        await here.write("sent into silence")
        await here.message_is("sent into silence", phase="unsent")
        hub.thaw()
        await here.message_is("sent into silence", phase="stored")
        await there.message_is("sent into silence", own="false")
        await hub.kill()
        await here.write("written while it was away")
        await here.say_status("done")
        await here.message_is("written while it was away", phase="unsent")
        await here.status_is("done", "unsent")
        await hub.start()
        for panes, own in ((here, "true"), (there, "false")):
            await panes.message_is("written while it was away", phase="stored", own=own)
            await expect(panes.messages).to_have_count(2)
        await here.status_is("done", "on")
