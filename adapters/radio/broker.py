"""The embedded broker: Mosquitto as a child that is kept alive, and dies with the hub (DESIGN section 4).

Used when no broker's URL is configured. It listens on loopback only; sites elsewhere need an external broker.
A restart keeps port and passwords, so that everybody just connects again.
"""

import asyncio
import contextlib
import os
import shutil
import socket
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import structlog

from adapters._kit.counters import Counters
from adapters._kit.delays import delays_s
from adapters._kit.tethered import tethered
from adapters.radio.broker_files import Login, new_logins, write_files

log = structlog.get_logger("broker")

_ALSO_IN = ("/usr/sbin", "/usr/local/sbin")
"""Debian keeps it there; a plain user's PATH has neither."""
_START_S = 5.0
_LOOK_S = 0.02
_STOP_S = 2.0
_LAST_WORDS_S = 0.5
_HEALTHY_S = 30.0
_PORTS_TRIED = 5
_LAST_LINES = 5


class BrokerMissing(Exception):
    """No Mosquitto on this machine; the text says what to do."""


class BrokerFailed(Exception):
    """Mosquitto did not come up; the text has its last words."""


def find_mosquitto(path: str | None = None) -> str:
    """The program's path. ``path``: folders to look in, default PATH and Debian's. Raises BrokerMissing."""
    folders = path if path is not None else os.pathsep.join([os.environ.get("PATH", ""), *_ALSO_IN])
    found = shutil.which("mosquitto", path=folders)
    if found is None:
        raise BrokerMissing(
            "the radio door needs a broker and mosquitto is not installed; type: apt install mosquitto"
            " (or give a broker's URL in [radio])"
        )
    return str(Path(found).resolve())


class EmbeddedBroker:
    """``async with`` it and run ``keep`` in a task; files below ``folder``, topics below ``root``/1.

    The event loop must run on the main thread (``tethered``).
    """

    host = "127.0.0.1"

    def __init__(self, folder: Path, bridges: tuple[str, ...], root: str = "rb") -> None:
        self.port = 0
        self.logins: Mapping[str, Login] = new_logins(bridges)
        """By name: ``hub``, ``hub-ctl`` and each bridge. A bridge's is also in its file."""
        self._folder = folder.resolve()
        self._root = root
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._counters = Counters("restarts_total", "log_warnings_total", "log_errors_total")

    async def __aenter__(self) -> Self:
        """Start it. Raises BrokerMissing, BrokerFailed, OSError."""
        program = find_mosquitto()
        for attempt in range(1, _PORTS_TRIED + 1):
            self.port = _free_port()
            try:
                await self._start(program)
            except BrokerFailed:
                if attempt == _PORTS_TRIED:
                    raise
            else:
                return self
        raise AssertionError

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    @property
    def pid(self) -> int | None:
        """Of the running broker; None while it is down."""
        process = self._process
        return None if process is None or process.returncode is not None else process.pid

    async def keep(self) -> None:
        """Start it again whenever it ends, until cancelled."""
        clock = asyncio.get_running_loop().time
        delays = delays_s()
        while True:
            since = clock()
            if self._process is not None:
                await self._process.wait()
            if clock() - since > _HEALTHY_S:
                delays = delays_s()
            delay_s = next(delays)
            self._counters.add("restarts_total")
            log.warning("the broker ended and starts again", in_s=round(delay_s, 2), last=list(self._last))
            await asyncio.sleep(delay_s)
            try:
                await self._start(find_mosquitto())
            except (BrokerFailed, BrokerMissing, OSError) as error:
                log.error("the broker did not start", error=str(error))  # noqa: TRY400 - a traceback tells no more

    def counters(self) -> Mapping[str, int]:
        """Restarts, and what it complained about: its lines are counted, not repeated in our log."""
        return {**self._counters.read(), "up": int(self.pid is not None)}

    async def _start(self, program: str) -> None:
        await self._stop()
        config = write_files(self._folder, self.port, self.logins, self._root)
        process = await asyncio.create_subprocess_exec(
            *tethered((program, "-c", str(config))),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._process = process
        self._reader = asyncio.create_task(self._read(process), name="broker log")
        try:
            async with asyncio.timeout(_START_S):
                while not await _accepts(self.host, self.port):
                    if process.returncode is not None:
                        break
                    await asyncio.sleep(_LOOK_S)
                opened = process.returncode is None
        except TimeoutError:
            opened = False
            await self._stop()
        if not opened:
            raise BrokerFailed(f"mosquitto did not open port {self.port}: {'; '.join(self._last)}")

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            await _end(process)
        reader, self._reader = self._reader, None
        if reader is not None:
            # A child of the broker's may keep its log open.
            await asyncio.wait([reader], timeout=_LAST_WORDS_S)
            reader.cancel()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stderr is None:
            return
        while line := await process.stderr.readline():
            text = line.decode(errors="replace").strip()
            self._last.append(text)
            self._counters.add("log_errors_total" if text.startswith("Error") else "log_warnings_total")


async def _end(process: asyncio.subprocess.Process) -> None:
    for order in (process.terminate, process.kill):
        with contextlib.suppress(ProcessLookupError):
            order()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_S):
                await process.wait()
                return
    log.error("the broker does not end", pid=process.pid)


async def _accepts(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((EmbeddedBroker.host, 0))
        port: int = probe.getsockname()[1]
        return port
