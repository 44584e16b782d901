"""Carries records from the spool to the store, in batches, as soon as the store takes them."""

import asyncio
import errno
from collections.abc import Callable

import structlog

from gateway.app.backoff import Backoff
from gateway.app.frame import MAGIC, NotASpoolFile
from gateway.app.record import NotARecord, Record, decode
from gateway.app.segments import Segment, payloads
from gateway.app.spool import Spool
from gateway.app.store import Store, StoreDown
from gateway.model.ids import BootId

_log = structlog.get_logger("store")

PAUSE_S = 0.05
"""Between two batches of a store that keeps up: few large transactions cost less than many small ones."""
_PASSES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""The process or the machine is short of something: the file itself is as good as it was."""
WINDOW_BYTES = 1 << 20
"""Read and stored at once; a single record that is longer is read alone."""


class Feeder:
    """One task. Remembers how far it is; after a restart the store's own numbers tell."""

    def __init__(self, spool: Spool, store: Store, backoff: Callable[[], Backoff] = Backoff) -> None:
        self._spool = spool
        self._store = store
        self._backoff = backoff()
        self._more = asyncio.Event()
        self._more.set()
        self._at: tuple[Segment, int] | None = None
        """The segment being read and the offset behind what is stored of it."""
        self._last_stored: dict[BootId, int] = {}
        self.up = False
        self.counters = {"stored_total": 0, "failures_total": 0, "damaged_segments_total": 0}
        spool.on_append(self._more.set)

    async def run(self) -> None:
        """Feed until cancelled; an unreachable store is tried again with backoff."""
        while True:
            await self._more.wait()
            self._more.clear()
            try:
                await self.feed()
            except StoreDown as down:
                self._alarm(str(down))
                await self._pause()
            except Exception:  # noqa: BLE001 - a fault of ours here must not end the feeding for good
                _log.exception("feeding the store failed")
                self._alarm("internal")
                await self._pause()
            else:
                self._backoff.reset()
                await asyncio.sleep(PAUSE_S)

    async def feed(self) -> None:
        """Bring the store up to what the spool holds now. Raises StoreDown."""
        if not self.up:
            await self._store.open()
            self._last_stored.clear()
            self._at = None
            self.up = True
            _log.info("the store takes records")
        readable = self._spool.readable()
        for index, (segment, end) in enumerate(readable):
            if self._at is not None and segment.first_seq < self._at[0].first_seq:
                continue
            await self._feed_segment(segment, end)
            if index < len(readable) - 1:
                self._spool.stored(segment)

    async def _feed_segment(self, segment: Segment, end: int) -> None:
        start = len(MAGIC)
        if self._at is not None and self._at[0] == segment:
            start = self._at[1]
        self._at = segment, start
        while start < end:
            batch, start = await asyncio.to_thread(self._read, segment, start, end)
            if not batch:
                return
            fresh = [entry for entry in batch if entry[0].seq > await self._stored_of(entry[0].boot)]
            if fresh:
                await self._add(fresh)
            self._at = segment, start

    async def _add(self, fresh: list[tuple[Record, bytes]]) -> None:
        await self._store.add(fresh)
        self.counters["stored_total"] += len(fresh)
        newest = fresh[-1][0]
        self._last_stored[newest.boot] = newest.seq

    async def _stored_of(self, boot: BootId) -> int:
        if boot not in self._last_stored:
            self._last_stored[boot] = await self._store.last_seq(boot)
        return self._last_stored[boot]

    def _read(self, segment: Segment, start: int, end: int) -> tuple[list[tuple[Record, bytes]], int]:
        batch: list[tuple[Record, bytes]] = []
        for window_end in (min(start + WINDOW_BYTES, end), end):
            try:
                for payload, offset in payloads(segment.path, start, window_end):
                    batch.append((decode(payload), payload))
                    start = offset
            except (NotASpoolFile, NotARecord, OSError) as error:
                if isinstance(error, OSError) and error.errno in _PASSES:
                    raise StoreDown(f"the spool cannot be read: {error}") from error
                # What is behind the damage cannot be found; what is before it is stored.
                self.counters["damaged_segments_total"] += 1
                _log.error("a segment of the spool is damaged", segment=segment.path.name, error=repr(error))
            if batch:
                break
        return batch, start

    async def _pause(self) -> None:
        self._more.set()
        await asyncio.sleep(self._backoff.next_delay_s())

    def _alarm(self, why: str) -> None:
        self.counters["failures_total"] += 1
        if self.up or self.counters["failures_total"] == 1:
            _log.error("the store is down, the spool keeps the records", why=why)
        self.up = False
