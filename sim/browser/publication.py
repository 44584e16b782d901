"""A Chromium page as WHIP publisher with a simulcast camera, or as WHEP viewer."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from sim.browser.page import InstrumentedPage
from sim.peers.exchange import Door

_SCRIPT = Path(__file__).with_name("publication.js")
_DEADLINE_MS = 45_000


@dataclass(frozen=True, slots=True)
class Presented:
    """One picture that the page's video element presented."""

    at_ms: float
    """Wall time."""
    height: int
    """Lines: which layer it is."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time without a new picture, wall time in ms."""

    begin: float
    end: float

    def overlaps(self, other: "Freeze") -> bool:
        return self.begin < other.end and other.begin < self.end


class PublicationPage:
    """A page of the gateway's own origin that speaks WHIP or WHEP by itself."""

    def __init__(self, instrumented: InstrumentedPage) -> None:
        self.heard_here = instrumented
        """The page's microphone and recorder."""
        self.page: Page = instrumented.page

    async def open(self, url: str) -> None:
        """Go to the gateway at ``url``: what it serves there does not matter, only its origin."""
        await self.page.goto(f"{url}/healthz")
        await self.page.add_script_tag(path=_SCRIPT)

    async def publish(self, door: Door) -> None:
        await self.page.evaluate(
            "([url, token]) => instruments.publication.publish(url, token)", _words(door)
        )

    async def publish_sound(self, door: Door) -> None:
        """Without a camera."""
        await self.page.evaluate(
            "([url, token]) => instruments.publication.publishSound(url, token)", _words(door)
        )

    async def restart_ice(self, if_match: str = "*") -> str:
        """By PATCH; the page's new ufrag. Raises playwright's Error with the status of a refusal."""
        ufrag: str = await self.page.evaluate(
            "(ifMatch) => instruments.publication.restart(ifMatch)", if_match
        )
        return ufrag

    async def path_of(self, ufrag: str) -> None:
        """Wait until media takes a path that was checked under it. Raises playwright's TimeoutError."""
        await self.page.wait_for_function(
            "async (ufrag) => (await instruments.publication.pathName()) === ufrag",
            arg=ufrag,
            timeout=_DEADLINE_MS,
        )

    async def view(self, door: Door) -> None:
        await self.page.evaluate("([url, token]) => instruments.publication.view(url, token)", _words(door))

    async def presents(self, height: int) -> None:
        """Wait until the newest picture has so many lines. Raises playwright's TimeoutError after 45 s."""
        await self.page.wait_for_function(
            "(height) => instruments.publication.rows.at(-1)?.[1] === height",
            arg=height,
            timeout=_DEADLINE_MS,
        )

    async def settles(self, height: int, for_s: float) -> None:
        """Wait until only pictures of so many lines came for so long. Raises playwright's TimeoutError."""
        await self.page.wait_for_function(
            """([height, forMs]) => {
              const recent = instruments.publication.rows.filter(([at]) => at > Date.now() - forMs);
              return recent.length > forMs / 1000 && recent.every(([, lines]) => lines === height);
            }""",
            arg=[height, for_s * 1000],
            timeout=_DEADLINE_MS,
        )

    async def presented(self, begin_ms: float, end_ms: float) -> list[Presented]:
        """The pictures between two wall times."""
        rows = [Presented(*row) for row in await self.page.evaluate("instruments.publication.rows")]
        return [row for row in rows if begin_ms <= row.at_ms <= end_ms]

    async def stats(self, direction: str, kind: str) -> list[dict[str, Any]]:
        """Rows of webrtc-stats: ``inbound-rtp`` or ``outbound-rtp`` of ``audio`` or ``video``."""
        rows: list[dict[str, Any]] = await self.page.evaluate("instruments.publication.stats()")
        return [row for row in rows if row["type"] == direction and row["kind"] == kind]


def frozen(pictures: list[Presented], begin_ms: float, end_ms: float, longer_ms: float) -> list[Freeze]:
    """Where nothing new was presented for longer, between two wall times."""
    times = [begin_ms, *(picture.at_ms for picture in pictures), end_ms]
    return [Freeze(before, after) for before, after in pairwise(times) if after - before > longer_ms]


def _words(door: Door) -> list[str]:
    return [door.url, door.token]
