"""A small made-up town, far out at sea where nobody's home can be mistaken for it, and rounds through it."""

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

_ORIGIN = (24.5, -41.0)
"""Latitude and longitude of the town's south-west corner, degrees (WGS 84)."""
_METRES_PER_DEGREE = 111_320.0
"""Of latitude; of longitude at the equator."""

Point = tuple[float, float]
"""Metres east and north of the origin."""

RING: Sequence[Point] = ((0, 0), (600, 0), (900, 250), (900, 700), (300, 800), (0, 500), (0, 0))
RIVER_BANK: Sequence[Point] = ((450, 100), (500, 400), (700, 550), (500, 400), (300, 420), (450, 100))


class Round:
    """A closed way, driven for ever at one speed."""

    def __init__(self, corners: Sequence[Point], speed_mps: float) -> None:
        self._legs = list(pairwise(corners))
        self._ends_m = list(accumulate(math.dist(*leg) for leg in self._legs))
        self._speed_mps = speed_mps

    @property
    def length_s(self) -> float:
        """How long it takes to come round."""
        return self._ends_m[-1] / self._speed_mps

    def at(self, elapsed_s: float) -> tuple[float, float]:
        """Latitude and longitude after so many seconds, degrees."""
        way_m = elapsed_s % self.length_s * self._speed_mps
        number = next((n for n, end_m in enumerate(self._ends_m) if way_m < end_m), -1)
        begin, end = self._legs[number]
        part = 1 - (self._ends_m[number] - way_m) / math.dist(begin, end)
        east, north = (here + part * (there - here) for here, there in zip(begin, end, strict=True))
        metres_per_degree_east = _METRES_PER_DEGREE * math.cos(math.radians(_ORIGIN[0]))
        return _ORIGIN[0] + north / _METRES_PER_DEGREE, _ORIGIN[1] + east / metres_per_degree_east
