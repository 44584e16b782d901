"""No first syllable is lost, nor the last one: talkers of every kind, listeners of every kind, a slow grant.

Who presses speaks at once. Python is held for ``HELD_MS`` at the press, so that the floor is granted in the
middle of a word; what was said by then is the head of the talkspurt (docs/adr/0019).
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import Gateway, free_port, gateway
from sim.phone import Call, Phone
from sim.radio.site import Site, site
from sim.signal.decode import decode
from sim.signal.encode import numbered, read_wav, write_wav
from sim.signal.report import Heard
from tests.e2e.launcher import HELD
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

LAUNCHER = (sys.executable, "-m", "tests.e2e.launcher")
CHANNEL = "vhf1"
FRAMES = 75
MOST_FRAMES = FRAMES + 50
HELD_MS = 220
SLACK = 3
"""Frames between the sound card and what lets go of it: one said only in part, the page's own buffers."""
RADIO = (
    f'[[radio.channels]]\nbridge = "hill"\nchannel = "{CHANNEL}"\nroom = "ops"\nname = "VHF 1"\ntx = true\n'
)


@dataclass
class Room:
    """A page and a desk phone that talk, a page, a desk phone and a radio that listen."""

    hub: Gateway
    page: Responder
    phone: Call
    pages: Responder
    phones: Call
    radio: Site

    async def hold_python(self) -> None:
        """The grant waits from now on."""
        os.kill(self.hub.pid, signal.SIGUSR1)

    async def forget(self) -> None:
        await self.pages.heard_here.forget()
        self.phones.sound.recorder.forget()

    async def heard(self, near: int) -> dict[str, Heard]:
        """What each kind of listener heard, when all is out."""
        await self.pages.heard_here.heard_out(loud_ms=FRAMES * 10)
        tracks = [track.heard(near=near) for track in await self.pages.heard_here.played()]
        return {
            "page": max(tracks, key=lambda report: report.frames),
            "phone": self.phones.sound.recorder.take().heard(near=near),
        }

    async def recorded(self, near: int) -> Heard:
        """The last transmission as its recording holds it."""
        folder = self.radio.folder / "air"

        def newest() -> Heard | None:
            files = sorted(folder.glob(f"{CHANNEL}-*.wav"), key=lambda path: path.stat().st_mtime)
            return decode(*read_wav(files[-1]), near=near) if files else None

        await self.radio.until(lambda: (found := newest()) is not None and found.frames > 0)
        found = newest()
        assert found is not None
        return found


@asynccontextmanager
async def room(folder: Path, browser: Browser, *, forwarding: bool = True) -> AsyncIterator[Room]:
    port = free_port(socket.SOCK_DGRAM, 1)
    more = RADIO + sip_section(port, "101", "102")
    async with gateway(folder, forwarding=forwarding, more=more, program=LAUNCHER) as hub:
        url = hub.store / "radio" / "bridges" / "hill"
        async with (
            site(folder / "site", "hill", [url], CHANNEL, codec="opus") as radio,
            open_page(browser) as one,
            open_page(browser) as other,
            Phone.open(("127.0.0.1", port), "101", PASSWORD) as talks,
            Phone.open(("127.0.0.1", port), "102", PASSWORD) as listens,
        ):
            await radio.logged("the hub's clock is known")
            page, pages = Responder(one), Responder(other)
            token = await hub.token()
            await page.join(hub.url, token, "ops", "Engine 7")
            await pages.join(hub.url, token, "ops", "Medic 2")
            calls = [await phone.call("8001") for phone in (talks, listens)]
            for call in calls:
                await call.sound.say(10)  # the gateway learns where the phone is
            yield Room(hub, page, calls[0], pages, calls[1], radio)


def _is_whole(who: str, report: Heard, first: int, last: int) -> None:
    """Every index from ``first`` to ``last``; what comes behind may be a frame cut by the release."""
    assert report.first == first, (who, report)
    assert report.last is not None, (who, report)
    assert report.last >= last, (who, last, report)
    assert all(gap.first > last for gap in report.gaps), (who, last, report)


@pytest.fixture(autouse=True)
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLD_S", str(HELD_MS / 1000))


async def test_a_page_is_heard_from_its_press_to_its_release_by_every_kind(
    tmp_path: Path, browser: Browser
) -> None:
    async with room(tmp_path, browser) as stage:
        for times, first in enumerate((1000, 2000), 1):
            await stage.forget()
            await stage.page.slab.hover()
            await stage.hold_python()
            await stage.page.push()
            # More than is said under the press: it ends when the person lets go.
            saying = asyncio.create_task(stage.page.heard_here.say(first, MOST_FRAMES))
            await stage.page.slab_is("talking")
            await asyncio.sleep(FRAMES / 50)
            let_go_ms = time.time() * 1000
            await stage.page.release()
            began_ms = await saying + first * 20
            said = min(MOST_FRAMES, int((let_go_ms - began_ms) // 20))
            heard = await stage.heard(first)
            await stage.radio.unkeyed(CHANNEL, times=times)
            heard["radio"] = await stage.recorded(first)
            sys.stdout.write(f"said {said} frames: {heard}\n")
            for who, report in heard.items():
                _is_whole(who, report, first, first + said - 1 - SLACK)
        await stage.hub.saw(HELD, times=2)


async def test_a_phone_is_heard_from_the_end_of_its_key_to_its_next_key_by_every_kind(
    tmp_path: Path, browser: Browser
) -> None:
    async with room(tmp_path, browser) as stage:
        for times, first in enumerate((1000, 2000), 1):
            await stage.forget()
            await stage.hold_python()
            await stage.phone.sound.press("*")
            await stage.phone.sound.say(FRAMES, first=first)
            await stage.phone.sound.press("#")
            heard = await stage.heard(first)
            await stage.radio.unkeyed(CHANNEL, times=times)
            heard["radio"] = await stage.recorded(first)
            sys.stdout.write(f"{heard}\n")
            for who, report in heard.items():
                _is_whole(who, report, first, first + FRAMES - 1)
        await stage.hub.saw(HELD, times=2)


async def test_a_radio_is_heard_from_its_carrier_on_by_pages_and_phones(
    tmp_path: Path, browser: Browser
) -> None:
    speech = tmp_path / "speech.wav"
    async with room(tmp_path, browser) as stage:
        for first in (1000, 2000):
            write_wav(speech, numbered(first, FRAMES), 48_000)
            await stage.forget()
            await stage.hold_python()
            await stage.radio.order("receive", CHANNEL, file=str(speech), alias="Unit 12", wait=True)
            heard = await stage.heard(first)
            sys.stdout.write(f"{heard}\n")
            for who, report in heard.items():
                _is_whole(who, report, first, first + FRAMES - 1)
        await stage.hub.saw(HELD, times=2)


async def test_with_forwarding_off_nobody_hears_the_page(tmp_path: Path, browser: Browser) -> None:
    async with room(tmp_path, browser, forwarding=False) as stage:
        await stage.forget()
        await stage.page.press()
        await stage.page.heard_here.say(1000, FRAMES)
        await stage.page.release()
        await stage.pages.heard_here.listened(FRAMES * 20)
        tracks = [track.heard(near=1000) for track in await stage.pages.heard_here.played()]
        aired = [decode(*read_wav(path), near=1000) for path in (stage.radio.folder / "air").glob("*.wav")]
        phone = stage.phones.sound.recorder.take().heard(near=1000)
        assert [report.frames for report in (*tracks, *aired, phone)] == [0] * (len(tracks) + len(aired) + 1)
