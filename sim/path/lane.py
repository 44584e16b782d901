"""One direction of a weak path: what becomes of each datagram. No socket and no clock."""

import random
from collections import Counter

STUN, DTLS, RTCP = "stun", "dtls", "rtcp"
_RTCP_TYPES = range(192, 224)


def kind(datagram: bytes) -> str | int:
    """``stun``, ``dtls``, ``rtcp``, or the payload type of an RTP packet, in clear in SRTP too (RFC 7983)."""
    if len(datagram) < 2 or datagram[0] < 4:
        return STUN
    if datagram[0] < 128:
        return DTLS
    return RTCP if datagram[1] in _RTCP_TYPES else datagram[1] & 0x7F


class Lane:
    """Loses by a seeded die; passes so many bits a second through a queue that, when full, drops what comes.

    ``loss`` (0 to 1), ``bits_per_s`` (None: no limit) and ``queue_s`` may be changed at any time.
    """

    def __init__(self, seed: int) -> None:
        self._die = random.Random(seed)
        self._free_at = 0.0
        self.loss = 0.0
        self.bits_per_s: float | None = None
        self.queue_s = 0.2
        self.passed: Counter[str | int] = Counter()
        self.dropped: Counter[str | int] = Counter()

    def fate(self, datagram: bytes, now: float) -> float | None:
        """When the datagram leaves, in the seconds of ``now``; None: it is lost."""
        lost = self._die.random() < self.loss
        leaves = now
        if self.bits_per_s is not None and not lost:
            begins = max(now, self._free_at)
            lost = begins - now > self.queue_s
            if not lost:
                leaves = self._free_at = begins + len(datagram) * 8 / self.bits_per_s
        (self.dropped if lost else self.passed)[kind(datagram)] += 1
        return None if lost else leaves
