"""Somebody who follows the guides: reads one from its first block to its last and types what it says."""

import asyncio
import os
import re
import shlex
import signal
import sys
import textwrap
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "guides"
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
GATEWAY = "192.0.2.10"
"""The gateway's address in the guides (RFC 5737)."""
HOSTS = f"127.0.0.1 localhost pbx.example.lan\n{GATEWAY} gateway.example.lan\n"
_SETUP = (
    f"ip addr add {GATEWAY}/32 dev own0 && "
    'mount --bind "$1/hosts" /etc/hosts && mount --bind "$1/srv" /srv && shift && exec "$@"'
)
_STAYS = re.compile(r"crosspatch (run|bridge)\b")
"""Commands that end when they are told to."""
_TYPED_S, _START_S, _STOP_S = 20.0, 20.0, 20.0


def machine(folder: Path) -> tuple[str, ...]:
    """What gives a story inside (``told_inside``) the guides' names, their address and a ``/srv``."""
    (folder / "hosts").write_text(HOSTS)
    (folder / "srv").mkdir()
    return ("unshare", "--mount", "sh", "-c", _SETUP, "sh", str(folder))


def blocks(guide: str) -> list[str]:
    """What stands between fences, in order."""
    return [textwrap.dedent(text) for _, text in BLOCK.findall((GUIDES / guide).read_text())]


class Guide:
    """``elsewhere``: words of blocks that are for another machine, with the reason."""

    def __init__(self, name: str, elsewhere: Mapping[str, str]) -> None:
        self._left = [text for text in blocks(name) if not any(words in text for words in elsewhere)]

    def block(self) -> str:
        return self._left.pop(0)

    def is_read(self) -> None:
        """No block was left out."""
        assert self._left == []


class Desk:
    """A directory where the program is in PATH. ``log``: what programs that stay have said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log: deque[str] = deque(maxlen=2000)
        self._staying: list[tuple[asyncio.subprocess.Process, asyncio.Task[None]]] = []
        self._spoke = asyncio.Event()
        programs = folder / ".programs"
        programs.mkdir()
        (programs / "crosspatch").write_text(
            f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m gateway "$@"\n'
        )
        (programs / "crosspatch").chmod(0o755)
        self._environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin"}

    def writes(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    async def types(self, block: str) -> str:
        """Each command in its turn, and what they print; one that stays is waited for until it is ready."""
        lines = block.replace("\\\n", " ").splitlines()
        ending = [line for line in lines if not _STAYS.match(line)]
        said = await self._typed("\n".join(ending)) if ending else ""
        for line in lines:
            if _STAYS.match(line):
                await self._stay(shlex.split(line, comments=True))
        return said

    async def saw(self, words: str) -> None:
        """Wait until a line with these words was said by what stays."""
        async with asyncio.timeout(_START_S):
            while not any(words in line for line in self.log):
                self._spoke.clear()
                await self._spoke.wait()

    async def stops(self) -> None:
        """Ctrl-C for all that stays, the last one first; each ends in order."""
        while self._staying:
            process, reading = self._staying.pop()
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            code = await asyncio.wait_for(process.wait(), _STOP_S)
            await reading
            assert code == 0, "\n".join(self.log)

    async def _typed(self, text: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *("bash", "-e", "-o", "pipefail", "-c", text),
            cwd=self.folder,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await asyncio.wait_for(process.communicate(), _TYPED_S)
        assert process.returncode == 0, f"{text}\n{out.decode()}"
        return out.decode()

    async def _stay(self, words: list[str]) -> None:
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=self.folder,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        already = sum(line.startswith("ready ") for line in self.log)
        self._staying.append((process, asyncio.create_task(self._read(process))))
        async with asyncio.timeout(_START_S):
            while sum(line.startswith("ready ") for line in self.log) == already:
                assert process.returncode is None, "\n".join(self.log)
                self._spoke.clear()
                await self._spoke.wait()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is not None:
            async for line in process.stdout:
                self.log.append(line.decode(errors="replace").rstrip())
                self._spoke.set()
        self._spoke.set()


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    """At the end all that stays is stopped, and has logged no error."""
    ours = Desk(folder)
    try:
        yield ours
    finally:
        await ours.stops()
    assert not [line for line in ours.log if '"level": "error"' in line or "Traceback" in line], ours.log
