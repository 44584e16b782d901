"""The record log on local disk: appended before an input's effects run, so that kill -9 loses nothing.

``os.write`` hands each record to the kernel at once (survives the process); a thread fsyncs every 50 ms
(a power loss may cost the last 50 ms). Segments that the store has taken are deleted, except the newest
ones up to ``keep_bytes``, so that ``crosspatch replay`` has something to show.

Bounds: from 15/16 of ``bytes_max`` on, ``roomy`` is False and the runtime refuses administration; the
floor goes on. At ``bytes_max`` the oldest segment goes, stored or not, and is counted. A disk that cannot
be written loses the record, is counted, and never stops the floor.
"""

import asyncio
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import structlog

from gateway.app.frame import MAGIC, frame, frames, whole_bytes
from gateway.app.record import Record, decode, encode
from gateway.app.segments import Segment, segment_path, segments
from gateway.model.effects import Effect
from gateway.model.ids import BootId
from gateway.model.inputs import Input

_log = structlog.get_logger("spool")


class SpoolBounds(Protocol):
    """The part of the configuration that the spool reads."""

    @property
    def spool_bytes_max(self) -> int: ...
    @property
    def segment_bytes(self) -> int: ...
    @property
    def keep_bytes(self) -> int: ...
    @property
    def sync_interval_ms(self) -> int: ...


