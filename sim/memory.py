"""What a gateway has allocated, by who keeps it: a figure without the noise of resident memory.

    python -m sim.memory FILE run --config ...

is the product's own command line with one switch: SIGUSR2 writes the figures of the process to FILE.
"""

import asyncio
import ctypes
import gc
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from gateway.app.cli import main

_WRITTEN_WITHIN_S = 20.0
_LOOK_S = 0.05


class MemoryUnread(Exception):
    """The figures cannot be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Allocated:
    """In use at one moment, after a garbage collection."""

    malloc_bytes: int
    """Of glibc's allocator without ``sqlite_bytes``: Rust, C, and what of Python is longer than 512 bytes."""
    sqlite_bytes: int
    """Of SQLite, nearly all of it its page cache, which fills to 2 MB a connection and stays there."""
    python_blocks: int
    """Python's small blocks, of 512 bytes at most."""


class _Malloc(ctypes.Structure):
    """``struct mallinfo2`` of malloc.h (glibc 2.33): all arenas together."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def allocated() -> Allocated:
    """Of this process. Raises MemoryUnread where glibc or a shared SQLite is not what it runs on."""
    try:
        mallinfo2, memory_used = ctypes.CDLL(None).mallinfo2, ctypes.CDLL(_sqlite()).sqlite3_memory_used
    except (AttributeError, OSError) as error:
        raise MemoryUnread(str(error)) from error
    mallinfo2.restype, memory_used.restype = _Malloc, ctypes.c_int64
    gc.collect()
    malloc, sqlite_bytes = mallinfo2(), int(memory_used())
    in_use = int(malloc.uordblks) + int(malloc.hblkhd)
    return Allocated(in_use - sqlite_bytes, sqlite_bytes, sys.getallocatedblocks())


def _sqlite() -> str:
    """The library that Python's ``sqlite3`` is linked with: a second one would count for itself."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.split()[-1]
        if "/libsqlite3" in path:
            return path
    raise MemoryUnread(f"SQLite {sqlite3.sqlite_version} is no library of its own")


def program(file: Path) -> Sequence[str]:
    """The command line of a gateway that ``allocated_by`` can ask."""
    return (sys.executable, "-m", "sim.memory", str(file))


async def allocated_by(pid: int, file: Path) -> Allocated:
    """Of a gateway that was started by ``program(file)``. Raises MemoryUnread."""
    _forget(file)
    os.kill(pid, signal.SIGUSR2)
    try:
        async with asyncio.timeout(_WRITTEN_WITHIN_S):
            while (figures := _read(file)) is None:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise MemoryUnread("the gateway wrote no figures") from None
    if "fault" in figures:
        raise MemoryUnread(figures["fault"])
    return Allocated(**figures)


def _forget(file: Path) -> None:
    file.unlink(missing_ok=True)


def _read(file: Path) -> dict[str, Any] | None:
    return json.loads(file.read_text()) if file.exists() else None


def _answer_in(file: Path) -> None:
    def write(_number: int, _frame: FrameType | None) -> None:
        try:
            figures = asdict(allocated())
        except MemoryUnread as fault:
            figures = {"fault": str(fault)}
        whole = file.with_suffix(".part")
        whole.write_text(json.dumps(figures))
        whole.rename(file)

    signal.signal(signal.SIGUSR2, write)


if __name__ == "__main__":
    _answer_in(Path(sys.argv.pop(1)))
    main()
