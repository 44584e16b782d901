"""A responder page with a stopwatch: talks at the press of its slab, and times what it plays."""

import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Browser, Page

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.probe.take import Block, Spurt, Take
from sim.signal.encode import numbered
from sim.signal.tones import CYCLE, FRAME_MS

_STOPWATCH = Path(__file__).with_name("stopwatch.js")
_RATE_HZ = 48_000
_FRAME = _RATE_HZ * FRAME_MS // 1000
_READINGS = 15
_UP_MS = 15_000


@dataclass(frozen=True, slots=True)
class PageClock:
    """What to take from a page's time for the host's monotonic one. Seconds; right to ``error_s``."""

    offset_s: float
    error_s: float

    def host_s(self, page_ms: float) -> float:
        return page_ms / 1000 - self.offset_s


class PageLeg:
    """One page, its context its own. Made by ``page_leg``."""

    def __init__(self, responder: Responder) -> None:
        self.responder = responder
        self.clock = PageClock(0.0, 0.0)
        self._page: Page = responder.heard_here.page
        self._cycle = base64.b64encode(numbered(0, CYCLE).tobytes()).decode()

    async def prepare(self, url: str, token: str, room: str, name: str) -> None:
        """All that a person does before the tap that joins."""
        await self.responder.open_link(f"{url}/r/{room}#token={token}", name)
        self.clock = await _compare(self._page)

    async def leave(self) -> None:
        await self._page.goto("about:blank")

    async def talk(self, first: int, frames: int) -> Spurt:
        """Press, speak at once, let go when the last sample has left the microphone."""
        voice = {"cycle": self._cycle, "offset": first % CYCLE * _FRAME, "samples": frames * _FRAME}
        await self._page.evaluate("(voice) => stopwatch.arm(voice)", voice)
        await self.responder.slab.hover()
        await self.responder.push()
        await self._page.evaluate("stopwatch.said()")
        await self.responder.let_go()
        marks = await self._marks()
        return Spurt(
            pressed_s=marks["pressed"],
            may_speak_s=marks.get("slab talking"),
            voice_s=marks["voice"],
            first=first,
            frames=frames,
        )

    async def enter(self) -> float:
        """Tap to join; when the transport was up."""
        await self.responder.click_in()
        return (await self._marks())["transport connected"]

    async def forget(self) -> None:
        await self.responder.heard_here.forget()

    async def take(self) -> Take:
        """What the loudest of its tracks played since ``forget``."""
        rows: list[dict[str, Any]] = await self._page.evaluate("stopwatch.ears()")
        pcm = [np.frombuffer(base64.b64decode(row["pcm"]), dtype="<i2").astype(np.int16) for row in rows]
        if not rows:
            return Take(_RATE_HZ, ())
        best = max(range(len(rows)), key=lambda number: float(np.sum(pcm[number].astype(np.float64) ** 2)))
        came = rows[best]["came"]
        ends = [at for at, _ in came[1:]] + [len(pcm[best])]
        blocks = (
            Block(at, self.clock.host_s(page_ms), pcm[best][at:end])
            for (at, page_ms), end in zip(came, ends, strict=True)
        )
        return Take(int(rows[best]["rate"]) or _RATE_HZ, blocks)

    async def _marks(self) -> dict[str, float]:
        marks: dict[str, float] = await self._page.evaluate("stopwatch.marks()")
        return {name: self.clock.host_s(page_ms) for name, page_ms in marks.items()}


@asynccontextmanager
async def page_leg(browser: Browser) -> AsyncIterator[PageLeg]:
    """A page that was not navigated yet."""
    async with open_page(browser) as instrumented:
        await instrumented.page.context.add_init_script(path=_STOPWATCH)
        yield PageLeg(Responder(instrumented))


async def _compare(page: Page) -> PageClock:
    """Ask the page for its time; the quickest answer is the best: it lies between question and answer."""
    best = PageClock(0.0, float("inf"))
    for _ in range(_READINGS):
        asked_s = time.monotonic()
        page_ms: float = await page.evaluate("stopwatch.wall()")
        answered_s = time.monotonic()
        error_s = (answered_s - asked_s) / 2
        if error_s < best.error_s:
            best = PageClock(page_ms / 1000 - (asked_s + answered_s) / 2, error_s)
    return best
