"""The responder page in Firefox as a person uses it: those verbs of ``Responder`` that stories need there."""

from sim.browser.firefox import FirefoxPage
from sim.browser.page import Instruments
from sim.browser.pictures import Pictures

_DEADLINE_MS = 30_000
_SLAB = "[data-testid=slab]"


class FirefoxResponder:
    def __init__(self, instruments: Instruments, page: FirefoxPage) -> None:
        self.heard_here = instruments
        """The page's microphone and recorder."""
        self.pictures = Pictures(page)
        self._page = page

    async def join(self, url: str, token: str, room: str, name: str) -> None:
        """Follow a link, give a name, allow the microphone; returns when voice is up."""
        await self._page.goto(f"{url}/r/{room}#token={token}")
        await self._page.wait_for_function(
            "() => document.querySelector('[data-testid=name]') !== null", timeout=_DEADLINE_MS
        )
        await self._page.evaluate(
            "(name) => {"
            "  const field = document.querySelector('[data-testid=name]');"
            "  field.value = name;"
            "  field.dispatchEvent(new Event('input', { bubbles: true }));"
            "  document.querySelector('[data-testid=join-talk]').click();"
            "}",
            name,
        )
        await self._has("room", "voice", "up")
        await self._has("room", "microphone", "ready")

    async def leg(self) -> str:
        """Its leg, as the hub calls it."""
        leg: str = await self._page.evaluate("document.querySelector('[data-testid=room]').dataset.leg")
        return leg

    async def sees_members(self, count: int) -> None:
        await self._has("members", "count", str(count))

    async def press(self) -> None:
        """Hold to talk; returns when the floor is granted."""
        await self._page.pointer(_SLAB, "pointerDown")
        await self._has("slab", "state", "talking")

    async def let_go(self) -> None:
        await self._page.pointer(_SLAB, "pointerUp")

    async def _has(self, part: str, name: str, value: str) -> None:
        await self._page.wait_for_function(
            "([part, name, value]) =>"
            " document.querySelector(`[data-testid=${part}]`)?.dataset[name] === value",
            arg=[part, name, value],
            timeout=_DEADLINE_MS,
        )
