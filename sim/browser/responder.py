"""The responder page as a person uses it."""

from playwright.async_api import expect

from sim.browser.page import InstrumentedPage
from sim.browser.pictures import Pictures

_DEADLINE_MS = 30_000


class Responder:
    """Wraps a page; its parts are found by the ``data-testid`` that the page documents."""

    def __init__(self, instrumented: InstrumentedPage) -> None:
        self.heard_here = instrumented
        """The page's microphone and recorder."""
        page = instrumented.page
        self.pictures = Pictures(page)
        self._page = page
        self.room = page.get_by_test_id("room")
        self.slab = page.get_by_test_id("slab")
        self.card = page.get_by_test_id("card")
        self.members = page.get_by_test_id("members")
        self.call_line = page.get_by_test_id("call-line")
        self.radio_line = page.get_by_test_id("radio-line")
        self.call_words = page.get_by_test_id("call-words")

    async def join(self, url: str, token: str, room: str, name: str) -> None:
        """Follow a link, give a name, allow the microphone; returns when voice is up."""
        await self.open_link(f"{url}/r/{room}#token={token}", name)
        await self.click_in()

    async def open_link(self, link: str, name: str) -> None:
        """Follow a link and give a name."""
        await self._page.goto(link)
        await self._page.get_by_test_id("name").fill(name)

    async def click_in(self) -> None:
        """Join and allow the microphone; returns when voice is up."""
        await self._page.get_by_test_id("join-talk").click()
        await self.is_up()

    async def is_up(self) -> None:
        """Wait until the page is in its room and can be heard."""
        await expect(self.room).to_have_attribute("data-voice", "up", timeout=_DEADLINE_MS)
        await expect(self.room).to_have_attribute("data-microphone", "ready", timeout=_DEADLINE_MS)

    async def leg(self) -> str:
        """Its leg, as the hub calls it."""
        return str(await self.room.get_attribute("data-leg"))

    async def sees_members(self, count: int) -> None:
        await expect(self.members).to_have_attribute("data-count", str(count), timeout=_DEADLINE_MS)

    async def slab_is(self, state: str) -> None:
        await expect(self.slab).to_have_attribute("data-state", state, timeout=_DEADLINE_MS)

    async def waits_at(self, place: int) -> None:
        """Wait until the page shows this place in the queue for the floor."""
        await self.slab_is("queued")
        await expect(self.slab).to_have_attribute("data-place", str(place), timeout=_DEADLINE_MS)

    async def why(self) -> str | None:
        """The reason of what the slab shows."""
        return await self.slab.get_attribute("data-reason")

    async def call(self, number: str) -> None:
        """Type a number on the page's keys and call it, as a dispatcher."""
        await self._page.get_by_test_id("call-key").click()
        for key in number:
            await self._page.get_by_test_id("pad-key").and_(self._page.locator(f"[data-key='{key}']")).click()
        await self._page.get_by_test_id("call-start").click()

    async def give_up_call(self) -> None:
        await self._page.get_by_test_id("call-give-up").click()

    async def call_is(self, number: str, state: str, words: str) -> None:
        """Wait until the page says of the call to ``number`` how it goes, by code and in words."""
        await expect(self.call_line).to_have_attribute("data-number", number, timeout=_DEADLINE_MS)
        await expect(self.call_line).to_have_attribute("data-state", state, timeout=_DEADLINE_MS)
        await expect(self.call_words).to_contain_text(words, timeout=_DEADLINE_MS)

    async def press(self) -> None:
        """Hold to talk; returns when the floor is granted."""
        await self.slab.hover()
        await self.push()
        await self.slab_is("talking")

    async def push(self) -> None:
        """Press where the pointer is and wait for nothing."""
        await self._page.mouse.down()

    async def let_go(self) -> None:
        await self._page.mouse.up()

    async def release(self) -> None:
        """Let go; returns when the page is idle again."""
        await self.let_go()
        await self.slab_is("idle")
