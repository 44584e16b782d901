"""Orders for the simulated radio: a unix socket, one JSON object a line, one answer a line.

- ``{"op": "receive", "channel": "vhf1", "file": "speech.wav", "rssi": -87, "tail_ms": 100, "id": "3121234",
  "alias": "Unit 12", "wait": true}``
- ``{"op": "carrier", "channel": "vhf1", "on": true}``
- ``{"op": "emergency", "channel": "vhf1", "on": true, "alias": "Unit 12"}``
- ``{"op": "fault", "channel": "vhf1", "code": "swr"}``
- ``{"op": "parrot", "channel": "vhf1", "pause_ms": 500}``

Answers: ``{"ok": true}`` or ``{"ok": false, "error": "what to do"}``.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import msgspec

_LINE_BYTES_MAX = 4096


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One order; fields that its ``op`` does not need are passed over."""

    op: Literal["receive", "carrier", "emergency", "fault", "parrot"]
    channel: str
    file: str = ""
    rssi: int = -80
    tail_ms: int = 0
    wait: bool = False
    """Answer when the file was played, not when it begins."""
    on: bool = False
    id: str = ""
    alias: str = ""
    group: str = ""
    code: str = ""
    pause_ms: int = 0


class Control:
    """The socket at ``path``, for its owner only; ``obey`` raises ValueError, OSError for what cannot be."""

    def __init__(self, path: Path, obey: Callable[[Order], Awaitable[None]]) -> None:
        self._path = path
        self._obey = obey
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Raises OSError."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=_LINE_BYTES_MAX)
        self._path.chmod(0o600)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while line := await self._line(reader):
                writer.write(msgspec.json.encode(await self._answer(line)) + b"\n")
                await writer.drain()
        writer.close()

    @staticmethod
    async def _line(reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readline()
        except ValueError:  # longer than the limit: whoever writes that is no friend
            return b""

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            await self._obey(msgspec.json.decode(line, type=Order))
        except (msgspec.MsgspecError, ValueError, OSError) as error:
            return {"ok": False, "error": str(error)}
        return {"ok": True}
