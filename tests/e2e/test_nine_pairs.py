"""Page, phone and radio in one talkgroup: each takes the floor from each, by the room's rules.

The room lets an equal cut in. Everybody sings a pilot, and whoever held the floor goes on singing into its
shut gate: a desk phone listens, and hears one of them at a time, the holder first, then who took over. From a
radio that is heard nobody takes the floor: whoever asks waits, and is heard when the radio has ended.
"""

import asyncio
import itertools
import socket
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import free_port, gateway
from sim.peers.pjsua_peer import RATE_HZ, PjsuaPhone, pjsua_phone
from sim.phone import Call, Phone
from sim.radio.site import Site, site
from sim.signal.encode import write_wav
from sim.signal.pilot import levels, pilot
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

ROOMS = """
[[rooms]]
id = "ops"
preemption = "cut_in"
queue_wait_ms = 30000
[[rooms]]
id = "command"
mode = "conference"
talk_limit_ms = 0
"""
CHANNELS = {"hill": "vhf1", "valley": "uhf1"}
RADIOS = "".join(
    f'[[radio.channels]]\nbridge = "{bridge}"\nchannel = "{channel}"\nroom = "ops"\n'
    for bridge, channel in CHANNELS.items()
)
SONG_MS = 4_000
SHORT_MS = 2_500
HEARD_DBOV, UNHEARD_DBOV = -30.0, -40.0
"""A pilot goes out at -20."""
WINDOW_MS = 100
PATIENCE_S = 20.0


class Talker(Protocol):
    """One who can take the floor. ``number``: of its pilot."""

    number: int

    async def take(self, ms: int) -> None:
        """Press, and sing for so long whatever happens; returns when it was asked for."""

    async def let_go(self) -> None:
        """It may sing on."""

    async def sung(self) -> None:
        """Wait until it sings no more."""


class Singing:
    """Who sings in the background."""

    def __init__(self) -> None:
        self._song: asyncio.Future[object] | None = None

    def sing(self, song: Awaitable[object]) -> None:
        self._song = asyncio.ensure_future(song)

    async def sung(self) -> None:
        if self._song is not None:
            await self._song


class Page(Singing):
    def __init__(self, page: Responder, number: int) -> None:
        super().__init__()
        self.page, self.number = page, number

    async def take(self, ms: int) -> None:
        await self.page.slab.hover()
        await self.page.push()
        self.sing(self.page.heard_here.play(pilot(self.number, ms)))

    async def let_go(self) -> None:
        await self.page.let_go()


class DeskPhone(Singing):
    """Its microphone is always open."""

    def __init__(self, call: Call, number: int) -> None:
        super().__init__()
        self.call, self.number = call, number

    async def take(self, ms: int) -> None:
        await self.call.sound.press("*")
        self.sing(self.call.sound.play(pilot(self.number, ms, rate_hz=self.call.sound.codec.rate_hz)))

    async def let_go(self) -> None:
        await self.call.sound.press("#")


class Pjsua:
    """Sings all the time, from before it takes the floor to after it lost it."""

    def __init__(self, phone: PjsuaPhone, number: int) -> None:
        self.phone, self.number = phone, number

    async def take(self, ms: int) -> None:
        del ms
        await self.phone.do("press", keys="*")

    async def let_go(self) -> None:
        await self.phone.do("press", keys="#")

    async def sung(self) -> None:
        """It never ends."""


class Radio(Singing):
    """Somebody on the air, with a hand-held."""

    def __init__(self, place: Site, channel: str, number: int, folder: Path) -> None:
        super().__init__()
        self.site, self.channel, self.number, self.folder = place, channel, number, folder

    async def take(self, ms: int) -> None:
        speech = self.folder / f"{self.channel}-{ms}.wav"
        write_wav(speech, pilot(self.number, ms), 48_000)
        self.sing(self.site.order("receive", self.channel, file=str(speech), alias="Unit 12", wait=True))

    async def let_go(self) -> None:
        await self.sung()


