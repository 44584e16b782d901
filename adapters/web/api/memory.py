"""``Idempotency-Key``: a POST that is sent again is answered again and done once."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto

KEYS_KEPT = 64
"""Of one token; beyond it the oldest is forgotten."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response that can be sent more than once."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    retry_after: str = ""
    """Seconds, as the header says them; empty: no such header."""


class Known(Enum):
    """What is known of a key, when it is no answer."""

    NEW = auto()
    UNDER_WAY = auto()
    OTHER = auto()
    """It was used for another request."""


class Memory:
    """What one token was answered, by key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[bytes, Reply | None]] = OrderedDict()

    def begin(self, key: str, request: bytes) -> Reply | Known:
        """The answer to this request; NEW: carry it out, then ``keep`` or ``forget``."""
        digest = hashlib.sha256(request).digest()
        if key not in self._kept:
            self._keep(key, (digest, None))
            return Known.NEW
        known, reply = self._kept[key]
        if known != digest:
            return Known.OTHER
        return reply or Known.UNDER_WAY

    def keep(self, key: str, request: bytes, reply: Reply) -> None:
        """This was the answer."""
        self._keep(key, (hashlib.sha256(request).digest(), reply))

    def forget(self, key: str) -> None:
        """It came to nothing that should be repeated: the next one with this key is carried out."""
        self._kept.pop(key, None)

    def _keep(self, key: str, entry: tuple[bytes, Reply | None]) -> None:
        self._kept[key] = entry
        if len(self._kept) > KEYS_KEPT:
            self._kept.popitem(last=False)
