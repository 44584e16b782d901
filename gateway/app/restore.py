"""What outlives a restart: rooms that were made, the modes that were set live, the newest messages."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from gateway.app.frame import NotASpoolFile
from gateway.app.record import NotARecord, Record
from gateway.app.segments import records, segments
from gateway.app.store import Store, StoreDown, lasts
from gateway.model.data import Message
from gateway.model.effects import Publish
from gateway.model.events import MessagePosted, RoomGone, RoomMade, RoomModeChanged
from gateway.model.ids import BootId, MessageId, RoomId
from gateway.model.inputs import Booted
from gateway.model.room import RoomMode, RoomSpec

MESSAGES_MAX = 1000
"""Messages carried over in all: at 8 kB each they fit into one frame of the spool."""

_log = structlog.get_logger("restore")


async def booted(boot: BootId, rooms: Sequence[RoomSpec], spool: Path, store: Store) -> Booted:
    """The first input of this run: configured rooms and made ones, in the modes that were set live.

    A mode that nobody ever switched is the configured one, also after the configuration changed.
    """
    found = [*await _stored(store), *_spooled(spool)]
    modes = switched_modes(found)
    configured = {room.id for room in rooms}
    rooms = (*rooms, *(room for room in made_rooms(found) if room.id not in configured))
    return Booted(
        boot,
        tuple(replace(room, mode=modes.get(room.id, room.mode)) for room in rooms),
        switched=tuple(room.id for room in rooms if room.id in modes),
        messages=posted_messages(found, {room.id for room in rooms}),
    )


def switched_modes(found: Iterable[Record]) -> dict[RoomId, RoomMode]:
    """Fold records, oldest first: a run's first record carries over what was switched before it."""
    modes: dict[RoomId, RoomMode] = {}
    for record in found:
        if isinstance(record.input, Booted):
            modes = {room.id: room.mode for room in record.input.rooms if room.id in record.input.switched}
        for effect in record.effects:
            if isinstance(effect, Publish) and isinstance(effect.event, RoomModeChanged):
                modes[effect.room] = effect.event.mode
    return modes


def made_rooms(found: Iterable[Record]) -> tuple[RoomSpec, ...]:
    """Those that were made and not closed, oldest first; a run's first record carries over earlier ones."""
    rooms: dict[RoomId, RoomSpec] = {}
    for record in found:
        if isinstance(record.input, Booted):
            rooms = {room.id: room for room in record.input.rooms if room.made}
        for effect in record.effects:
            if isinstance(effect, Publish) and isinstance(effect.event, RoomMade):
                rooms[effect.room] = effect.event.spec
            elif isinstance(effect, Publish) and isinstance(effect.event, RoomGone):
                rooms.pop(effect.room, None)
    return tuple(rooms.values())


def posted_messages(found: Iterable[Record], rooms: Collection[RoomId]) -> tuple[Message, ...]:
    """The newest messages of these rooms, oldest first.

    The store and the spool overlap, so a message may be found twice; a run's first record carries over
    what was posted before it.
    """
    messages: dict[tuple[RoomId, MessageId], Message] = {}
    for record in found:
        posted = list(record.input.messages) if isinstance(record.input, Booted) else []
        for effect in record.effects:
            if isinstance(effect, Publish) and isinstance(effect.event, MessagePosted):
                posted.append(effect.event.message)
        for message in posted:
            if message.room in rooms:
                messages.setdefault((message.room, message.id), message)
    return tuple(messages.values())[-MESSAGES_MAX:]


async def _stored(store: Store) -> list[Record]:
    try:
        await store.open()
        return await store.lasting_records()
    except (StoreDown, NotARecord) as error:
        _log.warning("the store cannot tell what outlives a restart, the spool may", why=str(error))
        return []


def _spooled(directory: Path) -> list[Record]:
    """From the newest run's first record on; the segments behind it need not be read."""
    tail: list[Record] = []
    for segment in reversed(segments(directory)):
        try:
            found = [r for r in records(segment.path) if lasts(r)]
        except (NotASpoolFile, NotARecord, OSError) as error:
            _log.warning("a segment of the spool cannot be read", segment=segment.path.name, why=repr(error))
            continue
        tail = found + tail
        if any(isinstance(record.input, Booted) for record in found):
            break
    return tail
