"""A gateway in a process of its own, as a person starts it, with the handles a story needs."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

CROSSPATCH = (sys.executable, "-m", "gateway")
_ROOT = Path(__file__).resolve().parent.parent
_START_S = 30.0
_COMMAND_S = 90.0
"""The first one after an installation compiles every module that it loads."""
_STOP_S = 20.0
_LOG_LINES_MAX = 2000
_LEVELS = {'"level": "error"': "error", '"level": "warning"': "warning", "Traceback (most recent": "error"}
_TIMED_MESSAGES = "crosspatch_radio_edge_messages_received_total"
_HEARTBEATS = 4
_LOOK_S = 0.1
_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


class GatewayFailed(Exception):
    """The process ended or did not come up; the text has its last log lines."""


class Gateway:
    """One data directory and one pair of ports; its process may be killed and started again."""

    def __init__(
        self,
        folder: Path,
        *,
        shards: int,
        media: str,
        more: str,
        program: Sequence[str],
        port: int = 0,
    ) -> None:
        self._program = program
        self._config = folder / "crosspatch.toml"
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._ready = asyncio.Event()
        self._spoke = asyncio.Event()
        self.log: deque[str] = deque(maxlen=_LOG_LINES_MAX)
        """Last lines of its stderr."""
        self.complaints: Counter[str] = Counter(error=0, warning=0)
        """Lines of its stderr by level, from its first start on; a traceback is an error."""
        self.store = folder / "var"
        self.url = f"http://127.0.0.1:{port or free_port(socket.SOCK_STREAM, 1)}"
        self.media_port = free_port(socket.SOCK_DGRAM, shards)
        """UDP port of its first shard."""
        self._config.write_text(
            f"[http]\nport = {self.url.rpartition(':')[2]}\n"
            f"[media]\nport = {self.media_port}\nshards = {shards}\n{media}"
            f'[store]\ndir = "{self.store}"\n{more}'
        )

    @property
    def pid(self) -> int:
        if self._process is None or self._process.returncode is not None:
            raise GatewayFailed(self._story("the gateway does not run"))
        return self._process.pid

    def child(self, program: str) -> int:
        """The process that the gateway has started under this name. Raises LookupError."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        children = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
        for pid in children:
            if Path(f"/proc/{pid}/comm").read_text().strip() == program:
                return pid
        raise LookupError(program)

    async def start(self) -> None:
        """Returns when the doors are open."""
        self._ready.clear()
        process = self._process = await asyncio.create_subprocess_exec(
            *self._program,
            *("run", "--config", str(self._config)),
            cwd=_ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._readers = [
            asyncio.create_task(self._read_out(process)),
            asyncio.create_task(self._read_err(process)),
        ]
        ended, up = asyncio.create_task(process.wait()), asyncio.create_task(self._ready.wait())
        await asyncio.wait((ended, up), timeout=_START_S, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        up.cancel()
        if not self._ready.is_set():
            await self.kill()
            raise GatewayFailed(self._story("the gateway did not come up"))

    async def ended(self) -> str:
        """Wait until the process ends, whoever ended it; its last log lines."""
        if self._process is not None:
            await self._process.wait()
            await asyncio.gather(*self._readers)
        return self._story("the gateway ended")

    async def stop(self) -> int | None:
        """End it in order; its exit code, None when it was never started."""
        await self._end(signal.SIGTERM)
        return None if self._process is None else self._process.returncode

    async def kill(self) -> None:
        """End it as a power switch would."""
        await self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop all its threads until ``thaw``."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def saw(self, line: str, *, times: int = 1, within_s: float = _START_S) -> None:
        """Wait until ``times`` lines with this text stand in the log."""
        async with asyncio.timeout(within_s):
            while sum(line in seen for seen in self.log) < times:
                self._spoke.clear()
                await self._spoke.wait()

    def logged_no_error(self) -> None:
        """Raises GatewayFailed when the log has a line of level error, or a traceback."""
        if self.complaints["error"]:
            raise GatewayFailed(self._story("the gateway logged an error"))

    async def token(
        self, *, room: str = "*", grants: str = "listen,talk", ttl: str = "1h", subject: str = "bearer"
    ) -> str:
        where = ("--room", room, "--config", str(self._config))
        words = ("token", *where, "--grants", grants, "--ttl", ttl, "--subject", subject)
        return (await self.command(*words)).strip()

    async def replay(self) -> list[dict[str, Any]]:
        """Every record of the log as ``crosspatch replay`` prints it.

        Raises GatewayFailed when the replayed core did something else than the one that ran.
        """
        lines = (await self.command("replay", str(self.store))).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    async def command(self, *words: str) -> str:
        """What ``crosspatch {words}`` prints. Raises GatewayFailed."""
        process = await asyncio.create_subprocess_exec(
            *CROSSPATCH,
            *words,
            cwd=_ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), _COMMAND_S)
        except TimeoutError:
            process.kill()
            await process.wait()
            late = f"crosspatch {words[0]} has not ended within {_COMMAND_S:.0f} s"
            raise GatewayFailed(f"{late}\n  hint: the machine is too busy; try again") from None
        if process.returncode:
            raise GatewayFailed(f"crosspatch {words[0]} ended with {process.returncode}: {err.decode()}")
        return out.decode()

    async def metrics(self) -> dict[str, float]:
        """Every sample of /metrics by its name, labels in braces behind it."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/metrics") as response:
            response.raise_for_status()
            return parse_metrics(await response.text())

    async def radios_may_key(self, *, within_s: float = _START_S) -> None:
        """Wait until its clock and a bridge's are agreed: heartbeats make a clock. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while (await self.metrics()).get(_TIMED_MESSAGES, 0) < _HEARTBEATS:  # noqa: ASYNC110 - a page to poll
                await asyncio.sleep(_LOOK_S)

    def open_files(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def memory_bytes(self) -> int:
        """What it has in memory now (RSS)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def cpu_s(self) -> float:
        """Processor time of all its threads since it was started."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def threads(self) -> Counter[str]:
        """How many threads bear each name; Python's own bear the program's."""
        return Counter(
            (task / "comm").read_text().strip() for task in Path(f"/proc/{self.pid}/task").iterdir()
        )

    async def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, how)
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            raise GatewayFailed(self._story(f"the gateway did not end within {_STOP_S:.0f} s")) from None
        finally:
            await asyncio.gather(*self._readers)

    async def _read_out(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is not None:
            async for line in process.stdout:
                if line.startswith(b"ready "):
                    self._ready.set()

    async def _read_err(self, process: asyncio.subprocess.Process) -> None:
        if process.stderr is not None:
            async for line in process.stderr:
                text = line.decode(errors="replace").rstrip()
                self.log.append(text)
                self.complaints.update({level for mark, level in _LEVELS.items() if mark in text})
                self._spoke.set()

    def _story(self, what: str) -> str:
        return "\n".join([what, *list(self.log)[-40:]])


@asynccontextmanager
async def gateway(
    folder: Path,
    *,
    shards: int = 1,
    forwarding: bool = True,
    listen: str = "127.0.0.1",
    media: str = "",
    more: str = "",
    program: Sequence[str] = CROSSPATCH,
    port: int = 0,
) -> AsyncIterator[Gateway]:
    """A running gateway on free loopback ports, its data below ``folder``; stopped at the end.

    ``port``: of HTTP, where it must be a certain one. ``listen``: where its media is. ``media``: further
    lines of that section, ``more``: of its whole TOML file. Raises GatewayFailed at the end when it logged an
    error.
    """
    running = Gateway(
        folder,
        shards=shards,
        media=f'listen = ["{listen}"]\nforwarding = {str(forwarding).lower()}\n{media}',
        more=more,
        program=program,
        port=port,
    )
    await running.start()
    try:
        yield running
    finally:
        await running.stop()
    running.logged_no_error()


def parse_metrics(text: str) -> dict[str, float]:
    """Prometheus text format 0.0.4; comments and time stamps are left out."""
    rows = (_SAMPLE.match(line) for line in text.splitlines() if not line.startswith("#"))
    return {row[1] + (f"{{{row[2]}}}" if row[2] else ""): float(row[3]) for row in rows if row}


def free_port(kind: socket.SocketKind, count: int) -> int:
    """First of ``count`` consecutive loopback ports that are free now, for UDP and for TCP."""
    while True:
        with socket.socket(socket.AF_INET, kind) as first:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            other = socket.SOCK_STREAM if kind == socket.SOCK_DGRAM else socket.SOCK_DGRAM
            if _is_free(other, port) and all(
                _is_free(each, port + more) for each in (kind, other) for more in range(1, count)
            ):
                return port


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
        return True
