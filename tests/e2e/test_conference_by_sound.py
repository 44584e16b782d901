"""Three phones with three codecs and two pages in one conference, judged by what each of them plays.

First each speaks alone, in numbers: all others hear every number, the speaker none. Then three at a time sing
their pilots (the mix and a page's slots carry three): everybody hears exactly the other singers.
"""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import Gateway, free_port, gateway
from sim.leaks import holds, released
from sim.phone import Call, Phone
from sim.signal.encode import Pcm, numbered
from sim.signal.pilot import WINDOW_MS, levels, pilot
from sim.signal.played import Played
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

SEED = 20_261
PHONES = {"101": "0", "102": "9", "103": "96"}
"""Number and payload type: G.711 mu-law, G.722, Opus."""
PAGES = ("Engine 7", "Medic 2")
SPEAKERS = len(PHONES) + len(PAGES)
CHOIR = (0, 1, 3)
"""Seats that sing together, counted on from each seat in turn: so every two of them do."""
FRAMES = 100
CHORUS_MS = 2_500
PAUSE_MS = 2_000
"""Longer than a page's slot stays with one who has fallen silent."""
TAIL_MS = 400
SETTLED_MS = 1_000
"""Of a chorus, until every jitter buffer has found its depth and the loudest are settled."""
HEARD_DBOV, UNHEARD_DBOV = -26.0, -40.0
"""A pilot goes out at -20."""


class Seat(Protocol):
    """One in the room, wherever."""

    async def speak(self, first: int) -> None: ...
    async def sing(self, speaker: int) -> None: ...
    async def forget(self) -> None: ...
    async def played(self) -> list[Played]: ...

    async def listened(self, ms: float) -> None:
        """Wait for so much of what it plays, silence too; one that is sent nothing does not wait."""

    async def heard_out(self, loud_ms: float, quiet_ms: float) -> None:
        """Wait for so much sound and so much quiet after it."""


