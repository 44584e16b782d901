"""What a track played beside whose the page said it was: nobody may be played in another's place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.signal.pilot import levels
from sim.signal.played import Played

_WINDOW_MS = 40
_HEARD_DBOV, _UNHEARD_DBOV = -28.0, -40.0
"""A pilot goes out at -20. Between the two a window says nothing: a source begins or ends in it."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Milliseconds of one track in which exactly one pilot was heard, by what the page said meanwhile."""

    right: Mapping[str, int]
    """By leg: its own name."""
    unsure: int
    """No name."""
    wrong: tuple[tuple[int, str, str], ...]
    """Another's name: when in the recording (ms), who was heard, and as whom."""


@dataclass(frozen=True, slots=True)
class Named:
    """One track; ``names`` has the sample from which each name holds, an empty one being none."""

    played: Played
    names: tuple[tuple[int, str], ...]

    def judged(self, pilots: Mapping[str, int]) -> Naming:
        """``pilots``: by leg, which pilot it sings."""
        rate_hz = self.played.rate_hz
        rows = levels(self.played.pcm, rate_hz, _WINDOW_MS)
        by_pilot = {pilot: leg for leg, pilot in pilots.items()}
        right, unsure, wrong = dict.fromkeys(pilots, 0), 0, []
        for window, row in enumerate(rows):
            loudest = int(row.argmax())
            if row[loudest] < _HEARD_DBOV or (np.delete(row, loudest) > _UNHEARD_DBOV).any():
                continue
            heard = by_pilot[loudest]
            named = self._names_in(window * rate_hz * _WINDOW_MS // 1000, rate_hz * _WINDOW_MS // 1000)
            if named == {heard}:
                right[heard] += _WINDOW_MS
            elif named <= {heard, ""}:
                unsure += _WINDOW_MS
            else:
                wrong.append((window * _WINDOW_MS, heard, (named - {heard, ""}).pop()))
        return Naming(right, unsure, tuple(wrong))

    def _names_in(self, begin: int, samples: int) -> set[str]:
        """All that hold in these samples."""
        before = [leg for at, leg in self.names if at <= begin][-1:] or [""]
        return {*before, *(leg for at, leg in self.names if begin < at < begin + samples)}
