"""The console in a real browser: one microphone, several rooms, and each says for itself what a press did."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from sim.browser.chromium import open_page
from sim.browser.dispatcher import Dispatcher
from sim.browser.looks import faults
from sim.browser.responder import Responder
from sim.gateway import gateway

ROOMS = "".join(
    f'[[rooms]]\nid = "{room}"\nname = "{name}"\nmode = "{mode}"\n'
    for room, name, mode in (
        ("fire", "Fire", "talkgroup"),
        ("drainage", "Drainage", "talkgroup"),
        ("meeting", "Meeting", "conference"),
    )
)
FRAMES = 100
LEAD_MS = 300
TABS_MAX = 120
LEAST_PX = 30
"""docs/ui.md section 6: what is hit under stress is 48 px high, the rest is for a mouse."""
SIZES = ((1920, 1080), (1280, 720))
DISPATCH = "listen,talk,data,dispatch"


@dataclass(frozen=True)
class Scene:
    seat: Dispatcher
    responders: dict[str, Responder]
    """One in each room."""

    async def heard(self, room: str, near: int) -> int:
        """How many of the frames from ``near`` on the room's responder has played, in order."""
        played = await self.responders[room].heard_here.played()
        return max((track.heard(near=near).frames for track in played), default=0)

    async def forget(self) -> None:
        for page in (self.seat, *self.responders.values()):
            await page.heard_here.forget()


@asynccontextmanager
async def console_before(browser: Browser, folder: Path, *rooms: str) -> AsyncIterator[Scene]:
    """A console with three rooms, and a responder in each of ``rooms``."""
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(gateway(folder, more=ROOMS))
        seat = Dispatcher(await stack.enter_async_context(open_page(browser)))
        await seat.sit(hub.url, await hub.token(grants=DISPATCH), "Seat 02")
        token = await hub.token()
        responders = {}
        for room in rooms:
            page = Responder(await stack.enter_async_context(open_page(browser)))
            await page.join(hub.url, token, room, f"Engine of {room}")
            responders[room] = page
        yield Scene(seat, responders)


async def test_one_press_is_heard_whole_in_both_selected_rooms_and_not_in_the_open_one(
    browser: Browser, tmp_path: Path
) -> None:
    async with console_before(browser, tmp_path, "fire", "drainage", "meeting") as scene:
        await scene.forget()
        await scene.seat.select("fire", "drainage")
        await scene.seat.press()
        for room in ("fire", "drainage"):
            await scene.seat.strip_is(room, "talking")
        await scene.seat.heard_here.say(0, FRAMES, lead_ms=LEAD_MS)
        for room in ("fire", "drainage"):
            await scene.responders[room].heard_here.heard_out(loud_ms=FRAMES * 15)
        await scene.seat.let_go()
        for room in ("fire", "drainage"):
            played = await scene.responders[room].heard_here.played()
            assert any(track.heard(near=0).whole(0, FRAMES - 1) for track in played), (room, played)
        assert await scene.heard("meeting", 0) == 0
        assert (await scene.responders["meeting"].heard_here.inbound_audio()).packets_received == 0


async def test_an_open_room_hears_the_console_while_its_own_key_is_held(
    browser: Browser, tmp_path: Path
) -> None:
    async with console_before(browser, tmp_path, "fire", "meeting") as scene:
        await scene.forget()
        await scene.seat.press_in("meeting")
        await scene.seat.heard_here.say(500, FRAMES, lead_ms=LEAD_MS)
        await scene.responders["meeting"].heard_here.heard_out(loud_ms=FRAMES * 15)
        await scene.seat.let_go()
        await scene.seat.strip_is("meeting", "idle")
        played = await scene.responders["meeting"].heard_here.played()
        assert any(track.heard(near=500).whole(500, 499 + FRAMES) for track in played), played
        assert await scene.heard("fire", 500) == 0


async def test_the_console_hears_every_room_and_names_who_talks(browser: Browser, tmp_path: Path) -> None:
    async with console_before(browser, tmp_path, "fire", "drainage") as scene:
        for first, room in ((1000, "fire"), (2000, "drainage")):
            await scene.forget()
            talker = scene.responders[room]
            await talker.press()
            await expect(scene.seat.strip(room)).to_have_attribute("data-holder", await talker.leg())
            await expect(scene.seat.strip(room)).to_contain_text(f"Engine of {room}")
            await talker.heard_here.say(first, FRAMES, lead_ms=LEAD_MS)
            await scene.seat.heard_here.heard_out(loud_ms=FRAMES * 15)
            await talker.release()
            played = await scene.seat.heard_here.played()
            assert any(track.heard(near=first).whole(first, first + FRAMES - 1) for track in played), played


