"""A number burnt into a picture, readable after scaling and lossy coding.

A strip over the full width of the top sixth carries two rows of cells, black and white. Each row begins
with a white and ends with a black reference cell; row one is the frame number (16 bits, wraps after 36
minutes at 30 frames/s), row two the source (8 bits, which camera or screen) and a CRC-8 over the three
bytes. Geometry is in fractions of the picture, so any scaled copy reads the same down to 160 x 90.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
"""Shape (height, width)."""

_BITS = 16
_COLUMNS = _BITS + 2
_ROWS = 2
_STRIP = 1 / 6
_WHITE, _BLACK = 235, 16
"""Video range, so that a player that expects it clips nothing."""
_LEAST_CONTRAST = 60.0


@dataclass(frozen=True, slots=True)
class FrameNumber:
    number: int
    """0 .. 65535."""
    source: int
    """0 .. 255."""


def burn(picture: Luma, number: FrameNumber) -> None:
    """Draw the number into the picture, in place."""
    for row, bits in enumerate(_rows(number)):
        for column, white in enumerate(bits):
            picture[_cell(picture, row, column, margin=0.0)] = _WHITE if white else _BLACK


def read(picture: Luma) -> FrameNumber | None:
    """The number in the picture; None if there is none or it was damaged."""
    means = np.array(
        [
            [float(picture[_cell(picture, row, column, margin=0.25)].mean()) for column in range(_COLUMNS)]
            for row in range(_ROWS)
        ]
    )
    white, black = means[:, 0].min(), means[:, -1].max()
    if white - black < _LEAST_CONTRAST:
        return None
    bits = means[:, 1:-1] > (white + black) / 2
    number, tail = (int("".join("1" if bit else "0" for bit in row), 2) for row in bits)
    found = FrameNumber(number, tail >> 8)
    return found if tail & 0xFF == _crc8(found) else None


def write_y4m(path: Path, pictures: Iterable[Luma], *, rate: int) -> None:
    """Grey pictures (4:2:0, even sides) as a Y4M file, what Chromium takes as a fake camera."""
    with path.open("wb") as out:
        for count, picture in enumerate(pictures):
            height, width = picture.shape
            if count == 0:
                out.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420jpeg\n".encode())
            out.write(b"FRAME\n" + picture.tobytes() + b"\x80" * (width * height // 2))


def _rows(number: FrameNumber) -> tuple[list[bool], list[bool]]:
    tail = number.source << 8 | _crc8(number)
    first, second = (
        [True, *(bool(word >> (_BITS - 1 - bit) & 1) for bit in range(_BITS)), False]
        for word in (number.number, tail)
    )
    return first, second


def _cell(picture: Luma, row: int, column: int, *, margin: float) -> tuple[slice, slice]:
    """Pixels of one cell; ``margin`` of each side is left out."""
    height, width = picture.shape
    tall, wide = height * _STRIP / _ROWS, width / _COLUMNS
    top, left = (row + margin) * tall, (column + margin) * wide
    bottom, right = (row + 1 - margin) * tall, (column + 1 - margin) * wide
    return (
        slice(round(top), max(round(bottom), round(top) + 1)),
        slice(round(left), max(round(right), round(left) + 1)),
    )


def _crc8(number: FrameNumber) -> int:
    """CRC-8, polynomial 0x07, start 0xFF (so that all zero is not valid)."""
    crc = 0xFF
    for byte in (number.number >> 8, number.number & 0xFF, number.source):
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc
