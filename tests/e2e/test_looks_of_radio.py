"""The page beside a radio: it says whether what is said reaches the air, and who talks there."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from sim.browser.looks import faults
from sim.browser.page import InstrumentedPage
from sim.browser.responder import Responder
from sim.gateway import gateway
from sim.radio.site import site
from sim.signal.encode import numbered, write_wav
from tests.e2e.test_looks_of_calls import SIZES
from tests.e2e.test_radio_in_a_room import CHANNEL, RADIO, SYNCED

ON_AIR = {"en": "On air", "zh-CN": "正在发射"}


async def air_is(page: Page, state: str) -> None:
    await expect(page.get_by_test_id("radio-line")).to_have_attribute("data-state", state, timeout=10_000)


async def clean(page: Page, when: str) -> list[str]:
    """What is wrong with the page's looks in any size."""
    seen: list[str] = []
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        seen += [f"{width}x{height} {when}: {fault}" for fault in await faults(page)]
    return seen


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
async def test_a_page_says_what_reaches_the_air_and_is_clean_in_every_size(
    tmp_path: Path, browser: Browser, locale: str
) -> None:
    speech = tmp_path / "speech.wav"
    write_wav(speech, numbered(0, 150), 48_000)
    context = await browser.new_context(locale=locale, bypass_csp=True, has_touch=True)
    async with gateway(tmp_path, more=RADIO) as hub:
        page = await context.new_page()
        talker = Responder(InstrumentedPage(page))
        await talker.join(hub.url, await hub.token(grants="listen,talk,dispatch"), "ops", "Engine 7")
        await air_is(page, "offline")
        seen = await clean(page, "offline")
        url = hub.store / "radio" / "bridges" / "hill"
        async with site(tmp_path / "site", "hill", [url], CHANNEL, codec="opus") as radio:
            await radio.logged(SYNCED)
            await air_is(page, "ready")
            await talker.press()
            await air_is(page, "on_air")
            await expect(page.get_by_test_id("radio-words")).to_have_text(ON_AIR[locale])
            seen += await clean(page, "on air")
            await talker.release()
            await air_is(page, "ready")
            await radio.order("receive", CHANNEL, file=str(speech), alias="Unit 12")
            await expect(page.get_by_test_id("card")).to_contain_text("Unit 12", timeout=10_000)
            seen += await clean(page, "hearing")
        await air_is(page, "offline")
        assert seen == []
    await context.close()