class PhoneSeat:
    def __init__(self, call: Call) -> None:
        self._sound = call.sound

    async def speak(self, first: int) -> None:
        await self._play(numbered(first, FRAMES, rate_hz=self._sound.codec.rate_hz))

    async def sing(self, speaker: int) -> None:
        await self._play(pilot(speaker, CHORUS_MS, rate_hz=self._sound.codec.rate_hz, seed=SEED))

    async def _play(self, pcm: Pcm) -> None:
        """And the silence that a telephone goes on sending: what breaks off, the other side conceals."""
        silence = np.zeros(self._sound.codec.rate_hz * TAIL_MS // 1000, dtype=np.int16)
        await self._sound.play(np.concatenate([pcm, silence]))

    async def forget(self) -> None:
        self._sound.recorder.forget()

    async def played(self) -> list[Played]:
        return [self._sound.recorder.take()]

    async def listened(self, ms: float) -> None:
        pass  # when nobody talks a phone is sent nothing

    async def heard_out(self, loud_ms: float, quiet_ms: float) -> None:
        await self._sound.recorder.heard_out(loud_ms=loud_ms, quiet_ms=quiet_ms)


class PageSeat:
    def __init__(self, page: Responder) -> None:
        self._page = page

    async def speak(self, first: int) -> None:
        await self._page.press()
        await self._page.heard_here.say(first, FRAMES)
        await self._page.release()

    async def sing(self, speaker: int) -> None:
        await self._page.press()
        await self._page.heard_here.play(pilot(speaker, CHORUS_MS, seed=SEED))
        await self._page.release()

    async def forget(self) -> None:
        await self._page.heard_here.forget()

    async def played(self) -> list[Played]:
        return await self._page.heard_here.played()

    async def listened(self, ms: float) -> None:
        await self._page.heard_here.listened(ms)

    async def heard_out(self, loud_ms: float, quiet_ms: float) -> None:
        await self._page.heard_here.heard_out(loud_ms=loud_ms, quiet_ms=quiet_ms)


@asynccontextmanager
async def conference(hub: Gateway, browser: Browser, port: int) -> AsyncIterator[list[Seat]]:
    token = await hub.token()
    async with AsyncExitStack() as leaving:
        pages = [Responder(await leaving.enter_async_context(open_page(browser))) for _ in PAGES]
        for name, page in zip(PAGES, pages, strict=True):
            await page.join(hub.url, token, "command", name)
        seats: list[Seat] = [PageSeat(page) for page in pages]
        for number, codec in PHONES.items():
            phone = await leaving.enter_async_context(Phone.open(("127.0.0.1", port), number, PASSWORD))
            phone.codecs = codec
            call = await phone.call("8002")
            leaving.push_async_callback(call.hang_up)
            await call.sound.say(25)  # latches the media path before anything is counted
            seats.insert(0, PhoneSeat(call))
        for page in pages:
            await page.sees_members(SPEAKERS)
        yield seats


async def quiet(seats: Sequence[Seat]) -> None:
    """What was under way has been played out, and the recorders are empty."""
    for seat in seats:
        await seat.forget()
    for seat in seats:
        await seat.listened(PAUSE_MS)
    for seat in seats:
        await seat.forget()


async def speak_in_turn(seats: Sequence[Seat], order: Sequence[int], first: int) -> None:
    for turn, speaker in enumerate(order):
        near = first + 1000 * turn
        listeners = [seat for number, seat in enumerate(seats) if number != speaker]
        await quiet(seats)
        await seats[speaker].speak(near)
        for seat in listeners:
            await seat.heard_out(FRAMES * 15, quiet_ms=200)
            best = max(
                (track.heard(near=near) for track in await seat.played()), key=lambda heard: heard.frames
            )
            assert best.frames >= FRAMES - 4, (speaker, seats.index(seat), best)
            assert best.lost_frames <= 2, (speaker, seats.index(seat), best)
            assert len(best.order_errors) <= 1, (speaker, seats.index(seat), best)
        own = [track.heard(near=near) for track in await seats[speaker].played()]
        assert all(heard.frames == 0 for heard in own), (speaker, own)


async def sing_together(seats: Sequence[Seat], choir: Sequence[int]) -> None:
    await quiet(seats)
    async with asyncio.TaskGroup() as tasks:
        for speaker in choir:
            tasks.create_task(seats[speaker].sing(speaker))
    for number, seat in enumerate(seats):
        await seat.heard_out(CHORUS_MS - SETTLED_MS / 2, quiet_ms=0)  # nobody is sent more than the sound
        tracks = [levels(track.pcm, track.rate_hz) for track in await seat.played()]
        for speaker in range(SPEAKERS):
            heard_ms = sum(int((track[:, speaker] > HEARD_DBOV).sum()) for track in tracks) * WINDOW_MS
            loudest = max(float(track[:, speaker].max(initial=-np.inf)) for track in tracks)
            if speaker in choir and speaker != number:
                assert heard_ms >= CHORUS_MS - SETTLED_MS, (choir, number, speaker, heard_ms, loudest)
            else:
                assert loudest < UNHEARD_DBOV, (choir, number, speaker, heard_ms, loudest)


async def test_each_hears_all_others_and_not_itself(tmp_path: Path, browser: Browser) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    chance = random.Random(SEED)
    choirs = chance.sample(
        [[(first + step) % SPEAKERS for step in CHOIR] for first in range(SPEAKERS)], SPEAKERS
    )
    async with gateway(tmp_path, more=sip_section(port, *PHONES)) as hub:
        before = await holds(hub)
        for telling in range(2):
            async with conference(hub, browser, port) as seats:
                await speak_in_turn(seats, chance.sample(range(SPEAKERS), SPEAKERS), 10_000 * telling)
                for choir in choirs[telling::2]:
                    await sing_together(seats, choir)
            await released(hub, before)


async def test_with_forwarding_off_nobody_hears_anybody(tmp_path: Path, browser: Browser) -> None:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(tmp_path, forwarding=False, more=sip_section(port, *PHONES)) as hub,
        conference(hub, browser, port) as seats,
    ):
        await quiet(seats)
        for speaker in (0, SPEAKERS - 1):
            await seats[speaker].speak(0)
        for seat in seats:
            assert all(track.heard().frames == 0 for track in await seat.played())
