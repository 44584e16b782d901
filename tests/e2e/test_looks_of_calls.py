"""The page while numbers are called: nothing is cut, nothing scrolls, keys are large, axe finds nothing."""

import asyncio
import socket
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from sim.browser.chromium import open_page
from sim.browser.looks import faults
from sim.browser.page import InstrumentedPage
from sim.browser.responder import Responder
from sim.gateway import free_port, gateway
from sim.phone import Phone
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

SIZES = ((320, 568), (390, 844), (844, 390), (1280, 800))


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
async def test_a_page_that_calls_is_clean_in_every_size(
    tmp_path: Path, browser: Browser, locale: str
) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    context = await browser.new_context(locale=locale, bypass_csp=True, has_touch=True)
    async with (
        gateway(tmp_path, more=sip_section(port, "101")) as hub,
        Phone.open(("127.0.0.1", port), "101", PASSWORD) as phone,
    ):
        assert await phone.register() == 200
        page = await context.new_page()
        responder = Responder(InstrumentedPage(page))
        await responder.join(hub.url, await hub.token(grants="listen,talk,dispatch"), "command", "Control")
        seen: list[str] = []
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            here = f"{width}x{height}"
            seen += [f"{here} at rest: {fault}" for fault in await faults(page)]
            await page.get_by_test_id("call-key").click()
            await page.get_by_test_id("call-number").fill("1;2")
            await page.get_by_test_id("call-start").click()
            await page.get_by_test_id("call-fault").wait_for()
            seen += [f"{here} typing: {fault}" for fault in await faults(page)]
            await page.get_by_test_id("call-number").fill("101")
            await page.keyboard.press("Enter")
            async with asyncio.timeout(10):
                call = await phone.incoming.get()
            await responder.call_is("101", "ringing", "")
            seen += [f"{here} ringing: {fault}" for fault in await faults(page)]
            call.refuse(486)
            await responder.call_is("101", "busy", "")
            seen += [f"{here} busy: {fault}" for fault in await faults(page)]
        assert seen == []
    await context.close()


async def test_what_is_wrong_with_a_page_is_found(browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 320, "height": 568})
    await page.set_content(
        "<html lang=en><title>Planted</title><body style='margin:0'><main style='height:99px;overflow:auto'>"
        "<h1 style='width:40px;overflow:hidden'>Unbroken</h1>"
        "<button style='width:99px;height:20px'>Tiny</button>"
        "<img src='data:,'><p style='height:400px'>long</p></main></body></html>"
    )
    found = "\n".join(await faults(page))
    for fault in ("axe: image-alt", "scrolls: MAIN", "cut: Unbroken", "smaller than 62 px: Tiny"):
        assert fault in found, found


async def test_a_number_is_called_by_keyboard_alone(tmp_path: Path, browser: Browser) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=sip_section(port, "101")) as hub,
        Phone.open(("127.0.0.1", port), "101", PASSWORD) as phone,
        open_page(browser) as instrumented,
    ):
        assert await phone.register() == 200
        page, responder = instrumented.page, Responder(instrumented)
        await responder.join(hub.url, await hub.token(grants="listen,talk,dispatch"), "ops", "Control")
        key, pad = page.get_by_test_id("call-key"), page.get_by_test_id("call-pad")
        await key.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.type("10")
        await page.keyboard.press("Escape")
        await expect(pad).to_have_count(0)
        await expect(key).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.type("1 0 2")
        await page.keyboard.press("Backspace")
        await page.keyboard.type("1")
        await page.keyboard.down("F9")
        await responder.slab_is("talking")  # a key that talks does so also while one types
        await page.keyboard.up("F9")
        await page.keyboard.press("Enter")
        async with asyncio.timeout(10):
            call = await phone.incoming.get()
        await responder.call_is("101", "ringing", "Ringing")
        await expect(key).to_be_focused()
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        async with asyncio.timeout(10):
            await call.over.wait()
        await responder.call_is("101", "cancelled", "Given up")
