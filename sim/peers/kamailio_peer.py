"""kamailio as a PBX: registrar and proxy in front of the gateway, in processes of its own."""

import asyncio
import os
import shutil
import signal
import socket
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sim.gateway import free_port

PASSWORD = "a password of the exchange"  # noqa: S105 - of a PBX that lives as long as a story
ACCOUNT = "gateway"
"""The account that calls to numbers beginning with 8 are sent to."""
_TEMPLATE = Path(__file__).with_name("kamailio.cfg")
_START_S, _STOP_S, _PATIENCE_S = 20.0, 10.0, 20.0
_KNOCK_S = 0.1
_STORY = "story "
_LINES_MAX = 4_000


class KamailioFailed(Exception):
    """It did not come up or did not end; the text has its last lines."""


@dataclass
class Kamailio:
    """``port``: UDP and TCP; ``tls_port``: 0 without TLS."""

    port: int
    tls_port: int
    process: asyncio.subprocess.Process
    story: list[str] = field(default_factory=list)
    """What passed, one line a request."""
    log: deque[str] = field(default_factory=lambda: deque(maxlen=200))
    spoke: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def server(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def count(self, line: str) -> int:
        """How many requests passed whose line begins so."""
        return sum(seen.startswith(line) for seen in self.story)

    async def saw(self, line: str, *, times: int = 1) -> None:
        """Wait for it. Raises KamailioFailed."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while self.count(line) < times:
                    self.spoke.clear()
                    await self.spoke.wait()
        except TimeoutError:
            raise KamailioFailed(f"never saw {line!r}: {self.story}") from None

    async def read(self) -> None:
        """Keep what it says until it ends."""
        if self.process.stderr is None:
            return
        async for line in self.process.stderr:
            text = line.decode(errors="replace").rstrip()
            _, told, rest = text.partition(_STORY)
            if told and len(self.story) < _LINES_MAX:
                self.story.append(rest)
            self.log.append(text)
            self.spoke.set()


@asynccontextmanager
async def kamailio(
    folder: Path,
    *,
    tls: tuple[Path, Path] | None = None,
    algorithm: str = "MD5",
    port: int = 0,
    account: str = ACCOUNT,
    password: str = PASSWORD,
) -> AsyncIterator[Kamailio]:
    """A running one on loopback. ``tls``: certificate chain and key (PEM); ``port``: 0 takes a free one.

    ``account``: who gets the calls to numbers beginning with 8; ``password``: of everybody.
    """
    program = shutil.which("kamailio", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise KamailioFailed("no kamailio; type: make setup-system")
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    port = port or free_port(socket.SOCK_STREAM, 2)
    values: dict[str, object] = {"PORT": port, "TLS_PORT": port + 1, "ALGORITHM": algorithm}
    values |= {"PASSWORD": password, "ACCOUNT": account}
    if tls:
        values |= {"CERT": tls[0], "KEY": tls[1]}
    text = _TEMPLATE.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    (folder / "kamailio.cfg").write_text(text, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(program, "-DD", "-E", "-f", str(folder / "kamailio.cfg")),
        *("-w", str(folder), "-Y", str(folder), "-m", "64", "-M", "8"),
        *(("-A", "WITH_TLS") if tls else ()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    running = Kamailio(port, port + 1 if tls else 0, process)
    reading = asyncio.create_task(running.read(), name="kamailio log")
    try:
        await _answers(running)
        yield running
    finally:
        await _end(process)
        await reading


async def _answers(running: Kamailio) -> None:
    """Returns when it takes connections on its last door. Raises KamailioFailed."""
    door = running.tls_port or running.port
    with suppress(TimeoutError):
        async with asyncio.timeout(_START_S):
            while running.process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", door)
                except OSError:
                    await asyncio.sleep(_KNOCK_S)
                    continue
                writer.close()
                return
    raise KamailioFailed("kamailio did not come up:\n" + "\n".join(running.log))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Its main process ends the others; whatever is left of its own session after a while is killed."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
