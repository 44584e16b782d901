"""The data directory belongs to one running gateway: a lock that dies with its process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class InUse(Exception):
    """Another gateway runs on this data directory."""


@contextmanager
def data_dir(path: Path) -> Iterator[Path]:
    """The directory, created (0700) and locked while in use. Raises OSError, InUse."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUse(
                f"another gateway runs on {path}; stop it, or set [store] dir to another directory"
            ) from error
        yield path
    finally:
        os.close(lock)
