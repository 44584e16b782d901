"""PCM that an endpoint played, as it grows and as it is judged."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.signal.decode import decode
from sim.signal.encode import Pcm
from sim.signal.report import Heard

_QUIET_POWER = 10 ** (-55 / 10) * 32768**2
_RECORD_S_MAX = 180
_DEADLINE_S = 60.0
_STOPPED_S = 0.5


@dataclass(frozen=True, slots=True)
class Played:
    """What one received track played."""

    pcm: Pcm
    rate_hz: int
    first_at_ms: float
    """Wall time (ms of POSIX time) of the first sample, late by what its reader was busy."""

    def heard(self, *, started_at_ms: float | None = None, near: int = 0) -> Heard:
        """Decode; ``started_at_ms`` is the wall time at which the talker's index 0 went out.

        Without it the first index is the one in ``near`` .. ``near + CYCLE - 1``.
        """
        sent = None if started_at_ms is None else started_at_ms - self.first_at_ms
        return decode(self.pcm, self.rate_hz, sent_at_ms=sent, near=near)


class Recorder:
    """Collects decoded blocks by media time; what never came is silence. At most 180 s are kept.

    Waiting raises TimeoutError after 60 s.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._grown = asyncio.Event()
        self.forget()

    def forget(self) -> None:
        self._blocks: list[Pcm] = []
        self._samples = self._loud = self._quiet = 0
        self._first_at_ms = 0.0
        self._origin: int | None = None

    def put(self, at: int, block: Pcm) -> None:
        """``at``: media time of the block's first sample, in samples. Blocks come in order."""
        if self._origin is None:
            self._origin, self._first_at_ms = at, time.time() * 1000
        missing = at - self._origin - self._samples
        if self._samples + missing + len(block) > _RECORD_S_MAX * self._rate_hz:
            return
        if missing > 0:
            self._keep(np.zeros(missing, dtype=np.int16))
        self._keep(block)
        self._grown.set()

    def take(self) -> Played:
        pcm = np.concatenate(self._blocks) if self._blocks else np.zeros(0, dtype=np.int16)
        return Played(pcm, self._rate_hz, self._first_at_ms)

    async def flowing(self) -> None:
        """Wait for the first sample."""
        await self._until(lambda: self._samples > 0)

    async def heard_out(self, *, loud_ms: float, quiet_ms: float = 500) -> None:
        """Wait until at least ``loud_ms`` of sound and then ``quiet_ms`` of quiet have been played.

        A sender that stops sends no quiet: half a second without anything is quiet too.
        """
        await self._until(lambda: self._ms(self._loud) >= loud_ms)
        async with asyncio.timeout(_DEADLINE_S):
            while self._ms(self._quiet) < quiet_ms:
                self._grown.clear()
                try:
                    await asyncio.wait_for(self._grown.wait(), _STOPPED_S)
                except TimeoutError:
                    return

    async def listened(self, ms: float) -> None:
        """Wait until ``ms`` have been recorded, sound or not."""
        await self._until(lambda: self._ms(self._samples) >= ms)

    async def _until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(_DEADLINE_S):
            while not reached():
                self._grown.clear()
                await self._grown.wait()

    def _keep(self, block: Pcm) -> None:
        self._blocks.append(block)
        self._samples += len(block)
        if float(np.mean(block.astype(np.float64) ** 2)) > _QUIET_POWER:
            self._loud += len(block)
            self._quiet = 0
        else:
            self._quiet += len(block)

    def _ms(self, samples: int) -> float:
        return samples * 1000 / self._rate_hz
