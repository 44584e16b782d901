"""Story 2 of the SIP door: a page calls a telephone from its room, and every page reads how it goes.

The telephone is of another make (pjsua2); in one story it is SIPp with scenarios of its own.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import Gateway, free_port, gateway
from sim.peers.pjsua_peer import pjsua_phone
from sim.peers.sipp_callee import sipp_callee
from sim.phone import Phone
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

FRAMES = 100
RING_LIMIT_S = 3
ROOM = "command"


def door(port: int) -> str:
    """Two numbers, of which phones register one, that ring for 3 s at most."""
    return sip_section(port, "101", "102").replace("[sip]\n", f"[sip]\nring_limit_s = {RING_LIMIT_S}\n", 1)


@asynccontextmanager
async def dispatcher_and_other(
    hub: Gateway, browser: Browser, *, locale: str = "en"
) -> AsyncIterator[tuple[Responder, Responder]]:
    """Two pages in the open room; the first may call numbers."""
    async with open_page(browser, locale=locale) as first, open_page(browser, locale=locale) as second:
        pages = Responder(first), Responder(second)
        grants = ("listen,talk,dispatch", "listen,talk")
        for page, grant, name in zip(pages, grants, ("Control", "Medic 2"), strict=True):
            await page.join(hub.url, await hub.token(grants=grant), ROOM, name)
        for page in pages:
            await page.sees_members(2)
        yield pages


async def test_a_page_calls_a_phone_hears_it_and_is_heard(tmp_path: Path, browser: Browser) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=sip_section(port, "101")) as hub,
        pjsua_phone(tmp_path / "pj", ("127.0.0.1", port), "101", PASSWORD) as (phone, status),
        dispatcher_and_other(hub, browser) as (page, other),
    ):
        assert status == 200
        await page.call("101")
        assert "8002" in (await phone.do("ring"))["caller"]
        await page.call_is("101", "ringing", "Ringing")
        await other.call_is("101", "ringing", "called by Control")
        assert (await phone.do("answer"))["connected"]
        for each in (page, other):
            await each.call_is("101", "answered", "Answered, in the room")
            await each.sees_members(3)
        await hears_the_phone(page)
        await phone.take()
        await page.press()
        await asyncio.gather(page.heard_here.say(0, FRAMES, lead_ms=300), phone.do("wait", seconds=4.0))
        await page.let_go()
        await page.slab_is("listening")  # the phone speaks on
        heard = (await phone.take()).heard()
        assert heard.frames >= FRAMES - 5, heard
        assert heard.lost_frames <= 3, heard
        await phone.do("hang_up")
        for each in (page, other):
            await each.sees_members(2)
        assert (await hub.metrics())["crosspatch_sip_calls"] == 0


async def hears_the_phone(page: Responder) -> None:
    """Two seconds of the phone's signal: a hundred indexes, but for what a busy machine spoils."""
    await page.heard_here.forget()
    await page.heard_here.heard_out(loud_ms=2000, quiet_ms=0)
    heard = max((track.heard() for track in await page.heard_here.played()), key=lambda report: report.frames)
    assert heard.frames >= 95, heard


async def test_a_phone_that_refuses_says_so_on_every_page(tmp_path: Path, browser: Browser) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=door(port)) as hub,
        pjsua_phone(tmp_path / "pj", ("127.0.0.1", port), "101", PASSWORD) as (phone, _),
        dispatcher_and_other(hub, browser) as pages,
    ):
        for status, state, words in ((603, "declined", "Declined"), (486, "busy", "Busy")):
            await pages[0].call("101")
            await phone.do("ring")
            assert not (await phone.do("answer", status=status))["connected"]
            for page in pages:
                await page.call_is("101", state, words)
        assert (await hub.metrics())["crosspatch_sip_calls"] == 0


async def test_what_sipp_refuses_with_is_told_in_words(tmp_path: Path, browser: Browser) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=sip_section(port, "101")) as hub,
        dispatcher_and_other(hub, browser) as pages,
    ):
        # What SIPp does not know is done by another: it registers, and leaves SIPp its port.
        async with Phone.open(("127.0.0.1", port), "101", PASSWORD) as phone:
            assert await phone.register() == 200
            place = phone.wire.local[1]
        for status, rings, state, words in (
            (486, True, "busy", "Busy"),
            (503, True, "failed", "Call failed"),
            (480, True, "no_answer", "No answer"),
            (480, False, "unreachable", "Not reachable"),
        ):
            async with sipp_callee(tmp_path, place, status, rings=rings):
                await pages[0].call("101")
                for page in pages:
                    await page.call_is("101", state, words)
        assert (await hub.metrics())["crosspatch_sip_calls"] == 0


async def test_a_call_that_nobody_answers_ends_and_says_so(tmp_path: Path, browser: Browser) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=door(port)) as hub,
        pjsua_phone(tmp_path / "pj", ("127.0.0.1", port), "101", PASSWORD) as (phone, _),
        dispatcher_and_other(hub, browser, locale="zh-CN") as pages,
    ):
        await pages[0].call("101")
        await phone.do("ring")
        for page in pages:
            await page.call_is("101", "no_answer", "无人接听")
        assert (await phone.do("end"))["over"]
        await pages[0].call("102")  # a number without a phone
        await pages[0].call_is("102", "unreachable", "无法接通")
        await pages[0].call("999")  # nobody's number
        await pages[0].call_is("999", "not_allowed", "不允许呼叫")
        assert (await hub.metrics())["crosspatch_sip_calls"] == 0


async def test_a_call_that_is_given_up_rings_no_longer(tmp_path: Path, browser: Browser) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, more=sip_section(port, "101")) as hub,
        pjsua_phone(tmp_path / "pj", ("127.0.0.1", port), "101", PASSWORD) as (phone, _),
        dispatcher_and_other(hub, browser) as (page, other),
    ):
        await page.call("101")
        await phone.do("ring")
        await page.call_is("101", "ringing", "Ringing")
        await page.give_up_call()
        assert await phone.do("end") == {"over": True, "status": 487}
        await page.call_is("101", "cancelled", "Given up")
        await other.call_is("101", "cancelled", "Given up")
