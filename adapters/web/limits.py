"""How much one peer may ask: messages of a session, connections of an address, sessions at once."""

from collections import Counter, OrderedDict
from enum import Enum, auto

from adapters._kit.bucket import TokenBucket
from adapters.web.config import WebConfig

ADDRESSES_MAX = 8192
"""Addresses remembered; beyond it the one unused for longest is forgotten (and so forgiven)."""


class Verdict(Enum):
    """What to do with a message."""

    TAKE = auto()
    REFUSE = auto()
    """Too many: answer ``too_many``."""
    CLOSE = auto()
    """It went on after being refused: close the link."""


class MessageLimit:
    """Messages of one session on all its channels together."""

    def __init__(self, config: WebConfig) -> None:
        self._bucket = TokenBucket(config.messages_per_s, config.messages_burst)
        self._patience = TokenBucket(config.messages_per_s, config.messages_burst)

    def judge(self, now: float) -> Verdict:
        """``now``: monotonic seconds."""
        if self._bucket.take(now):
            return Verdict.TAKE
        return Verdict.REFUSE if self._patience.take(now) else Verdict.CLOSE


class ConnectionLimit:
    """TCP connections of one address: open at once, and new ones a second."""

    def __init__(self, config: WebConfig) -> None:
        self._open_max = config.connections_per_address
        self._rate = config.connects_per_s
        self._burst = config.connects_burst
        self._open: Counter[str] = Counter()
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def enter(self, address: str, now: float) -> bool:
        """A connection came; False: close it. Each True is followed by one ``leave``."""
        bucket = self._buckets.setdefault(address, TokenBucket(self._rate, self._burst))
        self._buckets.move_to_end(address)
        if len(self._buckets) > ADDRESSES_MAX:
            self._buckets.popitem(last=False)
        if self._open[address] >= self._open_max or not bucket.take(now):
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        """A connection that was let in has ended."""
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]

    def open_now(self) -> int:
        """Open connections of all addresses."""
        return self._open.total()
