"""A burst pipe (domain.md C2) from a console without a mouse; and what becomes of the focus.

Real programs at every end, as in ``test_console_moves``.
"""

from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from sim.browser.chromium import open_page
from sim.browser.dispatcher import Dispatcher
from sim.browser.keys import Keys
from sim.browser.responder import Responder
from sim.gateway import gateway
from sim.peers.session import session
from tests.e2e.test_console_joint import FRAMES, ROOM, SPOILT, best, caller_answers, scene

NAME = "爆管 Burst pipe"
DISPATCH = "listen,talk,data,dispatch"


async def by_keys(seat: Dispatcher, url: str, token: str) -> None:
    """Takes the seat, with the room before it."""
    await Keys(seat).sit(url, token, "Seat 02")
    await Keys(seat).select(ROOM)


async def test_a_caller_a_radio_and_an_officer_are_brought_together_and_talked_to_by_keys_alone(
    tmp_path: Path, browser: Browser
) -> None:
    async with scene(tmp_path, browser, by_keys) as stage:
        seat, officer, keys = stage.seat, stage.officer.heard_here, Keys(stage.seat)
        await keys.invite("101")
        await caller_answers(stage)
        await keys.press("Tab")  # out of the field, where a digit is a digit
        room = await keys.make_room(NAME)
        await keys.select(ROOM)
        for kind in ("browser", "radio", "phone"):
            others = seat.members(kind).filter(has=seat.page.get_by_test_id("mute"))
            await keys.take_to_the_last(await others.get_attribute("data-leg") or "")
            await keys.sees_focus()
        await expect(officer.page.get_by_test_id("room")).to_have_attribute("data-room", room)
        await keys.select(room)
        await seat.sees_members(4)

        await keys.set_mode("conference")
        await officer.forget()
        await officer.heard_out(loud_ms=1000, quiet_ms=0)  # the telephone speaks, and nobody pressed

        await keys.set_mode("talkgroup")
        await officer.heard_out(loud_ms=0)
        await officer.forget()
        await keys.board.down("F9")
        await seat.strip_is(room, "talking")
        await seat.heard_here.say(0, FRAMES, lead_ms=300)
        await keys.board.up("F9")
        await seat.strip_is(room, "idle")
        assert (await best(officer, 0)).frames >= FRAMES - SPOILT
        assert stage.aired().frames >= FRAMES - SPOILT


async def test_an_arrow_opens_the_list_of_rooms_and_moves_nobody(tmp_path: Path, browser: Browser) -> None:
    async with gateway(tmp_path) as hub, open_page(browser) as opened, open_page(browser) as other:
        seat, officer = Dispatcher(opened), Responder(other)
        await by_keys(seat, hub.url, await hub.token(grants=DISPATCH))
        await officer.join(hub.url, await hub.token(), ROOM, "Officer Wang")
        leg, keys = await officer.leg(), Keys(seat)
        for key in ("ArrowDown", "ArrowUp", "End", "c", "Enter", "Space"):
            await keys.to(seat.member(leg).get_by_test_id("move"))
            await keys.press(key)
            await keys.press("Escape")
            await keys.sees_focus()
        await seat.sees_members(2)
        await keys.take_to_the_last(leg)
        await expect(other.page.get_by_test_id("room")).to_have_attribute("data-room", "command")


async def test_the_focus_goes_to_what_took_the_place_of_what_has_vanished(
    tmp_path: Path, browser: Browser
) -> None:
    async with gateway(tmp_path) as hub, open_page(browser) as opened, open_page(browser) as other:
        seat, officer = Dispatcher(opened), Responder(other)
        keys = Keys(seat)
        await by_keys(seat, hub.url, await hub.token(grants=DISPATCH))
        await officer.join(hub.url, await hub.token(), ROOM, "Officer Wang")
        leg = await officer.leg()

        await keys.to(seat.member(leg).get_by_test_id("remove"))
        await keys.press("Enter")
        await keys.press("Enter")
        await expect(seat.members()).to_be_focused()  # the line above, now the only one
        await keys.sees_focus()

        room = await keys.make_room(NAME)
        await expect(seat.page.get_by_test_id("new-room")).to_be_focused()
        await keys.select(room)
        await keys.to(seat.page.get_by_test_id("close-room"))
        await keys.press("Enter")
        await keys.press("Enter")
        await expect(people_of(seat, ROOM)).to_be_focused()
        await keys.sees_focus()

        room = await keys.make_room(NAME)
        await keys.to(seat.strip(room).get_by_test_id("strip-ptt"))
        async with session(hub.url, await hub.token(grants=DISPATCH), "Seat 03") as another:
            assert (await another.ask("delete_room", room=room))["ok"]
        await expect(seat.page.get_by_test_id("strip").last).to_be_focused()
        await keys.sees_focus()


def people_of(seat: Dispatcher, room: str) -> Locator:
    return seat.page.locator(f"[data-testid=people][data-room={room}]")


async def test_the_tab_key_goes_through_the_panes_in_their_order_and_every_stop_can_be_seen(
    tmp_path: Path, browser: Browser
) -> None:
    async with gateway(tmp_path) as hub, open_page(browser, locale="zh-CN") as opened:
        seat, keys = Dispatcher(opened), Keys(Dispatcher(opened))
        await by_keys(seat, hub.url, await hub.token(grants=DISPATCH))
        stops = await keys.to(seat.slab)
        panes = (
            "theme",
            "new-room",
            "select",
            "plan",
            "mode-talkgroup",
            "invite-number",
            "message-draft",
            "slab",
        )
        assert [stop for stop in dict.fromkeys(stops) if stop in panes] == list(panes)
