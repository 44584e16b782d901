"""GStreamer's webrtcbin as a talker and as a listener: the driver of ``gstreamer_program``."""

import asyncio
import base64
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from sim.peers.certificate import make_certificate
from sim.peers.exchange import Door, Exchange
from sim.signal.encode import numbered
from sim.signal.played import Recorder

_PYTHON = "/usr/bin/python3"
"""The system's: python3-gi is not installable elsewhere."""
_PROGRAM = Path(__file__).with_name("gstreamer_program.py")
_RATE_HZ = 48_000
_LINE_BYTES_MAX = 1 << 20
_DEADLINE_S = 30.0
_END_S = 10.0


class ProgramFailed(Exception):
    """GStreamer's program ended or reported an error."""


@asynccontextmanager
async def gstreamer_talker(door: Door) -> AsyncIterator["GstreamerProgram"]:
    """Published and connected; sends silence until it is told to speak."""
    async with _connected("talk", door, Recorder(_RATE_HZ)) as program:
        yield program


@asynccontextmanager
async def gstreamer_listener(door: Door) -> AsyncIterator[Recorder]:
    """Connected; records what its one track plays."""
    recorder = Recorder(_RATE_HZ)
    async with _connected("listen", door, recorder):
        yield recorder


class GstreamerProgram:
    """The running program; ``read`` must be running beside every other call."""

    def __init__(self, process: asyncio.subprocess.Process, recorder: Recorder) -> None:
        if process.stdin is None or process.stdout is None:
            raise ProgramFailed("started without pipes")
        self._in, self._out = process.stdin, process.stdout
        self._recorder = recorder
        self._offer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._up = asyncio.Event()
        self._said = asyncio.Event()
        self._certificate = make_certificate()
        self._tell(pem=self._certificate.pem)

    async def say(self, first: int, count: int) -> float:
        """Speak ``count`` frames from index ``first``; returns when they and 500 ms of silence are out.

        The value is the wall time in ms at which index 0 went out, or would have.
        """
        self._said.clear()
        started_at_ms = time.time() * 1000
        self._tell(say=base64.b64encode(numbered(first, count).tobytes()).decode())
        await self._said.wait()
        return started_at_ms - first * 20

    async def connect(self, exchange: Exchange) -> None:
        async with asyncio.timeout(_DEADLINE_S):
            # webrtcbin hashes whatever PEM text it was given, the private key included: say what is true.
            offer = self._certificate.fingerprinted(await self._offer)
            self._tell(answer=await exchange.offer(offer))
            await self._up.wait()

    async def read(self) -> None:
        """Take the program's lines until it ends."""
        async for text in self._out:
            line = json.loads(text)
            if "pcm" in line:
                self._recorder.put(line["at"], np.frombuffer(base64.b64decode(line["pcm"]), dtype="<i2"))
            elif "offer" in line and not self._offer.done():
                self._offer.set_result(line["offer"])
            elif line.get("state") == "connected":
                self._up.set()
            elif "said" in line:
                self._said.set()
            elif "error" in line:
                raise ProgramFailed(line["error"])

    def end(self) -> None:
        """Close its input: it ends by itself."""
        self._in.close()

    def _tell(self, **line: str) -> None:
        self._in.write(json.dumps(line).encode() + b"\n")


@asynccontextmanager
async def _connected(role: str, door: Door, recorder: Recorder) -> AsyncIterator[GstreamerProgram]:
    process = await asyncio.create_subprocess_exec(
        _PYTHON,
        str(_PROGRAM),
        role,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES_MAX,
    )
    program = GstreamerProgram(process, recorder)
    try:
        async with asyncio.TaskGroup() as tasks, Exchange(door) as exchange:
            tasks.create_task(program.read(), name=f"gstreamer-{role}")
            await program.connect(exchange)
            yield program
            program.end()
    finally:
        program.end()
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
