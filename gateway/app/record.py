"""The record: one input, when it came, and what the core made of it; and its msgpack layout.

A model value is stored as a map with its type's name under ``t`` and its fields by name, so that a
field added later with a default does not make old records unreadable.
"""

import types
import typing
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import cast

import msgspec

from gateway.model import effects as effect_types
from gateway.model import events as event_types
from gateway.model import inputs as input_types
from gateway.model.data import Message, Position
from gateway.model.effects import Effect
from gateway.model.grants import Grants
from gateway.model.ids import BootId
from gateway.model.inputs import Input
from gateway.model.participant import Participant
from gateway.model.radio import CarrierTerms
from gateway.model.refusal import Refusal
from gateway.model.room import FloorTerms, RoomSpec


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the log."""

    seq: int
    """Counts up by 1 through the life of a data directory."""
    boot: BootId
    now: float
    """Monotonic seconds, as the core was given them."""
    at: float
    """UTC, POSIX seconds."""
    config: str
    """Digest of the configuration in force."""
    input: Input
    effects: tuple[Effect, ...]
    """All that resulted: answers, events, orders to the media plane."""


class NotARecord(Exception):
    """The bytes are whole, but not a record that this program knows."""


def encode(record: Record) -> bytes:
    """Msgpack of one record."""
    return _ENCODER.encode(
        (
            record.seq,
            record.boot,
            record.now,
            record.at,
            record.config,
            _pack(record.input),
            [_pack(e) for e in record.effects],
        )
    )


def decode(payload: bytes) -> Record:
    """Read what ``encode`` wrote. Raises NotARecord."""
    try:
        seq, boot, now, at, config, packed, packed_effects = _DECODER.decode(payload)
        what, effects = _unpack(packed), tuple(_unpack(e) for e in packed_effects)
        if not isinstance(what, Input) or not all(isinstance(e, Effect) for e in effects):
            raise NotARecord(f"record {seq} holds something else than an input and its effects")
        return Record(seq, boot, now, at, config, what, cast("tuple[Effect, ...]", effects))
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError) as error:
        raise NotARecord(str(error)) from error


def plain(value: object) -> object:
    """A model value as maps, lists and scalars, for printing as JSON."""
    return msgspec.to_builtins(_pack(value))


# -- model values <-> maps -------------------------------------------------------------------

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder()


def _union(alias: object) -> Sequence[type]:
    return typing.get_args(alias)


_TYPES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        *_union(input_types.Fact),
        *_union(input_types.Command),
        *_union(effect_types.Effect),
        *_union(event_types.Event),
        CarrierTerms,
        FloorTerms,
        Grants,
        Message,
        Participant,
        Position,
        Refusal,
        RoomSpec,
    )
}


_NAMES = {cls: tuple(f.name for f in fields(cls)) for cls in (*_TYPES.values(), Record)}


def _pack(value: object) -> object:
    cls = type(value)
    names = _NAMES.get(cls)
    if names is not None:
        packed: dict[str, object] = {"t": cls.__name__}
        for name in names:
            packed[name] = _pack(getattr(value, name))
        return packed
    if isinstance(value, tuple):
        return [_pack(part) for part in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value


def _unpack(packed: object) -> object:
    if isinstance(packed, list):
        return tuple(_unpack(part) for part in packed)
    if not isinstance(packed, dict):
        return packed
    cls = _TYPES[packed["t"]]
    values = {}
    for name, (hint, required) in _fields(cls).items():
        if name in packed:
            value = _unpack(packed[name])
            values[name] = value if hint is None else msgspec.convert(value, hint)
        elif required:
            raise KeyError(f"{packed['t']}.{name}")
    return cls(**values)


@cache
def _fields(cls: type) -> dict[str, tuple[object, bool]]:
    """Field name -> (type to convert to, or None if it holds model values; whether it must be there)."""
    hints = typing.get_type_hints(cls)
    return {
        f.name: (
            None if _holds_model(hints[f.name]) else hints[f.name],
            f.default is MISSING and f.default_factory is MISSING,
        )
        for f in fields(cls)
    }


def _holds_model(hint: object) -> bool:
    if typing.get_origin(hint) in {types.UnionType, typing.Union, tuple}:
        return any(_holds_model(part) for part in typing.get_args(hint))
    return is_dataclass(hint)