async def test_a_press_waits_in_a_room_that_is_taken_while_the_other_is_granted(
    browser: Browser, tmp_path: Path
) -> None:
    async with console_before(browser, tmp_path, "fire") as scene:
        await scene.responders["fire"].press()
        await scene.seat.select("fire", "drainage")
        await scene.seat.press()
        await scene.seat.strip_is("drainage", "talking")
        await scene.seat.strip_is("fire", "queued")
        await expect(scene.seat.slab).to_contain_text("1 of 2 granted")
        await scene.responders["fire"].release()
        await scene.seat.strip_is("fire", "talking")
        await expect(scene.seat.slab).to_contain_text("2 of 2 granted")
        await scene.seat.let_go()
        for room in ("fire", "drainage"):
            await scene.seat.strip_is(room, "idle")


async def test_who_is_muted_is_refused_the_floor_and_who_is_removed_is_told(
    browser: Browser, tmp_path: Path
) -> None:
    async with console_before(browser, tmp_path, "fire") as scene:
        responder = scene.responders["fire"]
        leg = await responder.leg()
        await scene.seat.select("fire")
        await responder.press()
        await scene.seat.mute(leg)
        await responder.slab_is("revoked")
        await responder.let_go()
        await expect(scene.seat.member(leg)).to_contain_text("Muted")
        await responder.slab_is("idle")
        await responder.push()
        await responder.slab_is("denied")
        await responder.let_go()
        await scene.seat.mute(leg)
        await responder.press()
        await responder.release()
        await scene.seat.remove(leg)
        await expect(scene.seat.member(leg)).to_have_count(0)
        await expect(responder.heard_here.page.get_by_test_id("notice")).to_have_attribute(
            "data-code", "removed"
        )


async def test_by_keyboard_alone_a_dispatcher_takes_the_seat_selects_talks_and_switches_a_room(
    browser: Browser, tmp_path: Path
) -> None:
    async with gateway(tmp_path, more=ROOMS) as hub, open_page(browser) as opened:
        seat, keys = Dispatcher(opened), opened.page.keyboard
        await seat.page.goto(f"{hub.url}/#token={await hub.token(grants=DISPATCH)}")
        await tab_to(seat, "name")
        await keys.type("Seat 02")
        await keys.press("Enter")
        await seat.attention_is("quiet")
        await keys.press("Digit1")
        await keys.press("Shift+Digit2")
        await keys.down("F9")
        for room in ("fire", "drainage"):
            await seat.strip_is(room, "talking")
        await keys.up("F9")
        for room in ("fire", "drainage"):
            await seat.strip_is(room, "idle")
        await tab_to(seat, "mode-conference")
        await keys.press("Enter")
        await expect(seat.page.get_by_test_id("mode-conference")).to_have_attribute("aria-pressed", "true")
        await tab_to(seat, "invite-number")
        await keys.type("999")
        await keys.press("Enter")
        await seat.call_is("999", "not_allowed")


async def tab_to(seat: Dispatcher, part: str) -> None:
    """Go there as one who has no mouse."""
    there = seat.page.get_by_test_id(part)
    for _ in range(TABS_MAX):
        if await there.evaluate("(node) => node === document.activeElement"):
            return
        await seat.page.keyboard.press("Tab")
    raise AssertionError(f"{part} is not reached by {TABS_MAX} tabs")


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
async def test_the_console_is_clean_in_both_themes_and_every_size(
    browser: Browser, tmp_path: Path, locale: str
) -> None:
    async with gateway(tmp_path, more=ROOMS) as hub, open_page(browser, locale=locale) as opened:
        seat = Dispatcher(opened)
        await seat.open_link(hub.url, await hub.token(grants=DISPATCH), "Seat 02")
        seen = [f"sign in: {fault}" for fault in await faults(seat.page, LEAST_PX)]
        await seat.click_in()
        await seat.select("fire", "drainage")
        for theme in ("day", "night"):
            for width, height in SIZES:
                await seat.page.set_viewport_size({"width": width, "height": height})
                here = f"{theme} {width}x{height}"
                seen += [f"{here} at rest: {fault}" for fault in await faults(seat.page, LEAST_PX)]
                await seat.press()
                await seat.strip_is("fire", "talking")
                seen += [f"{here} talking: {fault}" for fault in await faults(seat.page, LEAST_PX)]
                await seat.let_go()
                await seat.strip_is("fire", "idle")
            await seat.page.get_by_test_id("theme").click()
        assert seen == []
