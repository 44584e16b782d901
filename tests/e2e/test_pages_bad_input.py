"""What people, peers and newer gateways may send or do to a page: it stays whole, and says what to do."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from sim.browser.chromium import chromium, open_page
from sim.browser.looks import faults
from sim.browser.page import InstrumentedPage
from sim.browser.panes import Panes
from sim.browser.responder import Responder
from sim.browser.wiretap import Wiretap
from sim.gateway import gateway

ROOM = "ops"
GRANTS = "listen,talk,video,data"
FLOOD = 10_000
DRAWN_MAX = 100
TURNED = "\u202egnimoc si retaw\u202c \u2067\u2066"
NAME = "\u202e" + "W" * 40 + "🚒" * 20
MARKUP = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"
SIZES = ((390, 844), (1280, 800))
DEADLINE_MS = 20_000


def posted(number: int, text: str) -> dict[str, Any]:
    message = {"id": f"m{number}", "leg": "leg-x", "name": NAME, "unit": "", "text": text, "at": 1.8e9}
    return {"type": "message_posted", "room": ROOM, "message": {**message, "delivered": 0, "seen": 0}}


async def test_ten_thousand_messages_hostile_text_and_unknown_types_leave_the_page_whole(
    tmp_path: Path, browser: Browser
) -> None:
    async with gateway(tmp_path) as hub, open_page(browser) as instrumented:
        page, responder, panes = instrumented.page, Responder(instrumented), Panes(instrumented.page)
        gateway_side = await Wiretap.stand(page)
        await responder.join(hub.url, await hub.token(grants=GRANTS), ROOM, "Engine 7")
        await panes.open("messages")
        await gateway_side.say([{"type": "hologram", "depth": 3}])
        person = {"leg": "leg-x", "name": NAME, "unit": "", "kind": "hologram", "media_up": True}
        where = {"lat": -90.0, "lon": 180.0, "accuracy_m": 1e5, "age_ms": 3_600_000}
        texts = [*map(str, range(FLOOD)), MARKUP, TURNED, "Z" + "\u0351" * 300, "x" * 2000]
        await gateway_side.changes(
            [
                {"type": "teleported", "room": ROOM, "leg": "leg-x"},
                {"type": "joined", "room": ROOM, "person": {**person, "position": where}},
                {"type": "status_changed", "room": ROOM, "leg": "leg-x", "code": "levitating"},
                *(posted(number, text) for number, text in enumerate(texts)),
            ]
        )
        await panes.message_is("x" * 2000, own="false")
        assert await panes.messages.count() <= DRAWN_MAX
        assert await page.locator(".messages p *, .messages img").count() == 0
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await panes.open("map")
        await expect(panes.unit("leg-x")).to_contain_text("levitating")
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("card")).to_have_attribute("data-state", "outdated")
        await responder.press()
        assert instrumented.console == []


async def test_one_link_in_two_tabs_says_so_in_both_until_one_is_closed(
    tmp_path: Path, browser: Browser
) -> None:
    async with gateway(tmp_path) as hub, open_page(browser) as first:
        token = await hub.token(grants=GRANTS)
        second = InstrumentedPage(await first.page.context.new_page())
        for instrumented in (first, second):
            await Responder(instrumented).join(hub.url, token, ROOM, "Engine 7")
        for instrumented in (first, second):
            card = instrumented.page.get_by_test_id("card")
            await expect(card).to_have_attribute("data-state", "elsewhere", timeout=DEADLINE_MS)
            await expect(card).to_contain_text("Close one of them")
        await second.page.close(run_before_unload=True)
        await expect(first.page.get_by_test_id("card")).to_have_attribute(
            "data-state", "free", timeout=DEADLINE_MS
        )


async def refuse(context: BrowserContext, page: Page, origin: str) -> None:
    """A person who answered no, once and for all, to microphone and position."""
    devtools = await context.new_cdp_session(page)
    for name in ("microphone", "geolocation"):
        answer = {"permission": {"name": name}, "setting": "denied", "origin": origin}
        await devtools.send("Browser.setPermission", answer)


@pytest.mark.parametrize(
    ("locale", "microphone", "position", "expired"),
    [
        ("en", "microphone is not allowed", "Position not allowed", "Ask whoever sent it for a new link"),
        ("zh-CN", "麦克风未获允许", "定位未获允许", "请向发给你的人要新的链接"),
    ],
)
async def test_a_refused_microphone_a_refused_position_and_an_expired_link_say_what_to_do(
    tmp_path: Path, locale: str, microphone: str, position: str, expired: str
) -> None:
    async with gateway(tmp_path) as hub, chromium(obliging=False) as browser:
        context = await browser.new_context(locale=locale, bypass_csp=True)
        page = await context.new_page()
        await refuse(context, page, hub.url)
        late = await hub.token(grants=GRANTS, ttl="1s")
        responder = Responder(InstrumentedPage(page))
        await responder.open_link(f"{hub.url}/r/{ROOM}#token={await hub.token(grants=GRANTS)}", "Engine 7")
        await page.get_by_test_id("join-locate").check()
        await page.get_by_test_id("join-talk").click()
        await expect(page.get_by_test_id("slab")).to_have_attribute(
            "data-reason", "refused", timeout=DEADLINE_MS
        )
        await expect(page.get_by_test_id("slab-hint")).to_contain_text(microphone)
        panes = Panes(page)
        await panes.open("more")
        await expect(panes.position_words).to_contain_text(position)
        await page.get_by_test_id("leave").click()
        await page.goto("about:blank")  # another fragment alone would not load the page anew
        await responder.open_link(f"{hub.url}/r/{ROOM}#token={late}", "Engine 7")
        await page.get_by_test_id("join-talk").click()
        notice = page.get_by_test_id("notice")
        await expect(notice).to_have_attribute("data-code", "expired", timeout=DEADLINE_MS)
        await expect(notice).to_contain_text(expired)
        await context.close()


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
async def test_a_page_that_writes_is_clean_in_every_level(
    tmp_path: Path, browser: Browser, locale: str
) -> None:
    async with gateway(tmp_path) as hub:
        context = await browser.new_context(locale=locale, bypass_csp=True, has_touch=True)
        await context.grant_permissions(["geolocation", "microphone"], origin=hub.url)
        await context.set_geolocation({"latitude": 52.52, "longitude": 13.4, "accuracy": 8})
        page = await context.new_page()
        responder = Responder(InstrumentedPage(page))
        await responder.open_link(f"{hub.url}/r/{ROOM}#token={await hub.token(grants=GRANTS)}", "Engine 7")
        seen = [f"join: {fault}" for fault in await faults(page)]
        await page.get_by_test_id("join-locate").check()
        await responder.click_in()
        panes = Panes(page)
        await panes.position_is_told()
        await panes.say_status("need_help")
        await panes.open("messages")
        await panes.write("Water 1.2 m at the east portal")
        await panes.message_is("Water 1.2 m at the east portal", phase="stored")
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            for level in ("messages", "map", "more"):
                await panes.open(level)
                seen += [f"{width}x{height} {level}: {fault}" for fault in await faults(page)]
            await page.keyboard.press("Escape")
            seen += [f"{width}x{height} idle: {fault}" for fault in await faults(page)]
        assert seen == []
        await context.close()
