"""Frames in an append-only file: 4 bytes length, 4 bytes CRC-32 (both little endian), payload.

A file starts with ``MAGIC``. Whatever follows the last whole frame is a torn tail: a write that a crash
cut short, or blocks that a power loss left behind as zeros.
"""

import struct
import zlib
from collections.abc import Iterator

MAGIC = b"XPATCH\x00\x01"
"""Names the file and, in its last byte, the version of the record layout."""

PAYLOAD_BYTES_MAX = 1 << 24
_HEAD = struct.Struct("<II")


class NotASpoolFile(Exception):
    """The file does not start as one of ours does."""


def frame(payload: bytes) -> bytes:
    """One frame, ready to be appended."""
    if not 0 < len(payload) <= PAYLOAD_BYTES_MAX:
        raise ValueError(f"a frame holds 1 to {PAYLOAD_BYTES_MAX} bytes, not {len(payload)}")
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def frames(data: bytes, start: int) -> Iterator[tuple[bytes, int]]:
    """Whole frames from ``start`` on, each with the offset behind it; ends before a torn tail."""
    while start + _HEAD.size <= len(data):
        length, crc = _HEAD.unpack_from(data, start)
        end = start + _HEAD.size + length
        if not 0 < length <= PAYLOAD_BYTES_MAX or end > len(data):
            return
        payload = data[start + _HEAD.size : end]
        if zlib.crc32(payload) != crc:
            return
        yield payload, end
        start = end


def whole_bytes(data: bytes) -> int:
    """How many bytes of a file are whole: its magic and frames, without the torn tail.

    Raises NotASpoolFile if the file is longer than the magic and starts otherwise.
    """
    if not data.startswith(MAGIC):
        if MAGIC.startswith(data[: len(MAGIC)]):
            return 0
        raise NotASpoolFile("not a spool file of this version")
    return max((end for _, end in frames(data, len(MAGIC))), default=len(MAGIC))
