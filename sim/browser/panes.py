"""Messages, status keys, own position and map of the responder page, as a person uses them."""

import re

from playwright.async_api import Locator, Page, expect

_DEADLINE_MS = 20_000


class Panes:
    """Wraps a page that is in a room; its parts are found by the ``data-testid`` that the page documents."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.messages = page.get_by_test_id("message")
        self.position_words = page.get_by_test_id("position-words")
        self._level = page.get_by_test_id("level")

    async def open(self, level: str) -> None:
        """Show ``messages``, ``more`` or ``map``, whatever is open now."""
        if await self._level.count():
            await self._page.keyboard.press("Escape")
        await expect(self._level).to_have_count(0)
        await self._page.get_by_test_id("level-messages" if level == "messages" else "level-more").click()
        if level == "map":
            await self._page.get_by_test_id("level-map").click()
        await expect(self._level).to_have_attribute("data-level", level)

    async def write(self, text: str) -> None:
        """Write a message and hand it to the page; the messages are open."""
        await self._page.get_by_test_id("message-draft").fill(text)
        await self._page.keyboard.press("Enter")

    def message(self, text: str) -> Locator:
        """Every row with exactly this text."""
        words = self._page.get_by_test_id("message-text").filter(has_text=re.compile(f"^{re.escape(text)}$"))
        return self.messages.filter(has=words)

    async def message_is(self, text: str, **marks: str) -> None:
        """Wait until there is one message of this text, and its ``data-`` marks are these."""
        for name, value in marks.items():
            await expect(self.message(text)).to_have_attribute(f"data-{name}", value, timeout=_DEADLINE_MS)
        await expect(self.message(text)).to_have_count(1, timeout=_DEADLINE_MS)

    async def say_status(self, code: str) -> None:
        await self._page.get_by_test_id(f"status-{code}").click()

    async def status_is(self, code: str, state: str) -> None:
        key = self._page.get_by_test_id(f"status-{code}")
        await expect(key).to_have_attribute("data-state", state, timeout=_DEADLINE_MS)

    async def position_is_told(self) -> None:
        fix = self._page.get_by_test_id("own-fix")
        await expect(fix).to_have_attribute("data-told", "true", timeout=_DEADLINE_MS)

    def unit(self, leg: str) -> Locator:
        """The row of this leg in the map's list; the map is open."""
        return self._page.get_by_test_id("map-unit").and_(self._page.locator(f"[data-leg='{leg}']"))
