"""Bytes to messages and back: msgpack for pages, JSON for people and scripts.

Both encodings carry the same objects with a ``type`` field. Decoding is strict (no number for a
string) and bounded: the caller limits the size of the input, the bounds of fields stand in the
Structs, nesting is limited by msgspec. Unknown fields are skipped, so that an older hub understands
a newer client.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args

import msgspec

from gateway.wire.client import ClientMessage
from gateway.wire.server import ServerMessage

_ID_MAX = 2**31 - 1


class Encoding(StrEnum):
    """How messages of one socket are written; the value is the WebSocket subprotocol."""

    MSGPACK = "crosspatch.v1.msgpack"
    JSON = "crosspatch.v1.json"


class Malformed(Exception):
    """Bytes that are no message, or one that can be neither taken nor answered: the link ends.

    The exception's text names the kind of fault only and may be logged; ``detail`` may quote the
    message and is for its sender alone.
    """

    def __init__(self, fault: str, detail: str = "malformed message") -> None:
        super().__init__(fault)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """An object with a type that this version cannot take: a newer type, or a field out of bounds.

    ``id`` None: a newer type that wants no answer. ``known``: the type is one of ours, a field was
    wrong. ``detail`` may quote the message and is for its sender alone.
    """

    id: int | None
    known: bool
    detail: str


def encode(message: ClientMessage | ServerMessage, encoding: Encoding) -> bytes:
    """One message as bytes (JSON: UTF-8)."""
    return _ENCODE[encoding](message)


def decode_client(data: bytes | str, encoding: Encoding) -> ClientMessage | NotUnderstood:
    """What a client sent. Raises Malformed, nothing else, whatever the bytes are."""
    message: ClientMessage
    try:
        message = _DECODE_CLIENT[encoding](data)
    except msgspec.ValidationError as error:
        return _not_understood(data, encoding, str(error))
    except _UNREADABLE as error:
        raise Malformed(type(error).__name__) from None
    return message


def decode_server(data: bytes | str, encoding: Encoding) -> ServerMessage:
    """What the hub sent (for clients written in Python). Raises Malformed."""
    message: ServerMessage
    try:
        message = _DECODE_SERVER[encoding](data)
    except _UNREADABLE as error:
        raise Malformed(type(error).__name__, str(error)) from None
    return message


def _not_understood(data: bytes | str, encoding: Encoding, detail: str) -> NotUnderstood:
    """Read the message again without a schema to find out whether it can be answered."""
    try:
        loose = _DECODE_ANY[encoding](data)
    except _UNREADABLE as error:
        raise Malformed(type(error).__name__) from None
    if not isinstance(loose, dict) or not isinstance(loose.get("type"), str):
        raise Malformed("not an object with a type")
    number = loose.get("id")
    answerable = type(number) is int and 1 <= number <= _ID_MAX
    known = loose["type"] in _CLIENT_TYPES
    if known and not answerable:
        raise Malformed("field out of bounds", detail)
    return NotUnderstood(id=number if answerable else None, known=known, detail=detail)


# MsgspecError: no msgpack or JSON; UnicodeError: a string that is no UTF-8; RecursionError:
# nested too deep; TypeError: a map key that cannot be one.
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError)

_CLIENT_TYPES = frozenset(struct.__struct_config__.tag for struct in get_args(ClientMessage))

_ENCODE: dict[Encoding, Callable[[Any], bytes]] = {
    Encoding.MSGPACK: msgspec.msgpack.Encoder().encode,
    Encoding.JSON: msgspec.json.Encoder().encode,
}
_DECODE_CLIENT: dict[Encoding, Callable[[Any], Any]] = {
    Encoding.MSGPACK: msgspec.msgpack.Decoder(ClientMessage).decode,
    Encoding.JSON: msgspec.json.Decoder(ClientMessage).decode,
}
_DECODE_SERVER: dict[Encoding, Callable[[Any], Any]] = {
    Encoding.MSGPACK: msgspec.msgpack.Decoder(ServerMessage).decode,
    Encoding.JSON: msgspec.json.Decoder(ServerMessage).decode,
}
_DECODE_ANY: dict[Encoding, Callable[[Any], Any]] = {
    Encoding.MSGPACK: msgspec.msgpack.Decoder().decode,
    Encoding.JSON: msgspec.json.Decoder().decode,
}
