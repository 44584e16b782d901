"""With ``--numbered`` everybody speaks the numbered signal, and whoever listens counts what it did not hear.

Every talkspurt is the same: ``FRAMES`` frames of 20 ms from index ``FIRST`` on. What is heard of one only in
part, by the rules of the floor (a radio broke in), counts as lost too.
"""

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from sim.signal.decode import decode
from sim.signal.encode import Pcm, numbered

FIRST, FRAMES = 1000, 75
_SCRAP = 10
_BREATH_FRAMES = 2


@cache
def spoken(rate_hz: int) -> Pcm:
    """What everybody says, after a breath: a coder swings in on its first frame."""
    breath = np.zeros(_BREATH_FRAMES * rate_hz // 50, dtype=np.int16)
    return np.concatenate([breath, numbered(FIRST, FRAMES, rate_hz=rate_hz)])


@dataclass
class Tally:
    """What one listener heard. ``lost``: indices of the talkspurts that it heard.

    ``judges``: what the decoder runs in; another process, where a voice must not be late for it.
    """

    listener: str
    judges: Executor | None = None
    talkspurts: int = 0
    scraps: int = 0
    """Recordings with a few indices: next to nothing of a talkspurt, or a tone that looks like some."""
    indices: int = 0
    lost: int = 0
    worst: str = ""
    """Of the talkspurt that lost most: what was heard."""
    _worst: int = 0

    async def judge(self, pcm: Pcm, rate_hz: int) -> None:
        """One recording of at most one talkspurt; sound that is none of the signal counts as nothing."""
        loop = asyncio.get_running_loop()
        heard = await loop.run_in_executor(self.judges, partial(decode, pcm, rate_hz, near=FIRST))
        if heard.first is None or heard.last is None or heard.frames < _SCRAP:
            self.scraps += heard.frames > 0
            return
        # A click after the last word may read as an index that nobody said.
        last = FIRST + FRAMES - 1
        gaps = sum(max(0, min(gap.last, last) - gap.first + 1) for gap in heard.gaps)
        lost = gaps + max(0, heard.first - FIRST) + max(0, last - heard.last)
        self.talkspurts += 1
        self.indices += heard.frames
        self.lost += lost
        if lost > self._worst:
            self._worst, self.worst = lost, str(heard)

    def line(self) -> str:
        """For people."""
        worst = f"; worst: {self.worst}" if self.worst else ""
        heard = (
            f"{self.talkspurts} talkspurts, {self.indices} indices, {self.lost} lost, {self.scraps} scraps"
        )
        return f"{self.listener}: {heard}{worst}"
