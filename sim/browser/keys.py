"""The console under somebody who has no mouse: keys alone, and a focus that must be seen."""

from typing import Any

from playwright.async_api import Keyboard, Locator, expect

from sim.browser.dispatcher import Dispatcher
from sim.browser.made_rooms import made_room

_TABS_MAX = 120
_DEADLINE_MS = 30_000
# Which stop it is, and whether it can be seen: a ring is drawn, in the window, with nothing over its element.
_FOCUS = """(goal) => {
  const node = document.activeElement;
  if (node === document.body) return { stop: "", seen: false, there: false };
  const { outlineStyle, outlineWidth } = getComputedStyle(node);
  const at = node.getBoundingClientRect();
  const top = document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2);
  const drawn = outlineStyle === "solid" && parseFloat(outlineWidth) >= 3;
  return {
    stop: node.dataset.testid ?? node.getAttribute("aria-label") ?? node.tagName,
    seen: drawn && (node.contains(top) || top?.contains(node) === true),
    there: node === goal,
  };
}"""


class FocusLost(AssertionError):
    """A key led to nothing, or to what cannot be seen."""


class Keys:
    """Whoever sits there types."""

    def __init__(self, seat: Dispatcher) -> None:
        self._seat = seat
        self._page = seat.page
        self.board: Keyboard = seat.page.keyboard

    async def press(self, key: str) -> None:
        await self.board.press(key)

    async def to(self, part: Locator) -> list[str]:
        """Tab until it has the focus; the stops on the way. Raises FocusLost when one cannot be seen."""
        stops: list[str] = []
        for _ in range(_TABS_MAX):
            focus = await part.evaluate(_FOCUS)
            if focus["stop"]:
                stops.append(focus["stop"])
                _seen(focus)
            if focus["there"]:
                return stops
            await self.press("Tab")
        raise FocusLost(f"{part} is not reached by {_TABS_MAX} tabs: {stops}")

    async def sees_focus(self) -> None:
        """Raises FocusLost when the focus is on nothing, or cannot be seen, in the next drawn frame."""
        await self._page.evaluate("() => new Promise(requestAnimationFrame)")
        _seen(await self._page.evaluate(_FOCUS))

    async def sit(self, url: str, token: str, name: str) -> None:
        """Follow a link and take the seat; returns when voice is up."""
        await self._page.goto(f"{url}/#token={token}")
        await self.to(self._page.get_by_test_id("name"))
        await self.board.type(name)
        await self.press("Enter")
        dock = self._seat.dock
        await expect(dock).to_have_attribute("data-microphone", "ready", timeout=_DEADLINE_MS)
        await self._seat.attention_is("quiet")

    async def select(self, room: str) -> None:
        """This room alone, by the key that its strip shows."""
        strip = self._seat.strip(room)
        await self.press(await strip.locator("kbd").inner_text())
        await expect(strip).to_have_attribute("data-selected", "true")

    async def make_room(self, name: str) -> str:
        """The new room's id."""
        await self.to(self._page.get_by_test_id("new-room"))
        await self.press("Enter")
        await self.board.type(name)
        await self.press("Enter")
        return await made_room(self._seat, name)

    async def set_mode(self, mode: str) -> None:
        """Switch the room that is looked at; returns when it has switched."""
        key = self._page.get_by_test_id(f"mode-{mode}")
        await self.to(key)
        await self.press("Enter")
        await expect(key).to_have_attribute("aria-pressed", "true", timeout=_DEADLINE_MS)

    async def invite(self, number: str) -> None:
        """Call a number into the room that is looked at."""
        await self.to(self._page.get_by_test_id("invite-number"))
        await self.board.type(number)
        await self.press("Enter")

    async def look_at_rooms_for(self, leg: str) -> None:
        """Open the list of rooms to which a member can be taken."""
        await self.to(self._seat.member(leg).get_by_test_id("move"))
        await self.press("ArrowDown")

    async def take_to_the_last(self, leg: str) -> None:
        """Take a member to the last room of its list; returns when it has left."""
        await self.look_at_rooms_for(leg)
        await self.press("End")
        await self.press("Enter")
        await expect(self._seat.member(leg)).to_have_count(0, timeout=_DEADLINE_MS)


def _seen(focus: dict[str, Any]) -> None:
    if not focus["seen"]:
        raise FocusLost(f"nothing shows that {focus['stop'] or 'the page'} has the focus")
