"""The alphabet of the numbered signal: which tone pair stands for which frame index.

A frame of 20 ms carries one low and one high tone. Both lie in the telephone band, so that G.711 and
a radio pass them, and so far apart that a 10 ms window tells neighbours in the alphabet from each
other. The low tone counts modulo 13, the high one modulo 12; together (Chinese remainder) they name
``CYCLE`` = 156 frames, 3.12 s, before the pair repeats. From one frame to the next each tone hops by
five places (500 Hz or more), so consecutive frames can be told apart even when a jitter buffer has
squeezed one of them to a few milliseconds, and one tone read wrongly gives an index far off, never a
plausible neighbour.
"""

import numpy as np
from numpy.typing import NDArray

FRAME_MS = 20
LOW_HZ = tuple(400 + 100 * place for place in range(13))
HIGH_HZ = tuple(1900 + 100 * place for place in range(12))
CYCLE = len(LOW_HZ) * len(HIGH_HZ)
"""Frames before the same pair comes again (3.12 s)."""

_HOP = 5
"""Coprime to 13 and to 12: each hop visits every place."""

TONES_HZ: NDArray[np.float64] = np.array(LOW_HZ + HIGH_HZ, dtype=np.float64)
"""All tones, low group first: the columns of the decoder's power matrix."""


def low_place(index: int) -> int:
    """Place of the frame's low tone in ``LOW_HZ``."""
    return index * _HOP % len(LOW_HZ)


def high_place(index: int) -> int:
    """Place of the frame's high tone in ``HIGH_HZ``."""
    return index * _HOP % len(HIGH_HZ)


def _residues() -> NDArray[np.int64]:
    table = np.zeros((len(LOW_HZ), len(HIGH_HZ)), dtype=np.int64)
    for residue in range(CYCLE):
        table[low_place(residue), high_place(residue)] = residue
    return table


RESIDUE: NDArray[np.int64] = _residues()
"""``RESIDUE[low_place, high_place]`` is the frame index modulo ``CYCLE``."""
