"""The load generator's handle: one process, one JSON object a line each way.

The generator (bench/loadgen) is a WebRTC client many times over. It knows no signalling: it gives or
takes SDP, and whoever drives it carries that to the gateway or to the peer, so that both get the same load.
"""

import asyncio
import json
from pathlib import Path
from typing import Any, Self

from bench import namespace

BINARY = Path("target/release/loadgen")


class GeneratorFailed(Exception):
    """The generator refused a command or ended."""


class Generator:
    """Starts the process on entry, ends it on exit. One command at a time: others wait."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            str(BINARY),
            namespace.address(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def ask(self, **command: str | float) -> dict[str, Any]:
        """Send a command, return its answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise GeneratorFailed("no pipes")
        async with self._turn:
            stdin.write(json.dumps(command).encode() + b"\n")
            await stdin.drain()
            line = await asyncio.wait_for(stdout.readline(), 120)
        if not line:
            raise GeneratorFailed("the generator ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise GeneratorFailed(answer["error"])
        return answer
