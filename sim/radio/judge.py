"""What went on the air, by the frames themselves: which, in which order, how old.

Each frame of a story is unlike every other one, so that it names itself wherever it turns up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.phone.codec import Pcmu
from sim.radio.site import Aired, Edge
from sim.signal.encode import numbered

_RATE_HZ = 8000
_FRAME = 160
_STAMP_BYTES = 8


def stamped(first: int, count: int) -> list[bytes]:
    """The numbered signal in frames of mu-law, each beginning with its number (1 ms of noise)."""
    encode = Pcmu().encode
    pcm = numbered(first, count, rate_hz=_RATE_HZ).reshape(count, _FRAME)
    return [
        (first + number).to_bytes(_STAMP_BYTES, "big") + encode(np.ascontiguousarray(block))[_STAMP_BYTES:]
        for number, block in enumerate(pcm)
    ]


def index_of(frame: bytes) -> int:
    """The number that a frame carries."""
    return int.from_bytes(frame[:_STAMP_BYTES], "big")


@dataclass(frozen=True, slots=True)
class OnAir:
    """The judgement on one channel."""

    indexes: tuple[int, ...]
    """In the order in which they went out."""
    ages_ms: tuple[float, ...]
    """From when a frame was spoken to when it went out, by one clock."""
    unkeyed: int
    """Frames handed to a radio whose PTT line was off."""

    @property
    def oldest_ms(self) -> float:
        return max(self.ages_ms, default=0.0)

    def stale(self, limit_ms: float) -> int:
        """Frames older than that."""
        return sum(age > limit_ms for age in self.ages_ms)

    def whole(self, first: int, last: int) -> bool:
        """Every index once, in order."""
        return self.indexes == tuple(range(first, last + 1))


def on_air(aired: Sequence[Aired], edges: Sequence[Edge], sent_us: Mapping[bytes, int]) -> OnAir:
    """``edges`` of the same channel; ``sent_us`` as the fake hub kept it."""
    return OnAir(
        tuple(index_of(frame.frame) for frame in aired),
        tuple((frame.at_us - sent_us[frame.frame]) / 1000 for frame in aired),
        sum(not _keyed_at(edges, frame.at_us) for frame in aired),
    )


_MOMENT_US = 5000
"""The watchdog process is told to key in the moment in which the first frame may go out."""


def _keyed_at(edges: Sequence[Edge], at_us: int) -> bool:
    return _line(edges, at_us) or _line(edges, at_us + _MOMENT_US)


def _line(edges: Sequence[Edge], at_us: int) -> bool:
    """Whether the line was on at that time."""
    before = [edge.on for edge in edges if edge.at_us <= at_us]
    return bool(before) and before[-1]
