"""A certificate chain and its key, as two PEM files that may be replaced while they are in use."""

from pathlib import Path

LOOK_EVERY_S = 2.0
"""How often doors look at theirs."""

_Stamp = tuple[int, int, int, int]


class PemPair:
    """Tells once of each change. Raises OSError when a file cannot be looked at in the beginning."""

    def __init__(self, cert: Path, key: Path) -> None:
        self.cert = cert
        self.key = key
        self._stamp: _Stamp | None = self._look()

    def changed(self) -> bool:
        """Since the last look; a file that went away is a change, and one that came back too."""
        try:
            stamp = self._look()
        except OSError:
            stamp = None
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        return True

    def read(self) -> tuple[bytes, bytes]:
        """Chain and key. Raises OSError."""
        return self.cert.read_bytes(), self.key.read_bytes()

    def _look(self) -> _Stamp:
        cert, key = self.cert.stat(), self.key.stat()
        return cert.st_mtime_ns, cert.st_ino, key.st_mtime_ns, key.st_ino
