"""The pjsua2 phone, driven from a story; its library lives in a child process (``pjsua_program``)."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sim.signal.encode import Pcm, numbered, read_wav, write_wav
from sim.signal.played import Played

RATE_HZ = 16_000
_PATIENCE_S = 30.0


class PjsuaPhone:
    """Plays its voice in a loop into every call, and records what it hears."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._takes = 0
        self._record = folder / "heard.wav"

    async def do(self, what: str, **more: object) -> dict[str, Any]:
        """One order and its answer. Raises RuntimeError when the library refused it."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the phone's program has no pipes")
        stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")
        async with asyncio.timeout(_PATIENCE_S):
            line = await stdout.readline()
        answer: dict[str, Any] = json.loads(line or b'{"error": "the program ended"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    async def kill(self) -> None:
        """Its program ends in the middle of whatever it does, without a word to anybody."""
        self._process.kill()
        await self._process.wait()

    async def take(self) -> Played:
        """What was recorded since the last time."""
        done, self._takes = self._record, self._takes + 1
        self._record = self._folder / f"heard-{self._takes}.wav"
        await self.do("record", path=str(self._record))
        return _played(done)

    def heard(self) -> Played:
        """What was recorded since the last ``take``; complete once the program has ended."""
        return _played(self._record)


def _played(path: Path) -> Played:
    pcm, rate_hz = read_wav(path)
    return Played(pcm, rate_hz, 0.0)


@asynccontextmanager
async def pjsua_phone(
    folder: Path,
    server: tuple[str, int],
    user: str,
    password: str,
    *,
    kind: str = "udp",
    proxy: tuple[str, int] | None = None,
    voice: Pcm | None = None,
) -> AsyncIterator[tuple[PjsuaPhone, int]]:
    """The phone and the status of its registration. ``voice``: at 16 kHz; the numbered signal by default."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    spoken = numbered(0, 156 * 20, rate_hz=RATE_HZ) if voice is None else voice
    write_wav(folder / "play.wav", spoken, RATE_HZ)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sim.peers.pjsua_program"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    phone = PjsuaPhone(process, folder)
    try:
        opened = await phone.do(
            "open",
            kind=kind,
            server=f"{server[0]}:{server[1]}",
            user=user,
            password=password,
            play=str(folder / "play.wav"),
            record=str(folder / "heard.wav"),
            proxy=f"{proxy[0]}:{proxy[1]}" if proxy else "",
        )
        yield phone, int(opened["status"])
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
