"""How long to wait before trying again: doubling, bounded, with jitter."""

from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom


@dataclass(slots=True)
class Backoff:
    """Delays of one thing that fails. ``chance`` gives a number in [0, 1)."""

    first_s: float = 1.0
    max_s: float = 30.0
    chance: Callable[[], float] = SystemRandom().random
    failures: int = 0

    def next_delay_s(self) -> float:
        """The delay after one more failure: between half of the step and all of it."""
        step = min(self.max_s, self.first_s * 2.0 ** min(self.failures, 32))
        self.failures += 1
        return step * (0.5 + self.chance() / 2)

    def reset(self) -> None:
        """It worked."""
        self.failures = 0
