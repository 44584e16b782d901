"""The console as a dispatcher uses it."""

from playwright.async_api import Locator, expect

from sim.browser.page import InstrumentedPage
from sim.browser.pictures import Pictures

_DEADLINE_MS = 30_000


class Dispatcher:
    """Wraps a page; its parts are found by the ``data-testid`` that the page documents."""

    def __init__(self, instrumented: InstrumentedPage) -> None:
        self.heard_here = instrumented
        """The page's microphone and recorder."""
        self.page = page = instrumented.page
        self.pictures = Pictures(page)
        self.board = page.get_by_test_id("board")
        self.dock = page.get_by_test_id("dock")
        self.slab = page.get_by_test_id("slab")
        self.attention = page.get_by_test_id("attention")

    async def sit(self, url: str, token: str, name: str) -> None:
        """Follow a link, take the seat, allow the microphone; returns when voice is up."""
        await self.open_link(url, token, name)
        await self.click_in()

    async def open_link(self, url: str, token: str, name: str) -> None:
        """Follow a link and give a name."""
        await self.page.goto(f"{url}/#token={token}")
        await self.page.get_by_test_id("name").fill(name)

    async def click_in(self) -> None:
        """Take the seat and allow the microphone; returns when voice is up."""
        await self.page.get_by_test_id("join-talk").click()
        await expect(self.dock).to_have_attribute("data-microphone", "ready", timeout=_DEADLINE_MS)
        await self.attention_is("quiet")

    def strip(self, room: str) -> Locator:
        return self.page.locator(f"[data-testid=strip][data-room={room}]")

    async def strip_is(self, room: str, slab: str) -> None:
        """Wait until a press, or its absence, is shown in this room as ``slab`` (docs/ui.md section 4)."""
        await expect(self.strip(room)).to_have_attribute("data-slab", slab, timeout=_DEADLINE_MS)

    async def attention_is(self, key: str) -> None:
        await expect(self.attention).to_have_attribute("data-key", key, timeout=_DEADLINE_MS)

    async def select(self, *rooms: str) -> None:
        """Exactly these rooms, by their heads."""
        for room in rooms:
            modifiers = [] if room == rooms[0] else ["Shift"]
            await self.strip(room).get_by_test_id("select").click(modifiers=modifiers)  # type: ignore[arg-type]

    async def press(self) -> None:
        """Hold the dock's slab; what comes of it is for the strips to say."""
        await self.slab.hover()
        await self.page.mouse.down()

    async def press_in(self, room: str) -> None:
        """Hold the room's own key; returns when the room has let this page talk."""
        await self.strip(room).get_by_test_id("strip-ptt").hover()
        await self.page.mouse.down()
        await self.strip_is(room, "talking")

    async def let_go(self) -> None:
        await self.page.mouse.up()

    # -- the room that is looked at --------------------------------------------------------------

    def members(self, kind: str | None = None) -> Locator:
        """The people shown; of one kind of leg, if given."""
        rows = self.page.get_by_test_id("member")
        return rows if kind is None else rows.and_(self.page.locator(f"[data-kind={kind}]"))

    async def sees_members(self, count: int) -> None:
        await expect(self.members()).to_have_count(count, timeout=_DEADLINE_MS)

    async def invite(self, number: str) -> None:
        """Call a number into the room."""
        await self.page.get_by_test_id("invite-number").fill(number)
        await self.page.get_by_test_id("invite").click()

    async def call_is(self, number: str, phase: str) -> None:
        """Wait until the page says that the call to ``number`` has come so far."""
        call = self.page.locator(f"[data-testid=call][data-number='{number}']")
        await expect(call).to_have_attribute("data-phase", phase, timeout=_DEADLINE_MS)

    async def mute(self, leg: str) -> None:
        """Hit the mute key of a member; what comes of it shows in its row."""
        await self.member(leg).get_by_test_id("mute").click()

    async def remove(self, leg: str) -> None:
        """Hit the remove key of a member, and say yes."""
        for _ in range(2):
            await self.member(leg).get_by_test_id("remove").click()

    def member(self, leg: str) -> Locator:
        return self.page.locator(f"[data-testid=member][data-leg='{leg}']")

    async def set_mode(self, mode: str) -> None:
        """Switch the room; returns when it has switched."""
        key = self.page.get_by_test_id(f"mode-{mode}")
        await key.click()
        await expect(key).to_have_attribute("aria-pressed", "true", timeout=_DEADLINE_MS)

    async def drag(self, leg: str, room: str) -> None:
        """Drag a member of the room that is looked at onto the strip of another."""
        await self.member(leg).drag_to(self.strip(room).get_by_test_id("select"))

    async def send_to(self, leg: str, room: str) -> None:
        """Take a member to another room by the list beside its name, by keyboard."""
        await self.member(leg).get_by_test_id("move").select_option(room)
