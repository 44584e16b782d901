"""What was heard of a numbered signal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """Frames ``first`` .. ``last`` (both inclusive) were never heard."""

    first: int
    last: int

    @property
    def frames(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Delay:
    """From the time a frame was sent to the time it was played, over all frames heard."""

    least_ms: float
    median_ms: float
    most_ms: float


@dataclass(frozen=True, slots=True)
class Heard:
    """The judgement on one stretch of played PCM. Indexes are unwrapped: they count on past the cycle."""

    first: int | None
    """Lowest index heard; None when nothing of the signal was heard."""
    last: int | None
    """Highest index heard."""
    frames: int
    """Different indexes heard."""
    gaps: tuple[Gap, ...]
    """Indexes between first and last that were not heard."""
    duplicates: tuple[int, ...]
    """One entry for each time an index was heard again, or was held for a further 20 ms."""
    order_errors: tuple[tuple[int, int], ...]
    """(index, lower index heard after it)."""
    squeezed: int
    """Frames heard only in part because a jitter buffer shortened them: heard, none is a gap."""
    level_dbov: float
    """RMS level while frames were heard; -inf when none was."""
    silent_ms: float
    unclear_ms: float
    """Sound that is not the signal: noise, speech, two signals on top of each other."""
    delay: Delay | None
    """Only when the decoder was told when index 0 was sent."""

    @property
    def lost_frames(self) -> int:
        return sum(gap.frames for gap in self.gaps)

    def whole(self, first: int, last: int) -> bool:
        """Heard from ``first`` to ``last`` with nothing missing and everything in order.

        Held frames are allowed: a jitter buffer that waits for a late packet stretches what it has.
        """
        return (self.first, self.last, self.gaps, self.order_errors) == (first, last, (), ())
