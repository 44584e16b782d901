"""Bytes to messages and back: msgpack for pages, JSON for people and scripts.

Both encodings carry the same objects with a ``type`` field. Decoding is strict (no number for a
string, no unknown tag) and bounded: the caller limits the size of the input, the field bounds stand
in the Structs, and msgspec limits nesting by raising RecursionError, reported here as Malformed.
Unknown fields are skipped, so that an older hub understands a newer client.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from gateway.wire.client import ClientMessage
from gateway.wire.server import ServerMessage


class Encoding(StrEnum):
    """How messages of one socket are written; the value is the WebSocket subprotocol."""

    MSGPACK = "crosspatch.v1.msgpack"
    JSON = "crosspatch.v1.json"


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A well-formed message of a type this version does not know; ``id`` None when it has none."""

    type: str
    id: int | None


class Malformed(Exception):
    """Bytes that are no message. The text is for the peer's developer and names no value of it."""


_CLIENT_TYPES = frozenset(
    struct.__struct_config__.tag for struct in ClientMessage.__args__
)
_ID_MAX = 2**31 - 1

_decode_client: dict[Encoding, Any] = {
    Encoding.MSGPACK: msgspec.msgpack.Decoder(ClientMessage).decode,
    Encoding.JSON: msgspec.json.Decoder(ClientMessage).decode,
}
_decode_server: dict[Encoding, Any] = {
    Encoding.MSGPACK: msgspec.msgpack.Decoder(ServerMessage).decode,
    Encoding.JSON: msgspec.json.Decoder(ServerMessage).decode,
}
_decode_any: dict[Encoding, Any] = {
    Encoding.MSGPACK: msgspec.msgpack.Decoder().decode,
    Encoding.JSON: msgspec.json.Decoder().decode,
}
_encode: dict[Encoding, Any] = {
    Encoding.MSGPACK: msgspec.msgpack.Encoder().encode,
    Encoding.JSON: msgspec.json.Encoder().encode,
}


def encode(message: ClientMessage | ServerMessage, encoding: Encoding) -> bytes:
    """One message as bytes (JSON: UTF-8)."""
    encoded: bytes = _encode[encoding](message)
    return encoded
