"""A token bucket: so many a second on average, so many at once."""

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """``rate`` tokens a second flow in, at most ``burst`` are kept; starts full.

    The caller passes ``now`` (seconds, any monotonic clock), so that tests need no clock.
    """

    rate: float
    burst: float
    _tokens: float = -1.0
    _filled_at: float = 0.0

    def take(self, now: float) -> bool:
        """One token; False when there is none."""
        if self._tokens < 0:
            self._tokens, self._filled_at = self.burst, now
        self._tokens = min(self.burst, self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