class Spool:
    """The one writer of a spool directory. ``open`` first, ``close`` last."""

    def __init__(self, directory: Path, bounds: SpoolBounds, boot: BootId, config_digest: str) -> None:
        self._directory = directory
        self._bounds = bounds
        self._boot = boot
        self._config = config_digest
        self._fd: int | None = None
        self._path = Path()
        self._size = 0
        self._closed_sizes: dict[Segment, int] = {}
        """Segments that are no longer written, oldest first."""
        self._stored: set[Segment] = set()
        self._next_seq = 1
        self._failing = False
        self._unsynced: list[int] = []
        """Descriptors of closed segments, fsynced and closed by the next sync."""
        self._dirty = asyncio.Event()
        self._on_append: Callable[[], None] = lambda: None
        self.counters = {
            "records_total": 0,
            "torn_bytes_total": 0,
            "lost_records_total": 0,
            "dropped_segments_total": 0,
            "syncs_total": 0,
            "sync_errors_total": 0,
        }

    def open(self) -> None:
        """Find where the last run ended and cut its torn tail. Raises OSError, NotASpoolFile."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = segments(self._directory)
        for segment in found:
            self._closed_sizes[segment] = segment.path.stat().st_size
        if not found:
            return
        last = found[-1]
        data = last.path.read_bytes()
        whole = whole_bytes(data)
        if whole < len(data):
            self.counters["torn_bytes_total"] += len(data) - whole
            _log.warning("cut the torn tail of the last run", segment=last.path.name, bytes=len(data) - whole)
            os.truncate(last.path, whole)
            self._closed_sizes[last] = whole
        self._next_seq = last.first_seq
        for payload, _ in frames(data[:whole], len(MAGIC)):
            self._next_seq = decode(payload).seq + 1
        if self._next_seq == last.first_seq:
            # Nothing in it: this run's first segment will have its name.
            last.path.unlink()
            del self._closed_sizes[last]

    def append(self, what: Input, now: float, at: float, effects: Iterable[Effect]) -> Record:
        """Write one record; it survives the process when this returns. Never raises: see ``failing``."""
        record = Record(self._next_seq, self._boot, now, at, self._config, what, tuple(effects))
        self._next_seq += 1
        try:
            self._write(frame(encode(record)))
        except (OSError, OverflowError, ValueError) as error:
            self.counters["lost_records_total"] += 1
            if not self._failing:
                _log.error("the spool cannot be written, records are lost", error=str(error))
            self._failing = True
        else:
            self._failing = False
            self.counters["records_total"] += 1
            self._dirty.set()
            self._on_append()
        return record

    @property
    def roomy(self) -> bool:
        """Whether administration may still be recorded."""
        return not self._failing and self.used_bytes < self._bounds.spool_bytes_max * 15 // 16

    @property
    def failing(self) -> bool:
        """The last write did not succeed."""
        return self._failing

    @property
    def used_bytes(self) -> int:
        """What the store has not yet taken, and what is kept for replay up to its bound."""
        return self._size + sum(self._closed_sizes.values())

    # -- for the store's feeder --------------------------------------------------------------

    def on_append(self, wake: Callable[[], None]) -> None:
        """The one who wants to know that there is more."""
        self._on_append = wake

    def readable(self) -> list[tuple[Segment, int]]:
        """All segments, oldest first, with the bytes that may be read of each; the last is live."""
        live = [(Segment(self._path, int(self._path.stem)), self._size)] if self._fd is not None else []
        return [*self._closed_sizes.items(), *live]

    def stored(self, segment: Segment) -> None:
        """The store has every record of a segment that is no longer written: it may go."""
        if segment in self._closed_sizes:
            self._stored.add(segment)
        self._delete_stored(self._bounds.keep_bytes)

    # -- sync and close ----------------------------------------------------------------------

    async def run(self) -> None:
        """Fsync in a thread while there is something new, at most once an interval."""
        while True:
            await self._dirty.wait()
            await asyncio.sleep(self._bounds.sync_interval_ms / 1000)
            self._dirty.clear()
            try:
                await self.sync()
            except OSError as error:
                self.counters["sync_errors_total"] += 1
                _log.error("the spool cannot be synced to the disk", error=str(error))

    async def sync(self) -> None:
        """Wait until all that was appended is on the disk."""
        closing, self._unsynced = self._unsynced, []
        live = [] if self._fd is None else [self._fd]
        await asyncio.to_thread(_fsync, closing, live)
        self.counters["syncs_total"] += 1

    async def close(self) -> None:
        """Sync and close; nothing may be appended after."""
        if self._fd is not None:
            self._unsynced.append(self._fd)
            self._fd = None
        await self.sync()

    # -- files -------------------------------------------------------------------------------

    def _write(self, data: bytes) -> None:
        if self._fd is not None and self._size + len(data) > self._bounds.segment_bytes:
            self._retire()
        self._make_room(len(data))
        if self._fd is None:
            self._start_segment()
        written = 0
        try:
            while written < len(data):
                written += os.write(self._fd_or_raise(), data[written:])
        except OSError:
            # Half a frame in the middle would hide all that is appended after it.
            os.truncate(self._path, self._size)
            raise
        self._size += len(data)

    def _fd_or_raise(self) -> int:
        if self._fd is None:
            raise OSError("no segment is open")
        return self._fd

    def _start_segment(self) -> None:
        path = segment_path(self._directory, self._next_seq - 1)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            os.write(fd, MAGIC)
            _fsync_directory(self._directory)
        except OSError:
            os.close(fd)
            path.unlink()
            raise
        self._fd, self._path, self._size = fd, path, len(MAGIC)

    def _retire(self) -> None:
        if self._fd is None:
            return
        self._closed_sizes[Segment(self._path, int(self._path.stem))] = self._size
        self._unsynced.append(self._fd)
        self._fd, self._size = None, 0

    def _make_room(self, wanted: int) -> None:
        if self.used_bytes + wanted <= self._bounds.spool_bytes_max:
            return
        self._delete_stored(0)
        while self._closed_sizes and self.used_bytes + wanted > self._bounds.spool_bytes_max:
            oldest = next(iter(self._closed_sizes))
            self._delete(oldest)
            self.counters["dropped_segments_total"] += 1
            _log.error("the spool is full: its oldest segment is gone", segment=oldest.path.name)

    def _delete_stored(self, keep_bytes: int) -> None:
        for segment in sorted(self._stored, key=lambda s: s.first_seq):
            if self.used_bytes <= keep_bytes:
                return
            self._delete(segment)

    def _delete(self, segment: Segment) -> None:
        segment.path.unlink(missing_ok=True)
        self._closed_sizes.pop(segment, None)
        self._stored.discard(segment)


def _fsync(closing: list[int], live: list[int]) -> None:
    for fd in (*closing, *live):
        os.fsync(fd)
    for fd in closing:
        os.close(fd)


def _fsync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
