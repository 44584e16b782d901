"""How often something may happen: a token bucket on the core's own clock."""


class Pace:
    """``burst`` at once, ``per_s`` a second in the long run."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = float(burst)
        self._since = 0.0

    def take(self, now: float) -> bool:
        """Whether it may happen now (monotonic seconds)."""
        self._left = min(float(self._burst), self._left + max(0.0, now - self._since) * self._per_s)
        self._since = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
