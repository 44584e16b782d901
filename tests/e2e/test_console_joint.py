"""A burst pipe: from the console a caller, a radio channel and an officer are brought into one room.

Real programs at every end: Chromium twice, pjsua2, Mosquitto and the bridge process. Then each of them is
killed, and the console says what is true.
"""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.async_api import Browser, expect

from sim.browser.chromium import open_page
from sim.browser.dispatcher import Dispatcher
from sim.browser.page import InstrumentedPage
from sim.browser.responder import Responder
from sim.gateway import Gateway, free_port, gateway
from sim.peers.pjsua_peer import PjsuaPhone, pjsua_phone
from sim.phone.codec import Pcmu
from sim.radio.site import Site, site
from sim.signal.decode import decode
from sim.signal.encode import numbered, write_wav
from sim.signal.played import Heard
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section
from tests.e2e.test_radio_in_room import CHANNEL, RADIO

ROOM = "ops"
FRAMES = 100
SPOILT = 5
"""Indexes that a busy machine may spoil."""
PATIENCE_MS = 30_000
PHONE_GONE_MS = 45_000
"""Of a phone that was killed (DESIGN 3.14)."""


@dataclass(frozen=True)
class Scene:
    hub: Gateway
    seat: Dispatcher
    officer: Responder
    phone: PjsuaPhone
    site: Site
    speech: Path

    async def radio_says(self, first: int) -> None:
        write_wav(self.speech, numbered(first, FRAMES, rate_hz=8000), 8000)
        await self.site.order("receive", CHANNEL, file=str(self.speech), alias="Unit 12", wait=True)

    def aired(self) -> Heard:
        """What has gone on the air."""
        decoder = Pcmu()
        frames = [decoder.decode(frame.frame) for frame in self.site.aired(CHANNEL)]
        return decode(np.concatenate(frames) if frames else np.zeros(0, dtype="<i2"), 8000)


async def by_mouse(seat: Dispatcher, url: str, token: str) -> None:
    """Takes the seat, with the room before it."""
    await seat.sit(url, token, "Seat 02")
    await seat.select(ROOM)


@asynccontextmanager
async def scene(
    folder: Path, browser: Browser, sits: Callable[[Dispatcher, str, str], Awaitable[None]] = by_mouse
) -> AsyncIterator[Scene]:
    """The console has the room before it; the officer and the radio are in it, the phone is not yet."""
    port = free_port(socket.SOCK_DGRAM, 1)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        hub = await enter(gateway(folder, more=sip_section(port, "101") + RADIO.format(room=ROOM)))
        broker = hub.store / "radio" / "bridges" / "hill"  # read anew: a gateway that was killed has another
        bridge = await enter(site(folder / "site", "hill", [broker], CHANNEL))
        phone, status = await enter(pjsua_phone(folder / "pj", ("127.0.0.1", port), "101", PASSWORD))
        assert status == 200
        seat = Dispatcher(await enter(open_page(browser)))
        await sits(seat, hub.url, await hub.token(grants="listen,talk,data,dispatch"))
        officer = Responder(await enter(open_page(browser)))
        await officer.join(hub.url, await hub.token(), ROOM, "Officer Wang")
        await seat.sees_members(3)
        yield Scene(hub, seat, officer, phone, bridge, folder / "speech.wav")


async def bring_the_caller(stage: Scene) -> None:
    await stage.seat.invite("101")
    await caller_answers(stage)


async def caller_answers(stage: Scene) -> None:
    """Who is called has a telephone, and takes it."""
    await stage.phone.do("ring")
    await stage.seat.call_is("101", "ringing")
    assert (await stage.phone.do("answer"))["connected"]
    await stage.seat.call_is("101", "answered")
    await stage.seat.sees_members(4)


async def best(page: InstrumentedPage, near: int) -> Heard:
    await page.heard_out(loud_ms=(FRAMES - SPOILT) * 20, quiet_ms=300)
    return max((track.heard(near=near) for track in await page.played()), key=lambda heard: heard.frames)


async def test_a_caller_a_radio_and_an_officer_are_joined_from_the_console_and_hear_each_other(
    tmp_path: Path, browser: Browser
) -> None:
    async with scene(tmp_path, browser) as stage:
        await bring_the_caller(stage)
        pages = (stage.seat.heard_here, stage.officer.heard_here)

        await stage.officer.press()
        await stage.phone.take()
        await asyncio.gather(
            stage.officer.heard_here.say(0, FRAMES, lead_ms=300), stage.phone.do("wait", seconds=3.0)
        )
        assert (await best(stage.seat.heard_here, 0)).frames >= FRAMES - SPOILT
        assert (await stage.phone.take()).heard(near=0).frames >= FRAMES - SPOILT
        await stage.officer.release()
        assert stage.aired().frames >= FRAMES - SPOILT

        for page in pages:
            await page.forget()
        await asyncio.gather(
            stage.radio_says(1000), expect(stage.seat.strip(ROOM)).to_contain_text("Unit 12")
        )
        for page in pages:
            assert (await best(page, 1000)).frames >= FRAMES - SPOILT

        await stage.seat.set_mode("conference")
        for page in pages:
            await page.forget()
        for page in pages:  # the telephone speaks all the time, and nobody pressed
            await page.heard_out(loud_ms=2000, quiet_ms=0)
        await stage.seat.set_mode("talkgroup")
        await stage.seat.strip_is(ROOM, "idle")
        for page in pages:
            await page.heard_out(loud_ms=0, quiet_ms=1000)


async def test_whoever_is_killed_the_console_says_what_is_true_and_the_room_goes_on(
    tmp_path: Path, browser: Browser
) -> None:
    async with scene(tmp_path, browser) as stage:
        await bring_the_caller(stage)
        await stage.phone.kill()

        os.kill(stage.hub.child("mosquitto"), signal.SIGKILL)
        await stage.seat.attention_is("radio")
        await stage.seat.attention_is("quiet")

        stage.site.signal(signal.SIGKILL)
        await stage.seat.attention_is("radio")
        await expect(stage.seat.page.get_by_test_id("health-radios")).to_contain_text("0/1")
        await stage.site.ended()
        await stage.site.start()
        await stage.seat.attention_is("quiet")

        await stage.officer.heard_here.page.close()
        await expect(stage.seat.members("browser")).to_have_count(1, timeout=PATIENCE_MS)
        await expect(stage.seat.members("phone")).to_have_count(0, timeout=PHONE_GONE_MS)

        await stage.seat.press_in(ROOM)
        await stage.hub.kill()
        await stage.seat.attention_is("offline")
        await stage.seat.let_go()
        await stage.site.unkeyed(CHANNEL)
        await stage.hub.start()
        await stage.seat.attention_is("quiet")
        await stage.seat.strip_is(ROOM, "idle")
        await expect(stage.seat.members("radio")).to_have_count(1, timeout=PATIENCE_MS)
        await stage.seat.press_in(ROOM)
        await stage.seat.let_go()
        await stage.seat.strip_is(ROOM, "idle")
