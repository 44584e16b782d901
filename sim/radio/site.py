"""``crosspatch bridge`` as a process of its own, with its simulated radio, as a story handles it."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BRIDGE = (sys.executable, "-m", "gateway", "bridge")
_ROOT = Path(__file__).resolve().parents[2]
_START_S = 20.0
_STOP_S = 10.0
_PATIENCE_S = 15.0
_LOOK_S = 0.005
_LOG_LINES_MAX = 500


class BridgeFailed(Exception):
    """It ended or did not come up; the text has its last log lines."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A change of a PTT line, as the watchdog process wrote it."""

    at_us: int
    channel: str
    on: bool
    why: str


@dataclass(frozen=True, slots=True)
class Aired:
    """A frame that went on the air."""

    at_us: int
    transmission: int
    age_us: int
    """As the bridge's own fence knew it."""
    frame: bytes


class Site:
    """Made by ``site``. Its process may be stopped, killed and started again.

    ``more``: lines of each channel's table; ``broker``: lines of each broker's. A URL with a password in it
    goes to a file, as the bridge wants it; a path is that file.
    """

    def __init__(
        self,
        folder: Path,
        bridge: str,
        urls: Sequence[str | Path],
        channels: Sequence[str],
        more: str = "",
        broker: str = "",
        codec: str = "PCMU",
        program: Sequence[str] = BRIDGE,
    ) -> None:
        self.folder = folder
        self._program = program
        self.bridge = bridge
        self.log: deque[str] = deque(maxlen=_LOG_LINES_MAX)
        self.patience_s = _START_S
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._ready = asyncio.Event()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "site.toml").write_text(
            f'bridge = "{bridge}"\nair = "{folder / "air"}"\nptt_edges = "{folder / "edges"}"\n'
            f'control = "{self._control}"\n'
            + "".join(f'[[channels]]\nid = "{name}"\ncodec = "{codec}"\n{more}' for name in channels)
            + "".join(
                f"[[brokers]]\n{self._address(number, url)}\n{broker}" for number, url in enumerate(urls)
            )
        )

    def _address(self, number: int, url: str | Path) -> str:
        if isinstance(url, Path):
            return f'url_file = "{url}"'
        if "@" not in url:
            return f'url = "{url}"'
        path = self.folder / f"broker-{number}"
        path.write_text(f"{url}\n")
        path.chmod(0o600)
        return f'url_file = "{path}"'

    @property
    def pid(self) -> int:
        if self._process is None:
            raise BridgeFailed("the bridge does not run")
        return self._process.pid

    @property
    def _control(self) -> Path:
        return self.folder / "control"

    async def start(self) -> None:
        """Returns when it is connected. Raises BridgeFailed."""
        self._ready.clear()
        self._process = process = await asyncio.create_subprocess_exec(
            *(*self._program, "--config", str(self.folder / "site.toml")),
            cwd=_ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._readers = [
            asyncio.create_task(self._read_out(process)),
            asyncio.create_task(self._read_err(process)),
        ]
        ended = asyncio.create_task(process.wait())
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({ended, ready}, timeout=self.patience_s, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not self._ready.is_set():
            ready.cancel()
            await self.end(signal.SIGKILL)
            raise BridgeFailed("\n".join(["the bridge did not connect", *self.log]))

    async def ended(self) -> None:
        """Wait until the process ends, whoever ended it."""
        if self._process is not None:
            await self._process.wait()

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Exit code. Raises BridgeFailed when it does not end."""
        process = self._process
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(how)
            process.send_signal(signal.SIGCONT)
        try:
            async with asyncio.timeout(_STOP_S):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise BridgeFailed("\n".join(["the bridge did not end", *self.log])) from None
        finally:
            await asyncio.gather(*self._readers)
            self._process = None
        return code

    def signal(self, number: signal.Signals) -> None:
        """To the bridge itself; its PTT watchdog is another process."""
        os.kill(self.pid, number)

    async def order(self, op: str, channel: str, **fields: Any) -> None:  # noqa: ANN401 - keys of the order
        """Tell the simulated radio. Raises BridgeFailed when it refuses."""
        async with asyncio.timeout(_PATIENCE_S):
            reader, writer = await asyncio.open_unix_connection(self._control)
            writer.write(json.dumps({"op": op, "channel": channel, **fields}).encode() + b"\n")
            answer = json.loads(await reader.readline())
            writer.close()
        if not answer["ok"]:
            raise BridgeFailed(answer["error"])

    def edges(self, channel: str) -> list[Edge]:
        """Every keying and unkeying so far."""
        path = self.folder / "edges"
        rows = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [Edge(int(at), name, state == "on", why) for at, name, state, why in rows if name == channel]

    def aired(self, channel: str) -> list[Aired]:
        """Every frame that went out so far."""
        path = self.folder / "air" / f"{channel}.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        rows = [json.loads(line) for line in lines if line.endswith("}")]
        return [Aired(row["t"], row["n"], row["age_us"], bytes.fromhex(row["frame"])) for row in rows]

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for something that these files show. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_S):
            while not reached():  # noqa: ASYNC110 - files to poll
                await asyncio.sleep(_LOOK_S)

    async def logged(self, words: str, *, times: int = 1) -> None:
        """Wait until so many log lines hold these words. Raises TimeoutError."""
        await self.until(lambda: sum(words in line for line in self.log) >= times)

    async def keyed(self, channel: str, *, times: int = 1) -> Edge:
        """The ``times``-th keying. Raises TimeoutError."""
        await self.until(lambda: sum(edge.on for edge in self.edges(channel)) >= times)
        return [edge for edge in self.edges(channel) if edge.on][times - 1]

    async def unkeyed(self, channel: str, *, times: int = 1) -> Edge:
        """The ``times``-th unkeying. Raises TimeoutError."""
        await self.until(lambda: sum(not edge.on for edge in self.edges(channel)) >= times)
        return [edge for edge in self.edges(channel) if not edge.on][times - 1]

    async def _read_out(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is not None:
            async for line in process.stdout:
                if line.startswith(b"ready "):
                    self._ready.set()

    async def _read_err(self, process: asyncio.subprocess.Process) -> None:
        if process.stderr is not None:
            async for line in process.stderr:
                self.log.append(line.decode(errors="replace").rstrip())


@asynccontextmanager
async def site(
    folder: Path,
    bridge: str,
    urls: Sequence[str | Path],
    *channels: str,
    more: str = "",
    broker: str = "",
    codec: str = "PCMU",
    program: Sequence[str] = BRIDGE,
) -> AsyncIterator[Site]:
    """A running bridge; stopped at the end."""
    running = Site(folder, bridge, urls, channels, more, broker, codec, program)
    await running.start()
    try:
        yield running
    finally:
        await running.end()
