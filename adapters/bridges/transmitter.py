"""The bridge's end of the PTT watchdog: says again and again what is to be keyed, and notices its death."""

import asyncio
import contextlib
import fcntl
import os
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from adapters._kit.delays import delays_s
from adapters.bridges import ptt_watchdog
from adapters.bridges.ptt_watchdog import now_us

log = structlog.get_logger("ptt")

REFRESH_S = 0.2
"""A key is repeated so often: five times within the watchdog's patience."""
_PIPE_BYTES = 4096
_START_S = 5.0
_END_S = 2.0
_F_SETPIPE_SZ = 1031


class WatchdogFailed(Exception):
    """The PTT watchdog did not start."""


class Transmitter:
    """PTT of all channels. ``failed`` is called when a key could not be given or held."""

    def __init__(self, edges: Path, failed: Callable[[], None]) -> None:
        self._edges = edges
        self._failed = failed
        self._process: asyncio.subprocess.Process | None = None
        self._orders = -1
        self._keyed: set[str] = set()
        self._refresh: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Start the process and wait until it holds the output. Raises WatchdogFailed, OSError."""
        reading, self._orders = os.pipe2(os.O_CLOEXEC)
        try:
            os.set_blocking(self._orders, False)
            fcntl.fcntl(self._orders, _F_SETPIPE_SZ, _PIPE_BYTES)
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", ptt_watchdog.__file__, str(self._edges)),
                stdin=reading,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        finally:
            os.close(reading)
        try:
            async with asyncio.timeout(_START_S):
                line = await self._process.stdout.readline() if self._process.stdout else b""
        except TimeoutError:
            line = b""
        if line != b"ready\n":
            await self.close()
            raise WatchdogFailed(f"the PTT watchdog did not start; can {self._edges} be written?")

    @property
    def pid(self) -> int | None:
        """Of the watchdog."""
        return None if self._process is None else self._process.pid

    async def keep(self) -> None:
        """Start the watchdog again whenever it ends, until cancelled; all is unkeyed then."""
        delays = delays_s()
        while True:
            if self._process is not None:
                await self._process.wait()
            self._close_pipe()
            self._fail()
            await asyncio.sleep(next(delays))
            log.error("the PTT watchdog ended and starts again")
            try:
                await self.start()
            except (WatchdogFailed, OSError) as error:
                log.error("no transmission is possible", error=str(error))  # noqa: TRY400 - no traceback needed

    def key(self, channel: str) -> None:
        """Key, and keep keyed until ``unkey``."""
        self._keyed.add(channel)
        if not self._order("K", channel):
            self._fail()
        elif self._refresh is None:
            self._refresh = asyncio.get_running_loop().call_later(REFRESH_S, self._again)

    def unkey(self, channel: str) -> None:
        """Unkey at once. A watchdog that cannot be told lets go by itself."""
        self._keyed.discard(channel)
        self._order("U", channel)

    async def close(self) -> None:
        """Unkey all; returns when the watchdog has ended, killed if need be."""
        self._keyed.clear()
        self._close_pipe()
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await process.wait()
                return
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            process.kill()
            async with asyncio.timeout(_END_S):
                await process.wait()

    def _again(self) -> None:
        self._refresh = None
        if not self._keyed:
            return
        if not all(self._order("K", channel) for channel in self._keyed):
            self._fail()
            return
        self._refresh = asyncio.get_running_loop().call_later(REFRESH_S, self._again)

    def _order(self, verb: str, channel: str) -> bool:
        line = f"{verb} {channel} {now_us()}\n".encode()
        try:
            # A line is shorter than PIPE_BUF: it is written whole or not at all (pipe(7)).
            return self._orders >= 0 and os.write(self._orders, line) == len(line)
        except OSError:  # full because nobody reads, or broken because nobody lives
            return False

    def _fail(self) -> None:
        self._keyed.clear()
        asyncio.get_running_loop().call_soon(self._failed)  # not within the order that failed

    def _close_pipe(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            self._refresh = None
        if self._orders >= 0:
            os.close(self._orders)
            self._orders = -1
