"""Says things to a page as if its gateway had: hostile, very many, or of types that nobody knows."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]  # publishes no types
from playwright.async_api import Page

_SCRIPT = Path(__file__).with_suffix(".js")
_TOGETHER = 20
"""Messages that one read of a busy socket hands over."""


class Wiretap:
    """Stands at one page's socket. What the gateway tells after the first ``changes`` counts as repeated."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @classmethod
    async def stand(cls, page: Page) -> "Wiretap":
        """Before the page is navigated."""
        await page.add_init_script(path=_SCRIPT)
        return cls(page)

    async def say(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Returns when the page has taken them all."""
        packed = [base64.b64encode(msgpack.packb(message)).decode() for message in messages]
        await self._page.evaluate(
            "([messages, together]) => wiretap.say(messages, together)", [packed, _TOGETHER]
        )

    async def changes(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """As deltas, numbered on from those of the gateway."""
        heard: list[str] = await self._page.evaluate("wiretap.heard")
        numbers = (msgpack.unpackb(base64.b64decode(message)).get("seq", 0) for message in heard)
        first = max(numbers, default=0) + 1
        await self.say(
            [{"type": "delta", "seq": first + at, "change": change} for at, change in enumerate(changes)]
        )
