"""Bytes to untimed messages and back. What a peer sent wrong is a value, never an exception."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from adapters.radio.contract.down import Command, Config
from adapters.radio.contract.limits import (
    BIRTH_BYTES_MAX,
    CONTROL_BYTES_MAX,
    DEPTH_MAX,
    KEY_CHARS_MAX,
    TEXT_CHARS_MAX,
)
from adapters.radio.contract.topics import VERSION, Kind
from adapters.radio.contract.up import Birth, Event, Reply, State, Status

Up = State | Birth | Status | Event | Reply
Down = Config | Command
Message = Up | Down


class Fault(StrEnum):
    """What is wrong with a message."""

    TOO_LONG = "too_long"
    NOT_MSGPACK = "not_msgpack"
    SHAPE = "shape"
    """Nested too deep, a key or a string too long, an extension type, or no map at all."""
    VERSION = "version"
    INVALID = "invalid"
    """A field is missing, of another type or out of bounds."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A message that is not taken. ``detail`` names the field, never its value."""

    fault: Fault
    detail: str = ""


_TYPES: dict[Kind, Any] = {
    Kind.STATE: State,
    Kind.BIRTH: Birth,
    Kind.STATUS: Status,
    Kind.EVENT: Event,
    Kind.REPLY: Reply,
    Kind.CONFIG: Config,
    Kind.COMMAND: Command,
}
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder()
# MsgspecError: no msgpack; UnicodeError: a string that is no UTF-8; RecursionError: nested too deep;
# TypeError: a map key that cannot be one; ValueError, OverflowError: a time that no calendar has.
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError, ValueError, OverflowError)


def encode(message: Message) -> bytes:
    """One message as msgpack. Raises ValueError for one that the other end would not take."""
    data = _ENCODER.encode(message)
    kind = next(kind for kind, cls in _TYPES.items() if isinstance(message, cls))
    found = decode(kind, data)
    if isinstance(found, Bad):
        raise ValueError(f"{kind} message: {found.fault} {found.detail}".rstrip())  # noqa: TRY004 - a value out of bounds, not a type
    return data


def decode(kind: Kind, data: bytes) -> Message | Bad:
    """What a topic of this kind carried. Never raises, whatever the bytes are; ``kind``: an untimed one."""
    if len(data) > (BIRTH_BYTES_MAX if kind is Kind.BIRTH else CONTROL_BYTES_MAX):
        return Bad(Fault.TOO_LONG)
    try:
        loose = _DECODER.decode(data)
    except _UNREADABLE:
        return Bad(Fault.NOT_MSGPACK)
    if not isinstance(loose, dict) or not _is_plain(loose, DEPTH_MAX):
        return Bad(Fault.SHAPE)
    version = loose.get("v")
    if type(version) is not int or version != VERSION:
        return Bad(Fault.VERSION)
    try:
        message: Message = msgspec.convert(loose, _TYPES[kind])
    except msgspec.ValidationError as error:
        # The path only: the rest of the text may quote what the peer sent.
        _, at, path = str(error).rpartition(" - at ")
        return Bad(Fault.INVALID, path.strip("`") if at else "")
    return message


def _is_plain(value: object, depth: int) -> bool:
    """Within the encoding rules; unknown keys are bounded too, before they are skipped."""
    if isinstance(value, dict):
        return depth >= 0 and all(
            isinstance(key, str) and len(key) <= KEY_CHARS_MAX and _is_plain(part, depth - 1)
            for key, part in value.items()
        )
    if isinstance(value, list):
        return depth >= 0 and all(_is_plain(part, depth - 1) for part in value)
    if isinstance(value, str):
        return len(value) <= TEXT_CHARS_MAX
    return value is None or isinstance(value, bool | int | float | bytes)