@dataclass
class Room:
    talkers: dict[str, Talker]
    listener: Call

    def heard(self) -> list[int | None]:
        """Window by window: whose pilot alone was heard; None: nobody's, or not one alone."""
        played = self.listener.sound.recorder.take()
        rows = levels(played.pcm, played.rate_hz, WINDOW_MS)
        loud = [[n for n, level in enumerate(row) if level > HEARD_DBOV] for row in rows]
        faint = [sum(level > UNHEARD_DBOV for level in row) for row in rows]
        return [
            who[0] if len(who) == 1 and some == 1 else None for who, some in zip(loud, faint, strict=True)
        ]

    async def hears(self, talker: Talker) -> None:
        """Wait until three windows in a row are this talker's alone."""
        async with asyncio.timeout(PATIENCE_S):
            while self.heard()[-3:] != [talker.number] * 3:  # noqa: ASYNC110 - a recording to look at
                await asyncio.sleep(WINDOW_MS / 1000)

    def forget(self) -> None:
        self.listener.sound.recorder.forget()

    def order(self) -> list[int]:
        """Who was heard, one after the other; a change of talkers may be in the middle of a window."""
        return [who for who, _ in itertools.groupby(one for one in self.heard() if one is not None)]


@asynccontextmanager
async def room(folder: Path, browser: Browser, *, forwarding: bool = True) -> AsyncIterator[Room]:
    port = free_port(socket.SOCK_DGRAM, 1)
    door = ("127.0.0.1", port)
    more = ROOMS + RADIOS + sip_section(port, "101", "102", "103")
    async with gateway(folder, forwarding=forwarding, more=more) as hub:
        urls = {bridge: hub.store / "radio" / "bridges" / bridge for bridge in CHANNELS}
        async with (
            site(folder / "hill", "hill", [urls["hill"]], CHANNELS["hill"], codec="opus") as hill,
            site(folder / "valley", "valley", [urls["valley"]], CHANNELS["valley"], codec="opus") as valley,
            open_page(browser) as one,
            open_page(browser) as other,
            pjsua_phone(folder / "pj", door, "101", PASSWORD, voice=pilot(2, 20_000, rate_hz=RATE_HZ)) as (
                pjsua,
                _,
            ),
            Phone.open(door, "102", PASSWORD) as desk,
            Phone.open(door, "103", PASSWORD) as ear,
        ):
            token = await hub.token()
            pages = [Responder(one), Responder(other)]
            for page, name in zip(pages, ("Engine 7", "Medic 2"), strict=True):
                await page.join(hub.url, token, "ops", name)
            assert (await pjsua.do("dial", number="8001"))["status"] == 200
            calls = [await phone.call("8001") for phone in (desk, ear)]
            for call in calls:
                await call.sound.say(10)  # the gateway learns where the phone is
            talkers: dict[str, Talker] = {
                "page": Page(pages[0], 0),
                "other page": Page(pages[1], 1),
                "phone": Pjsua(pjsua, 2),
                "other phone": DeskPhone(calls[0], 3),
                "radio": Radio(hill, CHANNELS["hill"], 4, folder),
                "other radio": Radio(valley, CHANNELS["valley"], 5, folder),
            }
            yield Room(talkers, calls[1])


async def test_each_kind_takes_the_floor_from_each_and_from_a_radio_only_when_it_has_ended(
    tmp_path: Path, browser: Browser
) -> None:
    async with room(tmp_path, browser) as stage:
        for holds, takes in itertools.product(("page", "phone", "radio"), repeat=2):
            holder, taker = stage.talkers[holds], stage.talkers[f"other {takes}" if holds == takes else takes]
            stage.forget()
            await holder.take(SHORT_MS if holds == "radio" else SONG_MS)
            await stage.hears(holder)
            await taker.take(SONG_MS)
            if isinstance(holder, Radio) and isinstance(taker, Page):
                await taker.page.slab_is("queued")
            await stage.hears(taker)
            await holder.let_go()
            await stage.hears(taker)
            await taker.let_go()
            for talker in (holder, taker):
                await talker.sung()
            await stage.listener.sound.recorder.heard_out(loud_ms=0)
            sys.stdout.write(f"{holds} -> {takes}: {stage.order()}\n")
            assert stage.order() == [holder.number, taker.number], (holds, takes)


async def test_with_forwarding_off_nobody_is_heard(tmp_path: Path, browser: Browser) -> None:
    async with room(tmp_path, browser, forwarding=False) as stage:
        await stage.talkers["phone"].take(SONG_MS)
        with pytest.raises(TimeoutError):
            await stage.hears(stage.talkers["phone"])
