"""The long-term log in SQLite: what the spool holds, in tables that can be asked.

May be down at any time: the feeder keeps trying and the spool keeps the records. Rows are keyed by
(boot, seq), so that a batch that was taken twice is there once.

Work on the database always runs to its end, also when whoever asked for it is cancelled: a connection of
aiosqlite that SQLAlchemy gives up while it is being closed leaves a task behind that nothing ever wakes, and
the process with it.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from gateway.app.record import Record, decode
from gateway.model.effects import Publish
from gateway.model.events import RoomModeChanged
from gateway.model.ids import BootId
from gateway.model.inputs import Booted, CreateRoom, DeleteRoom, SendMessage

FILE_NAME = "log.sqlite"
SCHEMA_VERSION = 1
PAGE_LEN = 500
CLOSE_WITHIN_S = 4.0
"""How long ``close`` takes: less than a step of the shutdown may take."""
DISPOSE_WITHIN_S = 1.0
"""What of it is kept for the connections: a file system that hangs answers to nothing."""

_LASTING = (Booted, SendMessage, CreateRoom, DeleteRoom)
"""Inputs that are read at the next boot."""

_T = TypeVar("_T")

_metadata = sa.MetaData()

_schema = sa.Table("schema", _metadata, sa.Column("version", sa.Integer, nullable=False))

_record = sa.Table(
    "record",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),  # the order of arrival, which is the spool's
    sa.Column("boot", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # type of the input
    sa.Column("room", sa.Text),
    sa.Column("leg", sa.Text),
    sa.Column("turns_mode", sa.Boolean, nullable=False),  # a room's mode was switched: read at the next boot
    sa.Column("payload", sa.LargeBinary, nullable=False),  # the whole record, as in the spool
    sa.UniqueConstraint("boot", "seq"),
    sa.Index("record_at", "at"),
    sa.Index("record_kind", "kind"),
)


class StoreDown(Exception):
    """The store cannot be used now; the text says why."""


class Store:
    """One database. Every method raises StoreDown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine: AsyncEngine = create_async_engine(f"sqlite+aiosqlite:///{self._path}")
        self._under_way: set[asyncio.Task[object]] = set()

    async def open(self) -> None:
        """Create what is missing, check the schema's version."""
        await self._to_its_end(self._open())

    async def last_seq(self, boot: BootId) -> int:
        """Number of the newest record of this run that is stored; 0 if none."""
        return await self._to_its_end(self._last_seq(boot))

    async def add(self, batch: Sequence[tuple[Record, bytes]]) -> None:
        """Store records, each with its encoding; those that are there already are left as they are."""
        await self._to_its_end(self._add([_row(record, payload) for record, payload in batch]))

    async def page(self, after: int) -> list[tuple[int, Record]]:
        """The records behind this row, at most PAGE_LEN, each with its row. Raises NotARecord too."""
        return await self._to_its_end(self._page(after))

    async def lasting_records(self) -> list[Record]:
        """The newest run's first record and all since of what outlives a restart: rooms, modes, messages."""
        return await self._to_its_end(self._lasting_records())

    async def close(self) -> None:
        """Give the connections back, after the work under way; neither is waited for without a limit."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=CLOSE_WITHIN_S - DISPOSE_WITHIN_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(DISPOSE_WITHIN_S):
                await self._to_its_end(self._engine.dispose())

    async def _to_its_end(self, work: Coroutine[object, object, _T]) -> _T:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    # -- the work --------------------------------------------------------------------------------

    async def _open(self) -> None:
        try:
            self._path.touch(mode=0o600)
            async with self._engine.begin() as connection:
                await connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                await connection.run_sync(_metadata.create_all)
                await _check_version(connection)
        except (SQLAlchemyError, OSError) as error:
            raise StoreDown(_text(error)) from error

    async def _last_seq(self, boot: BootId) -> int:
        query = sa.select(sa.func.max(_record.c.seq)).where(_record.c.boot == boot)
        try:
            async with self._engine.connect() as connection:
                return await connection.scalar(query) or 0
        except SQLAlchemyError as error:
            raise StoreDown(_text(error)) from error

    async def _add(self, rows: Sequence[dict[str, object]]) -> None:
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(_record).on_conflict_do_nothing(), rows)
        except SQLAlchemyError as error:
            raise StoreDown(_text(error)) from error

    async def _page(self, after: int) -> list[tuple[int, Record]]:
        query = (
            sa.select(_record.c.id, _record.c.payload)
            .where(_record.c.id > after)
            .order_by(_record.c.id)
            .limit(PAGE_LEN)
        )
        try:
            async with self._engine.connect() as connection:
                return [(row.id, decode(row.payload)) for row in await connection.execute(query)]
        except SQLAlchemyError as error:
            raise StoreDown(_text(error)) from error

    async def _lasting_records(self) -> list[Record]:
        booted = sa.select(sa.func.max(_record.c.id)).where(_record.c.kind == "Booted").scalar_subquery()
        kinds = _record.c.kind.in_([kind.__name__ for kind in _LASTING])
        query = (
            sa.select(_record.c.payload)
            .where(_record.c.id >= booted, kinds | _record.c.turns_mode)
            .order_by(_record.c.id)
        )
        try:
            async with self._engine.connect() as connection:
                return [decode(payload) for payload in await connection.scalars(query)]
        except SQLAlchemyError as error:
            raise StoreDown(_text(error)) from error


async def _check_version(connection: AsyncConnection) -> None:
    version = await connection.scalar(sa.select(_schema.c.version))
    if version is None:
        await connection.execute(_schema.insert().values(version=SCHEMA_VERSION))
    elif version != SCHEMA_VERSION:
        raise StoreDown(f"the file has schema version {version}, this program writes {SCHEMA_VERSION}")


def lasts(record: Record) -> bool:
    """Whether the record is of something that outlives a restart."""
    return isinstance(record.input, _LASTING) or turns_mode(record)


def turns_mode(record: Record) -> bool:
    """Whether the record switched a room's mode."""
    return any(isinstance(e, Publish) and isinstance(e.event, RoomModeChanged) for e in record.effects)


def _row(record: Record, payload: bytes) -> dict[str, object]:
    return {
        "boot": record.boot,
        "seq": record.seq,
        "at": record.at,
        "kind": type(record.input).__name__,
        "room": getattr(record.input, "room", None),
        "leg": getattr(record.input, "leg", None),
        "turns_mode": turns_mode(record),
        "payload": payload,
    }


def _text(error: Exception) -> str:
    """The cause without the statement and its values, which are people's names."""
    return str(getattr(error, "orig", None) or type(error).__name__)
