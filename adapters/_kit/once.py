"""Log a peer's fault once: the second thousand lines of an attack tell nothing new."""

from collections import OrderedDict


class Once:
    """Remembers the last ``peers_max`` (peer, fault) pairs; the oldest is forgotten first."""

    def __init__(self, peers_max: int = 1024) -> None:
        self._peers_max = peers_max
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    def first(self, peer: str, fault: str) -> bool:
        """True when this peer was not yet seen with this fault: log it."""
        key = (peer, fault)
        if key in self._seen:
            self._seen.move_to_end(key)
            return False
        self._seen[key] = None
        if len(self._seen) > self._peers_max:
            self._seen.popitem(last=False)
        return True
