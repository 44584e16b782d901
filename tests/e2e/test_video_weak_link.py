"""A viewer whose link loses packets or narrows: its pictures go on, and nobody else notices.

Until the gateway can know that a link has narrowed, what it sends is queued on the way, or lost when the
queue is short: a browser tells what arrived ten times a second, and half a second of it is looked at. So a
short queue loses sound at first, and one of a second, as mobile networks have, loses none.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sim.browser.chromium import chromium, open_page
from sim.browser.publication import PublicationPage, frozen
from sim.gateway import gateway
from sim.path.weak_path import WeakPath, weak_path
from sim.peers.exchange import Door

HIGH, LOW = 480, 240
NARROW = 300_000
"""Bits a second: less than half of the upper layer, twice the lower."""
NARROW_S = 8.0
KNOWN_S = 3.0
"""By then the gateway has known for a while, and a queue of a second has run empty."""
SETTLED_S = 4.0
"""What a link takes is found out in the first seconds, by trying."""
FREEZE_MS = 500
STALL_MS = 250
"""When the other viewer got no new picture for so long either, the machine stood still, not the link."""
LOSSY_S = 12.0
ROOM = '[[rooms]]\nid = "east"\nmode = "conference"\n'


@dataclass
class Scene:
    weak: PublicationPage
    strong: PublicationPage
    path: WeakPath

    def narrow(self, queue_s: float) -> float:
        """From now on; the wall time in ms."""
        self.path.down.queue_s = queue_s
        self.path.down.bits_per_s = NARROW
        return time.time() * 1000

    async def goes_on(self, begin: float, end: float) -> None:
        """The weak link's picture stands only where the machine did."""
        weak, strong = await self.weak.presented(begin, end), await self.strong.presented(begin, end)
        stalls = frozen(strong, begin, end, STALL_MS)
        for freeze in frozen(weak, begin, end, FREEZE_MS):
            assert any(freeze.overlaps(stall) for stall in stalls), (freeze, stalls)
        assert len(weak) > 0.75 * len(strong) > (end - begin) / 1000

    async def other_is_untouched(self) -> None:
        """It sees the upper layer and has lost nothing."""
        await self.strong.presents(HIGH)
        [clean] = await self.strong.stats("inbound-rtp", "video")
        assert clean["packetsLost"] == clean["nackCount"] == 0

    async def lost_of_sound(self) -> int:
        """Packets of sound that the page with the weak link missed; fifty come a second."""
        [sound] = await self.weak.stats("inbound-rtp", "audio")
        assert sound["packetsReceived"] > 0
        return int(sound["packetsLost"])


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    """A publisher of two layers and two viewers that see the upper one; one of them by a path of ours."""
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(gateway(folder, more=ROOM))
        token = await hub.token(grants="listen,talk,video")
        browser = await stack.enter_async_context(chromium())
        path = await stack.enter_async_context(weak_path(("127.0.0.1", hub.media_port), seed=7))
        pages = []
        for detour in (None, path.port, None):
            page = PublicationPage(await stack.enter_async_context(open_page(browser, detour=detour)))
            await page.open(hub.url)
            pages.append(page)
        publisher, weak, strong = pages
        whip, whep = (Door(f"{hub.url}/{door}/east", token) for door in ("whip", "whep"))
        for viewer in (weak, strong):
            await viewer.view(whep)
        await publisher.publish(whip)
        for viewer in (weak, strong):
            await viewer.settles(HIGH, SETTLED_S)
        yield Scene(weak, strong, path)


async def test_three_percent_of_loss_freeze_no_picture_of_the_viewer_and_touch_nobody_else(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as at:
        at.path.down.loss = 0.03
        begin = time.time() * 1000
        await asyncio.sleep(LOSSY_S)
        end = time.time() * 1000
        await at.goes_on(begin, end)
        await at.other_is_untouched()
        [lossy] = await at.weak.stats("inbound-rtp", "video")
        assert lossy["packetsLost"] > 0


async def test_a_link_that_narrows_gets_the_lower_layer_and_loses_no_sound(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        begin = at.narrow(queue_s=1.0)
        await at.weak.presents(LOW)
        assert time.time() * 1000 - begin < KNOWN_S * 1000
        await asyncio.sleep(NARROW_S)
        await at.goes_on(begin, time.time() * 1000)
        await at.other_is_untouched()
        assert await at.lost_of_sound() == 0
        at.path.down.bits_per_s = None
        await at.weak.presents(HIGH)


async def test_a_narrow_link_with_a_short_queue_loses_sound_only_until_it_is_known(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        at.narrow(queue_s=0.2)
        await at.weak.presents(LOW)
        await asyncio.sleep(KNOWN_S)
        lost_at_first = await at.lost_of_sound()
        await asyncio.sleep(NARROW_S - KNOWN_S)
        assert await at.lost_of_sound() == lost_at_first
        await at.other_is_untouched()
