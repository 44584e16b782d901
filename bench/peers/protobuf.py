"""As much of Protocol Buffers as a signalling message takes: numbers and length-delimited fields.

``encode({2: "text", 5: 1})`` writes fields by number; ``decode`` gives each field's last value, messages and
texts as bytes.
"""

from collections.abc import Mapping

_VARINT, _DELIMITED = 0, 2
_FIXED = {1: 8, 5: 4}

Field = int | bytes | str


def encode(fields: Mapping[int, Field]) -> bytes:
    out = bytearray()
    for number, value in fields.items():
        if isinstance(value, int):
            out += _varint(number << 3 | _VARINT) + _varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += _varint(number << 3 | _DELIMITED) + _varint(len(data)) + data
    return bytes(out)


def decode(data: bytes) -> dict[int, int | bytes]:
    """Raises IndexError or ValueError for what is no message."""
    fields: dict[int, int | bytes] = {}
    at = 0
    while at < len(data):
        key, at = _read(data, at)
        kind, number = key & 7, key >> 3
        if kind == _VARINT:
            fields[number], at = _read(data, at)
        elif kind == _DELIMITED:
            length, at = _read(data, at)
            fields[number], at = data[at : at + length], at + length
        elif kind in _FIXED:
            at += _FIXED[kind]
        else:
            raise ValueError(f"wire type {kind}")
    return fields


def text(fields: Mapping[int, int | bytes], number: int) -> str:
    value = fields.get(number, b"")
    return value.decode() if isinstance(value, bytes) else ""


def message(fields: Mapping[int, int | bytes], number: int) -> dict[int, int | bytes]:
    value = fields.get(number, b"")
    return decode(value) if isinstance(value, bytes) else {}


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
