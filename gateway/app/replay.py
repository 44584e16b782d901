"""``crosspatch replay``: the same core on a recorded log reaches the same state.

Reads a spool directory, a data directory (store and spool together), a single segment or a store file.
Every run that is whole from its first record on is fed through a fresh core; each record's effects must
be what was recorded.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway.app.frame import MAGIC
from gateway.app.record import Record
from gateway.app.segments import records, segments
from gateway.app.store import FILE_NAME, Store
from gateway.core.switchboard import Switchboard
from gateway.model.effects import Effect
from gateway.model.ids import BootId
from gateway.model.inputs import Booted


class NotALog(Exception):
    """The path holds no log that can be replayed; the text says what was found and what is expected."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The replayed core did something else than the one that ran."""

    record: Record
    replayed: tuple[Effect, ...]


@dataclass(slots=True)
class Replayed:
    """What a replay found."""

    records: int = 0
    boots: list[BootId] = field(default_factory=list)
    skipped: dict[BootId, int] = field(default_factory=dict)
    """Records of runs whose beginning is not in the log."""
    digest: str = ""
    """Of the state after the last record."""
    difference: Difference | None = None
    """The first one; the replay ends there."""


def replay(log: Iterable[Record]) -> Replayed:
    """Feed a log through the core."""
    result = Replayed()
    switchboard = Switchboard()
    whole: BootId | None = None
    for record in log:
        if isinstance(record.input, Booted):
            whole = record.boot
            switchboard = Switchboard()
            result.boots.append(record.boot)
        elif record.boot != whole:
            result.skipped[record.boot] = result.skipped.get(record.boot, 0) + 1
            continue
        effects = tuple(switchboard.handle(record.input, record.now))
        result.records += 1
        if effects != record.effects:
            result.difference = Difference(record, effects)
            break
    result.digest = switchboard.digest()
    return result


def read_log(path: Path) -> Iterator[Record]:
    """All records under a path, oldest first, each once. Raises NotALog, NotARecord, OSError."""
    if path.is_dir():
        spool = path / "spool" if (path / "spool").is_dir() else path
        store = path / FILE_NAME
        if not segments(spool) and not store.is_file():
            raise NotALog(f"{path}: found no log, expected a data directory or its spool")
        yield from _merged(store, spool)
    elif path.is_file():
        yield from _file(path)
    else:
        raise NotALog(f"{path}: found nothing, expected a directory or a file")


def _file(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(MAGIC):
        yield from records(path)
    elif head.startswith(b"SQLite format 3"):
        yield from _stored(path)
    else:
        raise NotALog(f"{path}: found another kind of file, expected a spool segment or {FILE_NAME}")


def _merged(store: Path, spool: Path) -> Iterator[Record]:
    """The store's records up to where the spool begins, then the spool."""
    spooled: dict[BootId, int] = {}
    for segment in segments(spool):
        for record in records(segment.path):
            spooled.setdefault(record.boot, record.seq)
    if store.is_file():
        for record in _stored(store):
            if record.boot not in spooled or record.seq < spooled[record.boot]:
                yield record
    for segment in segments(spool):
        yield from records(segment.path)


def _stored(path: Path) -> Iterator[Record]:
    store = Store(path)
    with asyncio.Runner() as runner:
        try:
            after = 0
            while page := runner.run(store.page(after)):
                yield from (record for _, record in page)
                after = page[-1][0]
        finally:
            runner.run(store.close())
