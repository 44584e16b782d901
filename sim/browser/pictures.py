"""The pictures of a responder page of whatever browser: shown, seen, chosen, written down by frames."""

from collections.abc import Sequence
from typing import Any

from sim.browser.page import Scripted
from sim.browser.sights import Record, Sight

_DEADLINE_MS = 45_000


class Pictures:
    """Its parts are found by the ``data-testid`` that the page documents."""

    def __init__(self, page: Scripted) -> None:
        self._page = page

    async def carry(self, source: int, *, width: int, height: int, rate: int) -> None:
        """Give the page a camera whose frames bear this source number, below 128."""
        await self._page.evaluate(
            "([source, shape]) => Object.assign(instruments.camera, { source, shape })",
            [source, {"width": width, "height": height, "rate": rate}],
        )

    async def toggle(self, kind: str) -> None:
        """Tap the key for the camera or the screen."""
        await self._click(f"[data-testid=show-{kind}]")

    async def show(self, kind: str = "camera") -> None:
        """Let the room see it; returns when the page says that it does."""
        await self.toggle(kind)
        await self._until(
            "(kind) => document.querySelector(`[data-testid=show-${kind}]`)?.dataset.state === 'on'", kind
        )

    async def sees(self, count: int) -> None:
        """Wait until so many tiles show a picture whose name is sure."""
        await self._until(
            "(count) => document.querySelectorAll('[data-testid=tile][data-shown=true]').length === count",
            count,
        )

    async def sees_picture(self, leg: str, kind: str = "camera") -> None:
        """Wait until a tile shows this picture."""
        await self._until(
            "([leg, kind]) => document.querySelector("
            "`[data-testid=tile][data-shown=true][data-leg='${leg}'][data-kind=${kind}]`) !== null",
            [leg, kind],
        )

    async def tiles(self) -> dict[int, tuple[str, str]]:
        """By slot, whose picture is shown there, and of what kind."""
        rows: Sequence[tuple[int, str, str]] = await self._page.evaluate(
            "[...document.querySelectorAll('[data-testid=tile][data-shown=true]')].map("
            "(tile) => [Number(tile.dataset.slot), tile.dataset.leg, tile.dataset.kind])"
        )
        return {slot: (leg, kind) for slot, leg, kind in rows}

    async def unseen(self) -> list[tuple[str, str]]:
        """Pictures that are offered and have no slot."""
        rows: Sequence[tuple[str, str]] = await self._page.evaluate(
            "[...document.querySelectorAll('[data-testid=unseen]')].map("
            "({ dataset }) => [dataset.leg, dataset.kind])"
        )
        return [(leg, kind) for leg, kind in rows]

    async def keep(self, slot: int) -> None:
        """Tap a tile: its picture stays, or is let go."""
        await self._click(f"[data-testid=tile][data-slot='{slot}']")

    async def bring(self, leg: str, kind: str) -> None:
        """Tap a picture that has no slot."""
        await self._click(f"[data-testid=unseen][data-leg='{leg}'][data-kind={kind}]")

    async def write_down(self) -> None:
        """Begin anew; frames encoded here and received in each slot are counted from now on."""
        await self._page.evaluate(
            "() => { instruments.pictures.forget(); instruments.pictures.watchFrames(); return null; }"
        )

    async def written(self) -> Record:
        """What was presented since."""
        taken: dict[str, Any] = await self._page.evaluate("instruments.pictures.take()")
        return Record(
            tuple(Sight(*row) for row in taken["rows"]),
            tuple((float(at_ms), int(frames)) for at_ms, frames in taken["encoded"]),
            tuple((float(at_ms), int(slot), int(frames)) for at_ms, slot, frames in taken["received"]),
        )

    async def presented(self, leg: str, frames: int, kind: str = "camera") -> None:
        """Wait until so many readable frames were shown as this picture since ``write_down``."""
        await self._until(
            "([leg, kind, frames]) => instruments.pictures.rows.filter("
            "(row) => row[4] && row[3] >= 0 && row[5] === leg && row[6] === kind).length >= frames",
            [leg, kind, frames],
        )

    async def moving(self, leg: str, frames: int) -> None:
        """Wait until so many frames of whatever camera were shown as this leg's since ``write_down``."""
        await self._until(
            "([leg, frames]) => instruments.pictures.rows.filter("
            "(row) => row[4] && row[5] === leg).length >= frames",
            [leg, frames],
        )

    async def _click(self, selector: str) -> None:
        await self._until(
            "(selector) => { const part = document.querySelector(selector);"
            " if (part === null || part.disabled) return false; part.click(); return true; }",
            selector,
        )

    async def _until(self, condition: str, arg: object) -> None:
        await self._page.wait_for_function(condition, arg=arg, timeout=_DEADLINE_MS)
