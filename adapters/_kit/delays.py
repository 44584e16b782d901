"""How long to wait before trying again: doubling, bounded, with jitter so that many do not come at once."""

from collections.abc import Callable, Iterator
from random import SystemRandom

_chance = SystemRandom().random


def delays_s(
    first_s: float = 0.25, max_s: float = 10.0, chance: Callable[[], float] = _chance
) -> Iterator[float]:
    """Endless; each between half of its step and all of it. After a success take a new one.

    ``chance`` gives a number in [0, 1).
    """
    step_s = first_s
    while True:
        yield step_s * (0.5 + chance() / 2)
        step_s = min(max_s, 2 * step_s)
