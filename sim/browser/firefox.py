"""Start Debian's Firefox for stories about real pages, headless, by its own remote agent.

Firefox gathers no loopback candidate: the gateway's media and the browser meet at an address of the story's
own network (``sim.own_network``).
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sim.browser.bidi import Bidi, BidiError, session
from sim.browser.page import Instruments
from sim.browser.sound_card import end, sound_card

_START_S = 60.0
_STOP_S = 10.0
_ANSWER_S = 45.0
"""Longest that a script of a story takes: it says two dozen seconds of sound."""
_POLL_MS = 50
_READY = "WebDriver BiDi listening on "
_INSTRUMENTS = [Path(__file__).with_name(name) for name in ("camera.js", "instruments.js", "pictures.js")]
_PREFERENCES: dict[str, bool | int | str] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.autoplay.block-webaudio": False,
    # Pages are many and none has the focus: none of them may be slowed down for that.
    "dom.min_background_timeout_value": 4,
    "dom.timeout.enable_budget_timer_throttling": False,
    "widget.windows.window_occlusion_tracking.enabled": False,
    # No page but the story's own, no word to anybody else.
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.normandy.enabled": False,
    "services.settings.server": "",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class FirefoxMissing(Exception):
    """No Firefox on this machine."""


class FirefoxPage:
    """One tab, with the two calls of Playwright's pages that the instruments are made of."""

    def __init__(self, bidi: Bidi, context: str) -> None:
        self._bidi = bidi
        self._context = context

    async def goto(self, url: str) -> None:
        """Navigate and wait until the page has loaded."""
        await self._bidi.command("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def evaluate(self, expression: str, arg: Any = None, /, *, within_s: float = _ANSWER_S) -> Any:  # noqa: ANN401
        """The JSON value of an expression, or of a function called with ``arg``; promises are waited for.

        Raises BidiError with what the script raised.
        """
        script = (
            f"async () => {{ const it = ({expression});"
            f" const value = typeof it === 'function' ? await it({json.dumps(arg)}) : await it;"
            " return JSON.stringify(value ?? null); }"
        )
        result = await self._bidi.command(
            "script.callFunction",
            within_s=within_s,
            functionDeclaration=script,
            target={"context": self._context},
            awaitPromise=True,
            userActivation=True,
        )
        if result["type"] != "success":
            raise BidiError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    async def wait_for_function(self, expression: str, /, *, arg: Any = None, timeout: float) -> None:  # noqa: ANN401, ASYNC109
        """Until the function returns something true. ``timeout`` in ms; raises TimeoutError."""
        patient = (
            f"async (arg) => {{ const until = performance.now() + {timeout};"
            f" while (!(await ({expression})(arg))) {{ if (performance.now() > until) return false;"
            f" await new Promise((next) => setTimeout(next, {_POLL_MS})); }} return true; }}"
        )
        if not await self.evaluate(patient, arg, within_s=timeout / 1000 + _ANSWER_S):
            raise TimeoutError(f"{timeout:.0f} ms passed without: {expression}")

    async def pointer(self, selector: str, kind: str) -> None:
        """Move the mouse to the middle of an element and press its button ("pointerDown") or let go of it."""
        middle = await self.evaluate(
            "(selector) => { const box = document.querySelector(selector).getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2].map(Math.round); }",
            selector,
        )
        move = {"type": "pointerMove", "x": middle[0], "y": middle[1]}
        mouse = {"type": "pointer", "id": "mouse", "actions": [move, {"type": kind, "button": 0}]}
        await self._bidi.command("input.performActions", context=self._context, actions=[mouse])

    async def close(self) -> None:
        await self._bidi.command("browsingContext.close", context=self._context)


class Firefox:
    """A running browser."""

    def __init__(self, bidi: Bidi) -> None:
        self._bidi = bidi

    @asynccontextmanager
    async def open_page(self, *, script: str = "") -> AsyncIterator[tuple[Instruments, FirefoxPage]]:
        """A window with its own storage, the instruments and then a script in place; not yet navigated."""
        user = (await self._bidi.command("browser.createUserContext"))["userContext"]
        try:
            for text in (*(path.read_text() for path in _INSTRUMENTS), script):
                declaration = f"() => {{ {text}\n }}"
                await self._bidi.command(
                    "script.addPreloadScript", functionDeclaration=declaration, userContexts=[user]
                )
            made = await self._bidi.command("browsingContext.create", type="window", userContext=user)
            page = FirefoxPage(self._bidi, made["context"])
            yield Instruments(page), page
        finally:
            await self._bidi.command("browser.removeUserContext", userContext=user)


@asynccontextmanager
async def firefox() -> AsyncIterator[Firefox]:
    """A browser of its own, with a profile of its own; both gone at the end."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        raise FirefoxMissing("no firefox in PATH; on Debian: apt-get install firefox-esr")
    async with sound_card() as environment, _profile() as profile:
        process = await asyncio.create_subprocess_exec(
            *(path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"),
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        log = _Log(process)
        try:
            url = await log.address()
            async with session(url) as bidi:
                yield Firefox(bidi)
        finally:
            await end(process, _STOP_S)
            await log.closed()


@asynccontextmanager
async def _profile() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as folder:
        rows = (f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in _PREFERENCES.items())
        (Path(folder) / "user.js").write_text("\n".join(rows))
        yield folder


class _Log:
    """Reads what the browser writes, so that it never waits for a reader."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._url = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(process))

    async def address(self) -> str:
        async with asyncio.timeout(_START_S):
            url: str = await self._url
            return url

    async def closed(self) -> None:
        await self._reading

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stderr is not None:
            async for row in process.stderr:
                line = row.decode(errors="replace").strip()
                if _READY in line and not self._url.done():
                    self._url.set_result(line.partition(_READY)[2])
        if not self._url.done():
            self._url.set_exception(FirefoxMissing("firefox ended before it was ready"))
