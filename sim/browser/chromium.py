"""Start the system's Chromium for stories about real pages."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from sim.browser.page import InstrumentedPage

_FLAGS = (
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    # Pages are many and none has the focus: none of them may be slowed down for that.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)
_CERTUTIL_S = 10.0
_OBLIGING_FLAG = "--use-fake-ui-for-media-stream"
_LOOPBACK_FLAG = "--allow-loopback-in-peer-connection"
_DETOUR = Path(__file__).with_name("detour.js")
_INSTRUMENTS = [Path(__file__).with_name(name) for name in ("camera.js", "instruments.js", "pictures.js")]


class ChromiumMissing(Exception):
    """No Chromium on this machine."""


@asynccontextmanager
async def chromium(
    *, loopback: bool = True, headless: bool = True, obliging: bool = True, home: Path | None = None
) -> AsyncIterator[Browser]:
    """A browser of its own, closed at the end.

    ``loopback``: let peer connections use 127.0.0.1, where the gateway listens by default. ``obliging``: its
    person says yes whenever a page asks for microphone or camera. ``home``: a person's own directory, as
    ``home_that_trusts`` makes it.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise ChromiumMissing("no chromium in PATH; on Debian: apt-get install chromium")
    flags = [*_FLAGS, *[_LOOPBACK_FLAG] * loopback, *[_OBLIGING_FLAG] * obliging]
    async with async_playwright() as playwright:
        environment: dict[str, str | float | bool] | None = None
        if home is not None:
            environment = {**os.environ, "HOME": str(home)}
        browser = await playwright.chromium.launch(
            executable_path=path, args=flags, headless=headless, env=environment
        )
        try:
            yield browser
        finally:
            await browser.close()


async def home_that_trusts(folder: Path, authority: Path) -> Path:
    """A home directory whose browser trusts a certificate authority of ours, as a person sets it up.

    Chromium on Linux reads such authorities from an NSS database. Raises ChromiumMissing.
    """
    database = folder / ".pki" / "nssdb"
    database.mkdir(parents=True)
    for words in (
        ("-N", "--empty-password"),
        ("-A", "-t", "C,,", "-n", "crosspatch", "-i", str(authority)),
    ):
        try:
            process = await asyncio.create_subprocess_exec("certutil", "-d", f"sql:{database}", *words)
        except FileNotFoundError as error:
            raise ChromiumMissing("no certutil in PATH; on Debian: apt-get install libnss3-tools") from error
        if await asyncio.wait_for(process.wait(), _CERTUTIL_S):
            raise ChromiumMissing(f"certutil {words[0]} failed")
    return folder


@asynccontextmanager
async def open_page(
    browser: Browser, *, locale: str = "en", detour: int | None = None
) -> AsyncIterator[InstrumentedPage]:
    """A page with its own storage and the instruments in place; not yet navigated.

    ``detour``: the UDP port of a relay to the gateway (sim/path/weak_path.py).
    """
    # The instruments load an audio worklet from a blob; the page's own policy stays in force elsewhere.
    context = await browser.new_context(locale=locale, bypass_csp=True, ignore_https_errors=True)
    try:
        for script in _INSTRUMENTS:
            await context.add_init_script(path=script)
        if detour is not None:
            await context.add_init_script(_DETOUR.read_text().replace("DETOUR_PORT", str(detour)))
        yield InstrumentedPage(await context.new_page())
    finally:
        await context.close()
