"""What a responder's camera sees: a street that goes by, a clock and the picture's number.

Drawn in YUV 4:2:0 straight away, 240 x 320 pixels; a picture costs a fraction of a millisecond.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

HEIGHT, WIDTH = 240, 320
_HORIZON = 130
_STRIDE = 40
"""Pixels from house to house."""
_SEGMENTS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")
"""Of seven, lit for each digit."""
_INK = 235


@dataclass(frozen=True, slots=True)
class Tint:
    """Colour of a responder's sky, Cb and Cr."""

    cb: int
    cr: int


class Scene:
    """One camera's street; ``seed`` makes its houses."""

    def __init__(self, tint: Tint, seed: int) -> None:
        dice = np.random.default_rng(seed)
        houses = 2 * WIDTH // _STRIDE
        self._heights = dice.integers(25, 100, houses)
        self._greys = dice.integers(60, 150, houses)
        self._street = self._drawn()
        self._chroma = np.full((2, HEIGHT // 2, WIDTH // 2), 128, dtype=np.uint8)
        self._chroma[0, : _HORIZON // 2] = tint.cb
        self._chroma[1, : _HORIZON // 2] = tint.cr

    def picture(self, number: int, clock: str, rate: int) -> Plane:
        """Picture ``number`` of the camera at ``clock`` (``HHMMSS``); Y above Cb above Cr, (360, 320)."""
        luma = np.roll(self._street, -(number * 30 // rate) % self._street.shape[1], axis=1)[:, :WIDTH].copy()
        self._road(luma, number, rate)
        luma[4:40, 4:180] = 16
        for place, digit in enumerate(clock):
            _digit(luma, int(digit), 10, 10 + 26 * place + 8 * (place // 2), tall=24)
        luma[208:236, 216:316] = 16
        for place, digit in enumerate(f"{number % 100_000:05d}"):
            _digit(luma, int(digit), 213, 222 + 19 * place, tall=18)
        return np.vstack([luma, self._chroma.reshape(-1, WIDTH)])

    def _drawn(self) -> Plane:
        wide = len(self._heights) * _STRIDE
        luma = np.repeat(np.linspace(200, 150, HEIGHT, dtype=np.uint8)[:, None], wide, axis=1)
        luma[_HORIZON:] = 70
        for place, (tall, grey) in enumerate(zip(self._heights, self._greys, strict=True)):
            left = place * _STRIDE
            luma[_HORIZON - tall : _HORIZON, left + 2 : left + _STRIDE - 2] = grey
            luma[_HORIZON - tall + 8 : _HORIZON - 6 : 14, left + 8 : left + _STRIDE - 8 : 12] = 220
        return luma

    @staticmethod
    def _road(luma: Plane, number: int, rate: int) -> None:
        """Marks of the lane come towards the viewer."""
        for mark in range(5):
            depth = (mark + number * 2 / rate) % 5 / 5
            top = _HORIZON + round((HEIGHT - _HORIZON) * depth**2)
            half = 1 + round(7 * depth)
            luma[top : top + 2 + round(14 * depth), WIDTH // 2 - half : WIDTH // 2 + half] = 210


def _digit(luma: Plane, digit: int, top: int, left: int, *, tall: int) -> None:
    wide, thick, middle = tall * 2 // 3, max(2, tall // 8), top + tall // 2
    strokes = {
        "a": (slice(top, top + thick), slice(left, left + wide)),
        "b": (slice(top, middle), slice(left + wide - thick, left + wide)),
        "c": (slice(middle, top + tall), slice(left + wide - thick, left + wide)),
        "d": (slice(top + tall - thick, top + tall), slice(left, left + wide)),
        "e": (slice(middle, top + tall), slice(left, left + thick)),
        "f": (slice(top, middle), slice(left, left + thick)),
        "g": (slice(middle - thick // 2, middle - thick // 2 + thick), slice(left, left + wide)),
    }
    for stroke in _SEGMENTS[digit]:
        luma[strokes[stroke]] = _INK
