"""A NAT gives a page another source port in mid-talk, and the page does not know (docs/adr/0022).

The port changes right behind a connectivity check of the page, so that ICE itself would find it only with the
next one, seconds later.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import Gateway, free_port, gateway
from sim.path.lane import kind
from sim.path.weak_path import WeakPath, weak_path
from sim.phone import Call, Phone
from sim.signal.report import Heard
from sim.signal.tones import FRAME_MS
from tests.e2e.test_phone_calls_room import PASSWORD, sip_section

SHORT = 75
FRAMES = 325
"""Six seconds and a half: the change comes in the first four, whenever the page's check does."""
LEAD_MS = 300
PHONE_LOST_MAX = 2
"""A phone's sound is mixed on the beat: on a busy machine a packet may come too late for it."""
UNHEARD_MAX_MS = 4_000
"""By who only listens: until its browser's next check, every 2.5 s on a machine that is not busy."""
REJECTED = "crosspatch_media_datagrams_rejected_total"
TAKEN = "crosspatch_media_strays_taken_total"
"""How often a page was followed before a check had come."""


@dataclass
class Room:
    """A page by a path of ours, a page without, a desk phone."""

    hub: Gateway
    path: WeakPath
    moved: Responder
    still: Responder
    phone: Call

    async def talk(
        self, talker: Responder, listener: Responder, first: int, frames: int, *, change: bool = False
    ) -> dict[str, Heard]:
        """One talkspurt from index ``first``, in its midst a change of port; what page and phone heard."""
        await listener.heard_here.forget()
        self.phone.sound.recorder.forget()
        await talker.press()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talker.heard_here.say(first, frames, lead_ms=LEAD_MS))
            if change:
                await listener.heard_here.heard_out(loud_ms=500, quiet_ms=0)
                await self.path.checked()
                await self.path.rebind()
        await listener.heard_here.heard_out(loud_ms=frames * FRAME_MS // 3)
        await talker.release()
        tracks = [track.heard(near=first) for track in await listener.heard_here.played()]
        return {
            "page": max(tracks, key=lambda report: report.frames),
            "phone": self.phone.sound.recorder.take().heard(near=first),
        }

    async def counted(self, name: str) -> float:
        return (await self.hub.metrics())[name]


@asynccontextmanager
async def room(folder: Path, browser: Browser) -> AsyncIterator[Room]:
    port = free_port(socket.SOCK_DGRAM, 1)
    async with (
        gateway(folder, more=sip_section(port, "101")) as hub,
        weak_path(("127.0.0.1", hub.media_port), seed=11) as path,
        open_page(browser, detour=path.port) as one,
        open_page(browser) as other,
        Phone.open(("127.0.0.1", port), "101", PASSWORD) as phone,
    ):
        moved, still = Responder(one), Responder(other)
        token = await hub.token()
        await moved.join(hub.url, token, "ops", "Engine 7")
        await still.join(hub.url, token, "ops", "Medic 2")
        call = await phone.call("8001")
        await call.sound.say(10)  # the gateway learns where the phone is
        yield Room(hub, path, moved, still, call)


@asynccontextmanager
async def stranger(
    gateway_at: tuple[str, int],
) -> AsyncIterator[tuple[asyncio.DatagramTransport, list[bytes]]]:
    """A socket of who has no keys, and what was sent to it."""
    received: list[bytes] = []

    class Ears(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _addr: object) -> None:
            received.append(data)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Ears, remote_addr=gateway_at)
    try:
        yield transport, received
    finally:
        transport.close()


def forged(copy: bytes, ahead: int) -> bytes:
    """The copy as a packet ``ahead`` of the talker's; its tag is of what it was."""
    sequence = int.from_bytes(copy[2:4]) + ahead
    return copy[:2] + (sequence & 0xFFFF).to_bytes(2) + copy[4:]


async def test_a_talker_whose_port_changes_is_heard_whole_and_hears_on(
    tmp_path: Path, browser: Browser
) -> None:
    async with room(tmp_path, browser) as at:
        for changes, first in enumerate((1_000, 3_000), 1):
            heard = await at.talk(at.moved, at.still, first, FRAMES, change=True)
            assert heard["page"].whole(first, first + FRAMES - 1), heard
            assert heard["phone"].lost_frames <= PHONE_LOST_MAX, heard
            assert heard["phone"].frames >= FRAMES - PHONE_LOST_MAX, heard
            assert await at.counted(TAKEN) == changes
            down = await at.talk(at.still, at.moved, first + 1_000, SHORT)
            assert down["page"].whole(first + 1_000, first + 1_000 + SHORT - 1), down


async def test_a_listener_whose_port_changes_hears_on_from_its_next_check(
    tmp_path: Path, browser: Browser
) -> None:
    async with room(tmp_path, browser) as at:
        page = (await at.talk(at.still, at.moved, 1_000, FRAMES, change=True))["page"]
        assert (page.first, page.last) == (1_000, 1_000 + FRAMES - 1), page
        assert 0 < page.lost_frames * FRAME_MS <= UNHEARD_MAX_MS, page


async def test_who_has_copies_and_no_keys_moves_nothing(tmp_path: Path, browser: Browser) -> None:
    async with room(tmp_path, browser) as at, stranger(("127.0.0.1", at.hub.media_port)) as (sends, received):
        await at.talk(at.moved, at.still, 1_000, SHORT)
        copies = list(at.path.copies)
        spoken = [copy for copy in copies if isinstance(kind(copy), int)]
        rejected = await at.counted(REJECTED)

        async def throw() -> None:
            await at.moved.heard_here.heard_out(loud_ms=500, quiet_ms=0)
            for number, copy in enumerate(spoken):
                sends.sendto(copy)
                sends.sendto(forged(copy, number + len(spoken)))
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(throw())
            heard = await at.talk(at.still, at.moved, 3_000, 2 * SHORT)
        assert heard["page"].whole(3_000, 3_000 + 2 * SHORT - 1), heard
        assert len(spoken) > SHORT
        assert await at.counted(REJECTED) - rejected > len(spoken), "all were tried"
        assert received == []
        assert await at.counted(TAKEN) == 0
