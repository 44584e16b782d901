"""The two clocks of the shell; the only place where time comes in."""

import time
from typing import Protocol


class Clock(Protocol):
    """``now`` orders and measures; ``utc`` is shown to people and compared with expiries."""

    def now(self) -> float:
        """Monotonic seconds."""

    def utc(self) -> float:
        """POSIX seconds."""


class SystemClock:
    """The machine's own."""

    def now(self) -> float:
        return time.monotonic()

    def utc(self) -> float:
        return time.time()
