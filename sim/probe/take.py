"""What went into a mouth and what came out at an ear, both by the host's monotonic clock."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sim.signal.encode import Pcm

_HEARD_POWER = 10 ** (-50 / 10) * 32768**2


@dataclass(frozen=True, slots=True)
class Spurt:
    """One talkspurt of the numbered signal as its talker knows it. Times are seconds."""

    pressed_s: float
    may_speak_s: float | None
    """None: the talker was never told."""
    voice_s: float
    """The first sample of the first frame was spoken."""
    first: int
    """Its index."""
    frames: int


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of sound as it came."""

    at: int
    """Media time of its first sample, in samples."""
    came_s: float
    pcm: Pcm


class Take:
    """Blocks in order, laid out by media time: what never came is silence."""

    def __init__(self, rate_hz: int, blocks: Iterable[Block]) -> None:
        self.rate_hz = rate_hz
        self._begins: list[int] = []
        self._came_s: list[float] = []
        pieces: list[Pcm] = []
        samples, origin = 0, None
        for block in blocks:
            origin = block.at if origin is None else origin
            missing = block.at - origin - samples
            if missing > 0:
                pieces.append(np.zeros(missing, dtype=np.int16))
                samples += missing
            self._begins.append(samples)
            self._came_s.append(block.came_s)
            pieces.append(block.pcm)
            samples += len(block.pcm)
        self.pcm: Pcm = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16)

    def time_of(self, at_ms: float) -> float:
        """When the sample at this place of the recording was played: a block is, from the time it came.

        Raises IndexError when nothing came.
        """
        sample = max(0.0, at_ms) * self.rate_hz / 1000
        block = max(0, bisect_right(self._begins, sample) - 1)
        return self._came_s[block] + (sample - self._begins[block]) / self.rate_hz

    def sound_after(self, moment_s: float) -> float | None:
        """When the first block with sound came that is not older than this."""
        for number, came_s in enumerate(self._came_s):
            end = self._begins[number + 1] if number + 1 < len(self._begins) else len(self.pcm)
            block = self.pcm[self._begins[number] : end].astype(np.float64)
            if came_s >= moment_s and len(block) and float(np.mean(block**2)) > _HEARD_POWER:
                return came_s
        return None
