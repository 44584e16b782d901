"""A code that a camera reads, on paper or on a terminal, puts a responder into the room."""

import asyncio
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from playwright.async_api import Browser

from sim.browser.chromium import open_page
from sim.browser.responder import Responder
from sim.gateway import CROSSPATCH, Gateway, gateway

_DECODE_S = 20.0
_MODULE_PX = 6
_HALVES = " ▄▀█"


def typed(hub: Gateway, folder: Path, *more: str) -> tuple[str, ...]:
    """The command, after the program's name."""
    return (
        *("token", "--room", "ops", "--grants", "listen,talk", "--subject", "Engine 7"),
        *("--base-url", hub.url, "--config", str(folder / "crosspatch.toml"), *more),
    )


async def on_a_terminal(words: Sequence[str]) -> str:
    """All that the command writes, colours too: it writes them to terminals only."""
    ours, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(*CROSSPATCH, *words, stdout=theirs)
    os.close(theirs)
    seen = await asyncio.wait_for(asyncio.to_thread(_read_out, ours), _DECODE_S)
    os.close(ours)
    assert await process.wait() == 0
    return seen.decode()


def _read_out(terminal: int) -> bytes:
    seen = b""
    with suppress(OSError):  # the other end is closed
        while part := os.read(terminal, 65_536):
            seen += part
    return seen


async def read_by_a_camera(picture: Path) -> str:
    """The text of the one QR code in a picture, as zbar reads it."""
    process = await asyncio.create_subprocess_exec(
        *("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(picture)),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(), _DECODE_S)
    return out.decode().removesuffix("\n")


async def photographed(browser: Browser, drawing: Path, picture: Path) -> Path:
    """How a browser shows a drawing."""
    page = await browser.new_page(viewport={"width": 900, "height": 900})
    await page.goto(drawing.as_uri())
    await page.screenshot(path=picture)
    return picture


def as_a_terminal_shows(text: str, picture: Path) -> Path:
    """The characters that stand in black on white, as a picture (PGM)."""
    rows: list[bytes] = []
    for line in re.findall(r"\x1b\[30;107m(.*)\x1b\[0m", text):
        halves = [_HALVES.index(character) for character in line]
        for dark in ([half // 2 for half in halves], [half % 2 for half in halves]):
            row = b"".join((b"\0" if module else b"\xff") * _MODULE_PX for module in dark)
            rows += [row] * _MODULE_PX
    picture.write_bytes(b"P5 %d %d 255\n" % (len(rows[0]), len(rows)) + b"".join(rows))
    return picture


async def test_who_opens_the_link_of_a_printed_code_is_a_responder_in_the_room(
    tmp_path: Path, browser: Browser
) -> None:
    async with gateway(tmp_path) as hub:
        told = await hub.command(*typed(hub, tmp_path, "--qr-file", str(tmp_path / "engine-7.svg")))
        picture = await photographed(browser, tmp_path / "engine-7.svg", tmp_path / "engine-7.png")
        link = await read_by_a_camera(picture)
        assert link == told.strip()
        assert link.startswith(f"{hub.url}/r/ops#token=")
        async with open_page(browser) as page:
            responder = Responder(page)
            await responder.open_link(link, "Engine 7")
            await responder.click_in()
            await responder.sees_members(1)
            await responder.press()
            await responder.release()
            assert page.console == []


async def test_a_code_on_a_terminal_says_the_link_that_stands_below_it(tmp_path: Path) -> None:
    async with gateway(tmp_path) as hub:
        told = await on_a_terminal(typed(hub, tmp_path, "--qr"))
        link = await read_by_a_camera(as_a_terminal_shows(told, tmp_path / "terminal.pgm"))
        assert link == told.splitlines()[-1]
